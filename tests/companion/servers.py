"""The servers of the companion's protocol, behind one face: the local WHMCS's in Python, and the PHP module itself."""

import contextlib
import hashlib
import hmac
import json
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Literal

import httpx

from sandbox.whmcs import Data, Fault, FaultKind, LocalWhmcs
from tests.companion.php_server import PhpServer

ANA = "ana@example.com"
PASSWORD = "Fake-New-Password-1"
REQUEST_ID = "7K3M-Q9XD"

Refusing = Literal["inactive", "https_required", "address_not_allowed", "rate_limited", "internal"]


class Companion(ABC):
    """Holds the installation of `make_seed()`. Signs by the protocol's text, not by the code under test."""

    data: Data
    url: str
    secret: str
    http: httpx.AsyncClient
    clock_ahead_seconds: int = 0

    async def send(
        self,
        body: bytes,
        *,
        secret: str | None = None,
        timestamp: str | None = None,
        nonce: str | None = None,
        tampered: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        timestamp = str(int(time.time()) + self.clock_ahead_seconds) if timestamp is None else timestamp
        nonce = secrets.token_hex(16) if nonce is None else nonce
        key = (secret or self.secret).encode()
        signature = hmac.new(key, f"v1:{timestamp}:{nonce}:".encode() + body, hashlib.sha256).hexdigest()
        signed = {
            "Content-Type": "application/json",
            "X-Resetbot-Timestamp": timestamp,
            "X-Resetbot-Nonce": nonce,
            "X-Resetbot-Signature": f"v1={signature}",
        }
        return await self.http.post(self.url, content=body + tampered, headers={**signed, **(headers or {})})

    async def ask(self, action: str, headers: Mapping[str, str] | None = None, **fields: object) -> httpx.Response:
        return await self.send(json.dumps({"action": action, **fields}).encode(), headers=headers)

    async def set_password(self, headers: Mapping[str, str] | None = None, **changed: object) -> httpx.Response:
        fields: dict[str, object] = {
            "request_id": REQUEST_ID,
            "client_id": 42,
            "user_id": self.user_id(ANA),
            "password": PASSWORD,
            "agent": "U0000000001",
        }
        return await self.ask("set_password", headers, **(fields | changed))

    def user_id(self, email: str) -> int:
        user = self.data.find_user_by_email(email)
        assert user is not None
        return user.id

    @abstractmethod
    def opens(self, email: str, password: str) -> bool: ...

    @abstractmethod
    def password_hash(self, email: str) -> bytes:
        """What is kept of the user's password: another value after every change."""

    @abstractmethod
    def lines(self) -> list[tuple[int, str]]:
        """Client id and text of the activity log, oldest first."""

    @abstractmethod
    def require_length(self, minimum: int) -> None: ...

    @abstractmethod
    def remove_user_from_client(self, email: str, client_id: int) -> None: ...

    @abstractmethod
    def let_sign_in(self, email: str, at: datetime) -> None: ...

    @abstractmethod
    async def mail_reset_link(self, email: str) -> None: ...

    @abstractmethod
    def has_open_reset_link(self, email: str) -> bool: ...

    @abstractmethod
    def refusing(self, error: Refusing) -> AbstractContextManager[Mapping[str, str]]:
        """Bring about what is answered by this error; gives the headers that a request must have for it."""

    @abstractmethod
    def let_a_day_pass(self) -> None: ...

    @abstractmethod
    def let_have_been_active(self, time: timedelta) -> None:
        """Let the module have been activated that long ago."""

    @abstractmethod
    def empty(self) -> None:
        """Deactivate the module and activate it again, with the same secret."""

    @abstractmethod
    def leave_pending(self, request_id: str) -> None:
        """Leave a request of *set a password* whose write began and did not end."""


class LocalCompanion(Companion):
    def __init__(self, whmcs: LocalWhmcs, http: httpx.AsyncClient) -> None:
        self.whmcs = whmcs
        self.data = whmcs.data
        self.url = whmcs.companion_url
        self.secret = whmcs.companion_secret
        self.http = http

    def opens(self, email: str, password: str) -> bool:
        return self.whmcs.opens(email, password)

    def password_hash(self, email: str) -> bytes:
        return self.data.users[self.user_id(email)].password_hash

    def lines(self) -> list[tuple[int, str]]:
        return [(line.client_id, line.description) for line in self.whmcs.activity]

    def require_length(self, minimum: int) -> None:
        self.whmcs.companion.minimum_password_length = minimum

    def remove_user_from_client(self, email: str, client_id: int) -> None:
        self.whmcs.remove_user_from_client(self.user_id(email), client_id)

    def let_sign_in(self, email: str, at: datetime) -> None:
        self.data.users[self.user_id(email)].last_sign_in_at = at

    async def mail_reset_link(self, email: str) -> None:
        credentials = {"identifier": self.whmcs.identifier, "secret": self.whmcs.secret, "responsetype": "json"}
        asked = {**credentials, "action": "ResetPassword", "email": email}
        await self.http.post(f"{self.whmcs.url}/includes/api.php", data=asked)

    def has_open_reset_link(self, email: str) -> bool:
        return self.whmcs.has_open_reset_link(self.user_id(email))

    @contextlib.contextmanager
    def refusing(self, error: Refusing) -> Iterator[Mapping[str, str]]:
        kinds: dict[Refusing, FaultKind] = {
            "inactive": "companion_inactive",
            "https_required": "companion_https",
            "address_not_allowed": "companion_address",
            "rate_limited": "companion_rate_limited",
            "internal": "internal",
        }
        self.whmcs.faults.add(Fault("*", kinds[error], retry_after_seconds=60))
        yield {}
        self.whmcs.faults.clear()

    def let_a_day_pass(self) -> None:
        self.clock_ahead_seconds = 86401
        self.whmcs.faults.companion_clock_offset_seconds = self.clock_ahead_seconds

    def let_have_been_active(self, time: timedelta) -> None:
        self.whmcs.companion.emptied_at = datetime.now(UTC) - time

    def empty(self) -> None:
        self.whmcs.empty_companion()

    def leave_pending(self, request_id: str) -> None:
        self.whmcs.leave_companion_request(request_id, 42, self.user_id(ANA))


class PhpCompanion(Companion):
    def __init__(self, server: PhpServer, http: httpx.AsyncClient) -> None:
        self.server = server
        self.data = server.data
        self.url = server.url
        self.secret = server.secret
        self.http = http

    def opens(self, email: str, password: str) -> bool:
        return self.server.verifies(password, self.password_hash(email))

    def password_hash(self, email: str) -> bytes:
        [(kept,)] = self.server.rows("SELECT password FROM tblusers WHERE email = ?", email)
        return str(kept).encode()

    def lines(self) -> list[tuple[int, str]]:
        rows = self.server.rows("SELECT userid, description FROM tblactivitylog ORDER BY id")
        return [(int(str(client_id)), str(text)) for client_id, text in rows]

    def require_length(self, minimum: int) -> None:
        self.server.configure("minimum_password_length", str(minimum))

    def remove_user_from_client(self, email: str, client_id: int) -> None:
        self.server.run(
            "DELETE FROM tblusers_clients WHERE auth_user_id = ? AND client_id = ?", self.user_id(email), client_id
        )

    def let_sign_in(self, email: str, at: datetime) -> None:
        self.server.run("UPDATE tblusers SET last_login = ? WHERE email = ?", self.server.local_time(at), email)

    async def mail_reset_link(self, email: str) -> None:
        self.server.run(
            "UPDATE tblusers SET reset_token = 'fake-token', reset_token_expiry = '2999-01-01 00:00:00' WHERE email = ?",
            email,
        )

    def has_open_reset_link(self, email: str) -> bool:
        [link] = self.server.rows("SELECT reset_token, reset_token_expiry FROM tblusers WHERE email = ?", email)
        return link != ("", None)

    @contextlib.contextmanager
    def refusing(self, error: Refusing) -> Iterator[Mapping[str, str]]:
        headers = {}
        match error:
            case "inactive":
                self.server.run("ALTER TABLE mod_resetbot_settings RENAME TO put_aside")
            case "https_required":
                headers = {"X-Forwarded-For": "203.0.113.7"}
            case "address_not_allowed":
                self.server.configure("allowed_addresses", "192.0.2.1")
            case "rate_limited":
                self.server.fill_the_minute()
            case "internal":
                self.server.run("ALTER TABLE tblclients RENAME TO put_aside")
        yield headers
        match error:
            case "inactive":
                self.server.run("ALTER TABLE put_aside RENAME TO mod_resetbot_settings")
            case "address_not_allowed":
                self.server.configure("allowed_addresses", "127.0.0.1")
            case "rate_limited":
                self.server.run("DELETE FROM mod_resetbot_nonces")
            case "internal":
                self.server.run("ALTER TABLE put_aside RENAME TO tblclients")

    def let_a_day_pass(self) -> None:
        self.server.run("UPDATE mod_resetbot_requests SET created_at = created_at - 86401")

    def let_have_been_active(self, time: timedelta) -> None:
        seconds = int(time.total_seconds())
        self.server.run("UPDATE mod_resetbot_settings SET value = value - ? WHERE name = 'requests_since'", seconds)

    def empty(self) -> None:
        self.server.run("DELETE FROM mod_resetbot_requests")
        self.server.run("DELETE FROM mod_resetbot_settings WHERE name = 'requests_since'")

    def leave_pending(self, request_id: str) -> None:
        self.server.run(
            "INSERT INTO mod_resetbot_requests (request_id, client_id, user_id, password_hash, created_at)"
            " VALUES (?, 42, ?, 'none', ?)",
            request_id,
            self.user_id(ANA),
            int(time.time()),
        )
