"""Following of the log: all views of Tenure, against the library's runner keeping one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from eventsourcing.persistence import JSONTranscoder

import eventstore
import projections
from benchmarks import library_view
from benchmarks.companies import companies
from benchmarks.figures import Figure, Need, Section, at_least
from benchmarks.ground import Ground
from benchmarks.lives import Author, Written, fill_log, written
from benchmarks.scales import Scale
from eventstore.mapper import Mapper

NAME = "follow"
_EVENTS_A_LIFE = 3
_SECONDS_MAX = 900.0
_ROUNDS_MAX = 2
_REMARKS = (
    "The log holds the same number of events of the same sizes for both. Tenure's are events of "
    "customers only, which nearly every view folds: the reservations of names and phones, which "
    "no view keeps a row for, would only flatter the figure.",
    "The library's view has one row a customer and is written as its documentation shows: one "
    "transaction an event, durable at once. Tenure's views commit a batch with their positions and "
    "leave the disk to the log, from which they are folded again after a crash.",
)


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Following of the views", remarks=list(_REMARKS))
    lives = _lives(ground, scale.followed)
    events = _fill(ground, lives)
    measured: dict[str, list[float]] = {"library": [], "tenure": []}
    views = 0
    rounds = min(scale.rounds, _ROUNDS_MAX)
    for number in range(rounds):
        for side, seconds in measured.items():
            ground.tell(f"follow, round {number + 1}/{rounds}: {side}, {events} events")
            answer = _follow(ground, side, number)
            if answer["events"] != events:
                raise RuntimeError(f"{side} followed {answer['events']} events of {events}")
            seconds.append(answer["seconds"])
            views = answer.get("views", views)
    _report(section, measured, events, views)
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
    ground.run_sql("postgres", f"CREATE DATABASE {copy} TEMPLATE follow_{side}")
    module = "benchmarks.own_views" if side == "tenure" else "benchmarks.library_view"
    with ground.children.module(module, environment=ground.environment()) as child:
        answer: dict[str, Any] = child.ask(
            {"url": ground.server.url(database=copy)}, seconds_max=_SECONDS_MAX
        )
    ground.run_sql("postgres", f"DROP DATABASE {copy} WITH (FORCE)")
    return answer


def _report(section: Section, measured: dict[str, list[float]], events: int, views: int) -> None:
    work = "following"
    rates = {side: events * len(seconds) / sum(seconds) for side, seconds in measured.items()}
    remarks = {"tenure": f"{views} views", "library": "1 view"}
    section.figures += [
        Figure(work, side, rates[side], "events/s", remark=remarks[side])
        for side in ("tenure", "library")
    ]
    ratio = rates["tenure"] / rates["library"]
    section.verdicts += [
        at_least(work, Need.MUST, 5.0, ratio, "x library"),
        at_least(work, Need.AIM, 15.0, ratio, "x library"),
    ]
