"""Structured logs: one line a request, JSON for machines and columns for people.

No token, no body, no personal detail is ever a field: a request is known by its id, its route's
template, its member and its outcome.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import msgspec
import structlog

_ENCODER = msgspec.json.Encoder(enc_hook=str)


def configure_logs(
    *, as_json: bool, level: int = logging.INFO, stream: TextIO | None = None
) -> None:
    """Send everything, the libraries' records included, to `stream` (standard error)."""
    target = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # A traceback with the values of local variables would show personal details.
    renderer: Any = (
        _json_line
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    if as_json:
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))


def access_log() -> Any:
    """The log of requests."""
    return structlog.get_logger("tenure.access")


def _json_line(_logger: Any, _method: str, event: dict[str, Any]) -> str:
    return _ENCODER.encode(event).decode()
