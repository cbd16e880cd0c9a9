"""Days on which a member read far more than usual, or much before leaving (S4-36).

What counts is the customers whose details he saw, and the rows of files, pages and streams that he
took: copying a list is reading it. Usual is his own mean of the days before on which he did
either. Who never did has none, so his first day of much reading is told. It says that somebody
should ask, no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from domain.errors import NotFound
from domain.working_days import start_of_day

if TYPE_CHECKING:
    from domain.application import Tenure
    from domain.rulebook_tables import DisclosureRules

Reason = Literal["unusual", "leaving"]
USUAL_DAYS: Final = 30
"""The days before, whose mean is what is usual."""
LEAVING_DAYS: Final = 30
"""Before somebody leaves, much reading is told however usual it is."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A member's day. details: of how many customers; exported: rows; usual: his mean of both
    together; leaves_at: if arranged."""

    member: str
    name: str
    department: str
    day: date
    details: int
    searches: int
    exports: int
    exported: int
    usual: float
    leaves_at: datetime | None
    reasons: tuple[Reason, ...]

    @property
    def read(self) -> int:
        """What counts of the day."""
        return self.details + self.exported


def much_read(cursor: Cursor, rules: DisclosureRules, start: date, end: date) -> list[Any]:
    """Rows of the days in [start, end) on which as much was read as the rulebook asks for, the
    latest first and then the largest."""
    least = rules.burst_details_min
    given = {"start": start, "end": end, "least": least, "back": USUAL_DAYS}
    cursor.execute(_MUCH, given)
    return cursor.fetchall()


def bursts(
    application: Tenure,
    rules: DisclosureRules,
    rows: Iterable[Any],
    *,
    departments: Collection[str] | None,
) -> list[Burst]:
    """Of these days, those that are bursts. departments: of the members now; None: every one.

    Asks the log about each member: hold no connection meanwhile.
    """
    found = (_burst(application, rules, row) for row in rows)
    return [
        burst
        for burst in found
        if burst is not None and (departments is None or burst.department in departments)
    ]


def _burst(application: Tenure, rules: DisclosureRules, row: Any) -> Burst | None:
    """The day, where it is a burst. A name that is no member's has no manager."""
    member, day, details, searches, exports, exported, usual = row
    try:
        who = application.member_at(member)
    except NotFound:
        return None
    told = Burst(
        member,
        who.name,
        who.department,
        day,
        details,
        searches,
        exports,
        exported,
        round(float(usual), 1),
        who.leaves_at,
        (),
    )
    reasons = tuple(_reasons(told, rules))
    return replace(told, reasons=reasons) if reasons else None


def _reasons(told: Burst, rules: DisclosureRules) -> Iterator[Reason]:
    """Why the day is told, if it is."""
    if told.read >= rules.burst_times * told.usual:
        yield "unusual"
    leaves_at = told.leaves_at
    if leaves_at is not None and leaves_at - timedelta(days=LEAVING_DAYS) < start_of_day(
        told.day + timedelta(days=1)
    ):
        yield "leaving"


_MUCH: Final = """
    SELECT much.member, much.day, much.details, much.searches, much.exports, much.exported,
        coalesce((
            SELECT avg(before.details + before.exported) FROM access.reads_a_day AS before
            WHERE before.member = much.member AND before.details + before.exported > 0
                AND before.day >= much.day - %(back)s AND before.day < much.day
        ), 0)
    FROM access.reads_a_day AS much
    WHERE much.day >= %(start)s AND much.day < %(end)s
        AND much.details + much.exported >= %(least)s
    ORDER BY much.day DESC, much.details + much.exported DESC, much.member
"""
