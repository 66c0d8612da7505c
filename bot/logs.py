"""Logs: structured, one line an event, with the reference in it and never a secret."""

import json
import logging
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final, Literal

import structlog

# Below these levels they print tokens, message bodies, envelopes and requests, passwords included, so LOG_LEVEL does not
# reach them. Asked of each record, since some of their loggers set a level of their own.
_TALKATIVE: Final = {
    "aiohttp": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "slack_bolt": logging.ERROR,
    "slack_sdk": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "uvicorn": logging.WARNING,
}
_MASK: Final = "***"


def configure(level: str, form: Literal["console", "json"] | None, secrets: Iterable[str]) -> None:
    """Send all logs, ours and the libraries', to stderr. `form` None: console in a terminal, else JSON lines."""
    form = form or ("console" if sys.stderr.isatty() else "json")
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(form),
                Masker(secrets),
            ],
        )
    )
    handler.addFilter(_is_discreet)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _is_discreet(record: logging.LogRecord) -> bool:
    return record.levelno >= _TALKATIVE.get(record.name.partition(".")[0], logging.NOTSET)


class Masker:
    """The last look at a rendered line: a configured secret that got this far by any way is struck out."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # As it stands, and as JSON and Python write it. Longest first, so that one that contains another goes whole.
        forms = {
            form for secret in secrets if secret for form in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1])
        }
        self._secrets = sorted(forms, key=len, reverse=True)

    def __call__(self, _logger: object, _method: str, line: Mapping[str, Any] | str | bytes) -> str:
        text = line if isinstance(line, str) else str(line)
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text


def _renderer(form: Literal["console", "json"]) -> structlog.types.Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return _console


def _console(logger: object, method: str, event: MutableMapping[str, Any]) -> str:
    colored = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return str(colored(logger, method, event))
