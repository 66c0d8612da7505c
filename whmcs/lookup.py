"""Finding clients as a person types: WHMCS itself finds only what begins with the whole text.

`search` matches the beginning of an e-mail, of a first, last or full name, or of a company
(developers.whmcs.com/api-reference/getclients). So "López Ana" finds no "Ana López", and a domain finds nobody.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from whmcs.api import WhmcsClient
from whmcs.errors import NotFoundError, NotPermittedError, WhmcsError
from whmcs.models import Match, Matches
from whmcs.search import folded, has_all_words

_DOMAIN: Final = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")
_OWNERS: Final = 5
"""How many clients of a domain are read: it has one, but for a domain that moved."""
_MANY: Final = 100
_LEAST_SECONDS: Final = 0.3


async def look_up(
    client: WhmcsClient, query: str, *, has_domains: bool = False, limit: int = 25, deadline_seconds: float = 8.0
) -> Matches:
    """Find clients by name, company or e-mail, in whatever order the words come, and by a domain of theirs.

    Usually two calls, GetClients and GetUsers. Where they find nobody and there are several words, they are asked again
    with the words in another order and for the longest word alone, of which those are kept that have all words.
    `has_domains`: the role has GetClientsDomains, which is asked as well for what looks like a domain.

    Raises: WhmcsError: nothing could be asked.
    """
    clock = asyncio.get_running_loop().time
    ends_at = clock() + deadline_seconds
    asked = client.search(query, limit=limit, deadline_seconds=deadline_seconds)
    if not (has_domains and _DOMAIN.fullmatch(query)):
        found = await asked
    else:
        found, owners = await asyncio.gather(asked, _owners(client, query, deadline_seconds))
        found = _joined(found, owners, limit)
    words = folded(query).split()
    left = ends_at - clock()
    if found.matches or not found.is_complete or len(words) < 2 or left < _LEAST_SECONDS:  # noqa: PLR2004 - one word has no order
        return found
    return await _look_up_words(client, words, limit, left)


async def _look_up_words(client: WhmcsClient, words: list[str], limit: int, deadline_seconds: float) -> Matches:
    turned = " ".join([words[-1], *words[:-1]])
    longest = max(words, key=len)
    answers = await asyncio.gather(
        client.search(turned, limit=limit, deadline_seconds=deadline_seconds),
        client.search(longest, limit=_MANY, deadline_seconds=deadline_seconds),
        return_exceptions=True,
    )
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, WhmcsError):
            raise answer
    found = [answer for answer in answers if isinstance(answer, Matches)]
    matches = _without_twins(match for answer in found for match in answer.matches if has_all_words(match, words))
    # What the longest word alone found may have been more than was read.
    is_complete = len(found) == len(answers) and all(answer.is_complete for answer in found) and not _was_cut(found[-1])
    failure = next((answer for answer in answers if isinstance(answer, WhmcsError)), None)
    return Matches(matches[:limit], len(matches), is_complete=is_complete, failure=failure)


def _was_cut(found: Matches) -> bool:
    return found.total > len(found.matches)


async def _owners(client: WhmcsClient, domain: str, deadline_seconds: float) -> tuple[Match, ...]:
    """The clients that have this very domain. None where they can't be learnt: the other questions are the main ones."""
    try:
        ids = await client.get_clients_domains(domain, deadline_seconds=deadline_seconds)
    except WhmcsError:
        return ()
    read = (_owner(client, client_id, domain, deadline_seconds) for client_id in ids[:_OWNERS])
    return tuple(match for match in await asyncio.gather(*read) if match is not None)


async def _owner(client: WhmcsClient, client_id: int, domain: str, deadline_seconds: float) -> Match | None:
    try:
        details = await client.get_clients_details(client_id, deadline_seconds=deadline_seconds)
    except (NotFoundError, NotPermittedError):
        return None
    except WhmcsError:
        return Match(client_id, None, None, is_exact=False, domain=domain)
    return Match(client_id, details.client, None, is_exact=False, domain=domain)


def _joined(found: Matches, owners: tuple[Match, ...], limit: int) -> Matches:
    """The owners first: a whole domain is more telling than the beginning of a name."""
    ids = {match.client_id for match in owners}
    others = tuple(match for match in found.matches if match.client_id not in ids)
    new = len(owners) - (len(found.matches) - len(others))
    return replace(found, matches=(*owners, *others)[:limit], total=found.total + new)


def _without_twins(matches: Iterable[Match]) -> tuple[Match, ...]:
    return tuple({match.client_id: match for match in reversed(list(matches))}.values())[::-1]
