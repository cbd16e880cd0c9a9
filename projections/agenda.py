"""The view `agenda`: everything with a due time, and whose it is.

One row a customer, from which a question makes one item for each thing that is due. An item of a
holder ends with the protection, at its end and before any sweep, and goes over to a successor.

deadline: the protection ends (S1-033), a hold-over counted in. removal: the follower of a refused
claim is removed (S1-318). review_due: the service centre should have decided (A-08). check_review:
the claimant looks whether the review has passed (S1-315); by A-08 both fall on the instant that the
claim's event carries. next_contact: the holder noted when to call again (S1-032). contract_expires:
a contract was drawn and can be signed no more from then on (S1-057). decision_due: an application
waits for a decision, which should come before the deadline that was given (S1-036, S1-041).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL

from domain.contract import Contract
from domain.events import FollowedUp, LeaveArranged, MemberJoined, ProfileChanged, Registered
from projections.answers import (
    DEPARTMENT,
    HELD,
    HELD_BY,
    HOLDER,
    IN_DEPARTMENTS,
    After,
    Order,
    Page,
    ask,
    ask_page,
)
from projections.contracting import MOVES_CONTRACTS, open_contracts_after
from projections.customer_rows import Change, fold_customers, joined
from projections.holding import MOVING, Holding, derive, hold, is_over
from projections.rows import Table
from projections.view import LogBatch, LogEntry

Kind = Literal[
    "deadline",
    "removal",
    "review_due",
    "check_review",
    "next_contact",
    "contract_expires",
    "decision_due",
]
NAME = "agenda"
VERSION = 3
OTHERS = frozenset((MemberJoined, LeaveArranged))
READS: Final = ()
TABLES = ("agenda", "agenda_leavers")
DDL = """
CREATE TABLE agenda (
    customer_id uuid PRIMARY KEY,
    name text NOT NULL,
    protection jsonb,
    pool_from timestamptz,
    due_at timestamptz,
    holder text,
    holder_group text,
    department text,
    stage text,
    review_due timestamptz,
    until timestamptz,
    held_over_by text,
    held_over_until timestamptz,
    passes_at timestamptz,
    passes_to text,
    leaves_at timestamptz,
    applicant text,
    next_contact_at timestamptz,
    followed_up_at timestamptz,
    quiet_since timestamptz,
    contracts jsonb
) WITH (fillfactor = 85);
CREATE INDEX agenda_by_holder ON agenda (holder) WHERE holder IS NOT NULL;
CREATE INDEX agenda_by_successor ON agenda (passes_to) WHERE passes_at IS NOT NULL;
CREATE INDEX agenda_by_due_time ON agenda (due_at, customer_id) WHERE due_at IS NOT NULL;
CREATE INDEX agenda_by_review ON agenda (review_due, customer_id) WHERE review_due IS NOT NULL;
CREATE INDEX agenda_by_leaving ON agenda (leaves_at, customer_id) WHERE leaves_at IS NOT NULL;
CREATE INDEX agenda_by_application ON agenda (until, customer_id) WHERE applicant IS NOT NULL;
-- Of a whole house those that were left alone longest are read, and no more; so of a department.
CREATE INDEX agenda_quiet ON agenda (quiet_since, customer_id)
    WHERE stage IN ('potential', 'intent');
CREATE INDEX agenda_quiet_by_department ON agenda (department, quiet_since, customer_id)
    WHERE stage IN ('potential', 'intent');
CREATE INDEX agenda_by_contact ON agenda (department, next_contact_at, customer_id)
    WHERE next_contact_at IS NOT NULL;

CREATE TABLE agenda_leavers (
    member_id uuid PRIMARY KEY,
    member text NOT NULL,
    leaves_at timestamptz
);
CREATE INDEX agenda_leavers_by_time ON agenda_leavers (leaves_at) WHERE leaves_at IS NOT NULL;
"""


class AgendaRow(Holding, kw_only=True, gc=False):
    """One row of `agenda`. due_at: the earliest instant at which something is to be recorded by
    itself. leaves_at: when the holder leaves. followed_up_at: the last follow-up, whoever held it;
    quiet_since: that, or the claim where none came after it. contracts: those that are open."""

    name: str
    due_at: datetime | None = None
    holder: str | None = None
    holder_group: str | None = None
    department: str | None = None
    stage: str | None = None
    review_due: datetime | None = None
    until: datetime | None = None
    held_over_by: str | None = None
    held_over_until: datetime | None = None
    passes_at: datetime | None = None
    passes_to: str | None = None
    leaves_at: datetime | None = None
    applicant: str | None = None
    next_contact_at: datetime | None = None
    followed_up_at: datetime | None = None
    quiet_since: datetime | None = None
    contracts: dict[str, Contract] | None = None


class LeaverRow(msgspec.Struct):
    """One row of `agenda_leavers`: a member. leaves_at: None for one who stays."""

    member_id: UUID
    member: str
    leaves_at: datetime | None


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One thing that is due.

    member: whose it is; None: that of whoever decides. holder: None while a group holds the
    customer. until: the deadline that was given; held_over_by, held_over_until: what keeps the
    protection alive beyond it. number: of the contract.
    """

    customer_id: UUID
    name: str
    kind: Kind
    due_at: datetime
    member: str | None
    holder: str | None
    stage: str
    until: datetime | None
    held_over_by: str | None
    held_over_until: datetime | None
    number: str | None


@dataclass(frozen=True, slots=True)
class NextContact:
    """A customer whose holder noted when to call again."""

    customer_id: UUID
    name: str
    holder: str | None
    next_contact_at: datetime


AGENDA_ROWS: Final = Table("agenda", AgendaRow, ("customer_id",))
LEAVERS: Final = Table("agenda_leavers", LeaverRow, ("member_id",))


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """The agenda and the leavers up to the end of `batch`."""
    fold_customers(
        cursor,
        AGENDA_ROWS,
        batch,
        begins=Registered,
        begin=_row,
        changes=_CHANGES,
        finish=_derive,
    )
    joined_now: dict[UUID, LeaverRow] = {}
    leaving: dict[UUID, datetime] = {}
    for entry in batch.others:
        event = entry.event
        if isinstance(event, MemberJoined):
            joined_now[event.originator_id] = LeaverRow(event.originator_id, event.member, None)
        elif isinstance(event, LeaveArranged):
            leaving[event.originator_id] = event.leaves_at
    for member_id in leaving.keys() & joined_now.keys():
        joined_now[member_id].leaves_at = leaving.pop(member_id)
    LEAVERS.insert(cursor, joined_now.values())
    for member_id, leaves_at in leaving.items():
        cursor.execute(
            "UPDATE agenda_leavers SET leaves_at = %s WHERE member_id = %s", (leaves_at, member_id)
        )


def _row(entry: LogEntry) -> AgendaRow:
    event: Registered = entry.event
    return AgendaRow(customer_id=event.originator_id, name=event.name, pool_from=event.timestamp)


def _derive(row: AgendaRow) -> None:
    derive(row)
    claimed_at = row.protection.claimed_at if row.protection is not None else None
    row.quiet_since = max((at for at in (claimed_at, row.followed_up_at) if at), default=None)


def _held(row: AgendaRow, entry: LogEntry) -> None:
    before = row.protection
    hold(row, entry)
    if is_over(before, row, entry):
        row.next_contact_at = None


def _followed_up(row: AgendaRow, entry: LogEntry) -> None:
    event: FollowedUp = entry.event
    row.next_contact_at = event.next_contact_at
    row.followed_up_at = event.timestamp


def _profile_changed(row: AgendaRow, entry: LogEntry) -> None:
    event: ProfileChanged = entry.event
    row.name = event.name if event.name is not None else row.name


def _contracts(row: AgendaRow, entry: LogEntry) -> None:
    row.contracts = open_contracts_after(row.contracts, entry.event)


_CHANGES: Final[Mapping[type, Change[AgendaRow]]] = joined(
    dict.fromkeys(MOVING, _held),
    dict.fromkeys(MOVES_CONTRACTS, _contracts),
    {FollowedUp: _followed_up, ProfileChanged: _profile_changed},
)


def agenda(
    cursor: Cursor,
    *,
    now: datetime,
    member: str,
    reviews: bool = False,
    decisions: bool = False,
    departments: Collection[str] | None = None,
    kinds: Sequence[Kind] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    after: After | None = None,
) -> Page[AgendaItem]:
    """What falls due for `member`, the earliest first; what is overdue stays until it is done.

    reviews: with the claims that wait for the service centre; decisions: with the applications
    that wait, in these departments where some are given; both less the member's own. kinds: only
    these. since, until: only what is due from the one instant on, or before the other.
    """
    sources = [_OWN, *([_REVIEWS] if reviews else []), *([_DECISIONS] if decisions else [])]
    asked = {"now": now, "holder": member, "kinds": list(kinds or ())}
    asked |= {"since": since, "until": until}
    asked["departments"] = None if departments is None else sorted(departments)
    return ask_page(
        cursor,
        (NAME,),
        SQL(", ".join(AgendaItem.__dataclass_fields__)),
        SQL("({}) AS item").format(SQL(" UNION ALL ").join(sources)),
        conditions=(
            kinds is not None and SQL("kind = ANY (%(kinds)s)"),
            since and SQL("due_at >= %(since)s"),
            until and SQL("due_at < %(until)s"),
        ),
        parameters=asked,
        order=_ORDER,
        make=lambda row: AgendaItem(**row),
        limit=limit,
        after=after,
    )


def next_contacts(
    cursor: Cursor, departments: Collection[str], *, now: datetime, until: datetime, limit: int
) -> tuple[list[NextContact], int]:
    """The next contacts from `now` and before `until` of what is held in some departments, at most
    `limit`, the earliest first; and the position at which that is true."""
    asked = {"departments": sorted(departments), "now": now, "until": until, "limit": limit}
    rows, position = ask(cursor, (NAME,), _CONTACTS, asked)
    return [NextContact(**row) for row in rows], position


def due_deadlines(
    cursor: Cursor, *, now: datetime, limit: int = 1000, after: After | None = None
) -> tuple[list[UUID], tuple[str, str] | None]:
    """Customers of whom a passed deadline or leaving implies what no event says yet: for the sweep.

    Returns them, the earliest first, and where the next call goes on; None: no more. The view may
    be behind, so the sweep must find out for itself whether each still is due.
    """
    after_due, after_id = after or ("-infinity", str(UUID(int=0)))
    cursor.execute(
        "SELECT customer_id, due_at::text FROM views.agenda"
        " WHERE due_at <= %s AND (due_at, customer_id) > (%s::timestamptz, %s::uuid)"
        " ORDER BY due_at, customer_id LIMIT %s",
        (now, after_due, after_id, limit),
    )
    rows = cursor.fetchall()
    following = (rows[-1][1], str(rows[-1][0])) if len(rows) == limit else None
    return [customer_id for customer_id, _ in rows], following


def next_due(cursor: Cursor, now: datetime) -> datetime | None:
    """The next instant after `now` at which something is to be recorded by itself."""
    cursor.execute("SELECT min(due_at) FROM views.agenda WHERE due_at > %s", (now,))
    row = cursor.fetchone()
    return row[0] if row is not None else None


def held_by_leavers_unarranged(cursor: Cursor, limit: int) -> list[tuple[UUID, str]]:
    """Customers, and their holders who are to leave, for which that was not arranged: they were
    claimed or handed over while it was (A-47)."""
    cursor.execute(
        "SELECT customer_id, holder FROM views.agenda JOIN views.agenda_leavers AS leaver"
        " ON leaver.member = holder WHERE leaver.leaves_at IS NOT NULL"
        " AND agenda.leaves_at IS NULL ORDER BY customer_id LIMIT %s",
        (limit,),
    )
    return [(customer_id, holder) for customer_id, holder in cursor]


_ORDER: Final = Order(
    ("due_at", "timestamptz"),
    ("customer_id", "uuid"),
    ("kind", "text"),
    ("coalesce(number, '')", "text"),
)
_OWN: Final = SQL(
    "SELECT customer_id, name, kind, due.due_at, %(holder)s::text AS member, {holder} AS holder,"
    " stage, until, held_over_by, held_over_until, number"
    " FROM views.agenda CROSS JOIN LATERAL (VALUES"
    " ('deadline', CASE WHEN stage <> 'rejected' THEN pool_from END, NULL::text),"
    " ('removal', CASE WHEN stage = 'rejected' THEN pool_from END, NULL),"
    " ('check_review', review_due, NULL),"
    " ('next_contact', next_contact_at, NULL)"
    " UNION ALL SELECT 'contract_expires', expires_at, drawn.number"
    " FROM jsonb_each(contracts) AS each (key, contract), jsonb_to_record(contract)"
    " AS drawn (number text, expires_at timestamptz, signed_at timestamptz)"
    " WHERE signed_at IS NULL AND expires_at > %(now)s) AS due (kind, due_at, number)"
    " WHERE {held_by} AND due.due_at IS NOT NULL"
).format(holder=HOLDER, held_by=HELD_BY)
_REVIEWS: Final = SQL(
    "SELECT customer_id, name, 'review_due', review_due, NULL, {holder}, stage, until,"
    " held_over_by, held_over_until, NULL"
    " FROM views.agenda WHERE review_due IS NOT NULL AND {holder} <> %(holder)s AND {held}"
).format(holder=HOLDER, held=HELD)
_DECISIONS: Final = SQL(
    "SELECT customer_id, name, 'decision_due', until, NULL, {holder}, stage, until,"
    " held_over_by, held_over_until, NULL FROM views.agenda"
    " WHERE applicant IS NOT NULL AND applicant <> %(holder)s"
    " AND {holder} IS DISTINCT FROM %(holder)s AND {held} AND {in_departments}"
).format(holder=HOLDER, held=HELD, in_departments=IN_DEPARTMENTS.format(DEPARTMENT))
# Each department's are read in the order of its index, and no more than are told. What a leaver's
# successor holds since, which no event says yet, is little.
_CONTACTS_OF_ONE: Final = SQL(
    "(SELECT customer_id, name, {holder} AS holder, next_contact_at FROM views.agenda"
    " WHERE next_contact_at >= %(now)s AND next_contact_at < %(until)s AND {held} AND {which}"
    " ORDER BY next_contact_at, customer_id LIMIT %(limit)s)"
)
_CONTACTS: Final = SQL(
    "SELECT * FROM (SELECT found.* FROM unnest(%(departments)s::text[]) AS led (name)"
    " CROSS JOIN LATERAL {of_one} AS found UNION ALL {passed}) AS contact"
    " ORDER BY next_contact_at, customer_id LIMIT %(limit)s"
).format(
    of_one=_CONTACTS_OF_ONE.format(
        holder=HOLDER,
        held=HELD,
        which=SQL("department = led.name AND (passes_at IS NULL OR passes_at > %(now)s)"),
    ),
    passed=_CONTACTS_OF_ONE.format(
        holder=HOLDER,
        held=HELD,
        which=SQL("passes_at <= %(now)s AND {}").format(IN_DEPARTMENTS.format(DEPARTMENT)),
    ),
)
