"""Commands on duplicates: two records of one company."""

from __future__ import annotations

from fastapi import APIRouter

from api.answers import Answer
from api.models.duplicates import DuplicateBody, ResolutionBody
from api.models.receipts import DuplicateReceipt, ResolutionReceipt
from api.openapi import customer_command
from api.routes.calls import Commanded
from api.routes.parameters import CustomerId, ReportNumber
from api.strict_route import StrictRoute

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/v1/customers/{customer_id}/duplicates",
    **customer_command(
        "customers",
        "Report a duplicate",
        DuplicateReceipt,
        permission="report-duplicate",
        problems=["already-pending"],
        status=201,
    ),
)
def report_duplicate(customer_id: CustomerId, body: DuplicateBody, call: Commanded) -> Answer:
    """Reports that this record and another are one company. Anybody may; it changes nobody's
    protection until the service centre has decided."""
    receipt = call.application.report_duplicate(
        call.order, customer_id, of=body.of, statement=body.statement
    )
    return call.answer(call.for_a_stranger(receipt), status=201)


@router.post(
    "/v1/customers/{customer_id}/duplicates/{report}/resolution",
    **customer_command(
        "customers",
        "Decide a report of a duplicate",
        ResolutionReceipt,
        permission="resolve-duplicate",
        problems=["already-pending", "nothing-pending", "own-decision"],
    ),
)
def resolve_duplicate(
    customer_id: CustomerId, report: ReportNumber, body: ResolutionBody, call: Commanded
) -> Answer:
    """Merges this record into the other, or declares them two companies (reviewers).

    Merged: of two protections the earlier stands, on the other record, which has contacts,
    contracts and bars of both. This one keeps its history and answers `merged` from then on.
    """
    receipt = call.application.resolve_duplicate(
        call.order, customer_id, report, resolution=body.resolution, reason=body.reason
    )
    return call.answer(receipt)
