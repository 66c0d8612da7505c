"""Structured logs: one line per event, with the reference, never with a secret."""

import json
import logging
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final, Literal

import structlog

# Below these levels they print tokens, messages and requests, including passwords, so LOG_LEVEL does not apply to them.
# Checked for each record, since some of their loggers set their own level.
_TALKATIVE: Final = {
    "aiohttp": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "httpx": logging.WARNING,
    "slack_bolt": logging.ERROR,
    "slack_sdk": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "uvicorn": logging.WARNING,
}
_MASK: Final = "***"


def configure(level: str, form: Literal["console", "json"] | None, secrets: Iterable[str]) -> None:
    """Send all logs, including the libraries', to stderr. `form` None: console in a terminal, else JSON lines."""
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
    """Masks configured secrets in rendered lines, as the last step."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # Raw, and as JSON and Python write it. Longest first, so that a secret that contains another is masked whole.
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
