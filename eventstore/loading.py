"""Everything that one command reads, in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.connections import Database, prepare
from eventstore.literals import bigint_array, uuid_array
from eventstore.records import Loaded, Recorded, StoredCommand

_PREPARE = """
PREPARE tenure_load(uuid[], bigint[], text, text) AS
SELECT NULL::bigint, NULL::uuid, NULL::bigint, NULL::text, NULL::bytea, clock_timestamp()
UNION ALL
SELECT * FROM tenure.load($1, $2, $3, $4)
"""
_PREPARE_FROM_SNAPSHOTS = """
PREPARE tenure_load_from_snapshots(uuid[], bigint[], text[], text, text) AS
SELECT NULL::bigint, NULL::uuid, NULL::bigint, NULL::text, NULL::bytea, clock_timestamp()
UNION ALL
SELECT * FROM tenure.load_from_snapshots($1, $2, $3, $4, $5)
"""


def load(
    database: Database,
    streams: Sequence[tuple[UUID, int]],
    *,
    actor: str | None = None,
    key: str | None = None,
    snapshot_topics: Sequence[str] = (),
) -> Loaded:
    """The clock, the events of `streams` after the known versions, the command under the key.

    snapshot_topics: of a stream that has a snapshot under one of them, above the known version, the
    newest one and the events after it.
    """
    ids = uuid_array([stream_id for stream_id, _ in streams])
    versions = bigint_array([version for _, version in streams])

    def read(cursor: Cursor) -> list[tuple[Any, ...]]:
        if snapshot_topics:
            prepare(cursor, "tenure_load_from_snapshots", _PREPARE_FROM_SNAPSHOTS)
            cursor.execute(
                f"EXECUTE tenure_load_from_snapshots('{ids}', '{versions}', %s, %s, %s)",
                (list(snapshot_topics), actor, key),
            )
        else:
            prepare(cursor, "tenure_load", _PREPARE)
            cursor.execute(f"EXECUTE tenure_load('{ids}', '{versions}', %s, %s)", (actor, key))
        return cursor.fetchall()

    rows = database.repeatedly(read)
    now = rows[0][5] if database.clock is None else database.clock()
    command = None
    if len(rows) > 1 and rows[-1][2] is None:
        _, command_id, _, answer, request, recorded_at = rows.pop()
        command = StoredCommand(command_id, request, msgspec.json.decode(answer), recorded_at)
    del rows[0]
    snapshots = [StoredEvent(*row[1:5]) for row in rows if row[0] is None]
    events = [Recorded(*row) for row in rows if row[0] is not None]
    return Loaded(now, events, command, snapshots)
