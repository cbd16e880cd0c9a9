"""The board: who holds what until when, what falls on the coming days, how much each member holds.

Questions to the view `customers`. A department's sellers hold thousands of customers together, so
counting and sorting read the indexes alone, and only the rows of a page are looked up. Everything
is said as of the `now` that the caller gives: what a leaver's successor holds from an instant on is
the successor's from there, swept or not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, cast
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable
from psycopg2.sql import Literal as Text

from domain.protection import AFTER_SALES, HeldOverBy, Protection
from projections.answers import LIMIT_MAX, After, Order, Page, ask, ask_page, where
from projections.customers import NAME as VIEW
from projections.holding import protection_of

STAGES: Final = ("waiting", "rejected", "potential", "intent", "formal")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters; a customer passes every one that is given.

    member: who holds it. departments: one of which it is held in. group: beside those, what this
    group holds; no member does, and nothing of it is ever over. until: over before this instant.
    """

    member: str | None = None
    departments: Collection[str] | None = None
    group: str | None = None
    stage: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A customer that somebody holds.

    until: the deadline that was given; held_over_by and held_over_until: what keeps the protection
    alive beyond it, and until when. ends_at: when it is over by what is known; None: no end is.
    """

    customer_id: UUID
    name: str
    state: str
    holder: str | None
    group: str | None
    department: str | None
    claimed_at: datetime
    until: datetime | None
    held_over_by: HeldOverBy | None
    held_over_until: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Load:
    """How many customers a member holds. stages: how many in each; falls: how many of them are over
    within the coming days that were asked about."""

    member: str
    held: int
    falls: int
    stages: dict[str, int]


@dataclass(frozen=True, slots=True)
class Falling:
    """How many customers are over on a day in Asia/Shanghai, if nothing is done."""

    day: date
    count: int


def held(
    cursor: Cursor,
    wanted: Wanted,
    *,
    now: datetime,
    by_day: bool = False,
    descending: bool = False,
    limit: int = 50,
    after: After | None = None,
) -> Page[Held]:
    """Customers that somebody holds at `now`, those first that are over first.

    by_day: in the order of the days on which they are over, for who is shown no more than those.
    """
    order = _BY_DAY if by_day else _BY_END
    behind = after and order.behind(descending=descending)
    by = order.by(descending=descending)
    candidates = SQL(" UNION ALL ").join(
        _both(_FIRST, part, behind, by=by) for part in _apart(wanted)
    )
    return ask_page(
        cursor,
        (VIEW,),
        SQL("customer_id, name, protection"),
        _CHOSEN.format(candidates=candidates),
        order=order,
        parameters=_parameters(wanted, now),
        make=lambda row: _held(row, now),
        descending=descending,
        limit=max(1, min(limit, LIMIT_MAX)),
        after=after,
    )


def load(
    cursor: Cursor,
    wanted: Wanted,
    *,
    now: datetime,
    before: datetime,
    limit: int = 50,
    after: After | None = None,
) -> Page[Load]:
    """How much each member holds at `now`, in the order of their names; who holds nothing is not
    told. before: by when a customer must be over to count among those that fall."""
    behind = after and SQL("{holder} > %(after_0)s")
    parts = _both(
        _LOADS, replace(wanted, group=None), SQL("{holder} IS NOT NULL"), behind, counts=_COUNTS
    )
    return ask_page(
        cursor,
        (VIEW,),
        SQL("*"),
        _LOAD.format(parts=parts, sums=_SUMS),
        order=_BY_MEMBER,
        parameters={**_parameters(wanted, now), "before": before},
        make=_load,
        limit=limit,
        after=after,
    )


def falling(
    cursor: Cursor, wanted: Wanted, *, now: datetime, before: datetime
) -> tuple[list[Falling], int]:
    """How many are over on each day by the midnight `before`, and the position at which that is
    true; a day on which none is, is left out."""
    falls = replace(wanted, group=None)
    query = _FALLING.format(parts=_both(_DAYS, falls, SQL("{} <= %(before)s").format(_END)))
    asked = {**_parameters(wanted, now), "before": before}
    rows, position = ask(cursor, (VIEW,), query, asked)
    return [Falling(**row) for row in rows], position


def _apart(wanted: Wanted) -> Sequence[Wanted]:
    """What departments hold and what the group does, which lie in indexes of their own."""
    held = replace(wanted, group=None)
    return (held,) if wanted.group is None else (held, replace(wanted, departments=None))


def _both(part: SQL, wanted: Wanted, *conditions: object, **told: Composable) -> Composable:
    """A part of a question, of what is held by who is named and of what a leaver's successor holds
    since, which no event says yet. The second is little; so the first is told by columns that the
    indexes hold, in an order that they have."""
    is_one = wanted.departments is not None and len(wanted.departments) == 1
    filters = _FILTERS | {"departments": _IN_ONE} if is_one else _FILTERS
    given = [filters[name] for name in filters if getattr(wanted, name) is not None]
    parts = []
    for standing, hands in _HANDS:
        every = [
            one.format(**hands) if isinstance(one, SQL) else one for one in (*given, *conditions)
        ]
        parts.append(part.format(**hands, **told, where=where(standing, *every)))
    return SQL(" UNION ALL ").join(parts)


def _parameters(wanted: Wanted, now: datetime) -> dict[str, Any]:
    departments = None if wanted.departments is None else sorted(wanted.departments)
    asked = {name: getattr(wanted, name) for name in ("member", "group", "stage", "until")}
    return {**asked, "departments": departments, "now": now}


def _held(row: Mapping[str, Any], now: datetime) -> Held:
    # The query has chosen what is held, so there is a protection, and it is live.
    live = cast("Protection", cast("Protection", protection_of(row)).as_of(now))
    return Held(
        customer_id=row["customer_id"],
        name=row["name"],
        state=live.stage.value,
        holder=live.holder,
        group=live.group,
        department=live.department,
        claimed_at=live.claimed_at,
        until=live.until,
        held_over_by=live.held_over_by,
        held_over_until=live.held_over_until if live.held_over_by else None,
        ends_at=live.ends_at,
    )


def _load(row: dict[str, Any]) -> Load:
    stages = {stage: row[stage] for stage in STAGES}
    return Load(row["member"], row["held"], row["falls"], stages)


_END: Final = SQL("coalesce(pool_from, 'infinity')")
_DAY: Final = SQL(
    "(coalesce(pool_from, 'infinity') AT TIME ZONE 'Asia/Shanghai'"
    " - interval '1 microsecond')::date"
)
_BY_END: Final = Order((_END.string, "timestamptz"), ("customer_id", "uuid"))
_BY_DAY: Final = Order((_DAY.string, "date"), ("customer_id", "uuid"))
_BY_MEMBER: Final = Order(("member", "text"))
_FILTERS: Final[dict[str, SQL]] = {
    "member": SQL("{holder} = %(member)s"),
    "departments": SQL("{department} = ANY (%(departments)s::text[])"),
    # What is said of the end leaves one order for all of it, which is that of its index.
    "group": SQL("{group} = %(group)s AND {end} = 'infinity'"),
    "stage": SQL("stage = %(stage)s"),
    "until": SQL("coalesce(pool_from, 'infinity') < %(until)s"),
}
# Said so, the order of one department is that of its index: a page is read, and no more.
_IN_ONE: Final = SQL("{department} = (%(departments)s::text[])[1]")
_HELD: Final = SQL("stage IS NOT NULL AND {} > %(now)s").format(_END)
_HANDS: Final[Sequence[tuple[Composable, Mapping[str, Composable]]]] = (
    (
        SQL("{} AND (passes_at IS NULL OR passes_at > %(now)s)").format(_HELD),
        {
            "holder": SQL("holder"),
            "department": SQL("department"),
            "group": SQL("holder_group"),
            "end": _END,
        },
    ),
    (
        SQL("{} AND passes_at <= %(now)s").format(_HELD),
        {
            "holder": SQL("passes_to"),
            "department": SQL("(protection -> 'leaving' ->> 'department')"),
            "group": SQL("CASE WHEN passes_to IS NULL THEN {} END").format(Text(AFTER_SALES)),
            "end": _END,
        },
    ),
)
"""Which rows, and the expressions of who holds them, in which department, or as which group."""
_FIRST: Final = SQL(
    "(SELECT customer_id, pool_from FROM views.customer_holdings {where}"
    " ORDER BY {by} LIMIT (SELECT %(limit)s))"
)
# Names are looked up of those alone that are told, whatever the planner thinks of their number.
_CHOSEN: Final = SQL(
    "({candidates}) AS chosen"
    " CROSS JOIN LATERAL (SELECT customers.name, holding.protection FROM views.customers"
    " JOIN views.customer_holdings AS holding USING (customer_id)"
    " WHERE customers.customer_id = chosen.customer_id OFFSET 0) AS told"
)
_COUNTS: Final = SQL(", ").join(
    SQL("count(*) FILTER (WHERE stage = '" + stage + "') AS " + stage) for stage in STAGES
)
_SUMS: Final = SQL(", ").join(SQL(f"sum({stage})::integer AS {stage}") for stage in STAGES)
# Of the first members of either part, the first of both are among them, with all that they hold.
_LOADS: Final = SQL(
    "(SELECT {holder} AS member, count(*) AS held,"
    " count(*) FILTER (WHERE pool_from <= %(before)s) AS falls, {counts}"
    " FROM views.customer_holdings {where} GROUP BY {holder}"
    " ORDER BY {holder} LIMIT (SELECT %(limit)s))"
)
_LOAD: Final = SQL(
    "(SELECT member, sum(held)::integer AS held, sum(falls)::integer AS falls, {sums}"
    " FROM ({parts}) AS part GROUP BY member) AS load"
)
# A day in Asia/Shanghai has always 24 hours now; reckoning with its zone would take longer than all
# the rest.
_DAYS: Final = SQL(
    "(SELECT date_bin('24 hours', pool_from - interval '1 microsecond', %(before)s) AS begins,"
    " count(*) AS count FROM views.customer_holdings {where} GROUP BY 1)"
)
_FALLING: Final = SQL(
    "SELECT (begins AT TIME ZONE 'Asia/Shanghai')::date AS day, sum(count)::integer AS count"
    " FROM ({parts}) AS part GROUP BY begins ORDER BY begins"
)
