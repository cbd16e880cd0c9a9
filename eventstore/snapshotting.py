"""Snapshots: states of aggregates at a version, a shortcut beside the log."""

from __future__ import annotations

from collections.abc import Sequence

from eventsourcing.persistence import StoredEvent
from psycopg2.extras import execute_values

from eventstore.connections import Database
from eventstore.literals import bigint_array, bytea_array, uuid_array

_KEEP = """
SET LOCAL synchronous_commit TO off;
WITH taken AS (
    SELECT * FROM unnest('{ids}'::uuid[], '{versions}'::bigint[], %s::text[], '{states}'::bytea[])
        AS snapshot (id, version, topic, state)
), kept AS (
    INSERT INTO tenure.snapshots SELECT * FROM taken ORDER BY id ON CONFLICT DO NOTHING
)
DELETE FROM tenure.snapshots AS old USING taken
WHERE old.originator_id = taken.id AND old.originator_version < taken.version
"""


def keep_snapshots(database: Database, snapshots: Sequence[StoredEvent]) -> None:
    """Keep the newest snapshot of each stream, older ones go; one round trip.

    Where there is one of the same version, that one stays. Tried once and not waited for until it
    is on the disk: a snapshot that a crash takes along costs nothing but time. Raises
    PersistenceError.
    """
    statement = _KEEP.format(
        ids=uuid_array([shot.originator_id for shot in snapshots]),
        versions=bigint_array([shot.originator_version for shot in snapshots]),
        states=bytea_array([shot.state for shot in snapshots]),
    )
    with database.autocommit() as cursor:
        # Two statements in one message are one transaction, also in autocommit.
        cursor.execute(statement, ([shot.topic for shot in snapshots],))


def insert_snapshots(database: Database, snapshots: Sequence[StoredEvent]) -> None:
    """Keep snapshots. Raises IntegrityError where there is one of the same version."""
    with database.transaction() as cursor:
        execute_values(
            cursor,
            "INSERT INTO tenure.snapshots VALUES %s",
            [
                (str(shot.originator_id), shot.originator_version, shot.topic, shot.state)
                for shot in snapshots
            ],
        )
