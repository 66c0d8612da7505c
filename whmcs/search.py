"""Two answers, clients and users, become one list of clients: best first, none twice."""

import unicodedata
from collections.abc import Iterable
from enum import IntEnum

from whmcs.errors import (
    AddressRefusedError,
    CredentialsError,
    NotPermittedError,
    RedirectedError,
    RefusedError,
    TimedOutError,
    UnreachableError,
    UnusableAnswerError,
    WhmcsError,
)
from whmcs.models import Client, Match, Matches, User

Clients = tuple[tuple[Client, ...], int]
Users = tuple[tuple[User, ...], int]

_MORE_TELLING_FIRST = (
    CredentialsError,
    AddressRefusedError,
    RedirectedError,
    NotPermittedError,
    RefusedError,
    UnusableAnswerError,
    TimedOutError,
    UnreachableError,
)
_STATUSES = {"active": 0, "inactive": 2, "closed": 3}
_STATUS_UNKNOWN = 1


class _Closeness(IntEnum):
    """How well something fits the query; the smaller, the better."""

    EXACT_EMAIL = 0
    EXACT_NAME = 1
    EMAIL_PREFIX = 2
    OTHER = 3


def merge(query: str, clients: Clients | WhmcsError, users: Users | WhmcsError, limit: int) -> Matches:
    """Merge what the two questions brought, each its rows and their total, or why it failed.

    A user counts for each client that it opens; a client found both ways is one match. Order: exact e-mail, exact full
    name or company, beginning of the e-mail, the rest; then Active, unknown, Inactive, Closed; then name; then id.

    Raises: the more telling of the two errors, if both failed.
    """
    if isinstance(clients, WhmcsError) and isinstance(users, WhmcsError):
        raise min(clients, users, key=_telling)
    found_clients, clients_total = ((), 0) if isinstance(clients, WhmcsError) else clients
    found_users, users_total = ((), 0) if isinstance(users, WhmcsError) else users
    wanted = folded(query)
    matches = sorted(_joined(wanted, found_clients, found_users), key=lambda match: _order(wanted, match))
    total = len(matches)
    # Rows that stayed in WHMCS may be more clients; where all came, several users can have led to one client, or to none.
    if clients_total > len(found_clients) or users_total > len(found_users):
        total = max(total, clients_total, users_total)
    failure = next((answer for answer in (clients, users) if isinstance(answer, WhmcsError)), None)
    return Matches(tuple(matches[:limit]), total, is_complete=failure is None, failure=failure)


def _joined(wanted: str, clients: Iterable[Client], users: Iterable[User]) -> list[Match]:
    client_by_id = {client.id: client for client in clients}
    user_by_client: dict[int, User] = {}
    for user in sorted(users, key=lambda user: (_closeness_of_user(wanted, user), user.id)):
        for opened in user.clients:
            user_by_client.setdefault(opened.id, user)
    return [
        _match(wanted, client_id, client_by_id.get(client_id), user_by_client.get(client_id))
        for client_id in sorted(client_by_id.keys() | user_by_client.keys())
    ]


def _match(wanted: str, client_id: int, client: Client | None, user: User | None) -> Match:
    is_exact = _closeness(wanted, client, user) is _Closeness.EXACT_EMAIL
    return Match(client_id, client, user, is_exact=is_exact)


def _order(wanted: str, match: Match) -> tuple[int, int, str, int]:
    status = _STATUSES.get(folded(match.client.status), _STATUS_UNKNOWN) if match.client else _STATUS_UNKNOWN
    named = match.client or match.user
    name = folded(named.full_name) if named else ""
    return (_closeness(wanted, match.client, match.user), status, name, match.client_id)


def _closeness(wanted: str, client: Client | None, user: User | None) -> _Closeness:
    of_client = _closeness_of_client(wanted, client) if client else _Closeness.OTHER
    of_user = _closeness_of_user(wanted, user) if user else _Closeness.OTHER
    return min(of_client, of_user)


def _closeness_of_client(wanted: str, client: Client) -> _Closeness:
    return _closeness_of(wanted, client.email, client.full_name, client.company_name)


def _closeness_of_user(wanted: str, user: User) -> _Closeness:
    return _closeness_of(wanted, user.email, user.full_name)


def _closeness_of(wanted: str, email: str, *names: str) -> _Closeness:
    address = folded(email)
    if address and address == wanted:
        return _Closeness.EXACT_EMAIL
    if wanted and any(_has_same_words(wanted, name) for name in names):
        return _Closeness.EXACT_NAME
    return _Closeness.EMAIL_PREFIX if address.startswith(wanted) else _Closeness.OTHER


def has_all_words(match: Match, words: Iterable[str]) -> bool:
    """Whether each of these words, folded, begins one of the client's, or of the user's through whom it was found."""
    client, user = match.client, match.user
    texts = [client.full_name, client.company_name, client.email] if client else []
    texts += [user.full_name, user.email] if user else []
    present = [word for text in texts for word in _unaccented(text).split()]
    return all(any(word.startswith(_unaccented(wanted)) for word in present) for wanted in words)


def _has_same_words(wanted: str, name: str) -> bool:
    """In whatever order: a last name may come first."""
    return sorted(_unaccented(wanted).split()) == sorted(_unaccented(name).split())


def _unaccented(text: str) -> str:
    """As WHMCS's database compares: `lopez` is `López`."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", folded(text)) if not unicodedata.combining(letter)
    )


def folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _telling(error: WhmcsError) -> int:
    return next(
        (place for place, kind in enumerate(_MORE_TELLING_FIRST) if isinstance(error, kind)), len(_MORE_TELLING_FIRST)
    )
