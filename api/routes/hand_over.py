"""Commands by which a customer comes into other hands: transfer, removal, after-sales, leaving."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from api.answers import Answer
from api.models.hand_over import AfterSalesBody, LeaveBody, RemovalBody, TransferBody
from api.models.receipts import CustomerReceipt, LeaveReceipt
from api.openapi import command, customer_command
from api.routes.calls import CommandCall, Commanded
from api.routes.parameters import LIMIT_MAX, CustomerId, MemberId
from api.strict_route import StrictRoute
from domain import permissions
from domain.errors import Invalid
from projections import customer_search

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/v1/customers/{customer_id}/transfer",
    **customer_command(
        "protection",
        "Give a customer to another member",
        CustomerReceipt,
        permission="transfer",
        problems=["not-the-holder", "wrong-stage", "own-decision", "barred"],
    ),
)
def transfer(customer_id: CustomerId, body: TransferBody, call: Commanded) -> Answer:
    """Gives a customer to a member of pre-sales: stage, deadline and open applications stay.

    By managers and directors, who never take it themselves and have no part in it.
    """
    receipt = call.application.transfer(call.order, customer_id, to=body.to, reason=body.reason)
    return call.answer(receipt)


@router.post(
    "/v1/customers/{customer_id}/removal",
    **customer_command(
        "protection",
        "Take the holder off the record",
        CustomerReceipt,
        permission="remove-holder",
        problems=["not-the-holder", "wrong-stage", "own-decision"],
    ),
)
def remove_holder(customer_id: CustomerId, body: RemovalBody, call: Commanded) -> Answer:
    """Removes the holder of a customer that is not formal: it is public from now on.

    By managers and directors who have no part in it.
    """
    receipt = call.application.remove_holder(call.order, customer_id, reason=body.reason)
    return call.answer(receipt)


@router.post(
    "/v1/customers/{customer_id}/after-sales",
    **customer_command(
        "protection",
        "Name who is responsible for a formal customer",
        CustomerReceipt,
        permission="name-after-sales",
        problems=["not-the-holder", "wrong-stage", "own-decision"],
    ),
)
def name_after_sales(customer_id: CustomerId, body: AfterSalesBody, call: Commanded) -> Answer:
    """Names the person of after-sales who holds a formal customer (after-sales managers)."""
    receipt = call.application.name_after_sales(call.order, customer_id, to=body.to)
    return call.answer(receipt)


@router.post(
    "/v1/members/{member}/leave",
    **command(
        "people",
        "Arrange that a member leaves",
        LeaveReceipt,
        permission="leave",
        problems=["not-the-holder", "wrong-stage", "own-decision", "barred", "view-behind"],
    ),
)
def leave(member: MemberId, body: LeaveBody, call: Commanded) -> Answer:
    """Arranges, in one act, from when on a member has no rights and who takes over what.

    Deadlines and open applications of what is handed over stay. Customers that are not named are
    public from that instant on; formal ones fall to after-sales. By managers, of sales or of
    after-sales, and directors, never for themselves.
    """
    held = _held_by(call, member)
    hand_over = [(entry.customer_id, entry.to) for entry in body.hand_over]
    try:
        receipt = call.application.arrange_leave(
            call.order,
            member,
            leaves_at=body.leaves_at,
            hand_over=hand_over,
            reason=body.reason,
            held=held,
        )
    except Invalid as error:
        to = [receiver for _, receiver in hand_over]
        place = f"hand_over.{to.index(member)}.to" if member in to else "to"
        raise Invalid(
            *(
                replace(problem, field=place) if problem.field == "to" else problem
                for problem in error.problems
            )
        ) from error
    told = {
        "version": receipt.version,
        "position": receipt.position,
        "leaves_at": datetime.fromisoformat(receipt.extra["leaves_at"]),
        "customers": receipt.extra["customers"],
    }
    return call.answer(receipt, told=told)


def _held_by(call: CommandCall, member: str) -> list[UUID]:
    """Every customer that the member holds by all that is written so far. Raises ViewBehind.

    Empty for a caller whom the command will refuse: that need not wait for the view.
    """
    signed = call.application.authenticate(call.order.credentials)
    if not permissions.may(signed.roles, "leave"):
        return []
    held: list[UUID] = []
    after = None
    with call.settled_view(customer_search.VIEW) as cursor:
        while True:
            page = customer_search.customers(
                cursor, now=signed.at, holder=member, limit=LIMIT_MAX, after=after
            )
            held += [card.customer_id for card in page.items]
            if page.next is None:
                return held
            after = page.next
