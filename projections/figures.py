"""Figures of the view `statistics`: sums over its rows, and the events that each leads to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Identifier
from psycopg2.sql import Literal as Text

from projections import agenda
from projections.answers import IN_DEPARTMENTS, LIMIT_MAX, After, Order, Page, ask, ask_page
from projections.counting import FORMAL
from projections.figure_queries import (
    IN_DAYS,
    OF_MEMBER,
    Grouping,
    figures_query,
    implied_query,
)
from projections.statistics import NAME

Figure = Literal[
    "claims",
    "corrections",
    "withdrawals",
    "refusals",
    "reviews_passed",
    "reviews_refused",
    "lapses",
    "removals",
    "releases",
    "extensions_requested",
    "extensions_granted",
    "extensions_refused",
    "intents_requested",
    "intents_granted",
    "intents_refused",
    "applications_withdrawn",
    "transfers",
    "moves_to_after_sales",
    "dispute_moves",
    "restorations",
    "contracts_drawn",
    "contracts_signed",
    "contracts_confirmed",
    "contracts_voided",
    "formal",
    "merges",
    "absorptions",
    "overrides",
]
FIGURES: Final[tuple[Figure, ...]] = Figure.__args__  # type: ignore[attr-defined]
GROUPINGS: Final[tuple[Grouping, ...]] = ("day", "department", "member")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long reviews waited from the claim, or its correction, to the decision; in seconds."""

    count: int = 0
    seconds_sum: float = 0.0
    seconds_max: float | None = None
    seconds_median: float | None = None
    seconds_p90: float | None = None


@dataclass(slots=True)
class Line:
    """Figures of one day, department and member, as far as they were asked for apart. None of day,
    department and member: of all. refusals_by_rule, lapses_by_cause: the parts of those figures."""

    day: date | None = None
    department: str | None = None
    member: str | None = None
    figures: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FIGURES, 0))
    refusals_by_rule: dict[str, int] = field(default_factory=dict)
    lapses_by_cause: dict[str, int] = field(default_factory=dict)
    review_waiting: Waiting = Waiting()


@dataclass(frozen=True, slots=True)
class Implied:
    """Protections whose end has passed and is not recorded yet, so that no figure counts it."""

    lapses: int
    removals: int


@dataclass(frozen=True, slots=True)
class Figures:
    """A page of lines, what all of them come to, and the position at which that is true."""

    lines: list[Line]
    total: Line
    implied: Implied
    next: tuple[str, ...] | None
    position: int


@dataclass(frozen=True, slots=True)
class FigureEvent:
    """One event that a figure counts."""

    position: int
    at: datetime
    day: date
    figure: str
    member: str | None
    department: str | None
    actor: str
    customer_id: UUID | None
    rule: str | None
    waited_seconds: float | None
    number: str | None


def figures(
    cursor: Cursor,
    *,
    now: datetime,
    start: date,
    end: date,
    by: Sequence[Grouping] = ("day",),
    department: str | None = None,
    departments: Collection[str] | None = None,
    member: str | None = None,
    percentiles: bool = True,
    limit: int = 50,
    after: After | None = None,
) -> Figures:
    """Figures of the days [start, end), apart by each of `by`; no line is without events.

    percentiles: of waiting. Without them, and where no one member is asked about, the sums of the
    days are read and not their events; apart by member alone, the events of those who are told.
    """
    wanted = max(1, min(limit, LIMIT_MAX))
    asked = {"start": start, "end": end, "department": department, "member": member, "now": now}
    asked["departments"] = _given(departments)
    query = figures_query(by, asked, behind=len(after or ()), percentiles=percentiles)
    given: dict[str, Any] = {"limit": wanted + 1, "counted": _counted_figures()}
    given |= {f"after_{place}": value for place, value in enumerate(after or ())}
    rows, position = ask(cursor, (NAME,), query, asked | given)
    lines, total = _lines_of(rows, by)
    implied, implied_position = _implied(cursor, asked)
    keys = sorted(lines)
    return Figures(
        lines=[lines[key] for key in keys[:wanted]],
        total=total,
        implied=implied,
        next=keys[wanted - 1] if len(keys) > wanted else None,
        position=min(position, implied_position),
    )


def figure_events(
    cursor: Cursor,
    *,
    start: date,
    end: date,
    figure: Figure,
    rule: str | None = None,
    department: str | None = None,
    departments: Collection[str] | None = None,
    member: str | None = None,
    limit: int = 50,
    after: After | None = None,
) -> Page[FigureEvent]:
    """The events of one figure, by day. rule: of a refusal, or the cause of a lapse."""
    is_formal = figure == "formal"
    asked: dict[str, Any] = {"start": start, "end": end, "rule": rule, "member": member}
    asked |= {"department": department, "departments": _given(departments)}
    return ask_page(
        cursor,
        (NAME,),
        SQL(", ").join(map(Identifier, FigureEvent.__dataclass_fields__)),
        SQL("views.statistics_events"),
        conditions=(
            SQL("figure = %(figure)s"),
            IN_DAYS,
            is_formal and SQL("rule = {}").format(Text(FORMAL)),
            rule and SQL("rule = %(rule)s"),
            department and SQL("department = %(department)s"),
            IN_DEPARTMENTS.format(SQL("department")),
            member and OF_MEMBER,
        ),
        parameters=asked | {"figure": "contracts_confirmed" if is_formal else figure},
        order=Order(("day", "date"), ("position", "bigint")),
        make=lambda row: FigureEvent(**row),
        limit=limit,
        after=after,
    )


def _given(departments: Collection[str] | None) -> list[str] | None:
    return None if departments is None else sorted(departments)


def _counted_figures() -> list[str]:
    return [figure for figure in FIGURES if figure != "formal"]


def _lines_of(
    rows: Iterable[Mapping[str, Any]], by: Sequence[Grouping]
) -> tuple[dict[tuple[str, ...], Line], Line]:
    """Lines by their keys, and what all come to."""
    lines: dict[tuple[str, ...], Line] = {}
    total = Line()
    for row in rows:
        if row["is_total"]:
            _add(total, row)
            continue
        key = tuple(row[name] for name in by)
        line = lines.get(key)
        if line is None:
            line = lines[key] = _line(by, key)
        _add(line, row)
    return lines, total


def _line(by: Sequence[Grouping], key: tuple[str, ...]) -> Line:
    told: dict[str, Any] = {name: value or None for name, value in zip(by, key, strict=True)}
    if told.get("day"):
        told["day"] = date.fromisoformat(told["day"])
    return Line(**told)


def _add(line: Line, row: Mapping[str, Any]) -> None:
    figure, rule, count = row["figure"], row["rule"], row["count"]
    if figure == "":
        line.review_waiting = Waiting(
            count,
            row["seconds_sum"] or 0.0,
            row["seconds_max"],
            row["seconds_median"],
            row["seconds_p90"],
        )
        return
    line.figures[figure] += count
    if figure == "refusals":
        line.refusals_by_rule[rule] = count
    elif figure == "lapses":
        line.lapses_by_cause[rule] = count
    elif rule == FORMAL:
        line.figures["formal"] += count


def _implied(cursor: Cursor, asked: Mapping[str, Any]) -> tuple[Implied, int]:
    """What ended on these days by what is recorded, and no event says yet (design §3)."""
    rows, position = ask(
        cursor,
        (agenda.NAME,),
        implied_query(has_department=bool(asked["department"]), has_member=bool(asked["member"])),
        asked,
    )
    return Implied(rows[0]["lapses"], rows[0]["removals"]), position


_COUNTED: Final = """
SELECT count(*) FROM (
    SELECT position FROM views.statistics_events AS event
    WHERE position = ANY (%(positions)s::bigint[]) AND (
        department = ANY (%(departments)s) OR EXISTS (
            SELECT FROM views.statistics_events AS other
            WHERE other.customer_id = event.customer_id AND other.version IS NOT NULL
            AND other.department = ANY (%(departments)s)
        )
    )
    UNION SELECT position FROM views.statistics_notes
    WHERE position = ANY (%(positions)s::bigint[]) AND department = ANY (%(departments)s)
) AS counted
"""


def are_counted(cursor: Cursor, positions: Collection[int], departments: Collection[str]) -> bool:
    """True where figures or habits of these departments rest on every one of the events: counted
    for one of them, or for a customer that one of them had as well."""
    cursor.execute(_COUNTED, {"positions": list(positions), "departments": sorted(departments)})
    found: Any = cursor.fetchone()
    return bool(found[0] == len(set(positions)))
