"""The view `pool`: which customers nobody holds, since when, and why (S1-050, A-36).

One row a customer, also while somebody holds it: the row then says from which instant on it will
be in the pool by itself, so that it appears at its deadline and not at a sweep. A record that was
merged into another is never in the pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable

from domain import names
from domain.events import ProfileChanged, Registered
from projections.answers import (
    IN_POOL,
    IN_REGION,
    After,
    Order,
    Page,
    ask_page,
    region_parameters,
    where,
)
from projections.customer_rows import Change, fold_customers
from projections.holding import (
    MOVING,
    Barred,
    PoolHolding,
    bars_at,
    derive,
    hold_and_remember,
    last_hands,
    last_holder_at,
    pool_reason_at,
)
from projections.name_index import HAS_GRAMS, HOLDS_NAME, name_parameters
from projections.rows import Table
from projections.view import LogBatch, LogEntry

NAME = "pool"
VERSION = 3
Sort = Literal["since", "name", "industry", "last_holder"]
OTHERS: Final[frozenset[type]] = frozenset()
READS: Final = ()
TABLES = ("pool",)
DDL = """
CREATE TABLE pool (
    customer_id uuid PRIMARY KEY,
    name text NOT NULL,
    name_key text NOT NULL,
    address text NOT NULL,
    industry text NOT NULL,
    protection jsonb,
    pool_from timestamptz,
    last_holder text,
    last_hands text NOT NULL,
    last_department text,
    pool_reason text,
    fell_at timestamptz,
    bars jsonb
) WITH (fillfactor = 85);
CREATE INDEX pool_by_time ON pool (pool_from, customer_id);
CREATE INDEX pool_by_industry ON pool (industry, pool_from, customer_id);
CREATE INDEX pool_by_name ON pool (name_key, customer_id, pool_from, industry)
    WHERE pool_from IS NOT NULL;
CREATE INDEX pool_by_last_hands ON pool (last_hands, customer_id, pool_from, industry)
    WHERE pool_from IS NOT NULL;
CREATE INDEX pool_fallen_and_taken ON pool (fell_at)
    WHERE fell_at IS NOT NULL AND protection IS NOT NULL;
"""


class PoolRow(PoolHolding, kw_only=True, gc=False):
    """One row of `pool`. last_hands: whom the pool names as its last holder, also while it is held:
    who will have held it at the end that is known; empty: nobody. fell_at: when the last protection
    ended, also while there is another; last_department: in which department it was."""

    name: str
    name_key: str
    address: str
    industry: str
    last_hands: str = ""
    last_department: str | None = None
    fell_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PoolEntry:
    """A customer that nobody holds. since: from when on. last_holder, reason: None where nobody
    ever held it. bars: who may not claim it yet."""

    customer_id: UUID
    name: str
    region: str
    address: str
    industry: str
    since: datetime
    last_holder: str | None
    reason: str | None
    bars: list[Barred]


POOL_ROWS: Final = Table("pool", PoolRow, ("customer_id",))


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """The pool up to the end of `batch`."""
    fold_customers(
        cursor,
        POOL_ROWS,
        batch,
        begins=Registered,
        begin=_row,
        changes=_CHANGES,
        finish=_finished,
    )


def _row(entry: LogEntry) -> PoolRow:
    event: Registered = entry.event
    return PoolRow(
        customer_id=event.originator_id,
        name=event.name,
        name_key=event.name_key,
        address=event.address,
        industry=event.industry,
        pool_from=event.timestamp,
    )


def _profile_changed(row: PoolRow, entry: LogEntry) -> None:
    event: ProfileChanged = entry.event
    if event.name is not None and event.name_key is not None:
        row.name = event.name
        row.name_key = event.name_key
    row.address = event.address if event.address is not None else row.address
    row.industry = event.industry if event.industry is not None else row.industry


def _held(row: PoolRow, entry: LogEntry) -> None:
    before = row.protection
    hold_and_remember(row, entry)
    if before is not None and row.protection is None:
        row.fell_at = row.pool_from
        row.last_department = before.department


def _finished(row: PoolRow) -> None:
    derive(row)
    held = row.protection
    row.last_hands = (row.last_holder if held is None else last_hands(held).holder) or ""


_CHANGES: Final[Mapping[type, Change[PoolRow]]] = {
    **dict.fromkeys(MOVING, _held),
    ProfileChanged: _profile_changed,
}


def in_pool(
    cursor: Cursor,
    *,
    now: datetime,
    name: str | None = None,
    industry: str | None = None,
    region: str | None = None,
    sort: Sort = "since",
    descending: bool = True,
    limit: int = 50,
    after: After | None = None,
) -> Page[PoolEntry]:
    """What is in the pool at `now`.

    name: part of a name, in any spelling; candidates come from the name index of `customers`, so
    the page is then true at the position of whichever of the two views is behind. region: how
    the name or the address begins (S1-018). sort: by what a page shows of each, and no more.
    """
    order = _SORTS[sort]
    is_by_index = sort != "since" and name is None
    conditions = _filters(name, industry, region, is_by_index=is_by_index)
    if is_by_index:
        conditions = [_chosen(order, *conditions, after=after, descending=descending)]
    return ask_page(
        cursor,
        (NAME,) if name is None else (NAME, "customers"),
        _COLUMNS,
        SQL("views.pool"),
        conditions=conditions,
        parameters={"now": now, "industry": industry}
        | name_parameters(name)
        | region_parameters(region),
        order=order,
        make=lambda row: _entry(row, now),
        descending=descending,
        limit=limit,
        after=after,
    )


def last_come(cursor: Cursor, now: datetime) -> datetime | None:
    """Since when the newest of the pool is in it, by a deadline that passed without any event,
    too; None for an empty pool. Who may be shown that a page has changed asks for no more."""
    cursor.execute("SELECT max(pool_from) FROM views.pool WHERE pool_from <= %s", (now,))
    row = cursor.fetchone()
    return row[0] if row else None


def _filters(
    name: str | None, industry: str | None, region: str | None, *, is_by_index: bool
) -> list[object]:
    """The conditions of what was asked for; those that are no SQL are for what was not."""
    return [
        IN_POOL,
        name is not None and _HOLDS_NAME,
        industry and SQL("industry = %(industry)s"),
        region and (_IS_IN_REGION if is_by_index else IN_REGION),
    ]


def _chosen(order: Order, *conditions: object, after: After | None, descending: bool) -> Composable:
    """The condition that a row is one of those of the page."""
    behind = after and order.behind(descending=descending)
    return _CHOSEN.format(where=where(*conditions, behind), by=order.by(descending=descending))


def _entry(row: Mapping[str, Any], now: datetime) -> PoolEntry:
    return PoolEntry(
        customer_id=row["customer_id"],
        name=row["name"],
        region=names.parse(row["name"]).region,
        address=row["address"],
        industry=row["industry"],
        since=row["pool_from"],
        last_holder=last_holder_at(row, now),
        reason=pool_reason_at(row, now),
        bars=bars_at(row, now),
    )


_HOLDS_NAME: Final = SQL(
    "{holds_name} AND customer_id IN"
    " (SELECT customer_id FROM views.customer_names WHERE {has_grams})"
).format(holds_name=HOLDS_NAME, has_grams=HAS_GRAMS)
# Asked of one after the other, since no index by another column holds the address.
_IS_IN_REGION: Final = SQL(
    "EXISTS (SELECT FROM views.pool AS placed WHERE placed.customer_id = candidate.customer_id"
    " AND {} OFFSET 0)"
).format(IN_REGION)
# Neighbours by any of these columns lie all over the table, so that to read it whole and to sort
# it seems cheaper: a page is chosen by an index alone, and only its rows are looked up.
_CHOSEN: Final = SQL(
    "customer_id = ANY (ARRAY(SELECT customer_id FROM views.pool AS candidate {where}"
    " ORDER BY {by} LIMIT (SELECT %(limit)s)))"
)
_SORTS: Final[Mapping[Sort, Order]] = {
    "since": Order(("pool_from", "timestamptz"), ("customer_id", "uuid")),
    "name": Order(("name_key", "text"), ("customer_id", "uuid")),
    "industry": Order(("industry", "text"), ("pool_from", "timestamptz"), ("customer_id", "uuid")),
    "last_holder": Order(("last_hands", "text"), ("customer_id", "uuid")),
}
_COLUMNS: Final = SQL(
    "customer_id, name, address, industry, protection, pool_from, last_holder, pool_reason, bars"
)
