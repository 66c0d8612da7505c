"""Logs: structured, one line an event, with the reference in it and never a secret."""

import logging
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final, Literal

import structlog

# Their DEBUG output prints tokens, message bodies and envelopes, passwords included, so LOG_LEVEL does not reach them.
_TALKATIVE: Final = ("slack_sdk", "slack_bolt", "aiohttp", "httpx", "httpcore", "asyncio", "aiosqlite", "sqlalchemy")
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
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    quietest = max(logging.INFO, logging.getLevelNamesMapping()[level])
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(quietest, logging.WARNING))
    # Bolt's warnings quote requests, and complain that SLACK_BOT_TOKEN, which it reads by itself, is not used.
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
    for name in ("uvicorn", "uvicorn.error", "alembic"):
        logging.getLogger(name).setLevel(max(quietest, logging.WARNING))
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


class Masker:
    """The last look at a rendered line: a configured secret that got this far by any way is struck out."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # Longest first, so that a secret that contains another one is struck out whole.
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

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
