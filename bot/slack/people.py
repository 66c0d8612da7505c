"""People and their user groups, read from Slack and cached for a minute."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from bot.domain.names import one_line
from bot.domain.permissions import AgentId, Member, Memberships
from bot.slack.client import SlackClient
from bot.slack.errors import SlackError, SlackRefusedError

CACHE_SECONDS: Final = 60.0
_SHARED_SECONDS: Final = 3.0
_ENTRIES: Final = 1024

T = TypeVar("T")


class People:
    def __init__(self, client: SlackClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._members: _Cache[Member | None] = _Cache(clock)
        self._groups: _Cache[frozenset[str]] = _Cache(clock)

    async def find_member(self, user_id: AgentId, *, is_fresh: bool = False) -> Member | None:
        """Return the person. None: unknown to Slack. `is_fresh`: bypass the cache.

        Raises: SlackError: it could not be read.
        """
        read = partial(self._read_member, user_id)
        return await (self._members.get_fresh(user_id, read, 0) if is_fresh else self._members.get(user_id, read))

    async def list_memberships(self, user_id: AgentId, groups: Iterable[str], *, is_fresh: bool = False) -> Memberships:
        """Return the groups that the person is in. A group that could not be read is in `unread`.

        `is_fresh`: bypass the cache. Slack allows 20 reads of groups a minute, so fresh reads within three seconds
        share one.
        """
        asked = sorted(groups)
        answers = await asyncio.gather(
            *(self._members_of(group, is_fresh=is_fresh) for group in asked), return_exceptions=True
        )
        inside, unread = set(), set()
        for group, answer in zip(asked, answers, strict=True):
            if isinstance(answer, SlackError):
                unread.add(group)
            elif isinstance(answer, BaseException):
                raise answer
            elif user_id in answer:
                inside.add(group)
        return Memberships(groups=frozenset(inside), unread=frozenset(unread))

    async def list_members(self, group: str) -> frozenset[str]:
        """Return the ids of a user group's members.

        Raises: SlackError: it could not be read.
        """
        return await self._members_of(group, is_fresh=False)

    async def _members_of(self, group: str, *, is_fresh: bool) -> frozenset[str]:
        read = partial(self._read_group, group)
        return await (
            self._groups.get_fresh(group, read, _SHARED_SECONDS) if is_fresh else self._groups.get(group, read)
        )

    async def _read_member(self, user_id: AgentId) -> Member | None:
        try:
            answer = await self._client.call(
                "users.info", lambda web: web.users_info(user=user_id, include_locale=True)
            )
        except SlackRefusedError as error:
            if error.code in {"user_not_found", "user_not_visible"}:
                return None
            raise
        return _member(answer.get("user"))

    async def _read_group(self, group: str) -> frozenset[str]:
        answer = await self._client.call(
            "usergroups.users.list", lambda web: web.usergroups_users_list(usergroup=group)
        )
        users = answer.get("users")
        return frozenset(user for user in users if isinstance(user, str)) if isinstance(users, list) else frozenset()


@dataclass(slots=True)
class _Entry(Generic[T]):
    read_at: float
    task: asyncio.Task[T]
    is_fresh: bool


class _Cache(Generic[T]):
    """A cache of reads by key. Concurrent callers share one read; failed reads are not cached."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry[T]] = {}

    async def get(self, key: str, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        entry = self._entries.get(key)
        if entry is None or _has_failed(entry.task) or self._clock() - entry.read_at > CACHE_SECONDS:
            entry = self._read(key, read, is_fresh=False)
        # Shielded: a cancelled caller must not cancel the read of the others.
        return await asyncio.shield(entry.task)

    async def get_fresh(self, key: str, read: Callable[[], Coroutine[Any, Any, T]], shared_seconds: float) -> T:
        """Read past the cache, unless another fresh read was made less than `shared_seconds` ago."""
        entry = self._entries.get(key)
        is_recent = entry is not None and entry.is_fresh and self._clock() - entry.read_at < shared_seconds
        if entry is None or not is_recent or _has_failed(entry.task):
            entry = self._read(key, read, is_fresh=True)
        return await asyncio.shield(entry.task)

    def _read(self, key: str, read: Callable[[], Coroutine[Any, Any, T]], *, is_fresh: bool) -> _Entry[T]:
        while len(self._entries) >= _ENTRIES:
            self._entries.pop(next(iter(self._entries)))
        task = asyncio.create_task(read())
        # Retrieved even if every caller has given up, so that asyncio reports no unhandled exception.
        task.add_done_callback(_has_failed)
        entry = _Entry(self._clock(), task, is_fresh)
        self._entries[key] = entry
        return entry


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _member(user: object) -> Member | None:
    if not isinstance(user, Mapping):
        return None
    enterprise = user.get("enterprise_user")
    return Member(
        id=AgentId(str(user.get("id", ""))),
        team_id=str(user.get("team_id") or ""),
        enterprise_id=str(enterprise.get("enterprise_id") or "") if isinstance(enterprise, Mapping) else "",
        name=_name(user),
        is_deleted=bool(user.get("deleted")),
        is_bot=bool(user.get("is_bot")) or user.get("id") == "USLACKBOT",
        is_guest=bool(user.get("is_restricted")) or bool(user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")),
        locale=str(user.get("locale") or ""),
        timezone=str(user.get("tz") or ""),
    )


def _name(user: Mapping[str, object]) -> str:
    """Return the full name. The display name, which people change at will, is only the fallback."""
    profile = user.get("profile")
    chosen: Mapping[str, object] = profile if isinstance(profile, Mapping) else {}
    names = (chosen.get("real_name"), user.get("real_name"), chosen.get("display_name"), user.get("name"))
    return next((line for name in names if name and (line := one_line(str(name)))), "")
