"""What a manager's briefing answers."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from api.models.access import BurstLine
from api.models.card_parts import Number, Step
from api.models.customers import At, Group, Name, ViewPosition
from api.models.fields import (
    EXAMPLE_ID,
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Day,
    Instant,
    Told,
    described,
)
from api.models.receipts import CustomerId
from api.models.tasks import Deadline, HeldOverUntil, WaitingLine

HolderNow = Annotated[
    str | None, described("Who holds it now; null: nobody, or a group.", "zhang-wei")
]
Department = Annotated[str | None, described("The holder's department.", "一部")]
Actor = Annotated[str, described("Who did it.", "li-na")]
EventPosition = Annotated[int, described("Place of the event in the log.", 4698)]
ListName = Literal[
    "fell",
    "waiting",
    "overdue_reviews",
    "unconfirmed",
    "held_by_leavers",
    "without_person",
    "no_contact",
    "attempts",
    "duplicates",
    "disputes",
    "overrides",
    "bursts",
]


class FallenLine(Told):
    """A customer that fell into the pool by itself."""

    customer_id: CustomerId
    name: Name
    fell_at: Annotated[Instant, described("When.", EXAMPLE_INSTANT)]
    reason: Annotated[
        str,
        described(
            "`lapsed`: at its deadline; `undecided`: at the end of a hold-over; `left`: with its "
            "holder.",
            "lapsed",
        ),
    ]
    last_holder: Annotated[str | None, described("Who had held it.", "zhang-wei")]
    department: Annotated[str | None, described("In which department.", "一部")]
    holder: Annotated[
        str | None, described("Who has taken it since; null: it is in the pool.", "li-na")
    ]
    group: Group
    taken_at: Annotated[
        Instant | None, described("When it was taken; null: it is in the pool.", EXAMPLE_LATER)
    ]


class UnconfirmedLine(Told):
    """A contract that was signed and nobody has confirmed."""

    customer_id: CustomerId
    name: Name
    holder: HolderNow
    group: Group
    department: Department
    number: Number
    signed_by: Annotated[str | None, described("Who signed it.", "zhang-wei")]
    signed_on: Annotated[Day | None, described("Date of the signature.", "2026-03-05")]
    next_steps: Annotated[list[Step], described("What may be filled in next.", ["buyer"])]
    is_complete: Annotated[bool, described("True where only the confirmation is missing.", False)]
    until: Deadline
    held_over_until: HeldOverUntil


class LeaverLine(Told):
    """A customer whose holder leaves, with nobody to take over."""

    customer_id: CustomerId
    name: Name
    holder: HolderNow
    department: Department
    stage: Annotated[str, described("In which stage.", "potential")]
    leaves_at: Annotated[Instant, described("When the holder leaves.", EXAMPLE_LATER)]
    until: Deadline


class NoContactLine(Told):
    """A customer that its holder has not followed up for long."""

    customer_id: CustomerId
    name: Name
    holder: HolderNow
    department: Department
    stage: Annotated[str, described("In which stage.", "potential")]
    quiet_since: Annotated[
        Instant,
        described("The last follow-up; the claim where none came after it.", EXAMPLE_INSTANT),
    ]
    until: Deadline


class AttemptLine(Told):
    """Somebody sought a customer that another holds, and was refused."""

    position: EventPosition
    at: Annotated[Instant, described("When.", EXAMPLE_INSTANT)]
    actor: Actor
    customer_id: CustomerId
    name: Name
    holder: HolderNow
    group: Group
    department: Department


class OverrideLine(AttemptLine):
    """A record was entered, or renamed, beside others that it resembles."""

    reason: Annotated[
        str | None,
        described(
            "Why it is said to be another company; null: not for the caller.",
            "同名品牌，法人与注册地均不同",
        ),
    ]
    similar: Annotated[list[UUID], described("The records that it resembles.", [EXAMPLE_ID])]


class BriefingTold(Told):
    """A manager's morning. Each list is cut at `limit`; `cut` names those that go on."""

    fell: Annotated[list[FallenLine], described("What fell by itself since, and who took it.", [])]
    waiting: Annotated[
        list[WaitingLine],
        described("What waits for the caller's decision, as in `/v1/approvals`.", []),
    ]
    overdue_reviews: Annotated[
        list[WaitingLine], described("Claims that should have been decided by now.", [])
    ]
    unconfirmed: Annotated[
        list[UnconfirmedLine], described("Contracts that were signed and not confirmed.", [])
    ]
    held_by_leavers: Annotated[
        list[LeaverLine], described("What leavers hold and nobody takes over.", [])
    ]
    without_person: Annotated[
        list[WaitingLine],
        described("Formal customers for which after-sales has named no person.", []),
    ]
    no_contact: Annotated[
        list[NoContactLine],
        described("Customers without a follow-up for `no_contact_days`, the longest first.", []),
    ]
    attempts: Annotated[
        list[AttemptLine], described("Refused claims since on what somebody else holds.", [])
    ]
    duplicates: Annotated[list[WaitingLine], described("Reports of duplicates, undecided.", [])]
    disputes: Annotated[list[WaitingLine], described("Disputes without a ruling.", [])]
    overrides: Annotated[
        list[OverrideLine], described("Records since that were said to be another company.", [])
    ]
    bursts: Annotated[
        list[BurstLine],
        described("Members who since read far more than usual, as in `/v1/access/bursts`.", []),
    ]
    cut: Annotated[
        list[ListName], described("The lists that have more than `limit` items.", ["no_contact"])
    ]
    department: Annotated[
        str | None, described("The department asked for; null: every one.", "一部")
    ]
    since: Annotated[Instant, described("From when on things are news.", EXAMPLE_INSTANT)]
    no_contact_days: Annotated[
        int, described("Days without a follow-up, as the rulebook says.", 14)
    ]
    position: ViewPosition
    at: At
