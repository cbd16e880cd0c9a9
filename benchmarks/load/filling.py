"""Fills an empty database: opens its log in the past, then has the shards lived in turn."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from api.composition import Service
from api.keys import read_keys
from api.settings import SettingsInvalid
from benchmarks.children import Child, Children
from benchmarks.ground import environment_without_settings
from benchmarks.load.people import People
from benchmarks.load.plan import DAY, SHARDS, Plan
from benchmarks.load.writer import Assignment, Progress
from domain.events.values import SYSTEM
from domain.member import Member
from domain.orders import CONSOLE
from domain.rulebook import RulebookStream

Tell = Callable[[int, int], None]
_LAYING_OUT_SECONDS = 600.0
_TURN_SECONDS = 120.0
_FOLLOW_SECONDS = 6 * 3600.0


class LogNotEmpty(SettingsInvalid):
    """The database holds something already."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a load wrote. seconds: of the appending, without the laying out."""

    customers: int
    events: int
    seconds: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Followed:
    """What the engine did with it. peak_mb: the most memory that it ever had, in 10**6 bytes."""

    events: int
    seconds: float
    peak_mb: float


def open_past(service: Service, plan: Plan) -> int:
    """Begin the log a day before the first customer: rules and people; how many events.

    Raises LogNotEmpty.
    """
    application = service.application
    if application.reader.settled_position():
        raise LogNotEmpty(
            zh="bench load 只写入空数据库；此数据库已有数据，请另选 --data 目录或 --database",
            en="bench load fills an empty database; this one holds something already, so name "
            "another with --data or --database",
        )
    at = plan.since - DAY
    console = Member.join(
        CONSOLE.member,
        name="控制台",
        roles=["administrator"],
        department="-",
        actor=SYSTEM,
        at=at,
    )
    people = People(plan.customers).joined(at, seed=plan.seed)
    return len(application.save(RulebookStream.open(at=at), console, *people))


def fill(service: Service, plan: Plan, tell: Tell = lambda _done, _customers: None) -> Filled:
    """Write the plan's lives. tell: is told how many events and customers there are so far.

    Interrupted, it leaves what was appended: the same lives as far as a day in the past, every
    stream whole. Raises LogNotEmpty, ChildFailed.
    """
    events, customers = open_past(service, plan), 0
    with tempfile.TemporaryDirectory(prefix="tenure-load-") as folder:
        children = Children(Path(folder))
        try:
            writers = _started(children, service, plan)
            began = time.monotonic()
            while True:
                for writer in writers:
                    progress = msgspec.convert(
                        writer.ask("append", seconds_max=_TURN_SECONDS), Progress
                    )
                    events += progress.events
                    customers += progress.customers
                    tell(events, customers)
                if progress.is_last:
                    return Filled(customers, events, time.monotonic() - began)
        finally:
            children.end_all()


def follow(service: Service, tell: Tell = lambda _done, _all: None) -> Followed:
    """Fold the whole log into every view. tell: is told how far it is, and how far it will go."""
    settled = service.application.reader.settled_position()
    with tempfile.TemporaryDirectory(prefix="tenure-load-") as folder:
        children = Children(Path(folder))
        try:
            engine = children.start_module(
                "benchmarks.own_views", environment=environment_without_settings()
            )
            engine.tell({"url": service.database.url, "tells": True})
            while True:
                answer: dict[str, Any] = engine.hear(seconds_max=_FOLLOW_SECONDS)
                if "reached" not in answer:
                    return Followed(answer["events"], answer["seconds"], answer["peak_mb"])
                tell(answer["reached"], settled)
        finally:
            children.end_all()


def _started(children: Children, service: Service, plan: Plan) -> list[Child]:
    """The writers, each of which knows whom it is to live."""
    keys = read_keys(service.settings, log_is_empty=False)
    writers = []
    for shard in range(SHARDS):
        writer = children.start_module(
            "benchmarks.load.writer", environment=environment_without_settings()
        )
        assignment = Assignment(plan, shard, service.database.url, keys.key, keys.hash_key)
        writer.tell(msgspec.to_builtins(assignment))
        writers.append(writer)
    for writer in writers:
        writer.hear(seconds_max=_LAYING_OUT_SECONDS)
    return writers
