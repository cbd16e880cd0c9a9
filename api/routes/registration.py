"""Commands on the customer's record: register, fill in contacts, correct the profile."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter

from api.answers import Answer
from api.models.bodies import ContactBody, ProfileBody, RegisterBody
from api.models.receipts import ContactReceipt, ProfileReceipt, RegisterReceipt
from api.openapi import command, customer_command
from api.routes.calls import Commanded
from api.routes.parameters import CustomerId
from api.strict_route import StrictRoute
from domain.errors import Invalid

router = APIRouter(route_class=StrictRoute)
_CONTACT = "contact."


@router.post(
    "/v1/customers",
    **command(
        "customers",
        "Register a company",
        RegisterReceipt,
        permission="register",
        problems=["duplicate-name"],
        without=["not-found"],
        status=201,
    ),
)
def register(body: RegisterBody, call: Commanded) -> Answer:
    """Enters a company for the first time. This alone protects nobody: claim it next.

    The collision check runs inside the command: the same or a similar name is refused, a similar
    one only without an `override_reason`.
    """
    receipt = call.application.register(
        call.order,
        profile=body.profile,
        name=body.name,
        address=body.address,
        industry=body.industry,
        phone=body.phone,
        introduction=body.introduction,
        contacts=[contact.typed() for contact in body.contacts],
        override_reason=body.override_reason,
    )
    return call.answer(receipt, status=201, location=f"/v1/customers/{receipt.customer_id}")


@router.post(
    "/v1/customers/{customer_id}/contacts",
    **customer_command(
        "customers",
        "Add a contact person",
        ContactReceipt,
        permission="add-contact",
        problems=["not-the-holder"],
        status=201,
    ),
)
def add_contact(customer_id: CustomerId, body: ContactBody, call: Commanded) -> Answer:
    """Fills in a contact person, who is kept sealed."""
    try:
        receipt = call.application.add_contact(call.order, customer_id, contact=body.typed())
    except Invalid as error:
        raise Invalid(
            *(
                replace(problem, field=problem.field.removeprefix(_CONTACT))
                for problem in error.problems
            )
        ) from error
    return call.answer(receipt, status=201)


@router.patch(
    "/v1/customers/{customer_id}",
    **customer_command(
        "customers",
        "Correct the record",
        ProfileReceipt,
        permission="change-profile",
        problems=["duplicate-name", "not-the-holder"],
    ),
)
def change_profile(customer_id: CustomerId, body: ProfileBody, call: Commanded) -> Answer:
    """Changes the fields that are sent. A new name or phone runs the collision check again."""
    receipt = call.application.change_profile(
        call.order, customer_id, changes=body.changes(), override_reason=body.override_reason
    )
    return call.answer(receipt)
