import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias

import pytest
import structlog

from bot import logs

SECRET = "xoxb-CANARY-token"
SECRETS = [SECRET, "postgresql://bot:CANARY-db@db.example.com/bot", "CANARY", ""]
TALKATIVE = [
    "slack_sdk",
    "slack_sdk.web.async_client",
    "slack_bolt",
    "slack_bolt.AsyncApp",
    "aiohttp",
    "aiohttp.client",
    "httpx",
    "sqlalchemy.engine",
    "aiosqlite",
    "asyncio",
]

Output: TypeAlias = Callable[[], str]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Logging belongs to the whole process: leave it as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in logging.getLogger().manager.loggerDict}
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name in logging.getLogger().manager.loggerDict:
        logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Output:
    def read() -> str:
        captured = capsys.readouterr()
        assert captured.out == "", "standard output is for what a command was asked for"
        return captured.err

    return read


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def ours() -> Any:
    return structlog.stdlib.get_logger("bot.test")


def fail_with(text: str) -> None:
    local_secret = text
    raise ValueError(f"refused: {local_secret}")


def test_in_json_an_event_is_one_line_with_its_fields(output: Output) -> None:
    logs.configure("INFO", "json", SECRETS)
    ours().info("reset done", reference="7K3M-Q9XD", client_id=42, name="Ana López")
    [line] = lines(output())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "reset done",
        "level": "info",
        "logger": "bot.test",
        "reference": "7K3M-Q9XD",
        "client_id": 42,
        "name": "Ana López",
    }


def test_in_a_console_an_event_can_be_read(output: Output) -> None:
    logs.configure("INFO", "console", SECRETS)
    ours().info("reset done", reference="7K3M-Q9XD")
    [line] = output().splitlines()
    assert "reset done" in line
    assert "reference=7K3M-Q9XD" in line


def test_where_nobody_looks_at_a_terminal_it_is_json(output: Output) -> None:
    logs.configure("INFO", None, SECRETS)
    ours().info("reset done")
    assert lines(output())[0]["event"] == "reset done"


@pytest.mark.parametrize(
    "value", ["one\ntwo", "one\r\ntwo", "\u2028", '{"event": "forged"}\n{"event": "forged"}', "\x1b[31m"]
)
def test_in_json_a_value_never_begins_a_line_of_its_own(output: Output, value: str) -> None:
    logs.configure("INFO", "json", SECRETS)
    ours().info("named", name=value)
    ours().info(value)
    logging.getLogger("foreign").warning("named %s", value)
    written = output().strip("\n").split("\n")
    assert len(written) == 3
    assert [json.loads(line).get("name") for line in written] == [value, None, None]


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_secret_is_struck_out_wherever_it_stands(output: Output, form: Any) -> None:
    logs.configure("DEBUG", form, SECRETS)
    ours().info(f"token {SECRET}", token=SECRET, nested={"list": [SECRET]}, address=SECRETS[1])
    ours().bind(bound=SECRET).warning("bound")
    structlog.contextvars.bind_contextvars(context=SECRET)
    ours().error("in context")
    written = output()
    assert "CANARY" not in written
    assert written.count("***") >= 6


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_secret_is_struck_out_of_tracebacks(output: Output, form: Any) -> None:
    logs.configure("DEBUG", form, SECRETS)
    for logger in (ours(), logging.getLogger("foreign")):
        try:
            fail_with(SECRET)
        except ValueError:
            logger.exception("failed")
    written = output()
    assert "CANARY" not in written
    assert written.count("ValueError: refused: ***") == 2
    assert written.count("Traceback") == 2


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_local_values(output: Output, form: Any) -> None:
    logs.configure("DEBUG", form, [])
    value = "found-in-a-frame"
    try:
        fail_with(value)
    except ValueError:
        ours().exception("failed")
    assert output().count(value) == 1, "the error's own text, and nothing from the frames"


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_secret_is_struck_out_of_other_libraries_lines(output: Output, form: Any) -> None:
    logs.configure("DEBUG", form, SECRETS)
    foreign = logging.getLogger("some.library")
    foreign.debug("sending %s", SECRET)
    foreign.info("sending %(token)s", {"token": SECRET})
    foreign.warning(SECRET, extra={"more": SECRET})
    written = output()
    assert len(written.splitlines()) == 3
    assert "CANARY" not in written


def test_a_secret_that_contains_another_one_is_struck_out_whole(output: Output) -> None:
    logs.configure("INFO", "json", ["abc", "abcdef"])
    ours().info("x", value="abcdef")
    assert lines(output())[0]["value"] == "***"


def test_no_secret_at_all_strikes_out_nothing(output: Output) -> None:
    logs.configure("INFO", "json", ["", ""])
    ours().info("as it is")
    assert lines(output())[0]["event"] == "as it is"


@pytest.mark.parametrize("name", TALKATIVE)
def test_what_prints_tokens_and_bodies_stays_silent_below_a_warning(output: Output, name: str) -> None:
    logs.configure("DEBUG", "json", SECRETS)
    logger = logging.getLogger(name)
    logger.debug("Sending a request - headers: {'Authorization': ...}")
    logger.info("HTTP Request: POST …")
    assert output() == ""
    logger.error("something is wrong")
    assert len(lines(output())) == 1


@pytest.mark.parametrize("name", sorted(set(TALKATIVE) - {"slack_bolt", "slack_bolt.AsyncApp"}))
def test_their_warnings_are_written(output: Output, name: str) -> None:
    logs.configure("DEBUG", "json", SECRETS)
    logging.getLogger(name).warning("something is wrong")
    assert len(lines(output())) == 1


def test_bolts_warnings_which_quote_requests_are_not_written(output: Output) -> None:
    logs.configure("DEBUG", "json", SECRETS)
    logging.getLogger("slack_bolt.AsyncApp").warning("Unhandled request ({'type': 'block_actions', …})")
    assert output() == ""


def test_at_debug_our_own_lines_are_all_there(output: Output) -> None:
    logs.configure("DEBUG", "json", SECRETS)
    ours().debug("detail")
    assert [line["level"] for line in lines(output())] == ["debug"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("INFO", ["info", "warning", "error"]),
        ("WARNING", ["warning", "error"]),
        ("ERROR", ["error"]),
        ("CRITICAL", []),
    ],
)
def test_the_level_decides_what_is_written(output: Output, level: str, expected: list[str]) -> None:
    logs.configure(level, "json", SECRETS)
    for name in ("debug", "info", "warning", "error"):
        getattr(ours(), name)("line")
    assert [line["level"] for line in lines(output())] == expected


def test_at_error_the_libraries_warnings_are_silent_too(output: Output) -> None:
    logs.configure("ERROR", "json", SECRETS)
    logging.getLogger("slack_sdk").warning("something is wrong")
    assert output() == ""


def test_configuring_twice_writes_each_line_once(output: Output) -> None:
    logs.configure("INFO", "json", SECRETS)
    logs.configure("INFO", "json", SECRETS)
    ours().info("once")
    assert len(lines(output())) == 1


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_secret_with_quotes_and_backslashes_is_struck_out_however_it_is_written(
    output: Output, form: Literal["json", "console"]
) -> None:
    secret = 'CANARY"with\\two\tmarks'
    logs.configure("INFO", form, (secret,))
    ours().info("as it stands", value=secret, inside={"deep": [secret]})
    assert "CANARY" not in output()
