"""Folding aside: a stretch of the log into the tables of some views in another schema.

Whoever folds a long log reads it in one of two orders. Stream by stream a customer's whole life
lies in one batch, so that its rows are written once, by COPY, and never changed: for the views each
of whose rows follows from one stream alone (`View.OTHERS`). In the order of the log for the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from projections.following import DATABASE_AWAY, FoldFailed
from projections.migrating import search_path
from projections.reading import Reader, Reading, StreamLog, Streams
from projections.view import EVERY_OTHER, LogBatch, LogEntry, View

if TYPE_CHECKING:  # The engine has a log, which takes a lane long to import.
    from projections.engine import Connections

BATCH_EVENTS: Final = 2_500
STRETCH_EVENTS: Final = 2_500
"""One batch: at the end a lane waits for no more than what another still has in hand."""
FIRST_STREAM: Final = UUID(int=0)


class Decode(Protocol):
    """A stored event decoded; every topic must be known by then."""

    def __call__(self, recorded: Any, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fold takes its events from and puts its rows."""

    database: Connections
    log: StreamLog
    to_event: Decode


class Stretch(msgspec.Struct, frozen=True):
    """Some events for some views.

    upto: a settled position. after: the events of (after, upto]; None: those up to `upto` of the
    streams from `first` on and below `before`. events: about how many, for the progress.
    """

    views: tuple[str, ...]
    upto: int
    events: int
    after: int | None = None
    first: UUID = FIRST_STREAM
    before: UUID | None = None


class Lane:
    """Folds stretches into the tables in `schema`, one after the other.

    schema: holds the empty tables of `views`, which nobody else writes in this way but for other
    stretches of the same log. To be used by one thread.
    """

    def __init__(
        self,
        source: Source,
        views: Sequence[View],
        schema: str,
        *,
        batch_events: int = BATCH_EVENTS,
    ) -> None:
        self._source = source
        self._views = {view.NAME: view for view in views}
        self._schema = schema
        self._batch_events = batch_events

    def folded(self, stretch: Stretch) -> Iterator[int]:
        """Write the rows; after each batch, how many events it had.

        Raises FoldFailed at the event that a view cannot take.
        """
        views = [self._views[name] for name in stretch.views]
        for reading in self._readings(stretch, views):
            if reading.batch.entries:
                self._fold(reading.batch, views)
            if reading.broken is not None:
                raise FoldFailed(views[0].NAME, reading.broken) from reading.error
            yield len(reading.batch.entries)

    def _readings(self, stretch: Stretch, views: Sequence[View]) -> Iterator[Reading]:
        log = self._source.log
        reader = Reader(log, self._source.to_event, batch_events=self._batch_events)
        if stretch.after is None:
            streams = Streams(stretch.first, stretch.before, stretch.upto, unused_topics(views))
            yield from reader.stream_batches(log, streams)
            return
        reached = stretch.after
        while reached < stretch.upto:
            reading = reader.read(after=reached, settled=stretch.upto)
            yield reading
            reached = reading.reached

    def _fold(self, batch: LogBatch, views: Sequence[View]) -> None:
        failing = views[0]
        try:
            with self._source.database.transaction() as cursor:
                begin_aside(cursor, self._schema)
                for view in views:
                    failing = view
                    view.fold(cursor, batch)
        except DATABASE_AWAY:
            raise
        except Exception as error:
            raise FoldFailed(failing.NAME, self._culprit(batch, failing)) from error

    def _culprit(self, batch: LogBatch, view: View) -> LogEntry:
        """The event at which the fold raises; the last one if it only does for all at once."""
        with self._source.database.transaction() as cursor:
            begin_aside(cursor, self._schema)
            for entry in batch.entries:
                try:
                    view.fold(cursor, LogBatch([entry]))
                except Exception:  # noqa: BLE001 - its cause is told by whoever asks
                    cursor.connection.rollback()
                    return entry
            cursor.connection.rollback()
        return batch.entries[-1]


def begin_aside(cursor: Cursor, schema: str) -> None:
    """Let the transaction write to `schema`. The disk is not waited for: what is lost in a crash
    of the server is lost together with the whole attempt."""
    cursor.execute(
        "SET LOCAL synchronous_commit TO off; SET LOCAL statement_timeout TO '300s';"
        " SET LOCAL client_connection_check_interval TO '1s'"
    )
    cursor.execute(search_path(cursor, schema))


def stretches(
    log: StreamLog, views: Sequence[View], upto: int, *, events: int = STRETCH_EVENTS
) -> Iterator[Stretch]:
    """Everything up to `upto` for every view, in pieces that may be folded side by side."""
    ordered = tuple(view.NAME for view in views if view.OTHERS is None)
    by_stream = tuple(view.NAME for view in views if view.OTHERS is not None)
    if ordered and upto:
        # In one piece, since each event may rest on any earlier one; the others are for whoever
        # has nothing to do meanwhile.
        yield Stretch(ordered, upto, upto, after=0)
    first: UUID | None = FIRST_STREAM if by_stream and upto else None
    while first is not None:
        before = log.stream_after(first, events)
        yield Stretch(by_stream, upto, events, first=first, before=before)
        first = before


def passes(views: Sequence[View]) -> int:
    """How often the log is read by `stretches`."""
    return len({view.OTHERS is None for view in views})


def unused_topics(views: Sequence[View]) -> list[str]:
    """Topics that none of these views folds, so that they need not be read. An unknown one is
    not among them: it must be met."""
    used = {kind for view in views for kind in view.OTHERS or ()}
    return sorted(vars(kind)["TOPIC"] for kind in EVERY_OTHER - used)
