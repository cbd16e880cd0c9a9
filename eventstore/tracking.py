"""How far followers have processed the log of an application."""

from __future__ import annotations

from eventsourcing import persistence
from eventsourcing.persistence import IntegrityError, Tracking
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.connections import Database

_INSERT = """
INSERT INTO tenure.tracking AS tracking (follower, application_name, notification_id)
VALUES (%s, %s, %s)
ON CONFLICT (follower, application_name) DO UPDATE
SET notification_id = excluded.notification_id
WHERE tracking.notification_id < excluded.notification_id
"""
_SELECT = """
SELECT notification_id FROM tenure.tracking WHERE follower = %s AND application_name = %s
"""


class TrackingRecorder(persistence.TrackingRecorder):
    """Records for one follower; positions of an application can only ascend."""

    def __init__(self, database: Database, *, follower: str = "") -> None:
        self.database = database
        self.follower = follower

    def insert_tracking(self, tracking: Tracking) -> None:
        """Record it. Raises IntegrityError where this position or a later one is recorded."""
        with self.database.autocommit() as cursor:
            insert_tracking(cursor, self.follower, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """The last position that was recorded for the application."""

        def read(cursor: Cursor) -> int | None:
            cursor.execute(_SELECT, (self.follower, application_name))
            row = cursor.fetchone()
            return row[0] if row is not None else None

        return self.database.repeatedly(read)


def insert_tracking(cursor: Cursor, follower: str, tracking: Tracking) -> None:
    """Record `tracking` in the transaction of `cursor`. Raises IntegrityError as above."""
    cursor.execute(_INSERT, (follower, tracking.application_name, tracking.notification_id))
    if cursor.rowcount == 0:
        raise IntegrityError(
            f"{tracking.application_name} is already tracked to {tracking.notification_id} or later"
        )
