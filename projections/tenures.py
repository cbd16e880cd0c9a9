"""The view `tenures`: who held which customer in which stage, from when until when.

One row an interval, half-open. An interval with a deadline ends there by itself, so the rows answer
for any instant, swept or not; and the database refuses two that overlap, whatever the fold does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL

from domain.events import ContactAdded, FollowedUp, ProfileChanged, Registered, Stage
from domain.tenures import Interval
from domain.tenures import fold as fold_interval
from projections.answers import After, Order, Page, ask_page
from projections.customer_rows import load_customers
from projections.rows import Table
from projections.view import LogBatch

NAME = "tenures"
VERSION = 1
TABLES = ("tenures",)
DDL = """
CREATE TABLE tenures (
    customer_id uuid NOT NULL,
    opened_version integer NOT NULL,
    holder text NOT NULL,
    stage text NOT NULL,
    claimed_at timestamptz NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    in_force_since timestamptz,
    ended text,
    rulebook text NOT NULL,
    grounds integer[] NOT NULL,
    during tstzrange GENERATED ALWAYS AS (tstzrange(since, until, '[)')) STORED,
    PRIMARY KEY (customer_id, opened_version),
    CONSTRAINT tenures_never_overlap EXCLUDE USING gist (customer_id WITH =, during WITH &&)
);
CREATE INDEX tenures_open ON tenures (customer_id) WHERE ended IS NULL;
CREATE INDEX tenures_by_holder ON tenures (holder, since, customer_id, opened_version);
CREATE INDEX tenures_by_time ON tenures (since, customer_id, opened_version);
"""


@dataclass(frozen=True, slots=True)
class TenureEntry:
    """One interval [since, until) as of an instant.

    until: its end or its deadline; None where none is known. ended: how it had ended by then;
    None while it runs. grounds: versions of the customer's events that granted and ended it.
    """

    customer_id: UUID
    opened_version: int
    holder: str
    stage: str
    claimed_at: datetime
    since: datetime
    until: datetime | None
    in_force_since: datetime | None
    ended: str | None
    rulebook: str
    grounds: list[int]


_MOVE_NO_TENURE: Final = frozenset((Registered, ContactAdded, ProfileChanged, FollowedUp))
INTERVALS: Final = Table("tenures", Interval, ("customer_id", "opened_version"))


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """The intervals up to the end of `batch`: ends are written before beginnings."""
    older = [
        customer_id
        for customer_id, entries in batch.customers.items()
        if entries[0].event.originator_version > 1
    ]
    kept = load_customers(cursor, INTERVALS, older, condition=SQL("ended IS NULL"))
    new: list[Interval] = []
    changed: list[Interval] = []
    for customer_id, entries in batch.customers.items():
        stored = kept.get(customer_id)
        still_open = stored
        told: dict[int, Interval] = {}
        for entry in entries:
            if type(entry.event) in _MOVE_NO_TENURE:
                continue
            still_open, moved = fold_interval(still_open, entry.event)
            told.update({interval.opened_version: interval for interval in moved})
        for version, interval in told.items():
            is_stored = stored is not None and version == stored.opened_version
            (changed if is_stored else new).append(interval)
    INTERVALS.update(cursor, changed)
    INTERVALS.insert(cursor, new)


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
        SQL(", ".join(INTERVALS.columns)),
        SQL("views.tenures"),
        conditions=(
            customer_id and SQL("customer_id = %(customer_id)s::uuid"),
            holder and SQL("holder = %(holder)s"),
            at and SQL("during @> %(at)s::timestamptz"),
            start and SQL("(until IS NULL OR until > %(start)s) AND NOT isempty(during)"),
            end and SQL("since < %(end)s AND NOT isempty(during)"),
        ),
        parameters=asked,
        order=_ORDER,
        make=lambda row: _entry(row, now),
        limit=limit,
        after=after,
    )


def _entry(row: Mapping[str, Any], now: datetime) -> TenureEntry:
    interval = Interval(**{**row, "stage": Stage(row["stage"])})
    return TenureEntry(**{**row, "ended": interval.ending_at(now)})


_ORDER: Final = Order(
    ("since", "timestamptz"), ("customer_id", "uuid"), ("opened_version", "integer")
)
