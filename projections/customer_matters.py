"""What only some customers have: contracts, signers, duplicates, a class.

A table of the view `customers`. A row is made by the first event that has something to say in it,
so that most customers have none and the rows that change with every event stay narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from domain.contract import Contract
from domain.events import (
    Classified,
    ContractConfirmed,
    DuplicateAbsorbed,
    DuplicateReported,
    DuplicateResolved,
    LikenessEnded,
)
from domain.events.values import CustomerClass
from projections.contracting import CLOSES_CONTRACTS, MOVES_CONTRACTS, contracts_after
from projections.customer_rows import load_customers
from projections.rows import Table
from projections.view import LogBatch, LogEntry

DDL: Final = """
CREATE TABLE customer_matters (
    customer_id uuid PRIMARY KEY,
    contracts jsonb NOT NULL,
    signers text[] NOT NULL,
    reports jsonb NOT NULL,
    merged_from uuid[] NOT NULL,
    different_from uuid[] NOT NULL,
    customer_class text,
    classified_by text
);
CREATE INDEX customer_matters_by_class ON customer_matters (customer_class, customer_id)
    WHERE customer_class IS NOT NULL;
"""


class OpenReport(msgspec.Struct, frozen=True):
    """A report that the record doubles another, which nobody has decided yet (S1-020)."""

    number: int
    of: UUID
    reporter: str
    statement: str
    reported_at: datetime


class MattersRow(msgspec.Struct, kw_only=True, gc=False):
    """One row of `customer_matters`. reports: those that are open."""

    customer_id: UUID
    contracts: dict[str, Contract] = msgspec.field(default_factory=dict)
    signers: list[str] = msgspec.field(default_factory=list)
    reports: list[OpenReport] = msgspec.field(default_factory=list)
    merged_from: list[UUID] = msgspec.field(default_factory=list)
    different_from: list[UUID] = msgspec.field(default_factory=list)
    customer_class: CustomerClass | None = None
    classified_by: str | None = None


MATTERS: Final = Table("customer_matters", MattersRow, ("customer_id",))


def fold_matters(cursor: Cursor, batch: LogBatch) -> None:
    """The rows of `customer_matters` up to the end of `batch`."""
    touched = {
        customer_id: steps
        for customer_id, entries in batch.customers.items()
        if (steps := [entry for entry in entries if type(entry.event) in _CHANGES])
    }
    kept = load_customers(cursor, MATTERS, touched)
    changed: list[MattersRow] = []
    new: list[MattersRow] = []
    for customer_id, steps in touched.items():
        row = kept.get(customer_id)
        if row is not None:
            changed.append(row)
        else:
            steps = _from_beginning(steps)
            if not steps:
                continue
            row = MattersRow(customer_id=customer_id)
            new.append(row)
        for entry in steps:
            for change in _CHANGES[type(entry.event)]:
                change(row, entry)
    MATTERS.update(cursor, changed)
    MATTERS.insert(cursor, new)


def reports_after(known: list[OpenReport], entry: LogEntry) -> list[OpenReport]:
    """The open reports after a report or its resolution."""
    event = entry.event
    others = [report for report in known if report.number != event.number]
    if isinstance(event, DuplicateResolved):
        return others
    report = OpenReport(event.number, event.of, event.actor, event.statement, event.timestamp)
    return [*others, report]


def told_different(known: list[OpenReport], entry: LogEntry) -> list[UUID]:
    """The records that a resolution says are other companies: the one that was reported, and what
    it was merged into meanwhile; none where it is a merge. known: the reports before it."""
    event: DuplicateResolved = entry.event
    if event.resolution != "different":
        return []
    reported = [report.of for report in known if report.number == event.number]
    return list(dict.fromkeys((event.of, *reported)))


def _from_beginning(steps: list[LogEntry]) -> list[LogEntry]:
    """The steps from the first that makes a row: an end has nothing to end in one that is not."""
    for place, entry in enumerate(steps):
        if type(entry.event) not in CLOSES_CONTRACTS:
            return steps[place:]
    return []


def _contracts(row: MattersRow, entry: LogEntry) -> None:
    row.contracts = contracts_after(row.contracts, entry.event)


def _confirmed(row: MattersRow, entry: LogEntry) -> None:
    row.signers = _with(row.signers, [entry.event.holder])


def _reports(row: MattersRow, entry: LogEntry) -> None:
    row.reports = reports_after(row.reports, entry)


def _resolved(row: MattersRow, entry: LogEntry) -> None:
    row.different_from = _with(row.different_from, told_different(row.reports, entry))


def _likeness_ended(row: MattersRow, entry: LogEntry) -> None:
    row.different_from = _with(row.different_from, [entry.event.other])


def _absorbed(row: MattersRow, entry: LogEntry) -> None:
    event: DuplicateAbsorbed = entry.event
    row.signers = _with(row.signers, event.signers)
    row.merged_from = _with(row.merged_from, [event.absorbed])
    row.different_from = _with(row.different_from, event.different_from)


def _classified(row: MattersRow, entry: LogEntry) -> None:
    event: Classified = entry.event
    row.customer_class, row.classified_by = event.new, event.actor


def _with(known: Sequence[Any], more: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys((*known, *more)))


_OWN: Final[Mapping[type, tuple[Callable[[MattersRow, LogEntry], None], ...]]] = {
    Classified: (_classified,),
    ContractConfirmed: (_confirmed,),
    DuplicateAbsorbed: (_absorbed,),
    DuplicateReported: (_reports,),
    DuplicateResolved: (_resolved, _reports),
    LikenessEnded: (_likeness_ended,),
}
_CHANGES: Final = {
    kind: (*((_contracts,) if kind in MOVES_CONTRACTS else ()), *_OWN.get(kind, ()))
    for kind in MOVES_CONTRACTS | _OWN.keys()
}
"""What each event does to a row."""
