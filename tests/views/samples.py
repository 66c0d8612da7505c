"""Data for the views: hostile names, and one of every outcome."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

from bot.domain.clients import ClientCard, ClientMatch, Search, SetPasswordOffer, UserChoice
from bot.domain.finding import Doubt, Found, FoundTickets
from bot.domain.pauses import Pause
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import Failure, Method, Outcome, Phase, Reason, Reset, Result, Target
from bot.domain.tickets import Ticket
from bot.views.state import State
from bot.views.text import Languages, Texts
from tests.metadata import SEAL

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
REFERENCE = Reference("7K3M-Q9XD")
URL = "https://billing.example.com/admin/clientssummary.php?userid=42"
MADRID = "Europe/Madrid"

LONG_CONTACT = "Mesa de ayuda de sistemas & hosting <ayuda@example.com>, extensión 4455, de lunes a viernes. " * 3

# Each contains CANARY, by which it is found again.
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


def texts(language: str, contact: str = "", timezone: str = "") -> Texts:
    return Languages.load("es", contact).for_locale(language).in_timezone(timezone)


def make_state(client_id: int | None = 42, **values: Any) -> State:
    known: dict[str, Any] = {
        "reference": REFERENCE,
        "agent": "U012AB3CD",
        "opened_at": int(NOW.timestamp()),
        "channel": "C012AB3CD",
        "response_url": "https://hooks.slack.com/commands/T012AB3CD/1234567890/abcdefghijklmnopqrstuvwx",
        "client_id": client_id,
    }
    return State(**known | values).sealed_by(SEAL)


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
    card = known | values
    is_offered = card["offer"] is SetPasswordOffer.OFFERED
    methods = tuple(method for method in Method if is_offered or not method.hands_out_access)
    return ClientCard(**{"methods": methods} | card)


def make_search(number: int, text: str = "Ana López", **values: Any) -> Search:
    matches = tuple(make_match(client_id, text) for client_id in range(1, number + 1))
    known: dict[str, Any] = {"query": text, "matches": matches, "total": number}
    return Search(**known | values)


def make_found(number: int, text: str = "Ana López", **values: Any) -> Found:
    return Found(search=make_search(number, text, **values))


def make_founds(search: Search, text: str) -> Iterator[Found]:
    """Every kind of search result in which no client is selected."""
    guest = Ticket(number=text, client_id=None, subject=text, status=text, department=text, requestor_name=text)
    unread = FoundTickets(is_asked=True, unread=(text,), failure=Failure(Outcome.FAILED, Reason.WEB_PAGE, text))
    for doubt in (None, *Doubt):
        yield Found(search=search, doubt=doubt)
    yield Found(search=search, tickets=unread)
    yield Found(search=search, tickets=FoundTickets(is_asked=True, tickets=(guest,)))


def make_reset(
    method: Method = Method.RESET_EMAIL, email: str = "ana@example.com", *, ticket: str = "", **values: Any
) -> Reset:
    known: dict[str, Any] = {
        "reference": REFERENCE,
        "agent_id": AgentId("U012AB3CD"),
        "agent_locale": "es-ES",
        "target": Target(client_id=42, user_id=7, method=method, ticket=ticket),
        "phase": Phase.CALLING,
        "started_at": NOW,
        "user_email": email,
        "language": "spanish",
    }
    return Reset(**known | values)


def make_result(method: Method, email: str, failure: Failure | None) -> Result:
    return Result(reset=make_reset(method, email), failure=failure)


def results(email: str = "ana@example.com", detail: str = "detail") -> Iterator[Result]:
    """A success, and every outcome with every reason, by both methods; the successes are first for each method."""
    for method in Method:
        yield make_result(method, email, None)
        for outcome in Outcome:
            for reason in Reason:
                yield make_result(method, email, Failure(outcome, reason, detail))


def some_results(email: str = "ana@example.com", detail: str = "detail") -> Iterator[Result]:
    """A success by both methods, and every reason by one of them, of what failed and of what is not known."""
    for method in Method:
        yield make_result(method, email, None)
    for method, reason in zip(cycle(Method), Reason, strict=False):
        for outcome in (Outcome.FAILED, Outcome.UNKNOWN):
            yield make_result(method, email, Failure(outcome, reason, detail))
