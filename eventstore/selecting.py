"""Plain reads of streams and of the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.connections import Database

Row = tuple[int, UUID, int, str, bytes, datetime]
_STREAM = sql.SQL("""
SELECT originator_id, originator_version, topic, state FROM {table}
WHERE originator_id = %s AND originator_version > %s AND originator_version <= %s
ORDER BY originator_version {order} LIMIT %s
""")
_LOG = """
SELECT position, originator_id, originator_version, topic, state, recorded_at FROM tenure.events
WHERE position > %s AND position <= %s
ORDER BY position LIMIT %s
"""
_LOG_OF_TOPICS = """
SELECT position, originator_id, originator_version, topic, state, recorded_at FROM tenure.events
WHERE position > %s AND position <= %s AND topic = ANY (%s)
ORDER BY position LIMIT %s
"""
_VERSION_MAX = 2**63 - 1


def select_stream(
    database: Database,
    table: Literal["events", "snapshots"],
    originator_id: UUID | str,
    *,
    gt: int | None,
    lte: int | None,
    desc: bool,
    limit: int | None,
) -> list[StoredEvent]:
    """The rows of one stream with gt < version <= lte."""
    statement = _STREAM.format(
        table=sql.Identifier("tenure", table), order=sql.SQL("DESC" if desc else "ASC")
    )
    values = (
        str(originator_id),
        -1 if gt is None else gt,
        _VERSION_MAX if lte is None else lte,
        limit,
    )

    def read(cursor: Cursor) -> list[StoredEvent]:
        cursor.execute(statement, values)
        return [StoredEvent(*row) for row in cursor.fetchall()]

    return database.repeatedly(read)


def select_log(
    database: Database, *, after: int, upto: int, limit: int, topics: Sequence[str] = ()
) -> list[Row]:
    """The rows of the log with after < position <= upto, of these topics if any are named."""

    def read(cursor: Cursor) -> list[Row]:
        if topics:
            cursor.execute(_LOG_OF_TOPICS, (after, upto, list(topics), limit))
        else:
            cursor.execute(_LOG, (after, upto, limit))
        return cursor.fetchall()

    return database.repeatedly(read)
