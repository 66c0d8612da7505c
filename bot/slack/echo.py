"""A request of our own to the address at which Slack reaches the bot, signed as Slack signs."""

import json
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal
from urllib.parse import urljoin, urlsplit

import aiohttp
from slack_sdk.signature import SignatureVerifier

from bot.slack.client import find_proxy

ECHO_SECONDS: Final = 6.0
_LONGEST: Final = 2000

Silence = Literal["name", "certificate", "tls", "no_connection", "timed_out", "connection_lost"]


@dataclass(frozen=True, slots=True)
class Echo:
    """`is_ours`: the answer is what this very bot gives to somebody who has its signing secret.

    Else `status` and the beginning of `text` say what answered; `location` is where a redirect points, without its query.
    """

    is_ours: bool
    status: int
    text: str
    location: str


async def call_ourselves(url: str, signing_secret: str) -> Echo | Silence:
    """Send the request with which Slack verifies an address (`url_verification`): it is answered with its own challenge.

    No listener of ours sees it, and nothing is done.
    """
    challenge = secrets.token_hex(16)
    body = json.dumps({"type": "url_verification", "challenge": challenge})
    timestamp = str(int(time.time()))
    headers = {
        "content-type": "application/json",
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": SignatureVerifier(signing_secret).generate_signature(timestamp=timestamp, body=body) or "",
    }
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ECHO_SECONDS)) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False, proxy=find_proxy(url)) as answer,
        ):
            text = (await answer.content.read(_LONGEST)).decode(errors="replace")
            location = urlsplit(urljoin(url, answer.headers.get("location", "")))
            return Echo(
                is_ours=answer.status == HTTPStatus.OK and challenge in text,
                status=answer.status,
                text=text.strip(),
                location=location._replace(netloc=location.netloc.rpartition("@")[2], query="", fragment="").geturl(),
            )
    except TimeoutError:
        return "timed_out"
    except aiohttp.ClientConnectorCertificateError:
        return "certificate"
    except aiohttp.ClientConnectorSSLError:
        return "tls"
    except aiohttp.ClientConnectorDNSError:
        return "name"
    except aiohttp.ClientConnectorError:
        return "no_connection"
    except (aiohttp.ClientError, ValueError):
        return "connection_lost"
