"""Commands on applications: for intent, for more time, and their decisions."""

from __future__ import annotations

from fastapi import APIRouter

from api.answers import Answer
from api.models.applications import (
    ExtensionBody,
    ExtensionDecisionBody,
    IntentBody,
    IntentDecisionBody,
)
from api.models.receipts import CustomerReceipt
from api.openapi import customer_command
from api.routes.calls import Commanded
from api.routes.parameters import CustomerId
from api.strict_route import StrictRoute

router = APIRouter(route_class=StrictRoute)
_ASKING = ("not-the-holder", "wrong-stage", "already-pending", "too-late")
_DECIDING = ("nothing-pending", "own-decision")


@router.post(
    "/v1/customers/{customer_id}/intent",
    **customer_command(
        "protection",
        "Ask to make it an intent customer",
        CustomerReceipt,
        permission="intent",
        problems=_ASKING,
        status=201,
    ),
)
def request_intent(customer_id: CustomerId, body: IntentBody, call: Commanded) -> Answer:
    """Asks for intent, by the holder of a potential customer, before the deadline.

    Until it is decided the protection stays alive, at the latest until `held_over_until`.
    """
    receipt = call.application.request_intent(call.order, customer_id, reason=body.reason)
    return call.answer(receipt, status=201)


@router.post(
    "/v1/customers/{customer_id}/intent/decision",
    **customer_command(
        "protection",
        "Decide an application for intent",
        CustomerReceipt,
        permission="decide-intent",
        problems=_DECIDING,
    ),
)
def decide_intent(customer_id: CustomerId, body: IntentDecisionBody, call: Commanded) -> Answer:
    """Grants intent, for its full term, or refuses it; then the old deadline stands.

    By the roles that the rulebook names, and by nobody who ever claimed or held the customer.
    """
    receipt = call.application.decide_intent(
        call.order, customer_id, decision=body.decision, reason=body.reason
    )
    return call.answer(receipt)


@router.post(
    "/v1/customers/{customer_id}/extension",
    **customer_command(
        "protection",
        "Ask for a later deadline",
        CustomerReceipt,
        permission="extension",
        problems=(*_ASKING, "extensions-used-up"),
        status=201,
    ),
)
def request_extension(customer_id: CustomerId, body: ExtensionBody, call: Commanded) -> Answer:
    """Asks for more time, by the holder, before the deadline and within the rulebook's window.

    Until it is decided the protection stays alive, at the latest until `held_over_until`.
    """
    receipt = call.application.request_extension(
        call.order, customer_id, reason=body.reason, days=body.days
    )
    return call.answer(receipt, status=201)


@router.post(
    "/v1/customers/{customer_id}/extension/decision",
    **customer_command(
        "protection",
        "Decide an application for more time",
        CustomerReceipt,
        permission="decide-extension",
        problems=_DECIDING,
    ),
)
def decide_extension(
    customer_id: CustomerId, body: ExtensionDecisionBody, call: Commanded
) -> Answer:
    """Grants days, counted from the old deadline, or refuses; then the old deadline stands.

    By the roles that the rulebook names, and by nobody who ever claimed or held the customer.
    """
    receipt = call.application.decide_extension(
        call.order, customer_id, decision=body.decision, days=body.days, reason=body.reason
    )
    return call.answer(receipt)
