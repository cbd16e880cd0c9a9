"""The view `disputes`: cases and their rulings, found by rule, by party and by who ruled (A-27).

Parties are who opened a case, held what it is about, stated a side, won or lost it, and who was
refused the customer in its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Identifier

from domain.citations import names_of
from domain.events.disputes import Contested
from projections import customers, dispute_rows
from projections.answers import After, Order, Page, ask, ask_page
from projections.dispute_rows import CASES, STATEMENTS, Key, Statement
from projections.view import LogBatch

NAME = "disputes"
VERSION = 2
OTHERS = dispute_rows.OTHERS
READS: Final = ()
TABLES = dispute_rows.TABLES
DDL = dispute_rows.DDL


@dataclass(frozen=True, slots=True)
class DisputeCase:
    """A case. ruling and what belongs to it: None while it is open; winner, loser, stage, until:
    None where nothing moved, loser also where nobody held the customer.

    contested: the tenure that it is about; None: nobody had held the customer. rule: what the
    ruling rests on, contested_rule: what the opener named. stated: who told a side after it was
    opened. refused: who was refused the customer from the contested claim up to the ruling.
    """

    customer_id: UUID
    name: str
    number: int
    opened_position: int
    opened_version: int
    opened_at: datetime
    opener: str
    contested_at: datetime
    statement: str
    contested: Contested | None
    is_held: bool
    contested_rule: str | None
    matter_since: datetime | None
    ruling: str | None
    rule: str | None
    reason: str | None
    rulebook: str | None
    ruled_by: str | None
    ruled_at: datetime | None
    ruled_position: int | None
    ruled_version: int | None
    winner: str | None
    loser: str | None
    stage: str | None
    until: datetime | None
    stated: list[str]
    refused: list[str]


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """Cases, statements and seekers up to the end of `batch`."""
    dispute_rows.fold_rows(cursor, batch)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases; None, which is everywhere the default, for any.

    rule: that the ruling rests on, or that the opener named, by its slug or its clause. rests_on:
    that the ruling rests on. party: who opened it, held what it is
    about, stated a side, was refused the customer meanwhile, won or lost it. but: all but this one.
    """

    rule: str | None = None
    rests_on: str | None = None
    party: str | None = None
    ruled_by: str | None = None
    customer_id: UUID | None = None
    number: int | None = None
    is_open: bool | None = None
    but: Key | None = None

    def conditions(self) -> tuple[object, ...]:
        """Those that are given, as SQL."""
        return (
            self.rule and SQL("(rule = ANY (%(rules)s) OR contested_rule = ANY (%(rules)s))"),
            self.rests_on and SQL("rule = ANY (%(rests_on)s)"),
            self.party and _HAS_PART,
            self.ruled_by and SQL("ruled_by = %(ruled_by)s"),
            self.customer_id and SQL("customer_id = %(customer_id)s::uuid"),
            self.number is not None and SQL("number = %(number)s"),
            self.is_open is not None and SQL("(ruling IS NULL) = %(is_open)s"),
            self.but and SQL("(customer_id, number) <> (%(but_id)s::uuid, %(but_number)s)"),
        )

    def parameters(self) -> dict[str, Any]:
        """What `conditions` compare with."""
        return {
            "rules": list(names_of(self.rule or "")),
            "rests_on": list(names_of(self.rests_on or "")),
            "party": self.party,
            "ruled_by": self.ruled_by,
            "customer_id": str(self.customer_id),
            "number": self.number,
            "is_open": self.is_open,
            "but_id": str(self.but[0]) if self.but else None,
            "but_number": self.but[1] if self.but else None,
        }


def disputes(
    cursor: Cursor, wanted: Wanted, *, limit: int = 50, after: After | None = None
) -> Page[DisputeCase]:
    """The cases that are wanted, the newest first."""
    return ask_page(
        cursor,
        (NAME, customers.NAME),
        _COLUMNS,
        SQL("views.disputes AS matter JOIN views.customers USING (customer_id)"),
        conditions=wanted.conditions(),
        parameters=wanted.parameters(),
        order=_ORDER,
        make=_case,
        descending=True,
        limit=limit,
        after=after,
    )


def statements(cursor: Cursor, customer_id: UUID, number: int, *, limit: int) -> list[Statement]:
    """The last things that a case's parties stated, in the order of the log."""
    query = SQL(
        "SELECT {columns} FROM views.dispute_statements"
        " WHERE customer_id = %(customer_id)s::uuid AND number = %(number)s"
        " ORDER BY position DESC LIMIT %(limit)s"
    ).format(columns=SQL(", ").join(map(Identifier, STATEMENTS.columns)))
    asked = {"customer_id": str(customer_id), "number": number, "limit": limit}
    rows, _ = ask(cursor, (NAME,), query, asked)
    return [Statement(**row) for row in reversed(rows)]


def _case(row: Mapping[str, Any]) -> DisputeCase:
    tenure = row["contested"]
    return DisputeCase(
        **{
            **row,
            "contested": None if tenure is None else msgspec.convert(tenure, Contested),
            "stated": row["stated"] or [],
            "refused": row["refused"] or [],
        }
    )


_ORDER: Final = Order(("opened_position", "bigint"))
_IN_TIME: Final = SQL(
    "seeker.at >= coalesce(matter_since, '-infinity')"
    " AND seeker.at <= coalesce(ruled_at, 'infinity')"
)
_HAS_PART: Final = SQL(
    "(parties @> ARRAY[%(party)s] OR EXISTS (SELECT FROM views.dispute_seekers AS seeker"
    " WHERE seeker.member = %(party)s AND seeker.customer_id = matter.customer_id AND {in_time}))"
).format(in_time=_IN_TIME)
_COLUMNS: Final = SQL(
    "{columns}, name, (SELECT array_agg(DISTINCT member ORDER BY member)"
    " FROM views.dispute_seekers AS seeker"
    " WHERE seeker.customer_id = matter.customer_id AND {in_time}) AS refused"
).format(
    columns=SQL(", ").join(Identifier(name) for name in CASES.columns if name != "parties"),
    in_time=_IN_TIME,
)
