"""The view `disputes`: cases and their rulings, found by rule, by party and by who ruled (A-27).

One row a case, made when it is opened and completed by its ruling. Beside it, who was refused the
customer: of those, the ones refused in the time of a case are its parties as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Identifier

from domain.events import DisputeMoved, DisputeOpened, DisputeRuled, RefusalRecorded, Restored
from domain.events.disputes import Contested
from domain.events.refusal import SEEKING
from projections import customers
from projections.answers import After, Order, Page, ask_page
from projections.rows import Table, ids
from projections.view import LogBatch, LogEntry

NAME = "disputes"
VERSION = 1
OTHERS: Final = frozenset((RefusalRecorded,))
READS: Final = ()
TABLES = ("disputes", "dispute_seekers")
DDL = """
CREATE TABLE disputes (
    customer_id uuid NOT NULL,
    number integer NOT NULL,
    opened_position bigint NOT NULL,
    opened_version integer NOT NULL,
    opened_at timestamptz NOT NULL,
    opener text NOT NULL,
    contested_at timestamptz NOT NULL,
    statement text NOT NULL,
    contested jsonb,
    is_held boolean NOT NULL,
    contested_rule text,
    matter_since timestamptz,
    ruling text,
    rule text,
    reason text,
    rulebook text,
    ruled_by text,
    ruled_at timestamptz,
    ruled_position bigint,
    ruled_version integer,
    winner text,
    loser text,
    stage text,
    until timestamptz,
    parties text[] NOT NULL,
    PRIMARY KEY (customer_id, number)
);
CREATE INDEX disputes_by_position ON disputes (opened_position);
CREATE INDEX disputes_open ON disputes (opened_position) WHERE ruling IS NULL;
CREATE INDEX disputes_by_rule ON disputes (rule, opened_position);
CREATE INDEX disputes_by_contested_rule ON disputes (contested_rule, opened_position)
    WHERE contested_rule IS NOT NULL;
CREATE INDEX disputes_by_party ON disputes USING gin (parties);
CREATE INDEX disputes_by_ruler ON disputes (ruled_by, opened_position) WHERE ruled_by IS NOT NULL;

-- Who sought a customer in vain, each time: the part that one has in a case depends on when.
CREATE TABLE dispute_seekers (
    position bigint PRIMARY KEY,
    customer_id uuid NOT NULL,
    member text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX dispute_seekers_by_customer ON dispute_seekers (customer_id, at);
CREATE INDEX dispute_seekers_by_member ON dispute_seekers (member, customer_id);
"""


Key = tuple[UUID, int]
"""A customer, and the number of one of its cases."""


class CaseRow(msgspec.Struct, kw_only=True, gc=False):
    """One row of `disputes`. matter_since: when the contested protection was asked for. winner,
    loser, stage, until: of a ruling that moved the customer. parties: all of them but those who
    were refused."""

    customer_id: UUID
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
    ruling: str | None = None
    rule: str | None = None
    reason: str | None = None
    rulebook: str | None = None
    ruled_by: str | None = None
    ruled_at: datetime | None = None
    ruled_position: int | None = None
    ruled_version: int | None = None
    winner: str | None = None
    loser: str | None = None
    stage: str | None = None
    until: datetime | None = None
    parties: list[str]


class SeekerRow(msgspec.Struct, gc=False):
    """One row of `dispute_seekers`."""

    position: int
    customer_id: UUID
    member: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DisputeCase:
    """A case. ruling and what belongs to it: None while it is open; winner, loser, stage, until:
    None where nothing moved, loser also where nobody held the customer.

    contested: the tenure that it is about; None: nobody had held the customer. rule: what the
    ruling rests on, contested_rule: what the opener named. refused: who was refused the customer
    from the contested claim up to the ruling.
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
    refused: list[str]


CASES: Final = Table("disputes", CaseRow, ("customer_id", "number"))
SEEKERS: Final = Table("dispute_seekers", SeekerRow, ("position",))


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """Cases and seekers up to the end of `batch`."""
    steps: list[tuple[Key, LogEntry]] = []
    for customer_id, entries in batch.customers.items():
        steps += [
            ((customer_id, entry.event.number), entry)
            for entry in entries
            if isinstance(entry.event, DisputeOpened | DisputeRuled | DisputeMoved | Restored)
        ]
    new = {key: _row(entry) for key, entry in steps if isinstance(entry.event, DisputeOpened)}
    kept = _load(cursor, {key for key, _ in steps} - new.keys())
    for key, entry in steps:
        row = new[key] if key in new else kept[key]
        _apply(row, entry)
    CASES.insert(cursor, list(new.values()))
    CASES.update(cursor, list(kept.values()))
    SEEKERS.insert(cursor, list(map(_seeker, filter(_is_seeking, batch.others))))


def _row(entry: LogEntry) -> CaseRow:
    event: DisputeOpened = entry.event
    tenure = event.contested
    return CaseRow(
        customer_id=event.originator_id,
        number=event.number,
        opened_position=entry.position,
        opened_version=event.originator_version,
        opened_at=event.timestamp,
        opener=event.actor,
        contested_at=event.contested_at,
        statement=event.statement,
        contested=tenure,
        is_held=event.is_held,
        contested_rule=event.rule,
        matter_since=tenure.claimed_at if tenure is not None else None,
        parties=_with([event.actor], tenure.holder if tenure is not None else None),
    )


def _apply(row: CaseRow, entry: LogEntry) -> None:
    """What a ruling, and the event that moves the customer by it, tell of the case."""
    event = entry.event
    match event:
        case DisputeRuled():
            row.ruling, row.rule, row.reason = event.ruling, event.rule, event.reason
            row.rulebook, row.ruled_by = event.rulebook, event.actor
            row.ruled_at, row.ruled_position = event.timestamp, entry.position
            row.ruled_version = event.originator_version
        case DisputeMoved() | Restored():
            row.winner, row.loser = event.to, event.holder
            row.stage, row.until = event.stage.value, event.until
            row.parties = _with(row.parties, event.to, event.holder)


def _is_seeking(entry: LogEntry) -> bool:
    return isinstance(entry.event, RefusalRecorded) and entry.event.command in SEEKING


def _seeker(entry: LogEntry) -> SeekerRow:
    event: RefusalRecorded = entry.event
    return SeekerRow(entry.position, event.customer_id, event.actor, event.timestamp)


def _with(known: list[str], *more: str | None) -> list[str]:
    return list(dict.fromkeys((*known, *(member for member in more if member is not None))))


def _load(cursor: Cursor, keys: Collection[Key]) -> dict[Key, CaseRow]:
    """The stored rows of these cases."""
    if not keys:
        return {}
    query = SQL(
        "SELECT {columns} FROM {table} JOIN unnest(%s::uuid[], %s::integer[])"
        " AS asked (customer_id, number) USING (customer_id, number)"
    ).format(
        columns=SQL(", ").join(CASES.selected[column] for column in CASES.columns),
        table=Identifier(CASES.name),
    )
    asked = list(keys)
    cursor.execute(query, (ids(key[0] for key in asked), [key[1] for key in asked]))
    rows = {}
    for values in cursor:
        told = dict(zip(CASES.columns, values, strict=True))
        for column, decode in CASES.decoders.items():
            told[column] = told[column] and decode(told[column])
        row = CaseRow(**told)
        rows[row.customer_id, row.number] = row
    return rows


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases; None, which is everywhere the default, for any.

    rule: that the ruling rests on, or that the opener named. party: who opened it, held what it is
    about, was refused the customer meanwhile, won or lost it. but: all but this one.
    """

    rule: str | None = None
    party: str | None = None
    ruled_by: str | None = None
    customer_id: UUID | None = None
    number: int | None = None
    is_open: bool | None = None
    but: Key | None = None

    def conditions(self) -> tuple[object, ...]:
        """Those that are given, as SQL."""
        return (
            self.rule and SQL("(rule = %(rule)s OR contested_rule = %(rule)s)"),
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
            "rule": self.rule,
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


def _case(row: Mapping[str, Any]) -> DisputeCase:
    tenure = row["contested"]
    return DisputeCase(
        **{
            **row,
            "contested": None if tenure is None else msgspec.convert(tenure, Contested),
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
