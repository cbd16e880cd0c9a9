"""The view `approvals`: claims that wait for a review, and what the reviewer must know (S1-309).

One row a customer: its present protection and who has had part in the matter. A claim whose record
resembles another with an earlier live claim is shown with that one (S1-312, A-64).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL

from domain.events import ClaimCorrected, Claimed, Likeness, ProfileChanged, Registered
from projections.answers import After, Order, Page, ask_page
from projections.customer_rows import Change, fold_customers
from projections.holding import HOLDING, Holding
from projections.rows import Table
from projections.view import LogBatch, LogEntry

NAME = "approvals"
VERSION = 1
TABLES = ("approvals",)
DDL = """
CREATE TABLE approvals (
    customer_id uuid PRIMARY KEY,
    name text NOT NULL,
    warnings text[] NOT NULL,
    override_reason text,
    likenesses jsonb NOT NULL,
    holder text,
    department text,
    stage text,
    claimed_at timestamptz,
    asked_at timestamptz,
    review_due timestamptz,
    corrections integer NOT NULL,
    pool_from timestamptz,
    parties text[] NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX approvals_waiting ON approvals (review_due, customer_id) WHERE stage = 'waiting';
"""


class ApprovalRow(Holding, kw_only=True, gc=False):
    """One row of `approvals`. parties: everybody who ever claimed the customer."""

    name: str
    warnings: list[str]
    override_reason: str | None
    likenesses: list[dict[str, str]]
    department: str | None = None
    asked_at: datetime | None = None
    corrections: int = 0
    parties: list[str] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SimilarRecord:
    """A record like the one under review. earlier_claim: it has a live claim that came first."""

    customer_id: UUID
    name: str
    match: str
    holder: str | None
    claimed_at: datetime | None
    earlier_claim: bool


@dataclass(frozen=True, slots=True)
class WaitingClaim:
    """A claim to decide. claimed_at orders claims; asked_at: when it, or its correction, came in.

    overdue: the review should have been decided by `now` (A-08); nothing follows from it by
    itself. warnings: soft findings in the name (A-39). override_reason: why the record is said to
    be another company than those it resembles (A-11).
    """

    customer_id: UUID
    name: str
    claimant: str
    department: str | None
    claimed_at: datetime
    asked_at: datetime
    review_due: datetime
    overdue: bool
    corrections: int
    warnings: list[str]
    override_reason: str | None
    similar: list[SimilarRecord]


APPROVAL_ROWS: Final = Table("approvals", ApprovalRow, ("customer_id",))


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """The claims up to the end of `batch`."""
    fold_customers(cursor, APPROVAL_ROWS, batch, begins=Registered, begin=_row, changes=_CHANGES)


def _row(entry: LogEntry) -> ApprovalRow:
    event: Registered = entry.event
    return ApprovalRow(
        customer_id=event.originator_id,
        name=event.name,
        warnings=event.warnings,
        override_reason=event.override_reason,
        likenesses=_with_likenesses([], event.collision),
        pool_from=event.timestamp,
    )


def _profile_changed(row: ApprovalRow, entry: LogEntry) -> None:
    event: ProfileChanged = entry.event
    if event.name is not None:
        row.name = event.name
        row.warnings = event.warnings
    if event.override_reason is not None:
        row.override_reason = event.override_reason
    row.likenesses = _with_likenesses(row.likenesses, event.collision)


def _claimed(row: ApprovalRow, entry: LogEntry) -> None:
    event: Claimed = entry.event
    HOLDING[Claimed](row, entry)
    row.department = event.department
    row.asked_at = event.timestamp
    row.corrections = 0
    row.likenesses = _with_likenesses([], event.collision)
    if event.holder not in row.parties:
        row.parties = [*row.parties, event.holder]


def _claim_corrected(row: ApprovalRow, entry: LogEntry) -> None:
    HOLDING[ClaimCorrected](row, entry)
    row.asked_at = entry.event.timestamp
    row.corrections += 1


def _with_likenesses(
    known: Sequence[dict[str, str]], found: Sequence[Likeness]
) -> list[dict[str, str]]:
    """What is known, and what was found, each record once."""
    new = [{"customer_id": str(like.customer_id), "match": like.match.value} for like in found]
    replaced = {like["customer_id"] for like in new}
    return [*(like for like in known if like["customer_id"] not in replaced), *new]


_CHANGES: Final[Mapping[type, Change[Any]]] = {
    **HOLDING,
    Claimed: _claimed,
    ClaimCorrected: _claim_corrected,
    ProfileChanged: _profile_changed,
}


def approvals(
    cursor: Cursor,
    *,
    now: datetime,
    reviewer: str | None = None,
    overdue: bool = False,
    limit: int = 50,
    after: After | None = None,
) -> Page[WaitingClaim]:
    """Claims that wait for a review, the one due first on top.

    reviewer: only what this member may decide, who is no party to it (S1-310). overdue: only
    what should have been decided by `now`.
    """
    return ask_page(
        cursor,
        (NAME,),
        _COLUMNS,
        SQL("views.approvals AS claim"),
        conditions=(
            SQL("stage = 'waiting'"),
            reviewer and SQL("NOT parties @> ARRAY[%(reviewer)s]"),
            overdue and SQL("review_due <= %(now)s"),
        ),
        parameters={"now": now, "reviewer": reviewer},
        order=_ORDER,
        make=lambda row: _waiting_claim(row, now),
        limit=limit,
        after=after,
    )


def _waiting_claim(row: Mapping[str, Any], now: datetime) -> WaitingClaim:
    return WaitingClaim(
        customer_id=row["customer_id"],
        name=row["name"],
        claimant=row["holder"],
        department=row["department"],
        claimed_at=row["claimed_at"],
        asked_at=row["asked_at"],
        review_due=row["review_due"],
        overdue=row["review_due"] <= now,
        corrections=row["corrections"],
        warnings=row["warnings"],
        override_reason=row["override_reason"],
        similar=[_similar(other, row["claimed_at"], now) for other in row["similar"]],
    )


def _similar(other: Mapping[str, Any], claimed_at: datetime, now: datetime) -> SimilarRecord:
    pool_from = _instant(other["pool_from"])
    is_held = pool_from is None or now < pool_from
    other_claimed_at = _instant(other["claimed_at"]) if is_held else None
    return SimilarRecord(
        customer_id=UUID(other["customer_id"]),
        name=other["name"],
        match=other["match"],
        holder=other["holder"] if is_held else None,
        claimed_at=other_claimed_at,
        earlier_claim=other_claimed_at is not None and other_claimed_at < claimed_at,
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


_ORDER: Final = Order(("review_due", "timestamptz"), ("customer_id", "uuid"))
_COLUMNS: Final = SQL(
    """
    customer_id, name, holder, department, claimed_at, asked_at, review_due, corrections,
    warnings, override_reason,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'customer_id', other.customer_id, 'name', other.name, 'match', likeness.match,
            'holder', other.holder, 'claimed_at', other.claimed_at, 'pool_from', other.pool_from
        ) ORDER BY other.claimed_at, other.customer_id), '[]')
        FROM jsonb_to_recordset(claim.likenesses) AS likeness (customer_id uuid, match text)
        JOIN views.approvals AS other USING (customer_id)
    ) AS similar
    """
)
