"""The tables of the view `approvals` and their fold: what may wait for a decision, and the parties.

One row a customer: its protection, its open contracts, reports and disputes, the records it is
like, and who has a part in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from domain.contract import Contract
from domain.events import (
    Claimed,
    ContractConfirmed,
    DisputeMoved,
    DisputeOpened,
    DisputeRuled,
    DuplicateAbsorbed,
    DuplicateLinked,
    DuplicateReported,
    DuplicateResolved,
    Likeness,
    LikenessEnded,
    Merged,
    PartyNoted,
    ProfileChanged,
    Registered,
    Restored,
    Transferred,
)
from projections.contracting import MOVES_CONTRACTS, open_contracts_after
from projections.customer_matters import OpenReport, reports_after, told_different
from projections.customer_rows import Change, fold_customers, joined
from projections.holding import MOVING, Holding, derive, hold
from projections.rows import Table
from projections.view import LogBatch, LogEntry

TABLES: Final = ("approvals", "approval_parties")
OTHERS: Final = frozenset((PartyNoted,))
IS_SIGNED: Final = "jsonb_path_exists(contracts, '$.*.signed_at ? (@ != null)')"
"""One of the open contracts was signed, in words that an index has, too: to look into the contracts
of every record that has some takes long where thousands have."""
DDL: Final = """
CREATE TABLE approvals (
    customer_id uuid PRIMARY KEY,
    name text NOT NULL,
    warnings text[] NOT NULL,
    override_reason text,
    likenesses jsonb,
    protection jsonb,
    pool_from timestamptz,
    holder text,
    holder_group text,
    department text,
    stage text,
    review_due timestamptz,
    until timestamptz,
    held_over_until timestamptz,
    passes_at timestamptz,
    passes_to text,
    applied_for text,
    applicant text,
    contracts jsonb,
    reports jsonb,
    disputes jsonb,
    parties text[],
    linked uuid[],
    different_from uuid[],
    merged_into uuid
) WITH (fillfactor = 85);
CREATE INDEX approvals_under_review ON approvals (review_due, customer_id) WHERE stage = 'waiting';
CREATE INDEX approvals_applied_for ON approvals (until, customer_id) WHERE applied_for IS NOT NULL;
CREATE INDEX approvals_signed ON approvals
    (coalesce(held_over_until, until, 'infinity'), customer_id) WHERE {is_signed};
CREATE INDEX approvals_reports ON approvals (customer_id) WHERE reports IS NOT NULL;
CREATE INDEX approvals_disputes ON approvals (customer_id) WHERE disputes IS NOT NULL;
CREATE INDEX approvals_unnamed ON approvals (customer_id)
    WHERE stage = 'formal' AND (holder IS NULL OR passes_at IS NOT NULL);

-- Who sought a customer in vain, which other streams tell than its own.
CREATE TABLE approval_parties (
    customer_id uuid NOT NULL,
    member text NOT NULL,
    PRIMARY KEY (member, customer_id)
);
""".replace("{is_signed}", IS_SIGNED)


class OpenCase(msgspec.Struct, frozen=True):
    """A dispute that nobody has ruled yet."""

    number: int
    opener: str
    contested_at: datetime
    statement: str
    opened_at: datetime


class ApprovalRow(Holding, kw_only=True, gc=False):
    """One row of `approvals`.

    contracts, reports, disputes: those that are open. parties: who ever claimed, was given, signed
    or contested it.
    linked: records reported to be the same company. different_from: those declared another one.
    Of each, None: there is none, as most customers have.
    """

    name: str
    warnings: list[str]
    override_reason: str | None
    likenesses: list[dict[str, str]] | None
    holder: str | None = None
    holder_group: str | None = None
    department: str | None = None
    stage: str | None = None
    review_due: datetime | None = None
    until: datetime | None = None
    held_over_until: datetime | None = None
    passes_at: datetime | None = None
    passes_to: str | None = None
    applied_for: str | None = None
    applicant: str | None = None
    contracts: dict[str, Contract] | None = None
    reports: list[OpenReport] | None = None
    disputes: list[OpenCase] | None = None
    parties: list[str] | None = None
    linked: list[UUID] | None = None
    different_from: list[UUID] | None = None
    merged_into: UUID | None = None


class PartyRow(msgspec.Struct, gc=False):
    """One row of `approval_parties`."""

    customer_id: UUID
    member: str


APPROVAL_ROWS: Final = Table("approvals", ApprovalRow, ("customer_id",))
PARTIES: Final = Table("approval_parties", PartyRow, ("member", "customer_id"))


def fold_rows(cursor: Cursor, batch: LogBatch) -> None:
    """Both tables up to the end of `batch`."""
    fold_customers(
        cursor,
        APPROVAL_ROWS,
        batch,
        begins=Registered,
        begin=_row,
        changes=_CHANGES,
        finish=derive,
    )
    events = (entry.event for entry in batch.others)
    noted = [event for event in events if isinstance(event, PartyNoted)]
    PARTIES.insert(cursor, [PartyRow(event.customer_id, event.member) for event in noted])


def _row(entry: LogEntry) -> ApprovalRow:
    event: Registered = entry.event
    return ApprovalRow(
        customer_id=event.originator_id,
        name=event.name,
        warnings=event.warnings,
        override_reason=event.override_reason,
        likenesses=_with_likenesses(None, event.collision),
        pool_from=event.timestamp,
    )


def _profile_changed(row: ApprovalRow, entry: LogEntry) -> None:
    event: ProfileChanged = entry.event
    if event.name is not None:
        row.name = event.name
        row.warnings = event.warnings
    if event.override_reason is not None:
        row.override_reason = event.override_reason
    row.likenesses = _with_likenesses(row.likenesses, event.collision, but=row.different_from)


def _claimed(row: ApprovalRow, entry: LogEntry) -> None:
    event: Claimed = entry.event
    row.likenesses = _with_likenesses(None, event.collision, but=row.different_from)
    row.parties = _with(row.parties, [event.holder])


def _contested(row: ApprovalRow, entry: LogEntry) -> None:
    event: DisputeOpened = entry.event
    case = OpenCase(event.number, event.actor, event.contested_at, event.statement, event.timestamp)
    row.disputes = [*(row.disputes or ()), case]
    row.parties = _with(row.parties, [event.actor])


def _ruled(row: ApprovalRow, entry: LogEntry) -> None:
    number = entry.event.number
    row.disputes = [case for case in row.disputes or () if case.number != number] or None


def _given(row: ApprovalRow, entry: LogEntry) -> None:
    row.parties = _with(row.parties, [entry.event.to])


def _confirmed(row: ApprovalRow, entry: LogEntry) -> None:
    row.parties = _with(row.parties, [entry.event.holder])


def _absorbed(row: ApprovalRow, entry: LogEntry) -> None:
    event: DuplicateAbsorbed = entry.event
    row.parties = _with(row.parties, [*event.claimants, *event.signers])
    row.linked = _with(row.linked, [event.absorbed, *event.linked])
    row.different_from = _with(row.different_from, event.different_from)
    left_out = [event.absorbed, *event.different_from]
    row.likenesses = _with_likenesses(row.likenesses, (), but=left_out)


def _contracts(row: ApprovalRow, entry: LogEntry) -> None:
    row.contracts = open_contracts_after(row.contracts, entry.event)


def _reports(row: ApprovalRow, entry: LogEntry) -> None:
    row.reports = reports_after(row.reports or [], entry) or None


def _reported(row: ApprovalRow, entry: LogEntry) -> None:
    row.linked = _with(row.linked, [entry.event.of])


def _linked(row: ApprovalRow, entry: LogEntry) -> None:
    row.linked = _with(row.linked, [entry.event.other])


def _resolved(row: ApprovalRow, entry: LogEntry) -> None:
    others = told_different(row.reports or [], entry)
    if others:
        _declare_different(row, others)


def _likeness_ended(row: ApprovalRow, entry: LogEntry) -> None:
    _declare_different(row, [entry.event.other])


def _merged(row: ApprovalRow, entry: LogEntry) -> None:
    row.reports = None
    row.merged_into = entry.event.into


def _declare_different(row: ApprovalRow, others: Sequence[UUID]) -> None:
    row.different_from = _with(row.different_from, others)
    row.linked = _with((), row.linked, but=others)
    row.likenesses = _with_likenesses(row.likenesses, (), but=others)


def _with_likenesses(
    known: Sequence[dict[str, str]] | None,
    found: Sequence[Likeness],
    *,
    but: Sequence[UUID] | None = None,
) -> list[dict[str, str]] | None:
    """What is known, and what was found, each record once, and none of `but`."""
    if not known and not found:
        return None
    new = [{"customer_id": str(like.customer_id), "match": like.match.value} for like in found]
    replaced = {like["customer_id"] for like in new}
    left_out = {str(customer_id) for customer_id in but or ()}
    every = (*(like for like in known or () if like["customer_id"] not in replaced), *new)
    return [like for like in every if like["customer_id"] not in left_out] or None


def _with(
    known: Iterable[Any] | None, more: Iterable[Any] | None, *, but: Sequence[UUID] | None = None
) -> list[Any] | None:
    every = dict.fromkeys((*(known or ()), *(more or ())))
    return [item for item in every if item not in (but or ())] or None


_CHANGES: Final[Mapping[type, Change[Any]]] = joined(
    dict.fromkeys(MOVING, hold),
    dict.fromkeys(MOVES_CONTRACTS, _contracts),
    {DuplicateResolved: _resolved},
    dict.fromkeys((DuplicateReported, DuplicateResolved), _reports),
    {
        Claimed: _claimed,
        ContractConfirmed: _confirmed,
        DisputeMoved: _given,
        DisputeOpened: _contested,
        DisputeRuled: _ruled,
        DuplicateAbsorbed: _absorbed,
        DuplicateLinked: _linked,
        DuplicateReported: _reported,
        LikenessEnded: _likeness_ended,
        Merged: _merged,
        ProfileChanged: _profile_changed,
        Restored: _given,
        Transferred: _given,
    },
)
