"""Following of the log, and rebuilding from it: all views of Tenure, against the library's runner
keeping one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from eventsourcing.persistence import JSONTranscoder

import eventstore
import projections
from benchmarks import library_view
from benchmarks.companies import companies
from benchmarks.figures import Figure, Need, Section, at_least, at_most
from benchmarks.ground import Ground
from benchmarks.lives import Author, Written, fill_log, written
from benchmarks.scales import Scale
from eventstore.mapper import Mapper

NAME = "follow"
_EVENTS_A_LIFE = 3
_SECONDS_MAX = 900.0
_MEMORY_MB_MAX = 300.0
_SIDES = {
    "library": ("follow_library", "benchmarks.library_view"),
    "following": ("follow_tenure", "benchmarks.own_views"),
    "rebuilding": ("follow_tenure", "benchmarks.own_rebuild"),
}
"""Whose log each side reads a copy of, and the program that does."""
_ROUNDS_MAX = 2
_REMARKS = (
    "The log holds the same number of events of the same sizes for both. Tenure's are events of "
    "customers only, which nearly every view folds: the reservations of names and phones, which "
    "no view keeps a row for, would only flatter the figure.",
    "The library's view has one row a customer and is written as its documentation shows: one "
    "transaction an event, durable at once. Tenure's views commit a batch with their positions and "
    "leave the disk to the log, from which they are folded again after a crash.",
    "Rebuilding begins with `tenure rebuild` at its work and ends when every view is swapped: "
    "starting of further processes, indexes, statistics and the swaps are counted in.",
)


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Following and rebuilding of the views", remarks=list(_REMARKS))
    lives = _lives(ground, scale.followed)
    events = _fill(ground, lives)
    measured: dict[str, list[float]] = {side: [] for side in _SIDES}
    views, memory_mb = 0, 0.0
    rounds = min(scale.rounds, _ROUNDS_MAX)
    for number in range(rounds):
        for side, seconds in measured.items():
            ground.tell(f"follow, round {number + 1}/{rounds}: {side}, {events} events")
            answer = _follow(ground, side, number)
            if answer["events"] != events:
                raise RuntimeError(f"{side} followed {answer['events']} events of {events}")
            seconds.append(answer["seconds"])
            views = answer.get("views", views)
            memory_mb = max(memory_mb, answer.get("memory_mb", 0.0))
    _report(section, measured, events, views)
    section.figures.append(Figure("rebuilding, memory", "tenure", memory_mb, "MB"))
    section.verdicts.append(
        at_most("rebuilding, memory", Need.MUST, _MEMORY_MB_MAX, memory_mb, "MB")
    )
    return section


def _lives(ground: Ground, events: int) -> list[Written]:
    ground.tell("follow: making customers with a past")
    author, now = Author(ground.sealer()), datetime.now(UTC)
    mapper: Mapper[UUID] = Mapper(JSONTranscoder())
    made = companies(events // _EVENTS_A_LIFE)
    return [written(author.life(company, now), mapper) for company in made]


def _fill(ground: Ground, lives: list[Written]) -> int:
    """Both logs as templates, of which every round follows a fresh copy."""
    ground.tell("follow: filling both logs")
    own = ground.database("follow_tenure")
    eventstore.migrate(own)
    projections.migrate(own)
    library = ground.database("follow_library")
    in_library = library_view.fill(library, (life.events for life in lives))
    in_own = fill_log(own, lives)
    if in_own != in_library:
        raise RuntimeError(f"{in_own} events here, {in_library} there")
    return in_own


def _follow(ground: Ground, side: str, number: int) -> dict[str, Any]:
    copy = f"follow_{side}_{number}"
    template, module = _SIDES[side]
    ground.run_sql("postgres", f"CREATE DATABASE {copy} TEMPLATE {template}")
    with ground.children.module(module, environment=ground.environment()) as child:
        answer: dict[str, Any] = child.ask(
            {"url": ground.server.url(database=copy)}, seconds_max=_SECONDS_MAX
        )
    ground.run_sql("postgres", f"DROP DATABASE {copy} WITH (FORCE)")
    return answer


def _report(section: Section, measured: dict[str, list[float]], events: int, views: int) -> None:
    rates = {side: events * len(seconds) / sum(seconds) for side, seconds in measured.items()}
    for work, must in (("following", 5.0), ("rebuilding", 8.0)):
        section.figures.append(
            Figure(work, "tenure", rates[work], "events/s", remark=f"{views} views")
        )
        ratio = rates[work] / rates["library"]
        section.verdicts += [
            at_least(work, Need.MUST, must, ratio, "x library"),
            at_least(work, Need.AIM, 15.0, ratio, "x library"),
        ]
    section.figures.append(
        Figure("following", "library", rates["library"], "events/s", remark="1 view")
    )
