"""`set_password` and `result`. The contract of both servers."""

import asyncio
import string
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.whmcs import seed_password
from tests.companion.servers import ANA, PASSWORD, REQUEST_ID, Companion
from whmcs import CompanionClient, NotAUserOfClientError, NotFoundError, OutcomeUnknownError, RefusedError

pytestmark = pytest.mark.asyncio

OTHER_PASSWORD = "Fake-Other-Password-2"
read_time = datetime.fromisoformat
PRINTABLE = "".join(chr(code) for code in range(32, 127))


async def test_set_password_opens_the_account_and_leaves_a_line_without_the_password(companion: Companion) -> None:
    user_id = companion.user_id(ANA)

    response = await companion.set_password()

    answer = response.json()
    assert set(answer) == {"ok", "user_id", "changed_at", "repeated", "temporary"}
    assert (response.status_code, answer["user_id"], answer["repeated"], answer["temporary"]) == (
        200,
        user_id,
        False,
        False,
    )
    assert companion.opens(ANA, PASSWORD)
    assert not companion.opens(ANA, seed_password(user_id))
    [(client_id, line)] = companion.lines()
    assert client_id == 42
    for part in ("U0000000001", str(user_id), ANA, REQUEST_ID):
        assert part in line
    assert PASSWORD not in line


async def test_the_line_names_the_agent_who_approved_it(companion: Companion) -> None:
    await companion.set_password(approved_by="U0000000002")

    [(_, line)] = companion.lines()
    assert line.endswith(f"request {REQUEST_ID}, approved by U0000000002")


async def test_nobody_elses_password_changes(companion: Companion) -> None:
    everybody = [user.email for user in companion.data.users.values() if user.email != ANA]
    before = [companion.password_hash(email) for email in everybody]

    await companion.set_password()

    assert [companion.password_hash(email) for email in everybody] == before


@pytest.mark.parametrize(
    "password",
    [PRINTABLE[:64], PRINTABLE[31:], " leading and trailing ", "&lt;&amp;%41+'\"\\u0041", string.digits],
)
async def test_every_printable_character_arrives_as_it_was_sent(companion: Companion, password: str) -> None:
    response = await companion.set_password(password=password)

    assert response.status_code == 200
    assert companion.opens(ANA, password)


@pytest.mark.parametrize("length", [8, 64])
async def test_the_shortest_and_the_longest_password_are_set(companion: Companion, length: int) -> None:
    assert (await companion.set_password(password="x" * length)).status_code == 200
    assert companion.opens(ANA, "x" * length)


async def test_result_tells_since_when_every_request_is_remembered(companion: Companion) -> None:
    companion.let_have_been_active(timedelta(days=2))
    await companion.set_password()
    remembered = (await companion.ask("result", request_id=REQUEST_ID)).json()
    day = read_time(remembered["remembers_since"])
    assert abs(datetime.now(UTC) - day - timedelta(days=1)) < timedelta(minutes=1)
    assert (remembered["known"], remembered["action"]) == (True, "set_password")

    companion.empty()

    forgotten = (await companion.ask("result", request_id=REQUEST_ID)).json()
    assert (forgotten["known"], forgotten["action"]) == (False, None)
    assert abs(datetime.now(UTC) - read_time(forgotten["remembers_since"])) < timedelta(minutes=1)
    assert (await companion.ask("ping")).json()["remembers_since"] == forgotten["remembers_since"]


async def test_a_write_that_did_not_end_is_neither_done_nor_not_done(companion: Companion) -> None:
    companion.leave_pending(REQUEST_ID)

    answer = (await companion.ask("result", request_id=REQUEST_ID)).json()

    assert (answer["known"], answer["action"], answer["user_id"]) == (None, "set_password", None)


async def test_set_password_voids_reset_links_sent_before(companion: Companion) -> None:
    await companion.mail_reset_link(ANA)
    assert companion.has_open_reset_link(ANA)

    await companion.set_password()

    assert not companion.has_open_reset_link(ANA)


async def test_a_user_of_several_clients_can_be_reached_through_each(companion: Companion) -> None:
    clara = companion.user_id("clara@example.com")

    for client_id in (63, 64):
        answer = await companion.set_password(request_id=f"CLARA-{client_id}", client_id=client_id, user_id=clara)
        assert answer.status_code == 200


async def test_a_repeated_request_tells_the_first_result_and_changes_nothing(companion: Companion) -> None:
    first = (await companion.set_password()).json()
    kept = companion.password_hash(ANA)

    second = (await companion.set_password()).json()

    assert second == first | {"repeated": True}
    assert companion.password_hash(ANA) == kept
    assert len(companion.lines()) == 1


async def test_eight_of_the_same_request_at_once_change_it_once(companion: Companion) -> None:
    answers = await asyncio.gather(*(companion.set_password() for _ in range(8)))

    assert [answer.status_code for answer in answers] == [200] * 8
    assert sorted(answer.json()["repeated"] for answer in answers) == [False] + [True] * 7
    assert len(companion.lines()) == 1
    assert companion.opens(ANA, PASSWORD)


async def test_two_different_passwords_under_one_request_at_once_leave_one_winner(companion: Companion) -> None:
    answers = await asyncio.gather(companion.set_password(), companion.set_password(password=OTHER_PASSWORD))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner = PASSWORD if answers[0].status_code == 200 else OTHER_PASSWORD
    assert companion.opens(ANA, winner)
    assert len(companion.lines()) == 1


async def test_requests_for_different_users_at_once_are_all_done(companion: Companion) -> None:
    users = [link.user_id for link in companion.data.links_of_client(62)][:8]

    answers = await asyncio.gather(
        *(companion.set_password(request_id=f"R-{user}", client_id=62, user_id=user) for user in users)
    )

    assert [answer.json().get("user_id") for answer in answers] == users
    assert all(companion.opens(companion.data.users[user].email, PASSWORD) for user in users)


async def test_one_nonce_sent_eight_times_at_once_is_accepted_once(companion: Companion) -> None:
    answers = await asyncio.gather(*(companion.send(b'{"action": "ping"}', nonce="ab" * 16) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_the_same_request_id_with_other_values_is_a_conflict(companion: Companion) -> None:
    await companion.set_password()
    stranger = companion.data.links_of_client(43)[0].user_id

    for changed in ({"password": OTHER_PASSWORD}, {"client_id": 43}, {"user_id": stranger}):
        response = await companion.set_password(**changed)
        assert (response.status_code, response.json()["error"]) == (409, "request_id_conflict")
    assert companion.opens(ANA, PASSWORD)


async def test_a_repeat_is_compared_with_the_request_and_not_with_what_the_user_chose_since(
    companion: Companion,
) -> None:
    await companion.set_password()
    await companion.set_password(request_id="AAAA-BBBB", password="Fake-Chosen-Since-3")

    assert (await companion.set_password()).json()["repeated"] is True
    assert companion.opens(ANA, "Fake-Chosen-Since-3")


async def test_result_settles_what_became_of_a_request(companion: Companion) -> None:
    before = (await companion.ask("result", request_id=REQUEST_ID)).json()
    changed = (await companion.set_password()).json()

    after = (await companion.ask("result", request_id=REQUEST_ID)).json()

    assert before["known"] is False
    assert after["known"] is True
    assert (after["user_id"], after["changed_at"]) == (changed["user_id"], changed["changed_at"])


async def test_a_request_is_forgotten_after_a_day(companion: Companion) -> None:
    await companion.set_password()

    companion.let_a_day_pass()

    assert (await companion.ask("result", request_id=REQUEST_ID)).json()["known"] is False
    assert (await companion.set_password(password=OTHER_PASSWORD)).json()["repeated"] is False
    assert companion.opens(ANA, OTHER_PASSWORD)


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"user_id": 42}, 404, "user_not_found"),
        ({"client_id": 9999}, 404, "client_not_found"),
        ({"user_id": 2**40}, 404, "user_not_found"),
        ({"client_id": 2**40}, 404, "client_not_found"),
        ({"client_id": 43}, 404, "not_a_user_of_client"),
        ({"client_id": 905, "user_id": 905}, 404, "not_a_user_of_client"),
        ({"password": "short-7"}, 422, "password_refused"),
        ({"password": ""}, 422, "password_refused"),
        ({"password": "x" * 65}, 422, "password_refused"),
        ({"password": "contraseña-larga"}, 422, "password_refused"),
        ({"password": "tab\tseparated"}, 422, "password_refused"),
        ({"password": "nul\0in-the-middle"}, 422, "password_refused"),
        ({"password": "line-at-the-end\n"}, 422, "password_refused"),
        ({"password": "deleted-\x7f-sign"}, 422, "password_refused"),
        ({"password": None}, 400, "invalid_request"),
        ({"password": ["Fake-New-Password-1"]}, 400, "invalid_request"),
        ({"request_id": ""}, 400, "invalid_request"),
        ({"request_id": "x" * 65}, 400, "invalid_request"),
        ({"request_id": "7K3M Q9XD"}, 400, "invalid_request"),
        ({"request_id": "7K3M-Q9XD\n"}, 400, "invalid_request"),
        ({"request_id": "ñ"}, 400, "invalid_request"),
        ({"user_id": "900"}, 400, "invalid_request"),
        ({"client_id": True}, 400, "invalid_request"),
        ({"agent": "U" + "A" * 21}, 400, "invalid_request"),
        ({"agent": ""}, 400, "invalid_request"),
        ({"agent": "U0000000001 for client 43"}, 400, "invalid_request"),
        ({"agent": "u0000000001"}, 400, "invalid_request"),
        ({"approved_by": ""}, 400, "invalid_request"),
        ({"approved_by": "Berta"}, 400, "invalid_request"),
        ({"temporary": True}, 400, "invalid_request"),
        ({"temporary": None}, 400, "invalid_request"),
    ],
)
async def test_set_password_refuses_and_changes_nothing(
    companion: Companion, changed: dict[str, object], status: int, error: str
) -> None:
    response = await companion.set_password(None, **changed)

    assert (response.status_code, response.json()["ok"], response.json()["error"]) == (status, False, error)
    assert companion.opens(ANA, seed_password(companion.user_id(ANA)))
    assert companion.lines() == []
    assert (await companion.ask("result", request_id=REQUEST_ID)).json()["known"] is False


async def test_a_request_that_was_refused_can_be_sent_again_with_other_values(companion: Companion) -> None:
    await companion.set_password(client_id=43)

    response = await companion.set_password(password=OTHER_PASSWORD, temporary=False, agent="W" + "A" * 20)

    assert (response.status_code, response.json()["repeated"]) == (200, False)


async def test_the_minimum_length_can_be_raised(companion: Companion) -> None:
    companion.require_length(32)

    assert (await companion.set_password()).json()["error"] == "password_refused"
    assert (await companion.ask("ping")).json()["minimum_password_length"] == 32


async def test_a_user_removed_from_the_client_is_refused(companion: Companion) -> None:
    companion.remove_user_from_client(ANA, 42)

    assert (await companion.set_password()).json()["error"] == "not_a_user_of_client"


async def test_our_own_client_sets_a_password_and_asks_what_became_of_it(companion: Companion) -> None:
    user_id = companion.user_id(ANA)
    async with CompanionClient.connect(companion.url, companion.secret) as client:

        async def set_password(password: str = PASSWORD, client_id: int = 42, user_id: int = user_id) -> bool:
            done = await client.set_password(
                request_id=REQUEST_ID, client_id=client_id, user_id=user_id, password=password, agent="U0000000001"
            )
            return done.is_repeated

        with pytest.raises(NotAUserOfClientError):
            await set_password(client_id=43)
        with pytest.raises(NotFoundError):
            await set_password(user_id=42)
        with pytest.raises(RefusedError, match="password_refused"):
            await set_password("short-7")
        with companion.refusing("internal"), pytest.raises(OutcomeUnknownError):
            await set_password()
        assert (await client.result(REQUEST_ID)).is_known is False
        assert await set_password() is False
        assert await set_password() is True
        with pytest.raises(RefusedError, match="request_id_conflict"):
            await set_password(OTHER_PASSWORD)
        assert (await client.result(REQUEST_ID)).user_id == user_id
    assert companion.opens(ANA, PASSWORD)
