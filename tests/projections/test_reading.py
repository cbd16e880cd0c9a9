"""Stretches of the log, and how long they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from projections.reading import BATCH_BYTES_MAX, Reader
from tests.projections.stories import START


@dataclass
class Stored:
    position: int
    state: bytes
    topic: str = "a.topic"
    recorded_at: datetime = START


class MemoryLog:
    """A log whose events are of one size, with gaps where asked."""

    def __init__(self, positions: range, *, size: int) -> None:
        self.events = [Stored(position, b" " * size) for position in positions]

    def settled_position(self) -> int:
        return self.events[-1].position

    def read(self, *, after: int, limit: int, upto: int | None = None) -> list[Stored]:
        found = [event for event in self.events if after < event.position <= (upto or 10**9)]
        return found[:limit]


def _lengths(log: MemoryLog, *, batch_events: int) -> list[int]:
    reader = Reader(log, lambda event: event, batch_events=batch_events)
    lengths, after = [], 0
    while after < log.settled_position():
        reading = reader.read(after=after, settled=log.settled_position())
        lengths.append(len(reading.batch.entries))
        assert reading.reached > after
        after = reading.reached
    return lengths


def test_a_batch_holds_as_many_events_as_it_may() -> None:
    assert _lengths(MemoryLog(range(1, 26), size=10), batch_events=10) == [10, 10, 5]


def test_batches_of_large_events_grow_shorter_until_they_fit() -> None:
    log = MemoryLog(range(1, 41), size=BATCH_BYTES_MAX // 4)
    lengths = _lengths(log, batch_events=20)
    assert sum(lengths) == 40
    assert lengths[:3] == [20, 10, 5]
    assert max(lengths[2:]) <= 5


def test_one_event_larger_than_any_batch_is_read_alone() -> None:
    assert set(_lengths(MemoryLog(range(1, 5), size=BATCH_BYTES_MAX + 1), batch_events=1)) == {1}


def test_the_end_of_the_log_is_reached_past_its_last_event() -> None:
    log = MemoryLog(range(1, 4), size=1)
    reader = Reader(log, lambda event: event, batch_events=10)
    assert reader.read(after=0, settled=7).reached == 7
    assert reader.read(after=7, settled=9).batch.entries == []


def test_what_cannot_be_decoded_ends_the_stretch_before_it() -> None:
    def decode(event: Stored) -> Stored:
        if event.position == 3:
            raise LookupError("unknown")
        return event

    reader = Reader(MemoryLog(range(1, 6), size=1), decode, batch_events=10)
    reading = reader.read(after=0, settled=5)
    assert [entry.position for entry in reading.batch.entries] == [1, 2]
    assert (reading.reached, reading.broken.position) == (2, 3)
    assert isinstance(reading.error, LookupError)
    assert reader.read(after=2, settled=5).reached == 2


def test_what_was_read_ahead_is_not_read_again() -> None:
    log = MemoryLog(range(1, 8), size=1)
    asked: list[int] = []
    read = log.read

    def counted(*, after: int, limit: int, upto: int | None = None) -> list[Stored]:
        asked.append(after)
        return read(after=after, limit=limit, upto=upto)

    log.read = counted  # type: ignore[method-assign]
    reader = Reader(log, lambda event: event, batch_events=4)
    first = reader.read(after=0, settled=7)
    reader.read_ahead(first, settled=7)
    second = reader.read(after=4, settled=7)
    assert asked == [0, 4]
    assert [entry.position for entry in second.batch.entries] == [5, 6, 7]
    reader.read_ahead(second, settled=7)
    assert asked == [0, 4]


def test_who_stands_elsewhere_does_not_get_what_was_read_ahead() -> None:
    reader = Reader(MemoryLog(range(1, 8), size=1), lambda event: event, batch_events=4)
    reader.read_ahead(reader.read(after=0, settled=7), settled=7)
    assert [entry.position for entry in reader.read(after=1, settled=7).batch.entries] == [
        2,
        3,
        4,
        5,
    ]
    assert [entry.position for entry in reader.read(after=4, settled=7).batch.entries] == [5, 6, 7]
    reader.read_ahead(reader.read(after=0, settled=7), settled=7)
    reader.forget()
    assert reader.read(after=4, settled=7).reached == 7
