"""Failures of psycopg2 as the errors of `eventsourcing.persistence`, which mirror PEP 249."""

from __future__ import annotations

import psycopg2
from eventsourcing import persistence

_BY_CLASS: dict[type[BaseException], type[persistence.PersistenceError]] = {
    psycopg2.InterfaceError: persistence.InterfaceError,
    psycopg2.DataError: persistence.DataError,
    psycopg2.OperationalError: persistence.OperationalError,
    psycopg2.IntegrityError: persistence.IntegrityError,
    psycopg2.InternalError: persistence.InternalError,
    psycopg2.ProgrammingError: persistence.ProgrammingError,
    psycopg2.NotSupportedError: persistence.NotSupportedError,
    psycopg2.DatabaseError: persistence.DatabaseError,
}


def translated(error: psycopg2.Error, *, is_connection_lost: bool) -> persistence.PersistenceError:
    """The library's error for psycopg2's; always an OperationalError when the connection is lost.

    (A server that ends an idle transaction, say, reports that as an internal error.)
    """
    message = _message(error)
    if is_connection_lost:
        return ConnectionLostError(message)
    for ancestor in type(error).__mro__:
        if ancestor in _BY_CLASS:
            return _BY_CLASS[ancestor](message)
    return persistence.PersistenceError(message)


class ConnectionLostError(persistence.OperationalError):
    """The database is not reachable, or went away before it answered."""


class PoolClosedError(persistence.ConnectionPoolClosedError, persistence.OperationalError):
    """The pool was closed: this process is about to end."""


def _message(error: psycopg2.Error) -> str:
    """What went wrong and with what, without the statement and where in it."""
    primary, detail = error.diag.message_primary, error.diag.message_detail
    parts = [part for part in (primary, detail) if part]
    return ": ".join(parts) or str(error).strip() or type(error).__name__
