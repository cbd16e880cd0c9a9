"""Requests to read details: bodies of the commands, and what the questions answer (S4-41)."""

from __future__ import annotations

from typing import Annotated, Literal

from api.models.bodies import Reason
from api.models.customers import At, Next, ViewPosition
from api.models.fields import (
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Body,
    Instant,
    Told,
    WholeNumber,
    described,
)
from api.models.receipts import CustomerId, Position
from domain.details import DAYS_MAX

RequestState = Annotated[
    Literal["open", "granted", "refused"],
    described("`open`: it waits for somebody else's decision.", "open"),
]
Requester = Annotated[str, described("Who asked.", "li-na")]
GrantedUntil = Annotated[
    Instant | None,
    described("The first instant at which the grant is over; null: none was given.", None),
]


class DetailsRequestBody(Body):
    """Asks to read a customer's details."""

    reason: Reason
    days: Annotated[WholeNumber, described("For how many days.", 7, minimum=1, maximum=DAYS_MAX)]


class DetailsDecisionBody(Body):
    """Grants what a member asked for, or refuses it."""

    decision: Annotated[
        Literal["grant", "refuse"], described("What becomes of the request.", "grant")
    ]
    reason: Reason
    days: Annotated[
        WholeNumber | None,
        described(
            "For how many days; left out: as many as were asked for.",
            7,
            minimum=1,
            maximum=DAYS_MAX,
        ),
    ] = None


class DetailsReceipt(Told):
    """Where the request stands after the command."""

    customer_id: CustomerId
    member: Requester
    state: RequestState
    until: GrantedUntil
    version: Annotated[int, described("Version of the requests' stream, as in the ETag.", 1)]
    position: Position


class DetailsRequestTold(Told):
    """A request, and what became of it."""

    customer_id: CustomerId
    name: Annotated[str | None, described("What the customer is called.", "靖江市春意空调有限公司")]
    member: Requester
    asked_at: Annotated[Instant, described("When it was made.", EXAMPLE_INSTANT)]
    days: Annotated[int, described("For how many days.", 7)]
    reason: Annotated[str, described("For what business.", "售前方案需核对联系人")]
    state: RequestState
    decided_by: Annotated[str | None, described("Who decided; null: it is open.", None)]
    decided_at: Annotated[
        Instant | None, described("When it was decided; null: it is open.", EXAMPLE_LATER)
    ]
    decision_reason: Annotated[
        str | None, described("Why it was decided so; null: it is open.", None)
    ]
    until: GrantedUntil
    position: Annotated[int, described("Place of the request in the log.", 4711)]


class DetailsRequestPage(Told):
    """Requests, the newest first."""

    items: Annotated[list[DetailsRequestTold], described("The requests of this page.", [])]
    next: Next
    position: ViewPosition
    at: At
