"""Search for clients as a person types them.

WHMCS's own `search` matches only the beginning of an e-mail address, of a first, last or full name, or of a company
(developers.whmcs.com/api-reference/getclients): "López Ana" doesn't find "Ana López", and a domain finds nothing.
"""

import asyncio
import re
import unicodedata
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import replace
from enum import IntEnum
from typing import Final, TypeVar

from whmcs.api import WhmcsClient
from whmcs.errors import (
    AddressRefusedError,
    CredentialsError,
    NotFoundError,
    NotPermittedError,
    RedirectedError,
    RefusedError,
    TimedOutError,
    UnreachableError,
    UnusableAnswerError,
    WhmcsError,
)
from whmcs.models import Client, Match, Matches, User

T = TypeVar("T")
Clients = tuple[tuple[Client, ...], int]
Users = tuple[tuple[User, ...], int]

_DOMAIN: Final = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")
_MAX_OWNERS: Final = 5
"""How many clients of a domain are read: one is usual, two for a domain that moved."""
_LONGEST_WORD_LIMIT: Final = 100
_MIN_SECONDS: Final = 0.3
_MOST_SPECIFIC_FIRST: Final = (
    CredentialsError,
    AddressRefusedError,
    RedirectedError,
    NotPermittedError,
    RefusedError,
    UnusableAnswerError,
    TimedOutError,
    UnreachableError,
)
_STATUSES: Final = {"active": 0, "inactive": 2, "closed": 3}
_STATUS_UNKNOWN: Final = 1


class _Closeness(IntEnum):
    """How well a record fits the query; smaller is better."""

    EXACT_EMAIL = 0
    EXACT_NAME = 1
    EMAIL_PREFIX = 2
    OTHER = 3


async def search_clients(
    client: WhmcsClient, query: str, *, has_domains: bool = False, limit: int = 25, deadline_seconds: float = 8.0
) -> Matches:
    """Find clients by name, company or e-mail address, with the words in any order, or by one of their domains.

    Usually two concurrent calls: clients and users. If they find nothing and the query has several words, they are
    repeated with the last word first and with the longest word only, keeping the clients that have all words. A query
    with an apostrophe is repeated with the curled one. A blank query makes no call.
    `has_domains`: the role allows searching by domain.

    Raises: WhmcsError: no call succeeded.
    """
    clock = asyncio.get_running_loop().time
    ends_at = clock() + deadline_seconds
    by_text = _search_once(client, query, limit, deadline_seconds)
    if has_domains and _DOMAIN.fullmatch(query):
        found, (owners, failure) = await asyncio.gather(by_text, _find_owners(client, query, deadline_seconds))
        found = _put_owners_first(found, owners, failure, limit)
    else:
        found = await by_text
    spellings = _list_other_spellings(query)
    if found.matches or not found.is_complete or not spellings:
        return found
    remaining = ends_at - clock()
    if remaining < _MIN_SECONDS:
        # The second round could have found clients.
        return replace(found, is_complete=False)
    return await _search_spellings(client, fold(query).split(), spellings, limit, remaining)


async def _search_once(client: WhmcsClient, query: str, limit: int, deadline_seconds: float) -> Matches:
    """Ask for clients and users concurrently. If one of the two calls fails, the result is incomplete.

    Raises: the more specific error, if both failed.
    """
    text = " ".join(query.split())
    if not text:
        return Matches((), 0)
    clients, users = await asyncio.gather(
        _return_error(client.get_clients(text, limit=limit, deadline_seconds=deadline_seconds)),
        _return_error(client.get_users(text, limit=limit, deadline_seconds=deadline_seconds)),
    )
    return merge(text, clients, users, limit)


async def _return_error(call: Awaitable[T]) -> T | WhmcsError:
    try:
        return await call
    except WhmcsError as error:
        return error


def _list_other_spellings(query: str) -> dict[str, bool]:
    """Return the other texts to search for; True marks the longest word of several.

    Names in WHMCS can have a curled apostrophe, as phones write it.
    """
    words = fold(query).split()
    texts = {" ".join([words[-1], *words[:-1]]): False, max(words, key=len): True} if len(words) > 1 else {}
    with_apostrophe = {text: is_one_word for text, is_one_word in ({query: False} | texts).items() if "'" in text}
    return texts | {text.replace("'", "\u2019"): is_one_word for text, is_one_word in with_apostrophe.items()}


async def _search_spellings(
    client: WhmcsClient, words: list[str], texts: Mapping[str, bool], limit: int, deadline_seconds: float
) -> Matches:
    answers = await asyncio.gather(
        *(
            _return_error(_search_once(client, text, _LONGEST_WORD_LIMIT if is_one_word else limit, deadline_seconds))
            for text, is_one_word in texts.items()
        )
    )
    found = [answer for answer in answers if isinstance(answer, Matches)]
    matches = _remove_duplicates(match for answer in found for match in answer.matches if _has_all_words(match, words))
    is_cut = any(
        is_one_word and isinstance(answer, Matches) and answer.total > len(answer.matches)
        for answer, is_one_word in zip(answers, texts.values(), strict=True)
    )
    is_complete = len(found) == len(answers) and all(answer.is_complete for answer in found) and not is_cut
    failure = next((answer for answer in answers if isinstance(answer, WhmcsError)), None)
    failure = failure or next((answer.failure for answer in found if answer.failure is not None), None)
    return Matches(matches[:limit], len(matches), is_complete=is_complete, failure=failure)


async def _find_owners(
    client: WhmcsClient, domain: str, deadline_seconds: float
) -> tuple[tuple[Match, ...], WhmcsError | None]:
    """Return the clients that own this domain, and the error if they are unknown.

    A role that has lost the action does not fail the search: names and addresses matter more.
    """
    try:
        ids = await client.get_clients_domains(domain, deadline_seconds=deadline_seconds)
    except NotPermittedError:
        return (), None
    except WhmcsError as error:
        return (), error
    reads = (_read_owner(client, client_id, domain, deadline_seconds) for client_id in ids[:_MAX_OWNERS])
    return tuple(match for match in await asyncio.gather(*reads) if match is not None), None


async def _read_owner(client: WhmcsClient, client_id: int, domain: str, deadline_seconds: float) -> Match | None:
    try:
        details = await client.get_clients_details(client_id, deadline_seconds=deadline_seconds)
    except NotFoundError:
        return None
    except WhmcsError:
        return Match(client_id, None, None, is_exact=False, domain=domain)
    return Match(client_id, details.client, None, is_exact=False, domain=domain)


def _put_owners_first(found: Matches, owners: tuple[Match, ...], failure: WhmcsError | None, limit: int) -> Matches:
    """Merge the owners of a domain into the matches; a whole domain is more specific than the beginning of a name."""
    ids = {match.client_id for match in owners}
    others = tuple(match for match in found.matches if match.client_id not in ids)
    new = len(owners) - (len(found.matches) - len(others))
    return replace(
        found,
        matches=(*owners, *others)[:limit],
        total=found.total + new,
        is_complete=found.is_complete and failure is None,
        failure=found.failure or failure,
    )


def _remove_duplicates(matches: Iterable[Match]) -> tuple[Match, ...]:
    return tuple({match.client_id: match for match in reversed(list(matches))}.values())[::-1]


def merge(query: str, clients: Clients | WhmcsError, users: Users | WhmcsError, limit: int) -> Matches:
    """Merge the results of both calls, each its rows and their total, or its error.

    A user counts for each of its clients; a client found both ways is one match. Order: exact e-mail address, exact full
    name or company, beginning of the address, the rest; then Active, unknown, Inactive, Closed; then name; then id.

    Raises: the more specific of the two errors, if both failed.
    """
    if isinstance(clients, WhmcsError) and isinstance(users, WhmcsError):
        raise min(clients, users, key=_rank_error)
    found_clients, clients_total = ((), 0) if isinstance(clients, WhmcsError) else clients
    found_users, users_total = ((), 0) if isinstance(users, WhmcsError) else users
    matches = sorted(_join(query, found_clients, found_users), key=lambda match: _sort_key(query, match))
    total = len(matches)
    # Unread rows may be further clients. When all were read, several users can belong to one client, or to none.
    if clients_total > len(found_clients) or users_total > len(found_users):
        total = max(total, clients_total, users_total)
    failure = next((answer for answer in (clients, users) if isinstance(answer, WhmcsError)), None)
    return Matches(tuple(matches[:limit]), total, is_complete=failure is None, failure=failure)


def _join(query: str, clients: Iterable[Client], users: Iterable[User]) -> list[Match]:
    client_by_id = {client.id: client for client in clients}
    user_by_client: dict[int, User] = {}
    for user in sorted(users, key=lambda user: (_rate_user(query, user), user.id)):
        for opened in user.clients:
            user_by_client.setdefault(opened.id, user)
    return [
        _match(query, client_id, client_by_id.get(client_id), user_by_client.get(client_id))
        for client_id in sorted(client_by_id.keys() | user_by_client.keys())
    ]


def _match(query: str, client_id: int, client: Client | None, user: User | None) -> Match:
    is_exact = _rate(query, client, user) is _Closeness.EXACT_EMAIL
    return Match(client_id, client, user, is_exact=is_exact)


def _sort_key(query: str, match: Match) -> tuple[int, int, str, int]:
    status = _STATUSES.get(fold(match.client.status), _STATUS_UNKNOWN) if match.client else _STATUS_UNKNOWN
    named = match.client or match.user
    name = fold(named.full_name) if named else ""
    return (_rate(query, match.client, match.user), status, name, match.client_id)


def _rate(query: str, client: Client | None, user: User | None) -> _Closeness:
    of_client = _rate_client(query, client) if client else _Closeness.OTHER
    of_user = _rate_user(query, user) if user else _Closeness.OTHER
    return min(of_client, of_user)


def _rate_client(query: str, client: Client) -> _Closeness:
    return _rate_texts(query, client.email, client.full_name, client.company_name)


def _rate_user(query: str, user: User) -> _Closeness:
    return _rate_texts(query, user.email, user.full_name)


def _rate_texts(query: str, email: str, *names: str) -> _Closeness:
    address, wanted = fold_address(email), fold_address(query)
    if address and address == wanted:
        return _Closeness.EXACT_EMAIL
    if wanted and any(_has_same_words(query, name) for name in names):
        return _Closeness.EXACT_NAME
    return _Closeness.EMAIL_PREFIX if address.startswith(wanted) else _Closeness.OTHER


def _has_all_words(match: Match, words: Iterable[str]) -> bool:
    """Return True if each word begins one of the client's words, or of those of the user it was found through."""
    client, user = match.client, match.user
    texts = [client.full_name, client.company_name, client.email] if client else []
    texts += [user.full_name, user.email] if user else []
    present = [word for text in texts for word in _remove_accents(text).split()]
    return all(any(word.startswith(_remove_accents(wanted)) for word in present) for wanted in words)


def _has_same_words(query: str, name: str) -> bool:
    return sorted(_remove_accents(query).split()) == sorted(_remove_accents(name).split())


def _remove_accents(text: str) -> str:
    """Return the text as WHMCS's database compares it (`lopez` is `López`), with plain apostrophes."""
    plain = unicodedata.normalize("NFKD", fold(text).replace("\u2019", "'"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def fold_address(address: str) -> str:
    """Return an e-mail address in lower case for comparison, leaving letters that have no exact lower case.

    `fold` would turn `ß` into `ss`, which can be another person's mailbox.
    """
    pairs = ((character, character.lower()) for character in address.strip())
    return "".join(lower if lower.upper() == character else character for character, lower in pairs)


def _rank_error(error: WhmcsError) -> int:
    return next(
        (place for place, kind in enumerate(_MOST_SPECIFIC_FIRST) if isinstance(error, kind)),
        len(_MOST_SPECIFIC_FIRST),
    )
