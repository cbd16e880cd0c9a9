"""What the replay of a customer answers, and what a member may do with it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.models.customers import At, BarTold, ClassTold, Hidden, ViewPosition
from api.models.fields import (
    EXAMPLE_ID,
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Instant,
    Told,
    described,
)
from api.models.past import EventTold
from api.models.receipts import CustomerId, Holder, StateField

HeldOverBy = Literal["intent", "extension", "contract"]


class ContractStateTold(Told):
    """How far a contract is."""

    number: Annotated[str, described("Number of the contract.", "HT-2026-0017")]
    state: Annotated[
        Literal["drawn", "signed", "confirmed", "voided", "dropped", "expired"],
        described("`dropped`: its protection ended; `expired`: never signed in time.", "signed"),
    ]


class SituationTold(Told):
    """How a customer stands at an instant, by what is known."""

    state: StateField
    holder: Holder
    group: Annotated[
        str | None, described("Group that holds it while no person does.", "after-sales")
    ]
    department: Annotated[
        str | None, described("Department of the holder; null: nobody's.", "一部")
    ]
    claimed_at: Annotated[
        Instant | None, described("When the protection was asked for.", EXAMPLE_INSTANT)
    ]
    until: Annotated[
        Instant | None,
        described(
            "The deadline that was given; null where none runs. A stranger sees the end of its day "
            "in Asia/Shanghai.",
            EXAMPLE_LATER,
        ),
    ]
    held_over_by: Annotated[
        HeldOverBy | None,
        described("What keeps it alive beyond that, until it is decided; null: nothing.", None),
    ]
    held_over_until: Annotated[
        Instant | None, described("The end of that if nobody decides.", EXAMPLE_LATER)
    ]
    application: Annotated[
        Literal["intent", "extension"] | None,
        described("What waits for a decision; null: nothing, or hidden.", "extension"),
    ]
    extensions: Annotated[
        int | None, described("Extensions granted in this stage; null: hidden.", 0)
    ]
    leaves_at: Annotated[
        Instant | None, described("When the holder leaves the company; null: not arranged.", None)
    ]
    handed_over_to: Annotated[
        str | None, described("Who takes over then; null: nobody, or hidden.", None)
    ]
    bars: Annotated[list[BarTold], described("Who may not claim it yet.", [])]
    contracts: Annotated[
        list[ContractStateTold] | None, described("Its contracts; null: hidden.", [])
    ]
    signers: Annotated[list[str] | None, described("Who signed for it; null: hidden.", [])]
    open_reports: Annotated[
        list[int], described("Reports that it doubles another record, undecided.", [])
    ]
    open_disputes: Annotated[list[int], described("Disputes without a ruling.", [])]
    reporters: Annotated[list[str] | None, described("Who made those reports; null: hidden.", [])]
    customer_class: ClassTold
    classified_by: Annotated[
        str | None, described("Who said its class last; null: nobody, or hidden.", None)
    ]
    merged_into: Annotated[
        str | None,
        described("The record that answers for it now; null: itself.", None, format="uuid"),
    ]


class ChangeTold(Told):
    """One field before and after a step."""

    before: Annotated[Any, described("Before; null where the step began it.", "potential")]
    after: Annotated[Any, described("After.", "intent")]


class StepTold(Told):
    """One event, the situation that it led to, and what it changed."""

    event: Annotated[EventTold, Field(description="The event, or the refusal.")]
    after: Annotated[
        SituationTold,
        Field(
            description="The situation that it led to; of a refusal the one at its instant, in "
            "which a passed deadline is over, though its end was recorded later."
        ),
    ]
    changed: Annotated[
        dict[str, ChangeTold],
        described(
            "The fields of the situation in which it differs from that after the event before; "
            "empty for a refusal, which changes nothing.",
            {"state": {"before": "potential", "after": "intent"}},
        ),
    ]


class PersonThen(Told):
    """A contact person on a record as it was; the card tells name and phone."""

    id: Annotated[
        UUID, described("Id of the contact, and of the data subject.", EXAMPLE_ID, format="uuid")
    ]
    position: Annotated[str, described("Position in the company.", "采购经理")]


class RecordTold(Told):
    """What the record of a customer said at an instant."""

    name: Annotated[str, described("Name.", "靖江市春意空调有限公司")]
    address: Annotated[str, described("Address.", "靖江市人民路1号")]
    industry: Annotated[str, described("Industry.", "空调")]
    contacts: Annotated[list[PersonThen], described("Its contact persons.", [])]


KnownAt = Annotated[
    Instant | None,
    described("By what was recorded by then; null: by everything.", None),
]


class ReplayTold(Told):
    """A customer's life, event by event, refusals included."""

    customer_id: CustomerId
    steps: Annotated[list[StepTold], described("The steps, in the order of the log.", [])]
    situation: Annotated[
        SituationTold | None,
        described(
            "How it stands at `at`, recorded or not: a passed deadline is over. Null: not "
            "registered yet.",
            None,
        ),
    ]
    record: Annotated[
        RecordTold | None,
        described("What its record said at `at`; null: not registered yet, or hidden.", None),
    ]
    details_hidden: Hidden
    position: ViewPosition
    at: At
    known_at: KnownAt


class OutcomeTold(Told):
    """How a customer would stand after a decision."""

    decision: Annotated[str, described("The decision, as its command takes it.", "pass")]
    state: StateField
    holder: Holder
    until: Annotated[
        Instant | None,
        described("When that would be over by itself; null: no deadline would run.", EXAMPLE_LATER),
    ]


class RightTold(Told):
    """Whether one command is allowed."""

    command: Annotated[str, described("The command, as in the permissions.", "claim")]
    allowed: Annotated[bool, described("Whether the member may, at that instant.", False)]
    rule: Annotated[
        str | None,
        described("Slug of the rule that forbids it (`/problems/<slug>`); null: none.", "barred"),
    ]
    clause: Annotated[str | None, described("Clause behind that rule; null: none.", "S1-037")]
    until: Annotated[
        Instant | None,
        described(
            "From when on the rule forbids it no more, where that is known. A stranger sees a "
            "deadline to the day.",
            EXAMPLE_LATER,
        ),
    ]
    needs: Annotated[
        list[str], described("Roles of which one would do, where roles are in the way.", [])
    ]
    condition: Annotated[
        Literal["own", "department"] | None,
        described(
            "Where roles are in the way, how far the member's own reach: `department` to his "
            "department and those below it; null: not at all.",
            None,
        ),
    ]
    outcomes: Annotated[
        list[OutcomeTold],
        described(
            "Of a claim or an application that waits for the caller's own decision: what each way "
            "of deciding it would lead to.",
            [],
        ),
    ]


class RightsTold(Told):
    """What a member may do with a customer at an instant."""

    customer_id: CustomerId
    member: Annotated[str, described("Whose rights these are.", "zhang-wei")]
    rights: Annotated[list[RightTold], described("Every command on a customer.", [])]
    at: At
    known_at: KnownAt
