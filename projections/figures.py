"""Figures of the view `statistics`: sums over its rows, and the events that each leads to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable, Identifier
from psycopg2.sql import Literal as Text

from projections import agenda
from projections.answers import (
    DEPARTMENT,
    HOLDER,
    IN_DEPARTMENTS,
    IN_POOL,
    LIMIT_MAX,
    After,
    Order,
    Page,
    ask,
    ask_page,
    where,
)
from projections.counting import FORMAL
from projections.statistics import NAME

Grouping = Literal["day", "department", "member"]
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

    percentiles: of waiting. Without them, and where no member is told apart, the sums of the days
    are read and not their events.
    """
    wanted = max(1, min(limit, LIMIT_MAX))
    asked = {"start": start, "end": end, "department": department, "member": member, "now": now}
    asked["departments"] = _given(departments)
    of_days = not percentiles and member is None and "member" not in by
    given = {f"after_{place}": value for place, value in enumerate(after or ())}
    rows, position = ask(
        cursor,
        (NAME,),
        _figures_query(by, after, department=department, member=member, of_days=of_days),
        {**asked, **given, "limit": wanted + 1, "counted": _counted_figures()},
    )
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
            _IN_DAYS,
            is_formal and SQL("rule = {}").format(Text(FORMAL)),
            rule and SQL("rule = %(rule)s"),
            department and SQL("department = %(department)s"),
            IN_DEPARTMENTS.format(SQL("department")),
            member and SQL("member = %(member)s"),
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


def _figures_query(
    by: Sequence[Grouping],
    after: After | None,
    *,
    department: str | None,
    member: str | None,
    of_days: bool,
) -> Composable:
    """Summed once, by line and in all; then the lines of the page are chosen."""
    keys = SQL(", ").join(map(Identifier, by))
    behind = after and SQL("({}) > ({})").format(
        keys, SQL(", ").join(SQL("%(after_" + str(place) + ")s") for place in range(len(by)))
    )
    return _FIGURES.format(
        keys=keys,
        named=SQL(", ").join(_KEYS[name] for name in by),
        first=Identifier(by[0]),
        **(_OF_DAYS if of_days else _OF_EVENTS),
        filters=where(
            SQL("figure = ANY (%(counted)s)"),
            _IN_DAYS,
            department and SQL("department = %(department)s"),
            IN_DEPARTMENTS.format(SQL("department")),
            member and SQL("member = %(member)s"),
        ),
        of_page=where(SQL("NOT is_total"), behind),
    )


def _lines_of(
    rows: Iterable[Mapping[str, Any]], by: Sequence[Grouping]
) -> tuple[dict[tuple[str, ...], Line], Line]:
    """Lines by their keys, and what all come to."""
    lines: dict[tuple[str, ...], Line] = {}
    total = Line()
    for row in rows:
        key = tuple(row[name] for name in by)
        _add(total if row["is_total"] else lines.setdefault(key, _line(by, key)), row)
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
        _IMPLIED.format(
            in_pool=IN_POOL,
            department=SQL("AND {} = %(department)s").format(DEPARTMENT)
            if asked["department"]
            else SQL(""),
            departments=IN_DEPARTMENTS.format(DEPARTMENT),
            member=SQL("AND {} = %(member)s").format(HOLDER) if asked["member"] else SQL(""),
        ),
        asked,
    )
    return Implied(rows[0]["lapses"], rows[0]["removals"]), position


_IN_DAYS: Final = SQL("day >= %(start)s AND day < %(end)s")
# Texts, so that a line of nobody, or of no department, has its place in the order.
_KEYS: Final[Mapping[Grouping, Composable]] = {
    "day": SQL("day::text AS day"),
    "department": SQL("coalesce(department, '') COLLATE \"C\" AS department"),
    "member": SQL("coalesce(member, '') COLLATE \"C\" AS member"),
}
_OF_EVENTS: Final = {
    "source": SQL("views.statistics_events"),
    "count": SQL("count(*)"),
    "waited": SQL(
        "count(*) AS count, sum(waited_seconds) AS seconds_sum, max(waited_seconds) AS seconds_max,"
        " percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY waited_seconds) AS parts"
    ),
    "is_waited": SQL("waited_seconds IS NOT NULL"),
}
_OF_DAYS: Final = {
    "source": SQL("views.statistics_days"),
    "count": SQL("sum(count)::bigint"),
    "waited": SQL(
        "coalesce(sum(waited), 0)::bigint AS count,"
        " sum(waited_microseconds)::float / 1000000 AS seconds_sum,"
        " max(waited_most)::float / 1000000 AS seconds_max, NULL::float[] AS parts"
    ),
    "is_waited": SQL("waited > 0"),
}
_FIGURES: Final = SQL(
    """
    WITH counted AS (
        SELECT is_total, {named}, figure, coalesce(rule, '') AS rule, count FROM (
            SELECT grouping({first}) = 1 AS is_total, {keys}, figure, rule, {count} AS count
            FROM {source} {filters}
            GROUP BY GROUPING SETS (({keys}, figure, rule), (figure, rule))
        ) AS summed
    ), waited AS (
        SELECT is_total, {named}, count, seconds_sum, seconds_max, parts FROM (
            SELECT grouping({first}) = 1 AS is_total, {keys}, {waited}
            FROM {source} {filters}
                AND figure IN ('reviews_passed', 'reviews_refused') AND {is_waited}
            GROUP BY GROUPING SETS (({keys}), ())
        ) AS summed
    ), chosen AS (
        SELECT DISTINCT false AS is_total, {keys} FROM counted {of_page}
        ORDER BY {keys} LIMIT %(limit)s
    ), told AS (
        SELECT counted.*, NULL::float AS seconds_sum, NULL::float AS seconds_max,
            NULL::float AS seconds_median, NULL::float AS seconds_p90 FROM counted
        UNION ALL
        SELECT is_total, {keys}, '', '', count, seconds_sum, seconds_max, parts[1], parts[2]
        FROM waited
    )
    SELECT told.* FROM told LEFT JOIN chosen USING (is_total, {keys})
    WHERE told.is_total OR chosen.is_total IS NOT NULL
    """
)
_IMPLIED: Final = SQL(
    """
    SELECT count(*) FILTER (WHERE stage <> 'rejected') AS lapses,
        count(*) FILTER (WHERE stage = 'rejected') AS removals
    FROM views.agenda WHERE due_at <= %(now)s AND {in_pool}
    AND (pool_from AT TIME ZONE 'Asia/Shanghai')::date >= %(start)s
    AND (pool_from AT TIME ZONE 'Asia/Shanghai')::date < %(end)s
    AND {departments} {department} {member}
    """
)
