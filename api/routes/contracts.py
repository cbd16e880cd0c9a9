"""Commands on contracts: draw, take its steps, confirm, void."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from api.answers import Answer
from api.models.contracts import (
    ConfirmationBody,
    ContractNumberBody,
    ContractStepsBody,
    VoidBody,
)
from api.models.receipts import ContractReceipt
from api.openapi import customer_command
from api.routes.calls import Commanded
from api.routes.parameters import ContractNumber, CustomerId
from api.strict_route import StrictRoute

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/v1/customers/{customer_id}/contracts",
    **customer_command(
        "contracts",
        "Draw a contract in advance",
        ContractReceipt,
        permission="draw-contract",
        problems=["not-the-holder", "wrong-stage", "number-taken"],
        status=201,
    ),
)
def draw_contract(customer_id: CustomerId, body: ContractNumberBody, call: Commanded) -> Answer:
    """Draws a contract under a number of its own, by the holder of an intent or formal customer.

    A drawn contract that is not signed in time expires, and its number may be drawn again.
    """
    receipt = call.application.draw_contract(call.order, customer_id, number=body.number)
    return call.answer(receipt, status=201)


@router.patch(
    "/v1/customers/{customer_id}/contracts/{number}",
    **customer_command(
        "contracts",
        "Take the next steps of a contract",
        ContractReceipt,
        permission="detail-contract",
        problems=["not-the-holder", "wrong-stage", "too-late"],
    ),
)
def detail_contract(
    customer_id: CustomerId, number: ContractNumber, body: ContractStepsBody, call: Commanded
) -> Answer:
    """Takes the steps that are sent, in their fixed order, all or none: type, signed_on (this is
    the signature), payment_method, buyer, products, promises.

    A signature before the deadline keeps the protection alive until the contract is confirmed, at
    the latest until `held_over_until`.
    """
    receipt = call.application.detail_contract(call.order, customer_id, number, steps=body.steps())
    return call.answer(receipt)


@router.post(
    "/v1/customers/{customer_id}/contracts/{number}/confirm",
    **customer_command(
        "contracts",
        "Confirm a complete contract",
        ContractReceipt,
        permission="confirm-contract",
        problems=["nothing-pending", "own-decision", "wrong-stage"],
    ),
)
def confirm_contract(
    customer_id: CustomerId,
    number: ContractNumber,
    call: Commanded,
    body: Annotated[ConfirmationBody | None, Body()] = None,  # noqa: ARG001
) -> Answer:
    """Confirms a contract of which every step was taken: the customer is formal from now on.

    By the roles that the rulebook names, and by nobody who ever claimed or held the customer.
    """
    return call.answer(call.application.confirm_contract(call.order, customer_id, number))


@router.post(
    "/v1/customers/{customer_id}/contracts/{number}/void",
    **customer_command(
        "contracts",
        "Declare a contract void",
        ContractReceipt,
        permission="void-contract",
        problems=["not-the-holder", "wrong-stage", "own-decision", "nothing-pending"],
    ),
)
def void_contract(
    customer_id: CustomerId, number: ContractNumber, body: VoidBody, call: Commanded
) -> Answer:
    """Ends a contract: an open one by the holder, any by who may confirm and has no part in it.

    A formal customer stays formal.
    """
    receipt = call.application.void_contract(call.order, customer_id, number, reason=body.reason)
    return call.answer(receipt)
