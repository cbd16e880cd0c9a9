"""The view `agenda`: everything with a due time, and whose it is.

One row a customer, from which a question makes one item for each thing that is due. An item of a
holder ends with the protection, at its deadline and before any sweep.

deadline: the protection ends (S1-033). removal: the follower of a refused claim is removed
(S1-318). review_due: the service centre should have decided (A-08). check_review: the claimant
looks whether the review has passed (S1-315); by A-08 both fall on the instant that the claim's
event carries. next_contact: the holder noted when to call again (S1-032).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL

from domain.events import FollowedUp, ProfileChanged, Registered
from projections.answers import HELD, After, Order, Page, ask_page
from projections.customer_rows import Change, fold_customers
from projections.holding import HOLDING, Holding
from projections.rows import Table
from projections.view import LogBatch, LogEntry

Kind = Literal["deadline", "removal", "review_due", "check_review", "next_contact"]
NAME = "agenda"
VERSION = 1
TABLES = ("agenda",)
DDL = """
CREATE TABLE agenda (
    customer_id uuid PRIMARY KEY,
    name text NOT NULL,
    holder text,
    stage text,
    claimed_at timestamptz,
    review_due timestamptz,
    pool_from timestamptz,
    next_contact_at timestamptz
) WITH (fillfactor = 85);
CREATE INDEX agenda_by_holder ON agenda (holder) WHERE holder IS NOT NULL;
CREATE INDEX agenda_by_deadline ON agenda (pool_from, customer_id) WHERE holder IS NOT NULL;
CREATE INDEX agenda_by_review ON agenda (review_due, customer_id) WHERE review_due IS NOT NULL;
"""


class AgendaRow(Holding, kw_only=True, gc=False):
    """One row of `agenda`."""

    name: str
    next_contact_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One thing that is due. member: whose it is; None: the service centre's."""

    customer_id: UUID
    name: str
    kind: Kind
    due_at: datetime
    member: str | None
    holder: str
    stage: str


AGENDA_ROWS: Final = Table("agenda", AgendaRow, ("customer_id",))


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """The agenda up to the end of `batch`."""
    fold_customers(cursor, AGENDA_ROWS, batch, begins=Registered, begin=_row, changes=_CHANGES)


def _row(entry: LogEntry) -> AgendaRow:
    event: Registered = entry.event
    return AgendaRow(customer_id=event.originator_id, name=event.name, pool_from=event.timestamp)


def _followed_up(row: AgendaRow, entry: LogEntry) -> None:
    row.next_contact_at = entry.event.next_contact_at


def _profile_changed(row: AgendaRow, entry: LogEntry) -> None:
    event: ProfileChanged = entry.event
    row.name = event.name if event.name is not None else row.name


def _changes() -> Mapping[type, Change[AgendaRow]]:
    def held_anew(hold: Change[Any]) -> Change[AgendaRow]:
        def changed(row: AgendaRow, entry: LogEntry) -> None:
            before = row.holder
            hold(row, entry)
            if row.holder != before:
                row.next_contact_at = None

        return changed

    return {
        **{kind: held_anew(hold) for kind, hold in HOLDING.items()},
        FollowedUp: _followed_up,
        ProfileChanged: _profile_changed,
    }


_CHANGES: Final = _changes()


def agenda(
    cursor: Cursor,
    *,
    now: datetime,
    member: str,
    reviews: bool = False,
    kinds: Sequence[Kind] | None = None,
    until: datetime | None = None,
    limit: int = 50,
    after: After | None = None,
) -> Page[AgendaItem]:
    """What falls due for `member`, the earliest first; what is overdue stays until it is done.

    reviews: with the claims that wait for the service centre, less the member's own. kinds: only
    these. until: only what is due before this instant.
    """
    return ask_page(
        cursor,
        (NAME,),
        SQL("customer_id, name, kind, due_at, member, holder, stage"),
        _ALL_ITEMS if reviews else _OWN_ITEMS,
        conditions=(
            kinds is not None and SQL("kind = ANY (%(kinds)s)"),
            until and SQL("due_at < %(until)s"),
        ),
        parameters={"now": now, "member": member, "kinds": list(kinds or ()), "until": until},
        order=_ORDER,
        make=lambda row: AgendaItem(**row),
        limit=limit,
        after=after,
    )


def due_deadlines(
    cursor: Cursor, *, now: datetime, limit: int = 1000, after: After | None = None
) -> tuple[list[UUID], tuple[str, str] | None]:
    """Customers whose protection a passed deadline has ended and no event has yet: for the sweep.

    Returns them, the earliest deadline first, and where the next call goes on; None: no more. The
    view may be behind, so the sweep must find out for itself whether each still is due.
    """
    after_deadline, after_id = after or ("-infinity", str(UUID(int=0)))
    cursor.execute(
        "SELECT customer_id, pool_from::text FROM views.agenda"
        " WHERE holder IS NOT NULL AND pool_from <= %s"
        " AND (pool_from, customer_id) > (%s::timestamptz, %s::uuid)"
        " ORDER BY pool_from, customer_id LIMIT %s",
        (now, after_deadline, after_id, limit),
    )
    rows = cursor.fetchall()
    following = (rows[-1][1], str(rows[-1][0])) if len(rows) == limit else None
    return [customer_id for customer_id, _ in rows], following


_ORDER: Final = Order(("due_at", "timestamptz"), ("customer_id", "uuid"), ("kind", "text"))
_OWN: Final = SQL(
    "SELECT customer_id, name, kind, due_at, holder AS member, holder, stage"
    " FROM views.agenda CROSS JOIN LATERAL (VALUES"
    " ('deadline', CASE WHEN stage <> 'rejected' THEN pool_from END),"
    " ('removal', CASE WHEN stage = 'rejected' THEN pool_from END),"
    " ('check_review', review_due),"
    " ('next_contact', next_contact_at)) AS due (kind, due_at)"
    " WHERE holder = %(member)s AND {held} AND due_at IS NOT NULL"
).format(held=HELD)
_OWN_ITEMS: Final = SQL("({own}) AS item").format(own=_OWN)
_ALL_ITEMS: Final = SQL(
    "({own} UNION ALL"
    " SELECT customer_id, name, 'review_due', review_due, NULL, holder, stage"
    " FROM views.agenda WHERE review_due IS NOT NULL AND holder <> %(member)s) AS item"
).format(own=_OWN)
