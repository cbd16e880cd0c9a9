"""What the board answers: customers that are held, and how much each member holds."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from api.models.customers import At, Group, HeldOver, HeldOverUntil, Name, Next, Until, ViewPosition
from api.models.fields import EXAMPLE_INSTANT, EXAMPLE_LATER, Instant, Told, described
from api.models.receipts import CustomerId, Holder, StateField


class BoardLine(Told):
    """A customer that somebody holds."""

    customer_id: CustomerId
    name: Name
    state: StateField
    holder: Holder
    group: Group
    department: Annotated[
        str | None, described("Department of the holder when it was given to him.", "一部")
    ]
    claimed_at: Annotated[
        Instant,
        described(
            "When it was asked for. Who sees deadlines to the day sees the beginning of its day.",
            EXAMPLE_INSTANT,
        ),
    ]
    until: Until
    held_over_by: HeldOver
    held_over_until: HeldOverUntil
    ends_at: Annotated[
        Instant | None,
        described(
            "When it is over by what is known, a hold-over and the holder's leaving included; null "
            "where no end is. Who sees deadlines to the day sees the end of its day.",
            EXAMPLE_LATER,
        ),
    ]


class BoardPage(Told):
    """Customers that somebody holds, page by page; those first that are over first."""

    items: Annotated[list[BoardLine], described("The customers of this page.", [])]
    next: Next
    position: ViewPosition
    at: At


class StagesTold(Told):
    """How many customers in each stage."""

    waiting: Annotated[int, described("Waiting for the review.", 3)]
    rejected: Annotated[int, described("Refused by the review, to be corrected.", 0)]
    potential: Annotated[int, described("Potential.", 21)]
    intent: Annotated[int, described("Intent.", 6)]
    formal: Annotated[int, described("Formal.", 2)]


class LoadLine(Told):
    """How many customers a member holds, as far as the caller may see them."""

    member: Annotated[str, described("Who holds them.", "zhang-wei")]
    held: Annotated[int, described("How many, of every stage.", 32)]
    falls: Annotated[int, described("How many of them are over within `days`.", 4)]
    stages: Annotated[
        StagesTold,
        described(
            "How many in each stage.",
            {"waiting": 3, "rejected": 0, "potential": 21, "intent": 6, "formal": 2},
        ),
    ]


class FallingDay(Told):
    """A day, and how many customers are over on it if nothing is done."""

    day: Annotated[date, described("In Asia/Shanghai; a midnight ends its day.", "2026-03-05")]
    count: Annotated[int, described("How many.", 2)]


class LoadPage(Told):
    """What each member holds, page by page, and what falls on the coming days."""

    items: Annotated[list[LoadLine], described("The members of this page, by name.", [])]
    days: Annotated[
        list[FallingDay], described("Today and the six days after it, of all members.", [])
    ]
    held_max: Annotated[
        int | None,
        described("How many one may hold by the rules in force; null: no cap is set.", 200),
    ]
    next: Next
    position: ViewPosition
    at: At
