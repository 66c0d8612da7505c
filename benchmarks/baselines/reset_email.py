"""What the baselines with a whole reset e-mail share: views with the bot's labels, and requests to WHMCS.

They call what the bot calls, in its order, and check as little as possible.
"""

import hashlib
import hmac
import json
import secrets
import time
from typing import Any, Final
from urllib.parse import urlencode

from benchmarks.baselines.serving import Settings

JsonObject = dict[str, Any]

AUDIT_TABLE: Final = """
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY, at TEXT, reference TEXT, actor TEXT, action TEXT, outcome TEXT, client_id INTEGER, user_id INTEGER
)
"""
AUDIT_ROW: Final = (
    "INSERT INTO audit (at, reference, actor, action, outcome, client_id, user_id)"
    " VALUES (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?, ?, 'reset', ?, ?, ?)"
)
CONFIRMATION: Final = "WHMCS sent a password-reset e-mail."
NOT_AN_AGENT: Final = "You don’t have permission to reset passwords."


def build_searching(text: str) -> JsonObject:
    return _modal([_section(f"One moment: searching WHMCS for “{text}”…")])


def build_card(found: JsonObject, response_url: str) -> JsonObject:
    """Return the form for the first user of a client, as GetClientsDetails describes it."""
    client, user = found["client"], found["client"]["users"]["user"][0]
    known = {
        "client_id": client["id"],
        "user_id": user["id"],
        "email": user["email"],
        "response_url": response_url,
        "reference": secrets.token_hex(4),
    }
    blocks: list[JsonObject] = [
        {
            "type": "section",
            "fields": [
                {"type": "mrkdwn", "text": f"*{label}*\n{value}"}
                for label, value in (
                    ("Name", client["fullname"]),
                    ("Client’s e-mail", client["email"]),
                    ("Client id", f"#{client['id']}"),
                    ("Status", client["status"]),
                )
            ],
        },
        {
            "type": "input",
            "block_id": "method",
            "label": _plain("Method"),
            "element": {
                "type": "radio_buttons",
                "action_id": "method",
                "options": [{"value": "reset_email", "text": _plain("Send a password-reset e-mail")}],
            },
        },
    ]
    return _modal(blocks, submit=_plain("Reset"), private_metadata=json.dumps(known))


def build_done(email: str) -> JsonObject:
    return _modal([_section("*Done*"), _section(f"WHMCS sent a password-reset e-mail to {email}.")])


def build_api_body(settings: Settings, action: str, **parameters: str | int) -> bytes:
    """Return the form of a call of WHMCS's API."""
    fields = {
        "identifier": settings.whmcs_identifier,
        "secret": settings.whmcs_secret,
        "responsetype": "json",
        "action": action,
    }
    return urlencode(fields | parameters).encode()


def build_companion_request(settings: Settings, action: str, **fields: str | int) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a signed call of the companion module."""
    body = json.dumps({"action": action, **fields}).encode()
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    signed = f"v1:{timestamp}:{nonce}:".encode() + body
    signature = hmac.new(settings.companion_secret.encode(), signed, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-resetbot-timestamp": timestamp,
        "x-resetbot-nonce": nonce,
        "x-resetbot-signature": f"v1={signature}",
    }
    return headers, body


def api_url(settings: Settings) -> str:
    return f"{settings.whmcs_url}/includes/api.php"


def companion_url(settings: Settings) -> str:
    return f"{settings.whmcs_url}/modules/addons/resetbot/api.php"


def _modal(blocks: list[JsonObject], **others: object) -> JsonObject:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": _plain("Reset password"),
        "close": _plain("Cancel"),
        "blocks": blocks,
        **others,
    }


def _section(text: str) -> JsonObject:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _plain(text: str) -> JsonObject:
    return {"type": "plain_text", "text": text}
