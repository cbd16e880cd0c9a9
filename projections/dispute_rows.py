"""The tables of the view `disputes` and their fold: cases, what parties stated, and who sought.

One row a case, made when it is opened and completed by its ruling. Beside it, what its parties
stated, and who was refused the customer.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Identifier

from domain.events import (
    DisputeMoved,
    DisputeOpened,
    DisputeRuled,
    RefusalRecorded,
    Restored,
    StatementMade,
)
from domain.events.disputes import Contested
from domain.events.refusal import SEEKING
from projections.rows import Table, ids
from projections.view import LogBatch, LogEntry

TABLES: Final = ("disputes", "dispute_statements", "dispute_seekers")
OTHERS: Final = frozenset((RefusalRecorded,))
DDL: Final = """
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
    stated text[],
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

-- What its parties said after a case was opened, each time. By the customer's stream, not by the
-- position alone: a statement is explained from its case on.
CREATE TABLE dispute_statements (
    customer_id uuid NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL,
    number integer NOT NULL,
    member text NOT NULL,
    at timestamptz NOT NULL,
    statement text NOT NULL,
    PRIMARY KEY (customer_id, version)
);
CREATE INDEX dispute_statements_by_case
    ON dispute_statements (customer_id, number, position);

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


_OF_A_CASE: Final = (DisputeOpened, StatementMade, DisputeRuled, DisputeMoved, Restored)
Key = tuple[UUID, int]
"""A customer, and the number of one of its cases."""


class CaseRow(msgspec.Struct, kw_only=True, gc=False):
    """One row of `disputes`. matter_since: when the contested protection was asked for. winner,
    loser, stage, until: of a ruling that moved the customer. stated: who told a side after it was
    opened. parties: all of them but those who were refused."""

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
    stated: list[str] | None = None
    parties: list[str]


class Statement(msgspec.Struct, gc=False):
    """One row of `dispute_statements`: what a party said."""

    customer_id: UUID
    version: int
    position: int
    number: int
    member: str
    at: datetime
    statement: str


class SeekerRow(msgspec.Struct, gc=False):
    """One row of `dispute_seekers`."""

    position: int
    customer_id: UUID
    member: str
    at: datetime


CASES: Final = Table("disputes", CaseRow, ("customer_id", "number"))
STATEMENTS: Final = Table("dispute_statements", Statement, ("customer_id", "version"))
SEEKERS: Final = Table("dispute_seekers", SeekerRow, ("position",))


def fold_rows(cursor: Cursor, batch: LogBatch) -> None:
    """Cases, statements and seekers up to the end of `batch`."""
    steps: list[tuple[Key, LogEntry]] = []
    for customer_id, entries in batch.customers.items():
        steps += [
            ((customer_id, entry.event.number), entry)
            for entry in entries
            if isinstance(entry.event, _OF_A_CASE)
        ]
    new = {key: _row(entry) for key, entry in steps if isinstance(entry.event, DisputeOpened)}
    kept = _load(cursor, {key for key, _ in steps} - new.keys())
    for key, entry in steps:
        row = new[key] if key in new else kept[key]
        _apply(row, entry)
    CASES.insert(cursor, list(new.values()))
    CASES.update(cursor, list(kept.values()))
    said = [entry for _, entry in steps if isinstance(entry.event, StatementMade)]
    STATEMENTS.insert(cursor, list(map(_statement, said)))
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
    """What a statement, a ruling, and the event that moves the customer by it tell of the case."""
    event = entry.event
    match event:
        case StatementMade():
            row.stated = _with(row.stated or [], event.actor)
            row.parties = _with(row.parties, event.actor)
        case DisputeRuled():
            row.ruling, row.rule, row.reason = event.ruling, event.rule, event.reason
            row.rulebook, row.ruled_by = event.rulebook, event.actor
            row.ruled_at, row.ruled_position = event.timestamp, entry.position
            row.ruled_version = event.originator_version
        case DisputeMoved() | Restored():
            row.winner, row.loser = event.to, event.holder
            row.stage, row.until = event.stage.value, event.until
            row.parties = _with(row.parties, event.to, event.holder)


def _statement(entry: LogEntry) -> Statement:
    event: StatementMade = entry.event
    return Statement(
        event.originator_id,
        event.originator_version,
        entry.position,
        event.number,
        event.actor,
        event.timestamp,
        event.statement,
    )


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
