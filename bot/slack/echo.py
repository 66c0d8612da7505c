"""A request to the bot's own public address, signed like one from Slack."""

import json
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal
from urllib.parse import urljoin, urlsplit

import aiohttp
from slack_sdk.signature import SignatureVerifier

from bot.domain.network import Proxies

ECHO_SECONDS: Final = 6.0
_LONGEST: Final = 2000

Silence = Literal["name", "certificate", "tls", "no_connection", "timed_out", "connection_lost"]


@dataclass(frozen=True, slots=True)
class Echo:
    """`is_ours`: the answer is this bot's, to a sender with its signing secret.

    Otherwise `status` and the beginning of `text` describe the answer; `location`: a redirect's target, without its query.
    """

    is_ours: bool
    status: int
    text: str
    location: str


async def call_ourselves(url: str, signing_secret: str, proxies: Proxies) -> Echo | Silence:
    """Send the request with which Slack verifies an address (`url_verification`), answered with its challenge.

    No listener is involved, and nothing is changed.
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
            session.post(
                url, data=body, headers=headers, allow_redirects=False, proxy=proxies.find_proxy(url)
            ) as answer,
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
