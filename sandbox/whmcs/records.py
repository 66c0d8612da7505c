"""Records of WHMCS, as far as resets need them, and of the requests to the local one."""

import dataclasses
import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from sandbox.whmcs.tickets import Desk

ClientStatus = Literal["Active", "Inactive", "Closed"]

RESET_LINK_LIFE: Final = timedelta(hours=2)
FIRST_USER_ID: Final = 900
CREATED_AT: Final = datetime(2021, 3, 15, 9, 30, tzinfo=UTC)


@dataclasses.dataclass
class Client:
    """A customer account. Tests may change its fields while the server runs."""

    id: int
    firstname: str
    lastname: str
    companyname: str
    email: str
    status: ClientStatus = "Active"
    language: str = ""
    groupid: int = 0
    email_verified: bool = True
    last_login_at: datetime | None = None
    created_at: datetime = CREATED_AT

    @property
    def fullname(self) -> str:
        return f"{self.firstname} {self.lastname}"


@dataclasses.dataclass
class User:
    """A login with access to the clients that are linked to it. Tests may change its fields while the server runs."""

    id: int
    firstname: str
    lastname: str
    email: str
    last_sign_in_at: datetime | None = None
    second_factor: bool = False
    email_verified: bool = True
    created_at: datetime = CREATED_AT
    password_hash: bytes = b""
    password_changed_at: datetime | None = None
    reset_link_expires_at: datetime | None = None

    @property
    def fullname(self) -> str:
        return f"{self.firstname} {self.lastname}"


@dataclasses.dataclass(frozen=True)
class Link:
    """Access of a user to a client; the owner is one of its users."""

    user_id: int
    client_id: int
    is_owner: bool


@dataclasses.dataclass(frozen=True)
class Domain:
    """A domain of a client."""

    id: int
    client_id: int
    name: str


@dataclasses.dataclass
class Data:
    """Clients and users by id, domains, access, oldest first, and the support desk.

    `utc_offset` is that of the installation's local time; times in the API have no zone.
    """

    clients: dict[int, Client] = dataclasses.field(default_factory=dict)
    domains: list[Domain] = dataclasses.field(default_factory=list)
    users: dict[int, User] = dataclasses.field(default_factory=dict)
    links: list[Link] = dataclasses.field(default_factory=list)
    desk: Desk = dataclasses.field(default_factory=Desk)
    utc_offset: timedelta = timedelta(hours=-5)
    version: str = "8.13.1"

    def add_client(
        self,
        firstname: str,
        lastname: str,
        email: str,
        *,
        client_id: int | None = None,
        companyname: str = "",
        status: ClientStatus = "Active",
        language: str = "",
    ) -> Client:
        """Add a client without users; its id is the next free one, unless given. Raises: ValueError."""
        if client_id is None:
            client_id = max(self.clients, default=0) + 1
        if client_id in self.clients:
            raise ValueError(f"there is a client {client_id} already")
        client = Client(client_id, firstname, lastname, companyname, email, status, language)
        self.clients[client_id] = client
        return client

    def add_user(
        self,
        firstname: str,
        lastname: str,
        email: str,
        *,
        client_ids: Iterable[int] = (),
        is_owner: bool = True,
        user_id: int | None = None,
        password: str | None = None,
    ) -> User:
        """Add a user with access to these clients; without a password, sign-in is not possible. Raises: ValueError.

        `is_owner` makes them the owner of the clients that have none yet.
        """
        if user_id is None:
            user_id = max(self.users, default=FIRST_USER_ID - 1) + 1
        if user_id in self.users or self.find_user_by_email(email) is not None:
            raise ValueError(f"there is a user {user_id} or {email} already")
        user = User(user_id, firstname, lastname, email)
        if password is not None:
            user.password_hash = hash_password(password)
        self.users[user_id] = user
        for client_id in client_ids:
            self.link(user_id, client_id, is_owner=is_owner)
        return user

    def add_domain(self, client_id: int, name: str) -> Domain:
        """Add a domain to the client. Raises: ValueError."""
        if client_id not in self.clients:
            raise ValueError(f"there is no client {client_id}")
        domain = Domain(len(self.domains) + 1, client_id, name)
        self.domains.append(domain)
        return domain

    def link(self, user_id: int, client_id: int, *, is_owner: bool = False) -> None:
        """Give the user access to the client, with `is_owner` as its owner if it has none. Raises: ValueError."""
        if user_id not in self.users or client_id not in self.clients or self.is_linked(user_id, client_id):
            raise ValueError(f"user {user_id} and client {client_id} don't exist, or are linked already")
        has_owner = any(link.is_owner for link in self.links_of_client(client_id))
        self.links.append(Link(user_id, client_id, is_owner and not has_owner))

    def remove_user_from_client(self, user_id: int, client_id: int) -> None:
        """Remove the user's access to the client; the user remains."""
        self.links = [link for link in self.links if (link.user_id, link.client_id) != (user_id, client_id)]

    def remove_user(self, user_id: int) -> None:
        self.links = [link for link in self.links if link.user_id != user_id]
        del self.users[user_id]

    def links_of_client(self, client_id: int) -> tuple[Link, ...]:
        return tuple(link for link in self.links if link.client_id == client_id)

    def links_of_user(self, user_id: int) -> tuple[Link, ...]:
        return tuple(link for link in self.links if link.user_id == user_id)

    def is_linked(self, user_id: int, client_id: int) -> bool:
        return any(link.user_id == user_id and link.client_id == client_id for link in self.links)

    def find_user_by_email(self, email: str) -> User | None:
        return next((user for user in self.users.values() if user.email.lower() == email.lower()), None)


@dataclasses.dataclass(frozen=True)
class ResetEmail:
    """A mail with a reset link, sent to the address that the user had at that time."""

    user_id: int
    email: str
    at: datetime


@dataclasses.dataclass(frozen=True)
class Activity:
    """A line of the activity log; `client_id` 0: of no client."""

    at: datetime
    description: str
    client_id: int


@dataclasses.dataclass
class Call:
    """A received request, successful or not.

    `parameters` are without credentials, but include the password to set. `written_at` is the time of a change, if any.
    `status` is that of the response, 0 if the connection ended without one; it and `answer` are set when `is_done`,
    `seconds` after the request was received.
    """

    action: str
    parameters: Mapping[str, object]
    at: datetime
    is_companion: bool
    written_at: datetime | None = None
    is_done: bool = False
    seconds: float = 0.0
    status: int = 0
    answer: str = ""

    @property
    def has_written(self) -> bool:
        return self.written_at is not None


@dataclasses.dataclass
class CompanionRequest:
    """Record of a `request_id` in the companion; until it `is_done`, a repetition writes again."""

    request_id: str
    client_id: int
    user_id: int
    password_hash: bytes
    changed_at: datetime
    is_done: bool = False


def hash_password(password: str) -> bytes:
    """Return a salted hash. A fast one, since the passwords here need no protection."""
    salt = os.urandom(16)
    return salt + _derive(password, salt)


def matches(password: str, password_hash: bytes) -> bool:
    salt, expected = password_hash[:16], password_hash[16:]
    return bool(expected) and hmac.compare_digest(_derive(password, salt), expected)


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=16, r=1, p=1)
