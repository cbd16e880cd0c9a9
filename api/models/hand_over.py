"""Bodies of the commands by which a customer comes into other hands."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from api.models.bodies import Reason
from api.models.fields import EXAMPLE_ID, Body, Instant, described

Receiver = Annotated[
    str, described("Sign-in name of the member who is to have it.", "li-na", maxLength=40)
]


class TransferBody(Body):
    """Gives the customer to another member; stage, deadline and open applications stay."""

    to: Receiver
    reason: Reason


class RemovalBody(Body):
    """Takes the holder off the record: the customer is public."""

    reason: Reason


class AfterSalesBody(Body):
    """Names the person of after-sales who is responsible for a formal customer."""

    to: Receiver


class HandOverBody(Body):
    """Who takes over one customer of the leaver."""

    customer_id: Annotated[
        UUID, described("The customer; the leaver must hold it.", EXAMPLE_ID, format="uuid")
    ]
    to: Receiver


class LeaveBody(Body):
    """A member leaves: from when on, and who takes over what."""

    leaves_at: Annotated[
        Instant | None,
        described(
            "From this instant on the member has no rights and no tokens; not in the past. "
            "Left out: from now on.",
            "2026-03-31T18:00:00+08:00",
        ),
    ] = None
    hand_over: Annotated[
        tuple[HandOverBody, ...],
        described(
            "Who takes over which customer. What is not named is public at that instant; a formal "
            "customer falls to after-sales.",
            [{"customer_id": EXAMPLE_ID, "to": "li-na"}],
        ),
    ] = ()
    reason: Reason
