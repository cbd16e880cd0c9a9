"""Reading the log in batches, each event decoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from projections.view import LogBatch, LogEntry

BATCH_BYTES_MAX = 16_000_000


class RecordedEvent(Protocol):
    """One stored event as the log gives it back."""

    @property
    def position(self) -> int: ...
    @property
    def originator_id(self) -> UUID: ...
    @property
    def originator_version(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def state(self) -> bytes: ...
    @property
    def recorded_at(self) -> datetime: ...


class Log(Protocol):
    """The log as far as it is settled."""

    def settled_position(self) -> int: ...
    def read(
        self, *, after: int, limit: int, upto: int | None = None
    ) -> Sequence[RecordedEvent]: ...


class StreamLog(Log, Protocol):
    """The log that can also be read stream by stream, in the order of their ids."""

    def read_streams(
        self,
        *,
        after: tuple[UUID, int],
        before: UUID | None,
        upto: int,
        but: Sequence[str] = (),
        limit: int,
    ) -> Sequence[RecordedEvent]: ...
    def stream_after(self, first: UUID, events: int) -> UUID | None: ...
    def mentioning(self, text: str, *, upto: int, limit: int) -> Sequence[RecordedEvent]: ...


class Streams(NamedTuple):
    """A stretch of the streams: ids from `first` on and below `before`, as of a position; without
    the events of some topics."""

    first: UUID
    before: UUID | None
    upto: int
    but: Sequence[str] = ()


class Reading(NamedTuple):
    """A stretch of the log. reached: every event up to there is in it.

    broken: the event behind `reached` that cannot be decoded; error: why.
    """

    batch: LogBatch
    reached: int
    broken: LogEntry | None = None
    error: Exception | None = None


class Reader:
    """Stretches of the log, at most `batch_events` long, and shorter where events are large."""

    def __init__(self, log: Log, to_event: Callable[[Any], Any], *, batch_events: int) -> None:
        self._log = log
        self._to_event = to_event
        self._batch_events = batch_events
        self._limit = batch_events
        self._ahead: tuple[int, Reading] | None = None

    def read(self, *, after: int, settled: int) -> Reading:
        """The events of (after, settled], as many as go into one batch."""
        if self._ahead is not None and self._ahead[0] == after:
            (_, reading), self._ahead = self._ahead, None
            return reading
        return self._read(after, settled)

    def read_ahead(self, reading: Reading, *, settled: int) -> None:
        """Keep the batch that follows `reading`, where there is one, for the next `read`."""
        if reading.broken is None and reading.reached < settled:
            self._ahead = (reading.reached, self._read(reading.reached, settled))

    def forget(self) -> None:
        """Keep nothing."""
        self._ahead = None

    def stream_batches(self, log: StreamLog, streams: Streams) -> Iterator[Reading]:
        """The events of some streams, one stream after the other, in batches."""
        place = (streams.first, 0)
        while True:
            limit = self._limit
            recorded = log.read_streams(
                after=place, before=streams.before, upto=streams.upto, but=streams.but, limit=limit
            )
            if not recorded:
                return
            yield self._decoded(recorded, after=0)
            place = (recorded[-1].originator_id, recorded[-1].originator_version)
            if len(recorded) < limit:
                return

    def _read(self, after: int, settled: int) -> Reading:
        limit = self._limit
        reading = self._decoded(self._log.read(after=after, limit=limit, upto=settled), after=after)
        if reading.broken is None and len(reading.batch.entries) < limit:
            return Reading(reading.batch, settled)
        return reading

    def _decoded(self, recorded: Sequence[RecordedEvent], *, after: int) -> Reading:
        """The events as far as they can be decoded. after: what was reached before them."""
        self._limit = self._next_limit(sum(len(event.state) for event in recorded))
        entries: list[LogEntry] = []
        for event in recorded:
            try:
                decoded = self._to_event(event)
            except Exception as error:  # noqa: BLE001 - the batch says it
                reached = entries[-1].position if entries else after
                return Reading(LogBatch(entries), reached, _entry(event, None), error)
            entries.append(_entry(event, decoded))
        return Reading(LogBatch(entries), entries[-1].position if entries else after)

    def _next_limit(self, size_bytes: int) -> int:
        """Fewer events a batch while they hold long notes, so that memory stays bounded."""
        if size_bytes > BATCH_BYTES_MAX:
            return max(1, self._limit // 2)
        return min(self._batch_events, self._limit * 2)


def _entry(recorded: RecordedEvent, event: Any) -> LogEntry:
    return LogEntry(recorded.position, recorded.recorded_at, recorded.topic, event)
