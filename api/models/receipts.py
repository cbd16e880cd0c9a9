"""What the commands answer."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from api.models.fields import (
    EXAMPLE_HELD_OVER,
    EXAMPLE_ID,
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Instant,
    Told,
    at_times,
    described,
)

State = Literal["pool", "waiting", "rejected", "potential", "intent", "formal", "merged"]

CustomerId = Annotated[UUID, described("Id of the customer.", EXAMPLE_ID, format="uuid")]
Position = Annotated[
    int,
    described("Place in the whole log; send it as Tenure-Min-Position to read your write.", 4711),
]
StateField = Annotated[
    State,
    described("Where the customer stands: in the `pool`, or in a stage of protection.", "waiting"),
]
Holder = Annotated[
    str | None,
    described(
        "Member who protects the customer; null in the pool, and while a group holds it.",
        "zhang-wei",
    ),
]
Until = Annotated[
    Instant | None,
    described(
        "Deadline of the protection; null where none runs (in the pool, or under review).",
        EXAMPLE_LATER,
    ),
]
HeldOverBy = Literal["intent", "extension", "contract"]


class LikenessTold(Told):
    """Another customer that the collision check found."""

    customer_id: CustomerId
    match: Annotated[
        Literal["same", "similar", "phone"], described("How it resembles this one.", "similar")
    ]


class StreamReceipt(Told):
    """What a command on a member or a rulebook answers."""

    version: Annotated[int, described("Version of the stream, as in the ETag.", 2)]
    position: Position


class CustomerReceipt(Told):
    """Where the customer stands after the command."""

    customer_id: CustomerId
    version: Annotated[int, described("Version of the customer, as in the ETag.", 2)]
    position: Position
    state: StateField
    holder: Holder
    until: Until
    group: Annotated[
        Literal["after-sales"],
        at_times("The group that holds it while no person of it is named.", "after-sales"),
    ]
    held_over_by: Annotated[
        HeldOverBy,
        at_times(
            "What keeps the protection alive beyond `until`: an application, or a signature that "
            "waits for its confirmation.",
            "extension",
        ),
    ]
    held_over_until: Annotated[
        Instant,
        at_times("When the protection is over if that is not decided.", EXAMPLE_HELD_OVER),
    ]


class RegisterReceipt(CustomerReceipt):
    """A customer was registered; nobody holds it yet."""

    state: Annotated[State, described("A new customer is in the `pool`.", "pool")]
    holder: Annotated[str | None, described("Nobody holds a new customer.", None)]
    until: Annotated[Instant | None, described("No deadline runs.", None)]
    collision: Annotated[
        list[LikenessTold],
        described("What the collision check found, and an override explained away.", []),
    ]
    warnings: Annotated[
        list[str],
        described("Soft findings on the name, which the reviewer sees.", ["region-missing"]),
    ]


class ClaimReceipt(CustomerReceipt):
    """The claim is recorded: others are blocked from now on."""

    correction: Annotated[
        bool, described("True where a refused claim was corrected; it keeps its time.", False)
    ]


class ProfileReceipt(CustomerReceipt):
    """The record is corrected."""

    collision: Annotated[
        list[LikenessTold], described("What the collision check of the new values found.", [])
    ]


class ContactReceipt(CustomerReceipt):
    """The contact person is filled in."""

    contact_id: Annotated[UUID, described("Id of the new contact.", EXAMPLE_ID, format="uuid")]


class ContractReceipt(CustomerReceipt):
    """The contract is one step further."""

    number: Annotated[
        str,
        described(
            "Number of the contract as it is kept: full-width signs made plain.", "HT-2026-0117"
        ),
    ]


class DuplicateReceipt(CustomerReceipt):
    """The duplicate is reported, and waits for its resolution."""

    report: Annotated[int, described("Number of the report, to resolve it by.", 1)]


class ResolutionReceipt(CustomerReceipt):
    """The report is decided."""

    into: Annotated[
        UUID,
        at_times("The record that answers from now on, where they were merged.", EXAMPLE_ID),
    ]


class DisputeReceipt(CustomerReceipt):
    """The dispute is open, and waits for its ruling."""

    dispute: Annotated[int, described("Number of the dispute, to rule it by.", 1)]


class RulingReceipt(CustomerReceipt):
    """The dispute is ruled; the customer stands as the ruling says."""

    dispute: Annotated[int, described("Number of the dispute.", 1)]
    ruling: Annotated[
        Literal["uphold", "move", "restore"], described("What the ruling says.", "restore")
    ]


class LeaveReceipt(StreamReceipt):
    """The member's leaving is arranged."""

    leaves_at: Annotated[
        Instant,
        described("From this instant on the member has no rights and no tokens.", EXAMPLE_LATER),
    ]
    customers: Annotated[int, described("How many customers the member holds.", 12)]


class TokenReceipt(StreamReceipt):
    """A token was made. It is shown this once; a replayed answer has none."""

    token_id: Annotated[
        UUID, described("Id of the token, to revoke it by.", EXAMPLE_ID, format="uuid")
    ]
    token: Annotated[
        str | None,
        described("The bearer token.", "tnr.zhang-wei.9pYQm0cV6bW2hT1rX8sK4uE7nL3jA5dF0gZtHyRqMwo"),
    ] = None


class RulebookReceipt(Told):
    """A version of the rules was adopted."""

    version: Annotated[str, described("Name of the version.", "2")]
    position: Position
    effective_from: Annotated[Instant, described("From when it decides.", EXAMPLE_INSTANT)]
