"""Sessions that somebody keeps, beside those of the pool: their transactions, and their end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class


@contextmanager
def transaction_in(connection: Any) -> Iterator[Cursor]:
    """A transaction of a connection in autocommit, which it is in again afterwards: committed at
    the end of the block, rolled back when it raises."""
    connection.autocommit = False
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        if not connection.closed:
            connection.autocommit = True


def let_go(connection: Any) -> None:
    """End a session that holds advisory locks. They are free when this returns: a server that is
    only told goodbye frees them some time later, and whoever asks meanwhile is refused."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        connection.close()
