"""Plain reads of streams and of the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.connections import Database
from eventstore.literals import uuid_array

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
_GIVEN_STREAMS = """
SELECT event.originator_id, event.originator_version, event.topic, event.state
FROM unnest(%s::uuid[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT originator_id, originator_version, topic, state
    FROM tenure.events
    WHERE originator_id = asked.id AND topic <> ALL (%s)
    ORDER BY originator_version
    OFFSET 0
) AS event
ORDER BY event.originator_id, event.originator_version
"""
# By the unique key, whatever the planner believes of a log that it has not looked at lately: any
# other way would sort the whole of it for every batch.
_BY_STREAM = "SET LOCAL enable_seqscan TO off; SET LOCAL enable_bitmapscan TO off;"
_STREAMS = """
SELECT position, originator_id, originator_version, topic, state, recorded_at FROM tenure.events
WHERE (originator_id, originator_version) > (%(id)s::uuid, %(version)s)
    AND (%(before)s::uuid IS NULL OR originator_id < %(before)s::uuid)
    AND position <= %(upto)s AND topic <> ALL (%(but)s::text[])
ORDER BY originator_id, originator_version LIMIT %(limit)s
"""
_STREAM_AFTER = """
SELECT originator_id FROM tenure.events WHERE originator_id >= %s::uuid
ORDER BY originator_id OFFSET %s LIMIT 1
"""
_NEXT_STREAM = """
SELECT originator_id FROM tenure.events WHERE originator_id > %s::uuid
ORDER BY originator_id LIMIT 1
"""
_MENTIONING = """
SELECT position, originator_id, originator_version, topic, state, recorded_at FROM tenure.events
WHERE position <= %s AND position(convert_to(%s, 'UTF8') IN state) > 0 ORDER BY position LIMIT %s
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


def select_given_streams(
    database: Database, originator_ids: Iterable[UUID], *, without: Sequence[str] = ()
) -> list[StoredEvent]:
    """The rows of some streams, stream by stream in the order of their ids.

    without: topics that are left out.
    """
    ids = uuid_array(originator_ids)

    def read(cursor: Cursor) -> list[StoredEvent]:
        cursor.execute(_GIVEN_STREAMS, (ids, list(without)))
        return [StoredEvent(*row) for row in cursor.fetchall()]

    return database.repeatedly(read)


def select_streams(
    database: Database,
    *,
    after: tuple[UUID, int],
    before: UUID | None,
    upto: int,
    but: Sequence[str],
    limit: int,
) -> list[Row]:
    """Rows stream by stream: those behind the place `after`, of streams with an id below `before`,
    up to a position, of every topic but these."""
    asked = {
        "id": str(after[0]),
        "version": after[1],
        "before": None if before is None else str(before),
        "upto": upto,
        "but": list(but),
        "limit": limit,
    }
    with database.transaction() as cursor:
        cursor.execute(_BY_STREAM + _STREAMS, asked)
        return cursor.fetchall()


def select_stream_after(database: Database, first: UUID, events: int) -> UUID | None:
    """A stream about so many events behind `first`, in the order of ids; None: there are fewer."""
    with database.transaction() as cursor:
        cursor.execute(_BY_STREAM + _STREAM_AFTER, (str(first), events))
        found = cursor.fetchone()
        if found == (first,):
            cursor.execute(_NEXT_STREAM, (str(first),))
            found = cursor.fetchone()
        return None if found is None else found[0]


def select_mentioning(database: Database, text: str, *, upto: int, limit: int) -> list[Row]:
    """Rows whose stored state holds `text`, in their order. Reads the whole log."""
    with database.transaction() as cursor:
        cursor.execute("SET LOCAL statement_timeout TO 0;" + _MENTIONING, (upto, text, limit))
        return cursor.fetchall()
