"""Recorders of eventsourcing's persistence interfaces on the tables of `migrations/`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from eventsourcing import persistence
from eventsourcing.persistence import Notification, StoredEvent, Subscription, Tracking
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.appending import Append, apply_once
from eventstore.connections import Database
from eventstore.loading import load
from eventstore.records import CommandRecord, KeyChanges, Loaded, Recorded, SubjectKey
from eventstore.selecting import (
    select_given_streams,
    select_log,
    select_mentioning,
    select_stream,
    select_stream_after,
    select_streams,
)
from eventstore.settling import Settling
from eventstore.snapshotting import insert_snapshots, keep_snapshots
from eventstore.subscribing import PollingSubscription
from eventstore.tracking import TrackingRecorder

_FORGET_BATCH = 10_000
_FORGET = """
DELETE FROM tenure.commands WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM tenure.commands WHERE recorded_at < %s LIMIT %s
))
"""


class AggregateRecorder(persistence.AggregateRecorder):
    """The streams of the log, for those who need not know its order."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Append to the log; the positions are not told."""
        if stored_events:
            apply_once(self.database, Append(stored_events))
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        """Events of one stream with gt < version <= lte, ascending unless `desc`."""
        return select_stream(
            self.database, "events", originator_id, gt=gt, lte=lte, desc=desc, limit=limit
        )


class SnapshotRecorder(AggregateRecorder):
    """Snapshots: states of aggregates at a version, outside the log."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Keep snapshots; they have no positions."""
        if stored_events:
            insert_snapshots(self.database, stored_events)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        """Snapshots of one aggregate with gt < version <= lte, ascending unless `desc`."""
        return select_stream(
            self.database, "snapshots", originator_id, gt=gt, lte=lte, desc=desc, limit=limit
        )


class ApplicationRecorder(AggregateRecorder, persistence.ApplicationRecorder):
    """The log: streams, their one order, and what is written in the same transaction."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._settling = Settling(database)

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        command: CommandRecord | None = None,
        keys: Sequence[SubjectKey] = (),
        key_changes: KeyChanges | None = None,
        **_: Any,
    ) -> list[int]:
        """Append events, their command, keys of new subjects and what becomes of old ones.

        Returns the positions in the order of the events; they are consecutive. Applied exactly
        once, also when the connection is lost meanwhile. Raises IntegrityError if a version, the
        command's (actor, key) or a subject's key is taken: then nothing was written.
        """
        if not stored_events and command is None and not keys:
            return []
        append = Append(stored_events, command, keys, key_changes=key_changes)
        return apply_once(self.database, append)

    def load(
        self,
        streams: Sequence[tuple[UUID, int]],
        *,
        actor: str | None = None,
        key: str | None = None,
        snapshot_topics: Sequence[str] = (),
    ) -> Loaded:
        """All that one command reads, in one round trip.

        streams: ids, each with the version that is already known (0: none): only later events
        come back. actor, key: also the earlier command under them, if there is one.
        snapshot_topics: those that the caller can read; a snapshot under another is passed over.
        """
        return load(self.database, streams, actor=actor, key=key, snapshot_topics=snapshot_topics)

    def keep_snapshots(self, snapshots: Sequence[StoredEvent]) -> None:
        """Keep the newest snapshot of each stream. Raises PersistenceError; never tries again."""
        if snapshots:
            keep_snapshots(self.database, snapshots)

    def settled_position(self) -> int:
        """The last position below which no event can still appear; 0 for an empty log.

        Waits for slower appends below it, for a second at most; see `Settling.position`.
        """
        return self._settling.position()

    def given_position(self) -> int:
        """The last position that was given out; its event may not be committed, or never be."""
        with self.database.autocommit() as cursor:
            cursor.execute("SELECT last_value FROM tenure.positions")
            row: Any = cursor.fetchone()
        return int(row[0])

    def read(self, *, after: int, limit: int, upto: int | None = None) -> list[Recorded]:
        """The events with after < position <= upto in their order, settled ones only."""
        if upto is None or upto > self._settling.known:
            settled = self.settled_position()
            upto = settled if upto is None else min(upto, settled)
        rows = select_log(self.database, after=after, upto=upto, limit=limit)
        return [Recorded(*row) for row in rows]

    def streams(
        self, originator_ids: Sequence[UUID], *, without: Sequence[str] = ()
    ) -> list[StoredEvent]:
        """The events of some streams, stream by stream. without: topics that are left out."""
        return select_given_streams(self.database, originator_ids, without=without)

    def read_streams(
        self,
        *,
        after: tuple[UUID, int],
        before: UUID | None,
        upto: int,
        but: Sequence[str] = (),
        limit: int,
    ) -> list[Recorded]:
        """Events stream by stream, in the order of ids and versions: those behind the id and
        version `after`, of ids below `before`, with positions <= upto, which must be settled, of
        every topic but these."""
        rows = select_streams(
            self.database, after=after, before=before, upto=upto, but=but, limit=limit
        )
        return [Recorded(*row) for row in rows]

    def stream_after(self, first: UUID, events: int) -> UUID | None:
        """Where to cut the streams: an id about so many events behind `first`; None: the end."""
        return select_stream_after(self.database, first, events)

    def mentioning(self, text: str, *, upto: int, limit: int) -> list[Recorded]:
        """Events with positions <= upto whose stored state holds `text`. Reads the whole log."""
        rows = select_mentioning(self.database, text, upto=upto, limit=limit)
        return [Recorded(*row) for row in rows]

    def subject_keys(
        self, subjects: Sequence[UUID], *, restricted_too: bool = False
    ) -> dict[UUID, bytes]:
        """Wrapped keys by subject, never from a cache; one that is unknown or was erased is
        missing, and so is one that is restricted, unless `restricted_too`."""

        def read(cursor: Cursor) -> dict[UUID, bytes]:
            cursor.execute(
                "SELECT subject_id, wrapped FROM tenure_keys.subject_keys"
                " WHERE subject_id = ANY (%s::uuid[]) AND wrapped IS NOT NULL"
                " AND (restricted_at IS NULL OR %s)",
                ([str(subject) for subject in subjects], restricted_too),
            )
            return dict(cursor.fetchall())

        return self.database.repeatedly(read)

    def now(self) -> datetime:
        """The one clock: the database's, or the test clock."""
        return self.database.now()

    def forget_commands(self, *, older_than: timedelta) -> int:
        """Delete commands recorded longer ago than `older_than`; returns how many."""
        before = self.now() - older_than
        forgotten = 0
        while True:
            with self.database.autocommit() as cursor:
                cursor.execute(_FORGET, (before, _FORGET_BATCH))
                forgotten += cursor.rowcount
                if cursor.rowcount < _FORGET_BATCH:
                    return forgotten

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        """Settled events from `start` (itself included or not) to `stop`, of these topics."""
        after = 0 if start is None else start - 1 if inclusive_of_start else start
        settled = self.settled_position()
        upto = settled if stop is None else min(stop, settled)
        rows = select_log(self.database, after=after, upto=upto, limit=limit, topics=topics)
        return [
            Notification(
                id=position,
                originator_id=originator_id,
                originator_version=version,
                topic=topic,
                state=state,
            )
            for position, originator_id, version, topic, state, _ in rows
        ]

    def max_notification_id(self) -> int | None:
        """The settled position; None for an empty log."""
        return self.settled_position() or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[persistence.ApplicationRecorder]:
        """Follow the log from after `gt`."""
        return PollingSubscription(self, gt=gt, topics=topics)


class ProcessRecorder(TrackingRecorder, ApplicationRecorder, persistence.ProcessRecorder):
    """The log of an application that follows another: events and tracking in one transaction."""

    def __init__(self, database: Database, *, follower: str = "") -> None:
        ApplicationRecorder.__init__(self, database)
        TrackingRecorder.__init__(self, database, follower=follower)

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        command: CommandRecord | None = None,
        keys: Sequence[SubjectKey] = (),
        tracking: Tracking | None = None,
        **kwargs: Any,
    ) -> list[int]:
        """As ApplicationRecorder, and how far the other log is processed thereby."""
        if tracking is None:
            return super().insert_events(stored_events, command=command, keys=keys, **kwargs)
        return apply_once(
            self.database, Append(stored_events, command, keys, self.follower, tracking)
        )
