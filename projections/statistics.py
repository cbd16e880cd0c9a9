"""The view `statistics`: every event that a figure counts, once, under its figure.

Figures are sums over these rows, so each leads to its events and can never say anything else. A row
is written when its event is folded and stays as it is; what is implied and not recorded yet (a
deadline that has passed since the last sweep) is no row, and an answer says how much of that there
is (docs/decisions/0017).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from domain.events import (
    ClaimCounted,
    DepartmentChanged,
    FollowedUp,
    MemberJoined,
    ProfileChanged,
    RefusalRecorded,
    Registered,
)
from projections.counting import (
    BEGINS_ANEW,
    COUNTS,
    NOBODYS,
    CountedEvent,
    Hands,
    counted,
    local_day,
)
from projections.rows import Table, as_json, ids
from projections.view import LogBatch, LogEntry

NAME = "statistics"
VERSION = 3
# In which department an actor was then is told by streams other than the customer's.
OTHERS = None
READS: Final = ("statistics_by_customer", "statistics_members_by_name")
TABLES = (
    "statistics_events",
    "statistics_days",
    "statistics_house_days",
    "statistics_notes",
    "statistics_members",
)
DDL = """
CREATE TABLE statistics_events (
    position bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    day date NOT NULL,
    figure text NOT NULL,
    member text,
    department text,
    actor text NOT NULL,
    customer_id uuid,
    version integer,
    rule text,
    waited_seconds double precision,
    due_at timestamptz,
    number text,
    others uuid[],
    held integer,
    held_max integer,
    holder text,
    holder_department text,
    waiting_since timestamptz,
    until timestamptz
);
CREATE INDEX statistics_by_figure ON statistics_events (figure, day, position);
CREATE INDEX statistics_by_member ON statistics_events (member COLLATE "C", day, position);
CREATE INDEX statistics_by_department ON statistics_events (department, figure, day, position)
    INCLUDE (member);
CREATE INDEX statistics_by_customer ON statistics_events (customer_id, version)
    WHERE version IS NOT NULL;

-- What the rows above come to, so that a month of a whole house is not counted one by one.
CREATE TABLE statistics_days (
    day date NOT NULL,
    department text NOT NULL,
    figure text NOT NULL,
    rule text NOT NULL,
    count bigint NOT NULL,
    waited bigint NOT NULL,
    waited_microseconds bigint NOT NULL,
    waited_most bigint,
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    PRIMARY KEY (day, department, figure, rule)
);

-- The same of all departments together: of a year there are eighty times fewer.
CREATE TABLE statistics_house_days (
    day date NOT NULL,
    figure text NOT NULL,
    rule text NOT NULL,
    count bigint NOT NULL,
    waited bigint NOT NULL,
    waited_microseconds bigint NOT NULL,
    waited_most bigint,
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    PRIMARY KEY (day, figure, rule)
);

CREATE TABLE statistics_notes (
    position bigint PRIMARY KEY,
    day date NOT NULL,
    member text NOT NULL,
    department text,
    customer_id uuid NOT NULL,
    note_hash bigint NOT NULL,
    characters integer NOT NULL
);
-- Days ascend with the positions, so block ranges find a stretch of time.
CREATE INDEX statistics_notes_by_day ON statistics_notes USING brin (day)
    WITH (pages_per_range = 16);
CREATE INDEX statistics_notes_by_department ON statistics_notes (department, day);

CREATE TABLE statistics_members (
    member_id uuid PRIMARY KEY,
    member text NOT NULL,
    department text NOT NULL
);
CREATE INDEX statistics_members_by_name ON statistics_members (member);
"""


class NoteRow(msgspec.Struct, gc=False):
    """A follow-up: of its note no more than by which equal ones are found, and how long it is."""

    position: int
    day: date
    member: str
    department: str | None
    customer_id: UUID
    note_hash: int
    characters: int


class DayRow(msgspec.Struct):
    """What the events of a day in a department come to, and between which positions they lie.

    waited: those that waited for a decision, and how long in all and at most: whole numbers, which
    are the same in any order.
    """

    day: date
    department: str
    figure: str
    rule: str
    count: int = 0
    waited: int = 0
    waited_microseconds: int = 0
    waited_most: int | None = None
    first_position: int = 0
    last_position: int = 0


class MemberRow(msgspec.Struct):
    """A member, and the department that he is in."""

    member_id: UUID
    member: str
    department: str


EVENTS: Final = Table("statistics_events", CountedEvent, ("position",))
NOTES: Final = Table("statistics_notes", NoteRow, ("position",))
MEMBERS: Final = Table("statistics_members", MemberRow, ("member_id",))


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """The events of `batch` that count for something."""
    departments = _Departments(cursor, batch.entries)
    hands = _hands_before(cursor, batch)
    rows: list[CountedEvent] = []
    notes: list[NoteRow] = []
    for entry in batch.entries:
        kind = type(entry.event)
        if kind in COUNTS:
            _count(entry, hands, departments, rows)
        elif kind is FollowedUp:
            notes.append(_note(entry, departments))
        elif kind is RefusalRecorded:
            rows.append(_refusal(entry, departments))
        elif kind is ClaimCounted:
            rows.append(_quota(entry, departments))
        else:
            departments.move(entry.event)
    EVENTS.insert(cursor, rows)
    cursor.execute(_ADD_TO_DAYS, (as_json(_days_of(rows)),))
    cursor.execute(_ADD_TO_HOUSE_DAYS, (as_json(_days_of(rows, is_of_house=True)),))
    NOTES.insert(cursor, notes)
    departments.write(cursor)


def _days_of(rows: Iterable[CountedEvent], *, is_of_house: bool = False) -> list[DayRow]:
    """What rows come to, by day, department, figure and rule; '' where there is none, and as the
    department of all together."""
    days: dict[tuple[date, str, str, str], DayRow] = {}
    for row in rows:
        department = "" if is_of_house else row.department or ""
        key = (row.day, department, row.figure, row.rule or "")
        found = days.setdefault(key, DayRow(*key))
        found.count += 1
        found.first_position = found.first_position or row.position
        found.last_position = row.position
        if row.waited_seconds is not None:
            microseconds = round(row.waited_seconds * 1_000_000)
            found.waited += 1
            found.waited_microseconds += microseconds
            found.waited_most = max(found.waited_most or 0, microseconds)
    return list(days.values())


def _count(
    entry: LogEntry,
    hands: dict[UUID, Hands],
    departments: _Departments,
    rows: list[CountedEvent],
) -> None:
    customer_id = entry.event.originator_id
    found = counted(entry, hands.get(customer_id, NOBODYS))
    if found is None:
        return
    row, hands[customer_id] = found
    if row.figure == "overrides":
        row.department = departments.of(row.actor)
    rows.append(row)


def _hands_before(cursor: Cursor, batch: LogBatch) -> dict[UUID, Hands]:
    """Of the customers with events that go on from earlier ones: where those left them."""
    asked = []
    for customer_id, entries in batch.customers.items():
        first = next((entry for entry in entries if type(entry.event) in COUNTS), None)
        if first is not None and type(first.event) not in BEGINS_ANEW:
            asked.append(customer_id)
    if not asked:
        return {}
    cursor.execute(
        "SELECT nth, holder, holder_department, waiting_since, until"
        " FROM unnest(%s::uuid[]) WITH ORDINALITY AS asked (customer_id, nth)"
        " CROSS JOIN LATERAL (SELECT * FROM statistics_events AS event"
        " WHERE event.customer_id = asked.customer_id AND event.version IS NOT NULL"
        " ORDER BY event.version DESC LIMIT 1) AS last",
        (ids(asked),),
    )
    return {asked[nth - 1]: Hands(*values) for nth, *values in cursor}


def _refusal(entry: LogEntry, departments: _Departments) -> CountedEvent:
    """It counts for who was refused. due_at: of a claim, when the protection in its way ends."""
    event: RefusalRecorded = entry.event
    until = event.facts.get("until") if event.rule == "already-protected" else None
    row = _of_member(entry, "refusals", departments, event.customer_id)
    row.rule = event.rule
    row.due_at = datetime.fromisoformat(until) if isinstance(until, str) else until
    return row


def _quota(entry: LogEntry, departments: _Departments) -> CountedEvent:
    event: ClaimCounted = entry.event
    row = _of_member(entry, "quotas", departments, event.customer_id)
    row.held, row.held_max = event.held, event.held_max
    return row


def _of_member(
    entry: LogEntry, figure: str, departments: _Departments, customer_id: UUID | None
) -> CountedEvent:
    event = entry.event
    return CountedEvent(
        position=entry.position,
        at=event.timestamp,
        day=local_day(event.timestamp),
        figure=figure,
        member=event.actor,
        department=departments.of(event.actor),
        actor=event.actor,
        customer_id=customer_id,
    )


def _note(entry: LogEntry, departments: _Departments) -> NoteRow:
    event: FollowedUp = entry.event
    text = plain_note(event.note)
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return NoteRow(
        position=entry.position,
        day=local_day(event.timestamp),
        member=event.actor,
        department=departments.of(event.actor),
        customer_id=event.originator_id,
        note_hash=int.from_bytes(digest, signed=True),
        characters=len(text),
    )


def plain_note(note: str) -> str:
    """Letters and digits of a note, in one width and case: what is left is what it says."""
    return "".join(
        sign for sign in unicodedata.normalize("NFKC", note).casefold() if sign.isalnum()
    )


class _Departments:
    """In which department each member of a batch is, from event to event."""

    def __init__(self, cursor: Cursor, entries: Iterable[LogEntry]) -> None:
        self._new: dict[UUID, MemberRow] = {}
        self._moved: dict[UUID, MemberRow] = {}
        moving: set[UUID] = set()
        acting: set[str] = set()
        for entry in entries:
            event = entry.event
            if type(event) in _ACTED_ON:
                acting.add(event.actor)
            elif type(event) is DepartmentChanged:
                moving.add(event.originator_id)
        self._rows: dict[UUID, MemberRow] = {}
        if moving or acting:
            cursor.execute(
                "SELECT member_id, member, department FROM statistics_members"
                " WHERE member = ANY (%s) OR member_id = ANY (%s::uuid[])",
                (list(acting), ids(moving)),
            )
            self._rows = {row[0]: MemberRow(*row) for row in cursor}
        self._named = {row.member: row for row in self._rows.values()}

    def of(self, member: str) -> str | None:
        """None for who is no member: the console, the system."""
        row = self._named.get(member)
        return row.department if row is not None else None

    def move(self, event: Any) -> None:
        """What joining and changing the department do; nothing else does anything."""
        if isinstance(event, MemberJoined):
            row = MemberRow(event.originator_id, event.member, event.department)
            self._new[event.originator_id] = self._rows[event.originator_id] = row
            self._named[event.member] = row
        elif isinstance(event, DepartmentChanged):
            row = self._rows[event.originator_id]
            row.department = event.department
            if event.originator_id not in self._new:
                self._moved[event.originator_id] = row

    def write(self, cursor: Cursor) -> None:
        """The members as they are at the end of the batch."""
        MEMBERS.insert(cursor, self._new.values())
        MEMBERS.update(cursor, self._moved.values())


_ACTED_ON: Final = frozenset(
    (Registered, ProfileChanged, FollowedUp, RefusalRecorded, ClaimCounted)
)
"""Events that count in the department that their actor is in."""


_ADD: Final = (
    "INSERT INTO {table} AS kept"
    " SELECT * FROM json_populate_recordset(NULL::{table}, %s)"
    " ON CONFLICT ({key}) DO UPDATE"
    " SET count = kept.count + excluded.count,"
    " waited = kept.waited + excluded.waited,"
    " waited_microseconds = kept.waited_microseconds + excluded.waited_microseconds,"
    " waited_most = greatest(kept.waited_most, excluded.waited_most),"
    " first_position = least(kept.first_position, excluded.first_position),"
    " last_position = greatest(kept.last_position, excluded.last_position)"
)
_ADD_TO_DAYS: Final = _ADD.format(table="statistics_days", key="day, department, figure, rule")
_ADD_TO_HOUSE_DAYS: Final = _ADD.format(table="statistics_house_days", key="day, figure, rule")
