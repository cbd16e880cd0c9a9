"""The view `tenures`: who held which customer in which stage, from when until when.

One row an interval, half-open. An interval with a known end ends there by itself, so the rows
answer for any instant, swept or not; and the database refuses two that overlap, whatever the fold
does. Where a holder's leaving puts the customer into other hands by itself, the row says whose, and
a question makes the next interval of it until an event has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Literal

from domain.events import Stage
from domain.protection import AFTER_SALES, Protection
from domain.tenures import Interval, led_to, successor
from projections.answers import After, Order, Page, ask_page, where
from projections.customer_rows import load_customers
from projections.holding import MOVING, protection_of
from projections.rows import Table
from projections.view import LogBatch

NAME = "tenures"
VERSION = 2
OTHERS: Final[frozenset[type]] = frozenset()
READS: Final = ()
TABLES = ("tenures",)
DDL = """
CREATE TABLE tenures (
    customer_id uuid NOT NULL,
    opened_version integer NOT NULL,
    holder text,
    holder_group text,
    department text,
    stage text NOT NULL,
    claimed_at timestamptz NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    in_force_since timestamptz,
    ended text,
    rulebook text NOT NULL,
    grounds integer[] NOT NULL,
    protection jsonb,
    arranged_version integer,
    is_succeeded boolean NOT NULL DEFAULT false,
    successor text,
    successor_until timestamptz,
    during tstzrange GENERATED ALWAYS AS (tstzrange(since, until, '[)')) STORED,
    PRIMARY KEY (customer_id, opened_version),
    CONSTRAINT tenures_never_overlap EXCLUDE USING gist (customer_id WITH =, during WITH &&)
);
ALTER TABLE tenures ALTER protection SET STATISTICS 0;
CREATE INDEX tenures_open ON tenures (customer_id) WHERE ended IS NULL;
CREATE INDEX tenures_by_holder ON tenures (holder, since, customer_id, opened_version);
CREATE INDEX tenures_by_time ON tenures (since, customer_id, opened_version);
CREATE INDEX tenures_succeeded ON tenures (until, customer_id, arranged_version)
    WHERE is_succeeded;
"""


class TenureRow(msgspec.Struct, kw_only=True, gc=False):
    """One row of `tenures`. protection, arranged_version: of open intervals.

    is_succeeded: at `until` it is by itself the `successor`'s, or after-sales' where that is None,
    up to successor_until.
    """

    customer_id: UUID
    opened_version: int
    holder: str | None
    holder_group: str | None
    department: str | None
    stage: str
    claimed_at: datetime
    since: datetime
    until: datetime | None
    in_force_since: datetime | None
    ended: str | None
    rulebook: str
    grounds: list[int]
    protection: Protection | None
    arranged_version: int | None
    is_succeeded: bool
    successor: str | None
    successor_until: datetime | None


@dataclass(frozen=True, slots=True)
class TenureEntry:
    """One interval [since, until) as of an instant.

    holder: None while `group` holds it. until: its end, or when it ends by itself; None where none
    is known. ended: how it had ended by then; None while it runs. grounds: versions of the
    customer's events that granted it, moved its end and ended it.
    """

    customer_id: UUID
    opened_version: int
    holder: str | None
    group: str | None
    department: str | None
    stage: str
    claimed_at: datetime
    since: datetime
    until: datetime | None
    in_force_since: datetime | None
    ended: str | None
    rulebook: str
    grounds: list[int]


_MOVING: Final = frozenset(MOVING)
INTERVALS: Final = Table("tenures", TenureRow, ("customer_id", "opened_version"))


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """The intervals up to the end of `batch`: ends are written before beginnings."""
    moved = {
        customer_id: steps
        for customer_id, entries in batch.customers.items()
        if (steps := [entry for entry in entries if type(entry.event) in _MOVING])
    }
    older = [
        customer_id
        for customer_id in moved
        if batch.customers[customer_id][0].event.originator_version > 1
    ]
    kept = load_customers(cursor, INTERVALS, older, condition=SQL("ended IS NULL"))
    new: list[TenureRow] = []
    changed: list[TenureRow] = []
    for customer_id, entries in moved.items():
        row = kept.get(customer_id)
        stored = still_open = None if row is None else _interval(row)
        told: dict[int, Interval] = {}
        for entry in entries:
            after = entry.protection_after(still_open.protection if still_open else None)
            still_open, intervals = led_to(still_open, entry.event, after)
            told.update({interval.opened_version: interval for interval in intervals})
        for version, interval in told.items():
            is_stored = stored is not None and version == stored.opened_version
            (changed if is_stored else new).append(_row(interval))
    INTERVALS.update(cursor, changed)
    INTERVALS.insert(cursor, new)


def _row(interval: Interval) -> TenureRow:
    follows = successor(interval)
    return TenureRow(
        customer_id=interval.customer_id,
        opened_version=interval.opened_version,
        holder=interval.holder,
        holder_group=interval.group,
        department=interval.department,
        stage=interval.stage,
        claimed_at=interval.claimed_at,
        since=interval.since,
        until=interval.until,
        in_force_since=interval.in_force_since,
        ended=interval.ended,
        rulebook=interval.rulebook,
        grounds=list(interval.grounds),
        protection=interval.protection,
        arranged_version=interval.arranged_version,
        is_succeeded=follows is not None,
        successor=follows.holder if follows else None,
        successor_until=follows.until if follows else None,
    )


def _interval(row: TenureRow) -> Interval:
    return Interval(
        customer_id=row.customer_id,
        opened_version=row.opened_version,
        holder=row.holder,
        group=row.holder_group,
        department=row.department,
        stage=Stage(row.stage),
        claimed_at=row.claimed_at,
        since=row.since,
        until=row.until,
        in_force_since=row.in_force_since,
        ended=None,
        rulebook=row.rulebook,
        grounds=tuple(row.grounds),
        protection=row.protection,
        arranged_version=row.arranged_version,
    )


def tenures(
    cursor: Cursor,
    *,
    now: datetime,
    customer_id: UUID | None = None,
    holder: str | None = None,
    at: datetime | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int = 50,
    after: After | None = None,
) -> Page[TenureEntry]:
    """Intervals in the order of their beginnings for which every given filter holds.

    at: those that held at this instant. start, end: those that held at some instant of
    [start, end). Intervals of no length held at none, and are found by customer or holder alone.
    """
    asked = {"customer_id": customer_id, "holder": holder, "at": at, "start": start, "end": end}
    return ask_page(
        cursor,
        (NAME,),
        _COLUMNS,
        _INTERVALS,
        conditions=(
            customer_id and SQL("customer_id = %(customer_id)s::uuid"),
            holder and SQL("holder = %(holder)s"),
            at and SQL("during @> %(at)s::timestamptz"),
            start and SQL("(until IS NULL OR until > %(start)s) AND NOT isempty(during)"),
            end and SQL("since < %(end)s AND NOT isempty(during)"),
        ),
        parameters={**asked, "seen_from": max(now, at or now, start or now, end or now)},
        order=_ORDER,
        make=lambda row: _entry(row, now),
        limit=limit,
        after=after,
    )


def held_between(
    cursor: Cursor,
    start: datetime,
    end: datetime,
    *,
    holder: str | None,
    department: str | None,
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    """Customers that somebody held, before they were formal, at some time of [start, end).

    holder, department: of one of those tenures. In the order of their ids, from behind `after`.
    """
    cursor.execute(
        _HELD_BETWEEN.format(
            where=where(
                SQL("stage <> 'formal' AND since < %(end)s"),
                SQL("(until IS NULL OR until >= %(start)s)"),
                after and SQL("customer_id > %(after)s::uuid"),
                holder and SQL("(holder = %(holder)s OR successor = %(holder)s)"),
                department and SQL("(department = %(department)s OR is_succeeded)"),
            )
        ),
        {
            "start": start,
            "end": end,
            "after": after,
            "holder": holder,
            "department": department,
            "limit": limit,
        },
    )
    return [customer_id for (customer_id,) in cursor.fetchall()]


def _entry(row: Mapping[str, Any], now: datetime) -> TenureEntry:
    """The interval as a reader at `now` sees it."""
    held = protection_of(row)
    if row["follows"] and held is not None and held.leaving is not None:
        held = held.handed_over(held.leaving.to, held.leaving.department)
    told = {column: row[column] for column in _AS_STORED}
    interval = Interval(
        **{**told, "stage": Stage(row["stage"])},
        group=row["holder_group"],
        ended=row["ended"],
        protection=held,
        arranged_version=None,
    )
    return TenureEntry(**told, group=row["holder_group"], ended=interval.ending_at(now))


_AS_STORED: Final = (
    "customer_id",
    "opened_version",
    "holder",
    "department",
    "stage",
    "claimed_at",
    "since",
    "until",
    "in_force_since",
    "rulebook",
    "grounds",
)
_HELD_BETWEEN: Final = SQL(
    "SELECT DISTINCT customer_id FROM views.tenures {where} ORDER BY customer_id LIMIT %(limit)s"
)
_COLUMNS: Final = SQL(", ".join((*_AS_STORED, "holder_group", "ended", "protection", "follows")))
_INTERVALS: Final = SQL(
    "(SELECT customer_id, opened_version, holder, holder_group, department, stage, claimed_at,"
    " since, until, in_force_since, ended, rulebook, grounds, during, protection, false AS follows"
    " FROM views.tenures"
    " UNION ALL"
    " SELECT customer_id, arranged_version, successor,"
    " CASE WHEN successor IS NULL THEN {after_sales} END,"
    " protection -> 'leaving' ->> 'department', stage, claimed_at, until, successor_until,"
    " in_force_since, NULL::text, rulebook, ARRAY[arranged_version],"
    " tstzrange(until, successor_until, '[)'), protection, true"
    " FROM views.tenures WHERE is_succeeded AND until <= %(seen_from)s) AS tenure"
).format(after_sales=Literal(AFTER_SALES))
"""The stored intervals, and those that follow by themselves from an arranged leaving."""
_ORDER: Final = Order(
    ("since", "timestamptz"), ("customer_id", "uuid"), ("opened_version", "integer")
)
