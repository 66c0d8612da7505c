"""What is the PHP module's own, over real HTTP: proxies, other modules, what breaks off, and where secrets are."""

import json
from pathlib import Path

import pytest

from sandbox.whmcs import seed_password
from tests.companion.php_server import MODULE
from tests.companion.servers import ANA, PASSWORD, REQUEST_ID, PhpCompanion

pytestmark = pytest.mark.asyncio

PROXIED = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}


async def test_what_other_modules_print_is_not_in_the_answer(php: PhpCompanion) -> None:
    response = await php.ask("ping")

    assert "printed" in (php.server.folder / "whmcs/init.php").read_text(encoding="utf-8")
    assert response.text.startswith('{"ok":true,')
    assert response.text.endswith("}")
    assert response.headers["cache-control"] == "no-store"


async def test_a_whole_round_of_requests_leaves_no_notice_in_phps_log(php: PhpCompanion) -> None:
    begins = php.server.log.stat().st_size
    await php.ask("ping")
    await php.ask("users", client_id=62)
    await php.set_password()
    await php.set_password(password="other-password")
    await php.ask("result", request_id=REQUEST_ID)
    await php.send(b"no JSON")
    await php.http.get(php.url)

    assert [line for _, line in php.lines() if " set a new password " not in line] == []
    written = php.server.log.read_bytes()[begins:].decode()
    assert "POST /modules/addons/resetbot/api.php" in written
    assert [line for line in written.splitlines() if "PHP " in line or "resetbot/lib" in line] == []


async def test_no_password_is_in_any_table_log_or_answer(php: PhpCompanion) -> None:
    other = "Fake-Other-Password-2"
    answers = [
        await php.set_password(),
        await php.set_password(),
        await php.set_password(password=other),
        await php.set_password(request_id="SHORT", password="Fake-7!"),
        await php.set_password(request_id="WRONG", client_id=43),
        await php.send(json.dumps({"action": "set_password", "password": PASSWORD}).encode()),
        await php.send(json.dumps({"action": PASSWORD}).encode(), secret="another-fake-secret"),
    ]
    with php.refusing("internal"):
        answers.append(await php.set_password(request_id="BROKEN"))

    assert [answer.status_code for answer in answers] == [200, 200, 409, 422, 404, 400, 401, 500]
    for secret in (PASSWORD, other, "Fake-7!", php.secret):
        assert all(secret not in answer.text + str(answer.headers) for answer in answers)
        for file in _files(php.server.folder):
            assert secret.encode() not in file.read_bytes(), file


def _files(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"database.sqlite", "server.log"} <= {path.name for path in files}
    return files


async def test_the_hash_of_a_request_is_gone_after_a_day_with_whatever_is_asked_next(php: PhpCompanion) -> None:
    await php.set_password()
    assert len(php.server.rows("SELECT password_hash FROM mod_resetbot_requests")) == 1

    php.let_a_day_pass()
    await php.ask("ping")

    assert php.server.rows("SELECT * FROM mod_resetbot_requests") == []


async def test_old_nonces_are_dropped_once_they_can_not_be_replayed(php: PhpCompanion) -> None:
    await php.ask("ping")
    php.server.run("UPDATE mod_resetbot_nonces SET used_at = used_at - 3601")

    await php.ask("ping")

    assert len(php.server.rows("SELECT * FROM mod_resetbot_nonces")) == 1


@pytest.mark.parametrize("table", ["mod_resetbot_requests", "tblusers"])
async def test_what_breaks_off_half_way_is_rolled_back_and_a_repeat_does_it(php: PhpCompanion, table: str) -> None:
    """The write before is undone as well, but for the nonce."""
    php.server.run(f"CREATE TRIGGER breaks BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'disk on fire'); END")
    nonce = "ab" * 16
    body = json.dumps(
        {"action": "set_password", "request_id": REQUEST_ID, "client_id": 42, "user_id": php.user_id(ANA)}
        | {"password": PASSWORD, "agent": "U0000000001"}
    ).encode()

    broken = await php.send(body, nonce=nonce)

    assert broken.json() == {
        "ok": False,
        "error": "internal",
        "message": "Something went wrong; see the activity log.",
    }
    assert php.opens(ANA, seed_password(php.user_id(ANA)))
    assert php.server.rows("SELECT * FROM mod_resetbot_requests") == []
    assert (await php.ask("result", request_id=REQUEST_ID)).json()["known"] is False
    [(_, line)] = php.lines()
    assert "disk on fire" in line
    php.server.run("DROP TRIGGER breaks")
    assert (await php.send(body, nonce=nonce)).json()["error"] == "replayed"
    assert (await php.set_password()).json()["repeated"] is False
    assert php.opens(ANA, PASSWORD)


async def test_strangers_write_nothing_into_the_activity_log_while_something_is_broken(php: PhpCompanion) -> None:
    """Nobody's signature is looked at then; PHP's own log has the cause."""
    php.server.run("DROP TABLE tbladdonmodules")
    begins = php.server.log.stat().st_size

    answers = [await php.send(b"{}", secret="another-fake-secret"), await php.http.get(php.url), await php.ask("ping")]

    for answer in answers:
        assert (answer.status_code, answer.json()["error"]) == (500, "internal")
        assert answer.json()["message"] == "Something went wrong; see PHP's error log."
    assert php.lines() == []
    assert php.server.log.read_bytes()[begins:].count(b"Reset Bot: internal error: ") == len(answers)


async def test_a_call_that_cannot_be_kept_is_in_the_activity_log_only_if_signed(php: PhpCompanion) -> None:
    php.server.run("DROP TABLE mod_resetbot_calls")

    unsigned = await php.send(b"{}", secret="another-fake-secret")
    before = php.lines()
    signed = await php.ask("users", client_id=42)

    assert (unsigned.status_code, before) == (401, [])
    assert signed.status_code == 200
    [(_, line)] = php.lines()
    assert "mod_resetbot_calls" in line


async def test_what_breaks_once_the_signature_is_verified_is_told_in_the_activity_log(php: PhpCompanion) -> None:
    php.server.run("DROP TABLE mod_resetbot_nonces")

    assert (await php.send(b"{}", secret="another-fake-secret")).status_code == 401
    assert php.lines() == []
    assert (await php.ask("ping")).json()["message"] == "Something went wrong; see the activity log."
    assert "mod_resetbot_nonces" in php.lines()[0][1]


async def test_no_password_is_set_that_the_activity_log_does_not_tell_of(php: PhpCompanion) -> None:
    php.server.run(
        "CREATE TRIGGER breaks BEFORE INSERT ON tblactivitylog WHEN new.description LIKE '% set a new password %'"
        " BEGIN SELECT RAISE(ABORT, 'full'); END"
    )

    assert (await php.set_password()).status_code == 500
    assert php.opens(ANA, seed_password(php.user_id(ANA)))


async def test_without_rollback_a_pending_request_is_written_again_by_a_repeat(
    php: PhpCompanion,
) -> None:
    """Such as MyISAM's: what a request leaves there that died before it was done."""
    await php.set_password()
    php.server.run("UPDATE mod_resetbot_requests SET changed_at = NULL")
    before = php.password_hash(ANA)

    assert (await php.ask("result", request_id=REQUEST_ID)).json()["known"] is None
    assert (await php.set_password(password="Fake-Other-Password-2")).json()["error"] == "request_id_conflict"
    assert (await php.set_password()).json()["repeated"] is False

    assert php.password_hash(ANA) != before
    assert (await php.set_password()).json()["repeated"] is True
    assert (await php.ask("result", request_id=REQUEST_ID)).json()["known"] is True


async def test_bcrypt_is_what_whmcs_keeps(php: PhpCompanion) -> None:
    await php.set_password()

    assert php.password_hash(ANA).startswith(b"$2y$")


@pytest.mark.parametrize(
    ("trusted", "headers", "status", "answer"),
    [
        ("", PROXIED, 403, {"error": "https_required"}),
        ("", {"Forwarded": "for=203.0.113.7;proto=https"}, 403, {"error": "https_required"}),
        ("", {"X-Forwarded-Proto": "https"}, 403, {"error": "https_required"}),
        ("", {"X-Varnish": "32770"}, 403, {"error": "https_required"}),
        ("192.0.2.0/24", PROXIED, 403, {"error": "https_required"}),
        ("127.0.0.1", PROXIED, 200, {"ok": True}),
        ("127.0.0.0/8", PROXIED, 200, {"ok": True}),
        ("127.0.0.1", PROXIED | {"X-Forwarded-Proto": "http"}, 403, {"error": "https_required"}),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, 403, {"error": "https_required"}),
        (
            "127.0.0.1",
            PROXIED | {"X-Forwarded-For": "203.0.113.8"},
            403,
            {"error": "address_not_allowed", "address": "203.0.113.8"},
        ),
        (
            "127.0.0.1",
            PROXIED | {"X-Forwarded-For": "203.0.113.7, 198.51.100.1"},
            403,
            {"error": "address_not_allowed", "address": "198.51.100.1"},
        ),
        ("127.0.0.1 10.0.0.0/8", PROXIED | {"X-Forwarded-For": "192.0.2.9, 203.0.113.7, 10.1.2.3"}, 200, {"ok": True}),
        (
            "127.0.0.1 203.0.113.0/24",
            PROXIED | {"X-Forwarded-For": "203.0.113.7, 203.0.113.66"},
            403,
            {"error": "address_not_allowed", "address": "203.0.113.66"},
        ),
    ],
)
async def test_what_a_proxy_says_counts_only_if_the_proxy_is_trusted(
    php: PhpCompanion, trusted: str, headers: dict[str, str], status: int, answer: dict[str, object]
) -> None:
    php.server.configure("allowed_addresses", "203.0.113.7\n127.0.0.1")
    php.server.configure("trusted_proxies", trusted)

    response = await php.ask("ping", headers)

    assert response.status_code == status
    assert answer.items() <= response.json().items()


async def test_an_empty_list_of_addresses_lets_nobody_in(php: PhpCompanion) -> None:
    php.server.configure("allowed_addresses", "")

    response = await php.ask("ping")

    assert response.json() | {"message": ""} == {
        "ok": False,
        "error": "address_not_allowed",
        "message": "",
        "address": "127.0.0.1",
    }


async def test_the_240_requests_of_a_minute_may_come_and_then_it_is_said_when_to_come_back(php: PhpCompanion) -> None:
    php.server.fill_the_minute()
    php.server.run("UPDATE mod_resetbot_nonces SET used_at = used_at - 30")
    [(number,)] = php.server.rows("SELECT count(*) FROM mod_resetbot_nonces")
    php.server.run("DELETE FROM mod_resetbot_nonces WHERE nonce = ?", "0" * 31 + "1")

    last, refused = await php.ask("ping"), await php.ask("ping")

    assert number == 240
    assert last.status_code == 200
    assert (refused.status_code, refused.json()["error"]) == (429, "rate_limited")
    assert 25 <= int(refused.headers["retry-after"]) <= 31
    php.server.run("UPDATE mod_resetbot_nonces SET used_at = used_at - 31")
    assert (await php.ask("ping")).status_code == 200


async def test_an_address_can_not_forge_lines_or_tags(php: PhpCompanion) -> None:
    user_id = php.user_id(ANA)
    php.server.run("UPDATE tblusers SET email = ? WHERE id = ?", "<b>Zoë</b>\nReset Bot:\u202e🦊", user_id)
    await php.set_password(user_id=user_id)

    [(_, line)] = php.lines()
    assert f"set a new password for user {user_id} ((b)Zoë(/b) Reset Bot: ?) of client 42" in line
    assert "\n" not in line


async def test_broken_bytes_in_an_address_do_no_harm(php: PhpCompanion) -> None:
    user_id = php.user_id(ANA)
    php.server.run("UPDATE tblusers SET email = CAST(X'616EFF61' AS TEXT) WHERE id = ?", user_id)

    [user] = (await php.ask("users", client_id=42)).json()["users"]
    changed = await php.set_password()

    assert user["email"] == "an\ufffda"
    assert changed.status_code == 200
    [(_, line)] = php.lines()
    assert f"user {user_id} (an?a) of client 42" in line


async def test_columns_that_a_version_of_whmcs_lacks_are_done_without(php: PhpCompanion) -> None:
    for column in (
        "last_login",
        "second_factor",
        "email_verified_at",
        "reset_token",
        "reset_token_expiry",
        "remember_token",
        "updated_at",
    ):
        php.server.run(f"ALTER TABLE tblusers DROP COLUMN {column}")

    [user] = (await php.ask("users", client_id=67)).json()["users"]
    changed = await php.set_password()

    assert (user["last_sign_in_at"], user["second_factor"], user["email_verified"]) == (None, False, False)
    assert changed.status_code == 200
    assert php.opens(ANA, PASSWORD)


async def test_a_new_password_voids_the_cookie_that_keeps_a_user_signed_in(php: PhpCompanion) -> None:
    php.server.run("UPDATE tblusers SET remember_token = 'fake-token'")

    await php.set_password()

    kept = php.server.rows("SELECT email FROM tblusers WHERE remember_token = ''")
    assert kept == [(ANA,)]


async def test_a_last_sign_in_of_zeros_is_none(php: PhpCompanion) -> None:
    php.server.run("UPDATE tblusers SET last_login = '0000-00-00 00:00:00'")

    assert (await php.ask("users", client_id=42)).json()["users"][0]["last_sign_in_at"] is None


async def test_calls_are_kept_without_pings_that_went_well_and_without_strangers(php: PhpCompanion) -> None:
    await php.ask("ping")
    await php.ask("users", client_id=42)
    await php.set_password()
    await php.set_password()
    await php.send(b"{}", secret="another-fake-secret")
    with php.refusing("address_not_allowed"):
        await php.set_password()

    calls = php.server.rows(
        "SELECT address, action, agent, client_id, user_id, request_id, outcome FROM mod_resetbot_calls"
    )
    agent, user = "U0000000001", php.user_id(ANA)
    assert calls == [
        ("127.0.0.1", "users", "", 42, None, "", "ok"),
        ("127.0.0.1", "set_password", agent, 42, user, REQUEST_ID, "ok"),
        ("127.0.0.1", "set_password", agent, 42, user, REQUEST_ID, "repeated"),
        ("127.0.0.1", "", "", None, None, "", "bad_signature"),
    ]


async def test_the_newest_500_calls_are_kept(php: PhpCompanion) -> None:
    php.server.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)"
        " INSERT INTO mod_resetbot_calls SELECT i, 1, '', '', '', NULL, NULL, '', 'ok' FROM n"
    )

    await php.ask("users", client_id=42)

    assert php.server.rows("SELECT count(*), max(id) FROM mod_resetbot_calls") == [(500, 601)]


async def test_a_secret_that_can_not_be_decrypted_any_more_makes_it_inactive(php: PhpCompanion) -> None:
    php.server.run("UPDATE mod_resetbot_settings SET value = 'AAAA'")

    assert (await php.ask("ping")).json()["error"] == "inactive"
    assert (await php.send(b'{"action": "ping"}', secret="\0\0\0")).json()["error"] == "inactive"


async def test_the_module_prints_nothing_of_itself_where_it_is_called_past_whmcs(php: PhpCompanion) -> None:
    for file in sorted(MODULE.rglob("*.php")):
        path = file.relative_to(MODULE).as_posix()
        if path != "api.php":
            response = await php.http.get(php.url.replace("api.php", path))
            assert response.text == "", path


async def test_only_posts_are_answered_with_anything_but_a_refusal(php: PhpCompanion) -> None:
    for method in ("GET", "PUT", "DELETE"):
        response = await php.http.request(method, php.url)
        assert (response.status_code, response.json()["error"]) == (401, "bad_signature")
