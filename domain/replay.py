"""Replay: who protected a customer at an instant, as known at another (design §3, §8).

Two times are kept for every event: `at`, when it took effect, and `recorded_at`, when the store
wrote it. What was known at K is the events recorded by K and what follows from them: an end that
a recorded deadline already implied was known, whether or not a sweep had written it down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.events.customer import CustomerEvent, Registered
from domain.events.values import Stage
from domain.tenures import Ending, Interval, fold, successor


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One event of the customer's own stream, with its place in the log and both its times."""

    position: int
    recorded_at: datetime
    event: CustomerEvent


@dataclass(frozen=True, slots=True)
class History:
    """A customer's own stream. now: the instant of the read."""

    customer_id: UUID
    now: datetime
    events: tuple[PastEvent, ...]

    def known(self, *, known_at: datetime | None, known_position: int | None) -> History:
        """Only what the store had written by then; None: everything."""
        events = tuple(
            past
            for past in self.events
            if (known_at is None or past.recorded_at <= known_at)
            and (known_position is None or past.position <= known_position)
        )
        return History(self.customer_id, self.now, events)

    def intervals(self) -> list[Interval]:
        """Every tenure that these events tell of, in order; the last may be one that follows by
        itself from an arranged hand-over (S1-284)."""
        told: dict[int, Interval] = {}
        open_interval: Interval | None = None
        for past in self.events:
            open_interval, changed = fold(open_interval, past.event)
            told.update({interval.opened_version: interval for interval in changed})
        follows = successor(open_interval) if open_interval is not None else None
        return [*told.values(), *([follows] if follows is not None else [])]


@dataclass(frozen=True, slots=True)
class Answer:
    """Who protected the customer at `at`.

    is_registered: whether it stood in the log by then. interval: the tenure that held at `at`, or
    None in the pool. last: where nobody held it, the tenure that had ended last. until: the
    interval's end or deadline as known, ended: how, if by `now`. grounds: the events that granted
    and ended the tenure. known_position: the last position that was known.
    """

    customer_id: UUID
    at: datetime
    now: datetime
    known_at: datetime | None
    known_position: int
    is_registered: bool
    interval: Interval | None
    last: Interval | None
    ended: Ending | None
    grounds: tuple[PastEvent, ...]

    @property
    def holder(self) -> str | None:
        """The member who held it; None in the pool, and while `group` held it."""
        return self.interval.holder if self.interval else None

    @property
    def group(self) -> str | None:
        """The group that held it until one person of it was named (S1-048); None otherwise."""
        return self.interval.group if self.interval else None

    @property
    def stage(self) -> Stage | None:
        """The stage held in; None in the pool."""
        return self.interval.stage if self.interval else None


def holder_at(
    history: History,
    *,
    at: datetime,
    known_at: datetime | None = None,
    known_position: int | None = None,
) -> Answer:
    """Fold the stream and say who held the customer at `at` (half-open intervals, design §3).

    Events that took effect after `at` still tell how the tenure ended, where they were known.
    """
    known = history.known(known_at=known_at, known_position=known_position)
    intervals = known.intervals()
    interval = next((found for found in reversed(intervals) if found.holds(at)), None)
    last = None
    if interval is None:
        last = next((found for found in reversed(intervals) if found.since <= at), None)
    told = interval or last
    seen_from = min(history.now, known_at) if known_at is not None else history.now
    versions = set(told.grounds) if told else set()
    return Answer(
        customer_id=history.customer_id,
        at=at,
        now=history.now,
        known_at=known_at,
        known_position=known.events[-1].position if known.events else 0,
        is_registered=any(
            isinstance(past.event, Registered) and past.event.timestamp <= at
            for past in known.events
        ),
        interval=interval,
        last=last,
        ended=told.ending_at(max(at, seen_from)) if told else None,
        grounds=tuple(past for past in known.events if past.event.originator_version in versions),
    )
