"""The view `members`: who there is, in which roles and which department, and who leaves when.

One row a member, as his stream says now. What a member was at an earlier instant, the stream
itself answers (`GET /v1/members/{member}?at=`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL

from domain.events import DepartmentChanged, LeaveArranged, MemberJoined, RolesChanged
from projections.answers import After, Order, Page, ask_page
from projections.rows import Table, ids
from projections.view import LogBatch

NAME = "members"
VERSION = 1
OTHERS: Final[frozenset[type]] = frozenset(
    (MemberJoined, RolesChanged, DepartmentChanged, LeaveArranged)
)
READS: Final = ()
TABLES = ("members",)
DDL = """
CREATE TABLE members (
    member_id uuid PRIMARY KEY,
    member text NOT NULL,
    name text NOT NULL,
    roles text[] NOT NULL,
    department text NOT NULL,
    joined_at timestamptz NOT NULL,
    leaves_at timestamptz
);
CREATE INDEX members_by_member ON members (member COLLATE "C");
CREATE INDEX members_by_department ON members (department);
"""
Standing = Literal["active", "leaving", "left"]


class MemberRow(msgspec.Struct, gc=False):
    """One row of `members`. leaves_at: None for one who stays."""

    member_id: UUID
    member: str
    name: str
    roles: list[str]
    department: str
    joined_at: datetime
    leaves_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member. roles: none once he has left. leaves_at: from when on he has no rights."""

    member: str
    name: str
    roles: list[str]
    department: str
    joined_at: datetime
    leaves_at: datetime | None


MEMBERS: Final = Table("members", MemberRow, ("member_id",))


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """The members up to the end of `batch`."""
    entries = [entry for entry in batch.others if type(entry.event) in OTHERS]
    new: dict[UUID, MemberRow] = {}
    known = _known(cursor, {entry.event.originator_id for entry in entries})
    for entry in entries:
        event = entry.event
        if isinstance(event, MemberJoined):
            new[event.originator_id] = MemberRow(
                event.originator_id,
                event.member,
                event.name,
                list(event.roles),
                event.department,
                event.timestamp,
            )
            continue
        row = new.get(event.originator_id) or known[event.originator_id]
        if isinstance(event, RolesChanged):
            row.roles = list(event.roles)
        elif isinstance(event, DepartmentChanged):
            row.department = event.department
        else:
            row.leaves_at = event.leaves_at
    MEMBERS.insert(cursor, new.values())
    MEMBERS.update(cursor, known.values())


def _known(cursor: Cursor, member_ids: set[UUID]) -> dict[UUID, MemberRow]:
    if not member_ids:
        return {}
    cursor.execute(
        "SELECT member_id, member, name, roles, department, joined_at, leaves_at FROM members"
        " WHERE member_id = ANY (%s::uuid[])",
        (ids(member_ids),),
    )
    return {row[0]: MemberRow(*row) for row in cursor.fetchall()}


def members(
    cursor: Cursor,
    *,
    now: datetime,
    name: str | None = None,
    department: str | None = None,
    role: str | None = None,
    standing: Standing | None = None,
    limit: int = 50,
    after: After | None = None,
) -> Page[MemberLine]:
    """Members by their sign-in names. name: part of the name or of the sign-in name; role: one
    that counts at `now`; standing: as it is at `now`."""
    return ask_page(
        cursor,
        (NAME,),
        SQL("member, name, roles, department, joined_at, leaves_at"),
        SQL("views.members"),
        conditions=(
            name and _NAMED,
            department and SQL("department = %(department)s"),
            role and _IN_ROLE,
            standing and _STANDING[standing],
        ),
        parameters={"now": now, "name": name, "department": department, "role": role},
        order=_ORDER,
        make=lambda row: _line(row, now),
        limit=limit,
        after=after,
    )


def departments(cursor: Cursor, *, now: datetime) -> list[dict[str, Any]]:
    """How many who have not left at `now` are in each department, by its name."""
    cursor.execute(_BY_DEPARTMENT, {"now": now})
    return [{"department": name, "members": count} for name, count in cursor.fetchall()]


def _line(row: Mapping[str, Any], now: datetime) -> MemberLine:
    has_left = row["leaves_at"] is not None and row["leaves_at"] <= now
    return MemberLine(**{**row, "roles": [] if has_left else row["roles"]})


_STANDING: Final[Mapping[Standing, SQL]] = {
    "active": SQL("(leaves_at IS NULL OR leaves_at > %(now)s)"),
    "leaving": SQL("leaves_at > %(now)s"),
    "left": SQL("leaves_at <= %(now)s"),
}
_NAMED: Final = SQL(
    "(position(lower(%(name)s) IN lower(name)) > 0 OR position(lower(%(name)s) IN member) > 0)"
)
_IN_ROLE: Final = SQL("(%(role)s = ANY (roles) AND (leaves_at IS NULL OR leaves_at > %(now)s))")
_BY_DEPARTMENT: Final = (
    "SELECT department, count(*) FROM views.members"
    " WHERE leaves_at IS NULL OR leaves_at > %(now)s GROUP BY department ORDER BY department"
)
_ORDER: Final = Order(('member COLLATE "C"', "text"))
