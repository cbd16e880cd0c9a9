"""The view `approvals`: everything that waits for a decision, and what the decider must know.

review: a claim (S1-309); one whose record resembles another with an earlier live claim is shown
with that one (S1-312, A-64). intent, extension: an application (S1-036, S1-041). contract: complete
and not confirmed (S1-060). duplicate: an open report (S1-020). dispute: a case without a
ruling (A-27). after-sales: a formal customer that no person of after-sales is responsible for yet
(S1-048).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable
from psycopg2.sql import Literal as Text

from domain.contract import STEPS, Contract
from domain.protection import Protection
from projections import approval_rows
from projections.answers import (
    DEPARTMENT,
    HELD,
    HOLDER,
    After,
    Order,
    Page,
    ask,
    ask_page,
    where,
)
from projections.approval_rows import OpenCase
from projections.customer_matters import OpenReport
from projections.holding import protection_of
from projections.view import LogBatch

ApprovalKind = Literal[
    "review", "intent", "extension", "contract", "duplicate", "dispute", "after-sales"
]
KINDS: Final[tuple[ApprovalKind, ...]] = get_args(ApprovalKind)
NAME = "approvals"
VERSION = 5
OTHERS = approval_rows.OTHERS
READS: Final = ()
TABLES = approval_rows.TABLES
DDL = approval_rows.DDL


@dataclass(frozen=True, slots=True)
class SimilarRecord:
    """A record like the one under review. group: who holds it while no one member does.
    earlier_claim: it has a live claim that came first."""

    customer_id: UUID
    name: str
    match: str
    holder: str | None
    group: str | None
    claimed_at: datetime | None
    earlier_claim: bool


@dataclass(frozen=True, slots=True)
class Approval:
    """Something to decide, as of an instant.

    applicant: who asked: the claimant, the applicant, who signed, the reporter, who opened the
    dispute; None for after-sales. holder, group, department: of the customer. due_at: when it
    should be decided; None where nothing is due; overdue: that has passed, and nothing follows from
    it by itself but the end of a hold-over. until, held_over_until: the deadline that was given,
    and until when what waits keeps the protection alive beyond it. days: of an extension. number:
    of the contract, the report or the dispute. of: of a duplicate. statement: of a duplicate or a
    dispute. contested_at: of a dispute.

    Of a review: claimed_at orders claims, asked_at is when the claim, or its correction, came in;
    warnings: soft findings in the name (A-39); override_reason: why the record is said to be
    another company than those it resembles (A-11).
    """

    kind: ApprovalKind
    customer_id: UUID
    name: str
    applicant: str | None
    holder: str | None
    group: str | None
    department: str | None
    asked_at: datetime
    due_at: datetime | None
    overdue: bool
    until: datetime | None
    held_over_until: datetime | None
    reason: str | None
    days: int | None
    number: str | None
    of: UUID | None
    statement: str | None
    contested_at: datetime | None
    claimed_at: datetime | None
    corrections: int
    warnings: list[str]
    override_reason: str | None
    similar: list[SimilarRecord]


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """What waits, up to the end of `batch`."""
    approval_rows.fold_rows(cursor, batch)


def approvals(
    cursor: Cursor,
    *,
    now: datetime,
    decider: str | None = None,
    kinds: Collection[ApprovalKind] | None = None,
    department: str | None = None,
    departments: Collection[str] | None = None,
    limited: Collection[ApprovalKind] = KINDS,
    overdue: bool = False,
    customer_id: UUID | None = None,
    limit: int = 50,
    after: After | None = None,
) -> Page[Approval]:
    """What waits for a decision, what is due first on top. customer_id: only about this one.

    decider: only what this member may decide, having no part in it (S1-310). department,
    departments: only what is held there, or nowhere. limited: the kinds that they limit.
    """
    wanted = list(KINDS) if kinds is None else [kind for kind in KINDS if kind in kinds]
    asked = {"now": now, "decider": decider, "department": department, "kinds": wanted}
    asked |= {"limited": list(limited), "departments": sorted(departments or ())}
    return ask_page(
        cursor,
        (NAME,),
        _COLUMNS,
        _of_kinds(wanted, customer_id),
        conditions=(
            _OF_KINDS,
            decider and _HAS_NO_PART,
            department and _IN_DEPARTMENT,
            departments is not None and _IN_DEPARTMENTS,
            overdue and _OVERDUE,
        ),
        parameters=asked,
        order=_ORDER,
        make=lambda row: _approval(row, now),
        limit=limit,
        after=after,
    )


def lists(
    cursor: Cursor,
    kinds: Collection[ApprovalKind],
    *,
    now: datetime,
    overdue: Collection[ApprovalKind] = (),
    department: str | None = None,
    departments: Collection[str] | None = None,
    limit: int = 50,
) -> tuple[dict[ApprovalKind, list[Approval]], int]:
    """What waits of each of some kinds, whoever decides it, at most `limit` of each; and the
    position at which that is true. All are asked for at once. overdue: of these kinds only what
    should have been decided by now. The rest as `approvals` has it."""
    asked = {"now": now, "department": department, "limit": limit, "kinds": list(kinds)}
    asked |= {"limited": list(KINDS), "departments": sorted(departments or ())}
    each = [
        _LIST.format(
            columns=_COLUMNS,
            source=_of_kinds((kind,), None),
            filters=where(
                SQL("kind = {}").format(Text(kind)),
                department and _IN_DEPARTMENT,
                departments is not None and _IN_DEPARTMENTS,
                kind in overdue and _OVERDUE,
            ),
            by=_ORDER.by(descending=False),
        )
        for kind in kinds
    ]
    rows, position = ask(cursor, (NAME,), SQL(" UNION ALL ").join(each), asked)
    found: dict[ApprovalKind, list[Approval]] = {kind: [] for kind in kinds}
    for row in rows:
        found[row["kind"]].append(_approval(row, now))
    return found, position


def _of_kinds(wanted: Collection[ApprovalKind], customer_id: UUID | None) -> Composable:
    """What waits, of the kinds, each with its row; of one customer, where only that is asked."""
    sources = [source for of, source in _SOURCES if of & set(wanted)] or [_APPLICATIONS]
    if customer_id is not None:
        about = SQL(" AND customer_id = {}::uuid").format(Text(str(customer_id)))
        sources = [source + about for source in sources]
    return _EACH_WITH_ITS_ROW.format(SQL(" UNION ALL ").join(sources))


def _approval(row: Mapping[str, Any], now: datetime) -> Approval:
    held = protection_of(row)
    live = held and held.as_of(now)
    kind, due_at = row["kind"], row["due_at"]
    is_review = kind == "review"
    return Approval(
        kind=kind,
        customer_id=row["customer_id"],
        name=row["name"],
        applicant=row["asked_by"],
        holder=live.holder if live else None,
        group=live.group if live else None,
        department=live.department if live else None,
        due_at=due_at,
        overdue=due_at is not None and due_at <= now,
        until=live.until if live else None,
        held_over_until=live.held_over_until if live and live.held_over_by else None,
        number=row["number"],
        of=row["of"],
        claimed_at=live.claimed_at if live else None,
        corrections=live.corrections if live and is_review else 0,
        warnings=row["warnings"] if is_review else [],
        override_reason=row["override_reason"] if is_review else None,
        similar=[_similar(other, live, now) for other in row["similar"] or ()],
        **_asked(row, live),
    )


def _asked(row: Mapping[str, Any], live: Protection | None) -> dict[str, Any]:
    """When it was asked for, and what the asker said."""
    told: dict[str, Any] = dict.fromkeys(("reason", "days", "statement", "contested_at"))
    if row["kind"] == "duplicate":
        reports = msgspec.convert(row["reports"], list[OpenReport])
        report = next(found for found in reports if str(found.number) == row["number"])
        return told | {"asked_at": report.reported_at, "statement": report.statement}
    if row["kind"] == "dispute":
        cases = msgspec.convert(row["disputes"], list[OpenCase])
        case = next(found for found in cases if str(found.number) == row["number"])
        said = {"statement": case.statement, "contested_at": case.contested_at}
        return told | said | {"asked_at": case.opened_at}
    if row["kind"] == "contract":
        contract = msgspec.convert(row["contracts"][row["number"]], Contract)
        return told | {"asked_at": contract.signed_at}
    application = live.application if live and row["kind"] in ("intent", "extension") else None
    if application is not None:
        asked = {"reason": application.reason, "days": application.days}
        return told | asked | {"asked_at": application.asked_at}
    return told | {"asked_at": live.since if live else None}


def _similar(other: Mapping[str, Any], own: Protection | None, now: datetime) -> SimilarRecord:
    held = protection_of(other)
    live = held and held.as_of(now)
    return SimilarRecord(
        customer_id=UUID(other["customer_id"]),
        name=other["name"],
        match=other["match"],
        holder=live.holder if live else None,
        group=live.group if live else None,
        claimed_at=live.claimed_at if live else None,
        earlier_claim=bool(live and own and live.claimed_at < own.claimed_at),
    )


_APPLICATIONS: Final = SQL(
    "SELECT customer_id, applied_for AS kind, NULL::text AS number, until AS due_at,"
    " applicant AS asked_by, NULL::uuid AS of"
    " FROM views.approvals WHERE applied_for IS NOT NULL AND {held}"
).format(held=HELD)
_REVIEWS: Final = SQL(
    "SELECT customer_id, 'review' AS kind, NULL::text AS number, review_due AS due_at,"
    " {holder} AS asked_by, NULL::uuid AS of"
    " FROM views.approvals WHERE stage = 'waiting' AND {held}"
).format(holder=HOLDER, held=HELD)
_CONTRACTS: Final = SQL(
    "SELECT customer_id, 'contract' AS kind, signed.number,"
    " coalesce(held_over_until, until) AS due_at, signed.signed_by AS asked_by, NULL::uuid AS of"
    " FROM views.approvals, jsonb_each(contracts) AS each (key, contract),"
    " jsonb_to_record(contract) AS signed (number text, step text, signed_by text)"
    " WHERE {is_signed} AND signed.step = {last_step} AND {held}"
).format(is_signed=SQL(approval_rows.IS_SIGNED), last_step=Text(STEPS[-1]), held=HELD)
_DUPLICATES: Final = SQL(
    "SELECT customer_id, 'duplicate' AS kind, report.number, NULL::timestamptz AS due_at,"
    " report.reporter AS asked_by, report.of"
    " FROM views.approvals,"
    " jsonb_to_recordset(reports) AS report (number text, of uuid, reporter text)"
    " WHERE reports IS NOT NULL"
)
_DISPUTES: Final = SQL(
    "SELECT customer_id, 'dispute' AS kind, opened.number, NULL::timestamptz AS due_at,"
    " opened.opener AS asked_by, NULL::uuid AS of"
    " FROM views.approvals,"
    " jsonb_to_recordset(disputes) AS opened (number text, opener text)"
    " WHERE disputes IS NOT NULL"
)
_UNNAMED: Final = SQL(
    "SELECT customer_id, 'after-sales' AS kind, NULL::text AS number,"
    " NULL::timestamptz AS due_at, NULL::text AS asked_by, NULL::uuid AS of"
    " FROM views.approvals WHERE stage = 'formal' AND (holder IS NULL OR passes_at IS NOT NULL)"
    " AND {holder} IS NULL AND {held}"
).format(holder=HOLDER, held=HELD)
_SOURCES: Final[Sequence[tuple[frozenset[ApprovalKind], Composable]]] = (
    (frozenset(("review",)), _REVIEWS),
    (frozenset(("intent", "extension")), _APPLICATIONS),
    (frozenset(("contract",)), _CONTRACTS),
    (frozenset(("duplicate",)), _DUPLICATES),
    (frozenset(("dispute",)), _DISPUTES),
    (frozenset(("after-sales",)), _UNNAMED),
)
# Row by row, behind OFFSET 0: few things wait, but the planner, which cannot see how few contracts
# and reports there are in a record, would rather read the whole table once.
_EACH_WITH_ITS_ROW: Final = SQL(
    "({}) AS item JOIN LATERAL (SELECT * FROM views.approvals AS own"
    " WHERE own.customer_id = item.customer_id OFFSET 0) AS matter USING (customer_id)"
)
_LIST: Final = SQL(
    "(SELECT {columns} FROM {source} {filters} ORDER BY {by} LIMIT (SELECT %(limit)s))"
)
_OF_KINDS: Final = SQL("kind = ANY (%(kinds)s)")
_OVERDUE: Final = SQL("due_at <= %(now)s")
_IN_DEPARTMENT: Final = SQL("(kind = 'after-sales' OR {} = %(department)s)").format(DEPARTMENT)
_IN_DEPARTMENTS: Final = SQL(
    "(kind <> ALL (%(limited)s) OR NOT {held} OR {department} IS NULL"
    " OR {department} = ANY (%(departments)s))"
).format(held=HELD, department=DEPARTMENT)
# Whom after-sales is to name is no party's decision: anybody but the one named may take it.
# A part in a linked record counts, for a review in one that it is like, and of a record that was
# merged meanwhile in what it became. Most have neither, and are asked the short question alone.
_HAS_NO_PART: Final = SQL(
    """
    (kind = 'after-sales' OR asked_by IS DISTINCT FROM %(decider)s
    AND NOT coalesce(matter.parties @> ARRAY[%(decider)s], false)
    AND {holder} IS DISTINCT FROM %(decider)s
    AND matter.customer_id NOT IN (
        SELECT noted.customer_id FROM views.approval_parties AS noted
        WHERE noted.member = %(decider)s
    )
    AND (matter.linked IS NULL AND (matter.likenesses IS NULL OR kind <> 'review') OR NOT EXISTS (
        WITH RECURSIVE one (customer_id) AS (
            SELECT unnest(matter.linked || CASE WHEN kind = 'review' THEN ARRAY(
                SELECT likeness.customer_id
                FROM jsonb_to_recordset(matter.likenesses) AS likeness (customer_id uuid)
            ) END)
            UNION
            SELECT into_it.merged_into FROM one JOIN views.approvals AS into_it USING (customer_id)
            WHERE into_it.merged_into IS NOT NULL
        )
        SELECT FROM one JOIN views.approvals AS other USING (customer_id)
        LEFT JOIN views.approval_parties AS noted
            ON noted.customer_id = other.customer_id AND noted.member = %(decider)s
        WHERE other.parties @> ARRAY[%(decider)s] OR noted.member IS NOT NULL
            OR {holder} = %(decider)s
    )))
    """
).format(holder=HOLDER)
_ORDER: Final = Order(
    ("coalesce(due_at, 'infinity')", "timestamptz"),
    ("customer_id", "uuid"),
    ("kind", "text"),
    ("coalesce(number, '')", "text"),
)
_COLUMNS: Final = SQL(
    """
    customer_id, kind, number, due_at, asked_by, item.of, name, warnings, override_reason,
    protection, contracts, reports, disputes,
    CASE WHEN kind = 'review' THEN (
        SELECT jsonb_agg(jsonb_build_object(
            'customer_id', other.customer_id, 'name', other.name, 'match', likeness.match,
            'protection', other.protection
        ) ORDER BY (other.protection ->> 'claimed_at')::timestamptz, other.customer_id)
        FROM jsonb_to_recordset(matter.likenesses) AS likeness (customer_id uuid, match text)
        JOIN views.approvals AS other USING (customer_id)
        WHERE other.stage IS NOT NULL OR other.pool_from IS NOT NULL
    ) END AS similar
    """
)
