"""Requests to read a customer's details: asked, decided by somebody else, looked up (S4-41)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.answers import Answer
from api.models.details import (
    DetailsDecisionBody,
    DetailsReceipt,
    DetailsRequestBody,
    DetailsRequestPage,
)
from api.models.fields import EXAMPLE_ID, Searched
from api.openapi import customer_command, query
from api.routes.calls import Asked, Commanded, require
from api.routes.parameters import CustomerId, MemberId, Paged, searched
from api.strict_route import StrictRoute
from domain.orders import Receipt
from domain.permissions import reach_of
from projections import customer_search, details_requests

router = APIRouter(route_class=StrictRoute)
SEE_REQUESTS = "see-details-requests"


@router.post(
    "/v1/customers/{customer_id}/details-requests",
    **customer_command(
        "customers",
        "Ask to read the details",
        DetailsReceipt,
        permission="ask-details",
        problems=["already-pending"],
        status=201,
    ),
)
def ask(customer_id: CustomerId, body: DetailsRequestBody, call: Commanded) -> Answer:
    """Asks to read the customer's contacts, phones and notes for at most 30 days, for a reason.
    Anybody may; nothing is shown until somebody else has granted it."""
    receipt = call.application.ask_details(
        call.order, customer_id, days=body.days, reason=body.reason
    )
    return call.answer(receipt, status=201, told=_told(receipt))


@router.post(
    "/v1/customers/{customer_id}/details-requests/{member}/decision",
    **customer_command(
        "customers",
        "Decide a request to read the details",
        DetailsReceipt,
        permission="decide-details",
        problems=["nothing-pending", "own-decision"],
    ),
)
def decide(
    customer_id: CustomerId, member: MemberId, body: DetailsDecisionBody, call: Commanded
) -> Answer:
    """Lets the member read the details until an instant, or refuses it; never one's own request.

    Of class A, marketing managers and directors grant alone. The grant of a customer manager opens
    nothing more once the customer is of class A.
    """
    receipt = call.application.decide_details(
        call.order,
        customer_id,
        member,
        decision=body.decision,
        days=body.days,
        reason=body.reason,
    )
    return call.answer(receipt, told=_told(receipt))


class RequestQuestions(Paged):
    """Filters of the requests."""

    state: Annotated[
        details_requests.RequestState | None,
        Field(description="What became of them.", examples=["open"]),
    ] = None
    member: Annotated[Searched | None, searched("Who asked.", "li-na")] = None
    customer: Annotated[
        UUID | None, Field(description="About this customer.", examples=[EXAMPLE_ID])
    ] = None
    scope: Annotated[
        Literal["mine"] | None,
        Field(
            description="`mine`: what waits for the caller's own decision, for those who decide.",
            examples=["mine"],
        ),
    ] = None


@router.get(
    "/v1/details-requests",
    **query(
        "views",
        "Requests to read details",
        DetailsRequestPage,
        permission=SEE_REQUESTS,
        problems=["not-allowed"],
    ),
)
def requests(asked: Annotated[RequestQuestions, Query()], call: Asked) -> Answer:
    """Requests for which every given filter holds, the newest first, with their decisions. For
    those who decide and who audit; others see their own."""
    signed = call.signed()
    is_mine = asked.scope == "mine"
    if is_mine:
        require(signed, "decide-details")
    sees_all = reach_of(signed.roles, SEE_REQUESTS) == "any"
    filters = {**asked.filters(), "of": None if sees_all and not is_mine else signed.member}
    after = call.cursor_key("details-requests", filters, asked.after)
    with call.view(details_requests.VIEW, customer_search.VIEW) as cursor:
        page = details_requests.details_requests(
            cursor,
            state=asked.state or ("open" if is_mine else None),
            member=asked.member if sees_all else signed.member,
            but_of=signed.member if is_mine else None,
            customer_id=asked.customer,
            limit=asked.limit,
            after=after,
        )
        names = customer_search.names_of(cursor, [found.customer_id for found in page.items])
    return call.page_answer(
        "details-requests",
        filters,
        items=[_line(found, names) for found in page.items],
        following=page.next,
        position=page.position,
        at=signed.at,
    )


def _line(found: details_requests.DetailsRequest, names: Mapping[UUID, str]) -> dict[str, Any]:
    told = {field.name: getattr(found, field.name) for field in fields(found)}
    return told | {"name": names.get(found.customer_id)}


def _told(receipt: Receipt) -> dict[str, Any]:
    """The receipt; one that is answered again was kept as JSON, its instant as text."""
    until = receipt.extra["until"]
    return {
        **receipt.extra,
        "until": datetime.fromisoformat(until) if isinstance(until, str) else until,
        "version": receipt.version,
        "position": receipt.position,
    }
