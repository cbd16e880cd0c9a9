"""`python -m benchmarks.load.writer`: lives one shard of a load and appends it, window by window.

Reads one JSON line, an `Assignment`, and writes {"customers": n} once it knows whom it is to live.
Each further line is its turn: it appends what the next window of time holds, answers with a
`Progress`, and lives the following window while others have theirs.
"""

from __future__ import annotations

import gc
import heapq
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from random import Random

import msgspec
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import JSONTranscoder, StoredEvent

from benchmarks.companies import company
from benchmarks.lives import Author
from benchmarks.load.life import Instants, Living
from benchmarks.load.people import People
from benchmarks.load.plan import SHARDS, Birth, Plan
from domain.events.identity import IdentityEvent
from domain.orders import SubjectKey
from domain.rulebook import default_text
from domain.rulebook_text import parse
from domain.sealing import Sealer
from eventstore import records
from eventstore.connections import Database
from eventstore.mapper import Mapper
from eventstore.recorders import ApplicationRecorder


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
        self.random = Random(f"{plan.seed} shard {shard}")
        sealer = Sealer(key, hash_key, random=self.random.randbytes)
        self.rules = parse(default_text())
        self.author = Author(sealer, rules=self.rules, random=self.random)
        self.people = People(plan.customers)
        self.until = plan.until
        self.births = plan.births(shard)
        self._plan = plan
        self._shard = shard
        self._contracts = 0
        self._mapper: Mapper = Mapper(JSONTranscoder())
        self._window = Window([], [], 0)

    def windows(self) -> Iterator[tuple[datetime, Window]]:
        """Every window with its end, also those in which nothing happened."""
        steps = self._steps()
        step = next(steps, None)
        for end in self._plan.window_ends():
            while step is not None and step < end:
                step = next(steps, None)
            yield end, self._window
            self._window = Window([], [], 0)

    def record(self, *aggregates: Aggregate) -> int:
        events = [event for aggregate in aggregates for event in aggregate.collect_events()]
        self._window.events += map(self._mapper.to_stored_event, events)
        return len(events)

    def record_events(self, *events: IdentityEvent) -> None:
        self._window.events += map(self._mapper.to_stored_event, events)

    def keep(self, *keys: SubjectKey) -> None:
        self._window.keys += [records.SubjectKey(key.subject_id, key.wrapped) for key in keys]

    def contract_number(self) -> str:
        self._contracts += 1
        return f"HT-{self._contracts * SHARDS + self._shard:08d}"

    def _steps(self) -> Iterator[datetime]:
        """Live; each yields the instant of what happens next, before it happens."""
        lives: list[tuple[datetime, int, Instants]] = []
        births = iter(self.births)
        birth = next(births, None)
        while birth is not None or lives:
            if birth is not None and (not lives or birth.at <= lives[0][0]):
                yield birth.at
                life, number = self._born(birth), birth.number
                birth = next(births, None)
            else:
                yield lives[0][0]
                _, number, life = heapq.heappop(lives)
            following = next(life, None)
            if following is not None and following < self.until:
                heapq.heappush(lives, (following, number, life))

    def _born(self, birth: Birth) -> Instants:
        self._window.customers += 1
        made = company(birth.number, seed=self._plan.seed)
        return Living(self, made, birth.at, birth.events).run()


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
