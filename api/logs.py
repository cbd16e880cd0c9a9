"""Structured logs: one line a request, JSON for machines and columns for people.

No token, no body, no personal detail is ever a field: a request is known by its id, its route's
template, its member and its outcome. An error is known by its class and where it arose; its message
may repeat what was sent, as the database's do, and is shown only where it is our own.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from typing import Any, TextIO

import msgspec
import psycopg2
import structlog

_OURS = ("api.", "eventstore.", "projections.")
"""Whose errors' messages are shown; the domain's tell what was sent, and are answers."""
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
        _without_values,
    ]
    renderer: Any = (
        _json_line
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
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


def told(error: BaseException) -> str:
    """An error without anything that may have been sent: its class, of the database's also their
    SQLSTATE and which constraint was broken."""
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    if isinstance(error, psycopg2.Error):
        return f"{name} ({', '.join(_of_database(error))})"
    if kind.__module__.startswith(_OURS) and str(error):
        return f"{name}: {error}"
    cause = error.__cause__
    return f"{name} from {told(cause)}" if isinstance(cause, psycopg2.Error) else name


def traceback_of(error: BaseException) -> str:
    """Where an error arose, and those that led to it: files, lines and code, no values."""
    return "\n".join(_lines_of(error, set()))


def _of_database(error: psycopg2.Error) -> Iterator[str]:
    if error.pgcode is None:
        # Of a connection that could not be made or was lost: no statement had a part in it.
        is_of_connection = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
        yield " ".join(str(error).split()) if is_of_connection else "no SQLSTATE"
        return
    yield f"SQLSTATE {error.pgcode}"
    for what in ("schema_name", "table_name", "column_name", "constraint_name"):
        found = getattr(error.diag, what)
        if found:
            yield f"{what.removesuffix('_name')} {found}"


def _lines_of(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _lines_of(before, seen)
        yield "which led to" if error.__cause__ else "while that was handled"
    yield "Traceback (most recent call last):"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
        if frame.line:
            yield f"    {frame.line}"
    yield told(error)
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _lines_of(one, seen)


def _without_values(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Errors in the fields as `told` tells them, the one of `exc_info` with where it arose."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = traceback_of(error)
    return {
        name: told(value) if isinstance(value, BaseException) else value
        for name, value in event.items()
    }


def _json_line(_logger: Any, _method: str, event: dict[str, Any]) -> str:
    return _ENCODER.encode(event).decode()
