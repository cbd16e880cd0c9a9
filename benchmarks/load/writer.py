"""`python -m benchmarks.load.writer`: lives one shard of a load and appends it, window by window.

Reads one JSON line, an `Assignment`, and writes {"customers": n} once it knows whom it is to live.
Each further line is its turn: it appends what the next window of time holds, answers with a
`Progress`, and lives the following window while others have theirs.
"""

from __future__ import annotations

import gc
import sys
from array import array
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from operator import itemgetter
from random import Random

import msgspec
from eventsourcing.persistence import StoredEvent

from benchmarks.load.patterns import Pattern, Patterns, Studio
from benchmarks.load.people import People
from benchmarks.load.plan import DAY, SHARDS, Birth, Plan
from benchmarks.load.telling import Teller, Who
from domain.rulebook import default_text
from domain.rulebook_text import parse
from domain.sealing import Sealer
from eventstore import records
from eventstore.connections import Database
from eventstore.recorders import ApplicationRecorder

_PLACE_BITS = 12
"""A life has fewer days than that has numbers: YEARS of them."""


class Assignment(msgspec.Struct, frozen=True):
    """What one writer is told. key, hash_key: those of the database's service."""

    plan: Plan
    shard: int
    url: str
    key: bytes
    hash_key: bytes


class Progress(msgspec.Struct, frozen=True):
    """What one turn added. at: the end of its window. is_last: nothing is left."""

    customers: int
    events: int
    at: datetime
    is_last: bool


class Window(msgspec.Struct):
    """What happened in a span of time."""

    events: list[StoredEvent]
    keys: list[records.SubjectKey]
    customers: int


class Shard:
    """The world of one writer. Everything random comes from one source, in the order of time."""

    def __init__(self, plan: Plan, shard: int, *, key: bytes, hash_key: bytes) -> None:
        random = Random(f"{plan.seed} shard {shard}")
        rules, people = parse(default_text()), People(plan.customers)
        sealer = Sealer(key, hash_key, random=random.randbytes)
        studio = Studio(plan, rules=rules, people=people, sealer=sealer, random=random)
        self.patterns = Patterns(plan, studio.lived, rules=rules, random=random)
        self.births = plan.births(shard)
        self._random = random
        self._teller = Teller(plan, people, key=key, hash_key=hash_key)
        self._turns = len(people.sellers)
        self._plan = plan
        self._shard = shard
        self._under_way: dict[int, tuple[Pattern, Who]] = {}
        self._due: dict[int, array[int]] = {}

    def windows(self) -> Iterator[tuple[datetime, Window]]:
        """Every window with its end, also those in which nothing happened."""
        births = enumerate(self.births)
        birth = next(births, None)
        for days in self._plan.windows():
            window = Window([], [], 0)
            for day in days:
                tomorrow = self._plan.since + (day + 1) * DAY
                while birth is not None and birth[1].at < tomorrow:
                    self._born(*birth, day)
                    window.customers += 1
                    birth = next(births, None)
                self._live(day, window)
            yield self._plan.since + days.stop * DAY, window

    def _born(self, nth: int, birth: Birth, day: int) -> None:
        pattern = self.patterns.of(birth)
        turn = self._random.randrange(self._turns)
        of_all, later = nth * SHARDS + self._shard, day - pattern.born
        who = self._teller.who(pattern, birth.number, nth=of_all, turn=turn, later=later)
        self._under_way[nth] = pattern, who
        for place, (later, _) in enumerate(pattern.days):
            if day + later < self._plan.days:
                self._due.setdefault(day + later, array("Q")).append(nth << _PLACE_BITS | place)

    def _live(self, day: int, window: Window) -> None:
        """What happens on that day, in the order of time."""
        told: list[tuple[int, StoredEvent]] = []
        for due in self._due.pop(day, ()):
            nth, place = due >> _PLACE_BITS, due & (1 << _PLACE_BITS) - 1
            pattern, who = self._under_way[nth]
            told += self._teller.told(pattern, place, who, window.keys)
            if place + 1 == len(pattern.days):
                del self._under_way[nth]
        told.sort(key=itemgetter(0))
        window.events += [event for _, event in told]


def append(recorder: ApplicationRecorder, window: Window) -> None:
    """In one append of the store, as any command of the application."""
    recorder.insert_events(window.events, keys=window.keys)


def main() -> None:
    assignment = msgspec.json.decode(sys.stdin.readline(), type=Assignment)
    shard = Shard(
        assignment.plan, assignment.shard, key=assignment.key, hash_key=assignment.hash_key
    )
    _say({"customers": len(shard.births)})
    # What lives here has no cycles worth looking for, and there is much of it.
    gc.freeze()
    gc.disable()
    with closing(Database(assignment.url, size=1, application_name="tenure load")) as database:
        recorder = ApplicationRecorder(database)
        for end, window in shard.windows():
            if not sys.stdin.readline():
                return
            append(recorder, window)
            is_last = end == assignment.plan.until
            _say(Progress(window.customers, len(window.events), end, is_last))


def _say(message: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
