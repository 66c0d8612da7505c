"""What the views are drawn from: names that strangers chose, and one of everything that can happen."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bot.domain.clients import ClientCard, ClientMatch, Search, SetPasswordOffer, UserChoice
from bot.domain.pauses import Pause
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import Method, Outcome, Phase, Reason, Reset, Result
from bot.views.state import State
from bot.views.text import Languages, Texts

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
REFERENCE = Reference("7K3M-Q9XD")
URL = "https://billing.example.com/admin/clientssummary.php?userid=42"
MADRID = "Europe/Madrid"

LONG_CONTACT = "Mesa de ayuda de sistemas & hosting <ayuda@example.com>, extensión 4455, de lunes a viernes. " * 3

# Each holds the word CANARY, so that it is found wherever it ends up.
HOSTILE = {
    "markup": "CANARY *bold* _it_ ~no~ `code` > quote",
    "mentions": "CANARY @everyone <!channel> <!here> <@U012AB3CD> <#C012AB3CD>",
    "a link": "CANARY <http://evil.example|safe> & http://evil.example",
    "HTML": "CANARY <script>alert(1)</script> &amp; &lt;b&gt;",
    "120 characters": "CANARY" + "ñ" * 114,
    "wide characters": "CANARY" + "漢" * 114,
    "line breaks": "CANARY\nsecond line\r\nthird",
    "right-to-left": "CANARY \u202eevil\u202c שלום مرحبا",
    "emoji": "CANARY 👩‍👩‍👧‍👦 🇪🇸 :tada:" + "🙂" * 90,
    "braces": "CANARY {email} {0} {} %s %(email)s {{",
    "formula": '=CANARY("https://evil.example")',
}


def texts(language: str, contact: str = "") -> Texts:
    return Languages.load("es", contact).for_locale(language)


def make_state(client_id: int | None = 42, **values: Any) -> State:
    known: dict[str, Any] = {
        "reference": REFERENCE,
        "agent": "U012AB3CD",
        "opened_at": int(NOW.timestamp()),
        "channel": "C012AB3CD",
        "response_url": "https://hooks.slack.com/commands/T012AB3CD/1234567890/abcdefghijklmnopqrstuvwx",
        "client_id": client_id,
    }
    return State(**known | values)


def make_pause(reason: str = "WHMCS se actualiza", by: str = "Berta Operadora") -> Pause:
    return Pause(reason=reason, by=by, paused_at=NOW)


def make_match(client_id: int = 42, text: str = "Ana López", **values: Any) -> ClientMatch:
    known: dict[str, Any] = {"name": text, "company": text, "email": f"{text}@example.com", "status": "Active"}
    return ClientMatch(client_id=client_id, **known | values)


def make_user(user_id: int = 7, text: str = "Ana López", **values: Any) -> UserChoice:
    known: dict[str, Any] = {"name": text, "email": f"{text}@example.com", "is_owner": False}
    return UserChoice(id=user_id, **known | values)


def make_users(number: int, text: str = "Ana López") -> tuple[UserChoice, ...]:
    return tuple(
        make_user(user_id, text, is_owner=user_id == 1, other_clients=user_id % 3, tells_sign_in=True)
        for user_id in range(1, number + 1)
    )


def make_card(text: str = "Ana López", **values: Any) -> ClientCard:
    known: dict[str, Any] = {
        "client_id": 42,
        "name": text,
        "company": text,
        "email": f"{text}@example.com",
        "status": "Active",
        "users": (make_user(text=text),),
        "profile_url": URL,
        "offer": SetPasswordOffer.OFFERED,
    }
    return ClientCard(**known | values)


def make_search(number: int, text: str = "Ana López", **values: Any) -> Search:
    matches = tuple(make_match(client_id, text) for client_id in range(1, number + 1))
    known: dict[str, Any] = {"query": text, "matches": matches, "total": number}
    return Search(**known | values)


def make_reset(method: Method = Method.RESET_EMAIL, email: str = "ana@example.com", **values: Any) -> Reset:
    known: dict[str, Any] = {
        "reference": REFERENCE,
        "agent_id": AgentId("U012AB3CD"),
        "agent_locale": "es-ES",
        "client_id": 42,
        "user_id": 7,
        "method": method,
        "ticket": "",
        "phase": Phase.CALLING,
        "started_at": NOW,
        "user_email": email,
        "language": "spanish",
    }
    return Reset(**known | values)


def results(email: str = "ana@example.com", detail: str = "detail") -> Iterator[Result]:
    """Every outcome with every reason, by both methods."""
    for method in Method:
        for outcome in Outcome:
            for reason in (None, *Reason):
                yield Result(reset=make_reset(method, email), outcome=outcome, reason=reason, detail=detail)
