"""Habits that a manager looks for: each a question to the rows of `statistics`, with its events.

A habit is a lead and no verdict: it names members, customers and the positions of the events that
made it, and whoever looks at those decides what they mean.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable

from projections.answers import LIMIT_MAX, ask
from projections.habit_queries import (
    CYCLING,
    DEADLINE_CLAIMS,
    EQUAL_NOTES,
    EXTENSIONS_BY_APPROVER,
    OVERRIDES_MERGED,
    QUOTA_USE,
    RECLAIMS,
    STOPPED_CLOCKS,
    TRANSFERS_BEFORE_SIGNATURE,
    TURNS,
    UNCONFIRMED_CONTRACTS,
)
from projections.statistics import NAME

HabitKind = Literal[
    "claim-release-cycling",
    "reclaim-after-own-lapse",
    "taking-turns",
    "claim-at-deadline",
    "extensions-by-approver",
    "stopped-clocks",
    "override-later-merged",
    "transfer-before-signature",
    "contracts-never-confirmed",
    "equal-notes",
    "quota-use",
]
KINDS: Final[tuple[HabitKind, ...]] = HabitKind.__args__  # type: ignore[attr-defined]
SECONDS: Final = 60.0
"""To a deadline. A minute, as the issue that asked for these habits says."""
CHARACTERS: Final = 6
"""Of a note that says something: shorter ones (`已联系`) are equal by nature. Our own choice."""
SHARE: Final = 0.9
"""Of what was granted, or of a quota, from which on it is remarkable. Our own choice."""


class Thresholds(NamedTuple):
    """From when on something is a habit. days: between the two events of a pair. seconds: to a
    deadline. times: how often. share: of the whole. characters: of a note without its signs."""

    days: float
    seconds: float
    times: int
    share: float
    characters: int


@dataclass(frozen=True, slots=True)
class Habit:
    """One lead. members, customers: whom and what it is about. figures: what was counted.

    positions: of its events in the log, the oldest first; at most POSITIONS_MAX of `events`, behind
    the place that was asked from. more: how many of them come after those.
    """

    kind: HabitKind
    members: list[str]
    customers: list[UUID]
    figures: dict[str, float]
    positions: list[int]
    events: int
    more: int


@dataclass(frozen=True, slots=True)
class Habits:
    """The leads of one kind, the heaviest first, and the position at which they are true."""

    items: list[Habit]
    is_cut: bool
    position: int


POSITIONS_MAX: Final = 200
TIMES: Final[Mapping[HabitKind, int]] = {
    "claim-release-cycling": 2,
    "reclaim-after-own-lapse": 1,
    "taking-turns": 1,
    "claim-at-deadline": 1,
    "extensions-by-approver": 5,
    "stopped-clocks": 2,
    "override-later-merged": 1,
    "transfer-before-signature": 1,
    "contracts-never-confirmed": 2,
    "equal-notes": 3,
    "quota-use": 1,
}
"""How often makes a habit. Our own choice: once, where chance explains it badly."""
_QUERIES: Final[Mapping[HabitKind, Composable]] = {
    "claim-release-cycling": CYCLING,
    "reclaim-after-own-lapse": RECLAIMS,
    "taking-turns": TURNS,
    "claim-at-deadline": DEADLINE_CLAIMS,
    "extensions-by-approver": EXTENSIONS_BY_APPROVER,
    "stopped-clocks": STOPPED_CLOCKS,
    "override-later-merged": OVERRIDES_MERGED,
    "transfer-before-signature": TRANSFERS_BEFORE_SIGNATURE,
    "contracts-never-confirmed": UNCONFIRMED_CONTRACTS,
    "equal-notes": EQUAL_NOTES,
    "quota-use": QUOTA_USE,
}


def habits(
    cursor: Cursor,
    kind: HabitKind,
    thresholds: Thresholds,
    *,
    now: datetime,
    start: date,
    end: date,
    department: str | None = None,
    departments: Collection[str] | None = None,
    member: str | None = None,
    limit: int = 50,
    beyond: int = 0,
) -> Habits:
    """Leads of one kind whose last event fell on the days [start, end).

    department, departments: in which, or in one of which, the customer was held, or the member
    was. member: who has a part in it. beyond: the place in the log behind which events are named.
    """
    wanted = max(1, min(limit, LIMIT_MAX))
    rows, position = ask(
        cursor,
        (NAME,),
        _LEADS.format(query=_QUERIES[kind]),
        {
            **thresholds._asdict(),
            "now": now,
            "start": start,
            "end": end,
            "department": department,
            "departments": None if departments is None else sorted(departments),
            "member": member,
            "limit": wanted + 1,
        },
    )
    return Habits(
        [_habit(kind, row, beyond) for row in rows[:wanted]], len(rows) > wanted, position
    )


def _habit(kind: HabitKind, row: Mapping[str, Any], beyond: int) -> Habit:
    positions = sorted(set(row["positions"]))
    behind = positions[bisect_right(positions, beyond) :]
    return Habit(
        kind=kind,
        members=list(dict.fromkeys(one for one in row["members"] if one is not None)),
        customers=list(dict.fromkeys(one for one in row["customers"] if one is not None)),
        figures={name: value for name, value in row["figures"].items() if value is not None},
        positions=behind[:POSITIONS_MAX],
        events=len(positions),
        more=len(behind[POSITIONS_MAX:]),
    )


_LEADS: Final = SQL(
    "SELECT members, customers, figures, positions FROM ({query}) AS lead"
    " WHERE (%(member)s::text IS NULL OR %(member)s = ANY (members))"
    " ORDER BY weight DESC, positions[1] LIMIT %(limit)s"
)
