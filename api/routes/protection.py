"""Commands on a protection: claim, withdraw, review, follow up, release."""

from __future__ import annotations

from fastapi import APIRouter

from api.answers import Answer
from api.models.bodies import ClaimBody, FollowUpBody, ReleaseBody, ReviewBody, WithdrawalBody
from api.models.receipts import ClaimReceipt, CustomerReceipt
from api.openapi import customer_command
from api.routes.calls import Commanded
from api.routes.parameters import CustomerId
from api.strict_route import StrictRoute

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/v1/customers/{customer_id}/claim",
    **customer_command(
        "protection",
        "Claim protection, or correct a refused claim",
        ClaimReceipt,
        permission="claim",
        problems=["already-protected", "barred", "pool-closed", "wrong-stage", "portfolio-full"],
        status=201,
    ),
)
def claim(customer_id: CustomerId, body: ClaimBody, call: Commanded) -> Answer:
    """Asks for protection for the caller. It blocks others from the instant it is recorded.

    A customer that was held before needs a `follow_up`, too. By the claimant of a refused claim
    this is its correction, and the claim keeps its time.
    """
    receipt = call.application.claim(
        call.order,
        customer_id,
        contact=body.contact.typed(),
        follow_up=body.follow_up.typed() if body.follow_up else None,
    )
    return call.answer(receipt, status=201)


@router.post(
    "/v1/customers/{customer_id}/withdrawal",
    **customer_command(
        "protection",
        "Take a claim or an application back",
        CustomerReceipt,
        permission="withdraw",
        problems=["not-the-holder", "wrong-stage", "nothing-pending"],
    ),
)
def withdraw(customer_id: CustomerId, body: WithdrawalBody, call: Commanded) -> Answer:
    """Takes back a claim before it is in force, or an application before it is decided.

    A withdrawn claim is given up, and its bar begins. Without its application a protection that is
    past its deadline is over.
    """
    receipt = call.application.withdraw(call.order, customer_id, what=body.what, reason=body.reason)
    return call.answer(receipt)


@router.post(
    "/v1/customers/{customer_id}/review",
    **customer_command(
        "protection",
        "Decide a claim",
        CustomerReceipt,
        permission="review",
        problems=["own-decision", "nothing-pending", "earlier-claim", "wrong-stage"],
    ),
)
def review(customer_id: CustomerId, body: ReviewBody, call: Commanded) -> Answer:
    """Passes a claim, which puts it in force for its full term, or refuses it with a reason."""
    receipt = call.application.review(
        call.order,
        customer_id,
        decision=body.decision,
        reason=body.reason,
        different_company=body.different_company,
    )
    return call.answer(receipt)


@router.post(
    "/v1/customers/{customer_id}/follow-ups",
    **customer_command(
        "protection",
        "Note a contact with the customer",
        CustomerReceipt,
        permission="follow-up",
        problems=["not-the-holder", "wrong-stage"],
        status=201,
    ),
)
def follow_up(customer_id: CustomerId, body: FollowUpBody, call: Commanded) -> Answer:
    """Records what was said and when to make contact next. It moves no deadline."""
    receipt = call.application.follow_up(call.order, customer_id, follow_up=body.typed())
    return call.answer(receipt, status=201)


@router.post(
    "/v1/customers/{customer_id}/release",
    **customer_command(
        "protection",
        "Give a customer up",
        CustomerReceipt,
        permission="release",
        problems=["not-the-holder", "wrong-stage"],
    ),
)
def release(customer_id: CustomerId, body: ReleaseBody, call: Commanded) -> Answer:
    """Puts the customer into the pool; who gave it up may not claim it again for three days."""
    receipt = call.application.release(call.order, customer_id, reason=body.reason)
    return call.answer(receipt)
