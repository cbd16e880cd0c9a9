"""The command on the class of a customer (S4-37)."""

from __future__ import annotations

from fastapi import APIRouter

from api.answers import Answer
from api.models.classes import ClassBody, ClassReceipt
from api.openapi import customer_command
from api.routes.calls import Commanded
from api.routes.parameters import CustomerId
from api.strict_route import StrictRoute

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/v1/customers/{customer_id}/class",
    **customer_command(
        "customers", "Put a customer into a class", ClassReceipt, permission="classify"
    ),
)
def classify(customer_id: CustomerId, body: ClassBody, call: Commanded) -> Answer:
    """Says that the customer is of class A, B or C, or of none. It moves nobody's protection.

    Details of class A are for its holder, marketing managers, directors and auditors alone. Who
    says himself that a customer is of class A does not gain its details by that.
    """
    receipt = call.application.classify(
        call.order, customer_id, new=body.customer_class, reason=body.reason
    )
    return call.answer(receipt)
