"""Data subjects: ask for an erasure, confirm it as somebody else, lift it (PIPL art. 47)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field

from api import subjects as told
from api.answers import Answer
from api.disclosure import Disclosure
from api.models.fields import EXAMPLE_ID
from api.models.subjects import ErasureBody, LiftBody, SubjectList, SubjectReceipt, SubjectTold
from api.openapi import command, query
from api.routes.calls import Asked, Commanded, require
from api.routes.parameters import Questions
from api.strict_route import StrictRoute
from domain.errors import NotFound
from projections import subjects
from projections.positions import position_of

router = APIRouter(route_class=StrictRoute)
SubjectId = Annotated[UUID, Path(description="Id of the data subject.", examples=[EXAMPLE_ID])]
_TAG = "customers"


class SubjectQuestions(Questions):
    """Whose subjects."""

    customer: Annotated[
        UUID | None,
        Field(
            description="Of this customer; left out: all whose erasure waits to be confirmed.",
            examples=[EXAMPLE_ID],
        ),
    ] = None


@router.get(
    "/v1/subjects",
    **query(
        _TAG,
        "Whose data lies on a record?",
        SubjectList,
        permission="see-subjects",
        problems=["not-allowed"],
    ),
)
def subjects_of(asked: Annotated[SubjectQuestions, Query()], call: Asked) -> Answer:
    """The people whose data a customer's record holds, and its phone; without a customer, every
    subject whose erasure waits to be confirmed, the longest waiting first."""
    signed = call.signed()
    disclosure = Disclosure(signed, call.application)
    with call.view(subjects.VIEW) as cursor:
        if asked.customer is not None:
            held = subjects.held_by(cursor, asked.customer)
        else:
            held = [
                one for found in told.waiting(cursor) for one in subjects.held_of(cursor, found)
            ]
        shown = told.held_told(cursor, disclosure, held)
        position = position_of(cursor, subjects.VIEW)
    known = call.application.subjects({one.subject_id for one in held})
    items = told.lines(shown, known)
    return call.answer({"items": items, "position": position, "at": signed.at}, position=position)


@router.get(
    "/v1/subjects/{subject_id}",
    **query(
        _TAG,
        "Where a person's data lies, and where it went",
        SubjectTold,
        permission="see-subjects",
        problems=["not-allowed", "not-found"],
    ),
)
def subject(subject_id: SubjectId, call: Asked) -> Answer:
    """The records that hold the data, the exports and webhooks since it was recorded, and what
    became of it. Names and phones are on the customer's card, for those who may see them."""
    signed = call.signed()
    known = call.application.subjects([subject_id]).get(subject_id)
    disclosure = Disclosure(signed, call.application)
    with call.view(subjects.VIEW) as cursor:
        held = subjects.held_of(cursor, subject_id)
        position = position_of(cursor, subjects.VIEW)
        if not held and known is None:
            raise NotFound("subject", subject_id)
        customers = {one.customer_id for one in held} | set(known.customers if known else ())
        since = min([one.recorded_at for one in held] or [signed.at])
        shown = told.held_told(cursor, disclosure, held)
        exports = told.exports(cursor, customers, since)
        destroyed_at = told.destroyed_at(cursor, subject_id)
    answer = {
        "subject_id": subject_id,
        "state": known.state if known else "open",
        "held": shown,
        "erasure": told.erasure(known),
        "key_destroyed_at": destroyed_at,
        "exports": exports.lines,
        "exports_left_off": exports.left_off,
        "webhooks": told.receivers(call.service, since),
        "position": position,
        "at": signed.at,
    }
    return call.answer(answer, position=position)


@router.post(
    "/v1/subjects/{subject_id}/erase",
    **command(
        _TAG,
        "Ask for a person's data to be erased",
        SubjectReceipt,
        permission="ask-erasure",
        problems=["already-pending", "already-erased", "view-behind"],
    ),
)
def ask(subject_id: SubjectId, body: ErasureBody, call: Commanded) -> Answer:
    """Restricts the data of a contact person, or the phone of a company: from now on it is shown
    to nobody and found by nobody, until somebody else confirms or it is lifted. Protections and
    follow-ups go on (reviewers, customer managers, administrators)."""
    require(call.application.authenticate(call.order.credentials), "ask-erasure")
    with call.settled_view(subjects.VIEW) as cursor:
        customers = subjects.customers_of(cursor, subject_id)
    receipt = call.application.ask_erasure(
        call.order,
        subject_id,
        customers=customers,
        ground=body.ground,
        reason=body.reason,
    )
    return call.answer(receipt)


@router.post(
    "/v1/subjects/{subject_id}/erase/confirm",
    **command(
        _TAG,
        "Confirm an erasure",
        SubjectReceipt,
        permission="confirm-erasure",
        problems=["own-decision", "nothing-pending", "already-erased"],
    ),
)
def confirm(subject_id: SubjectId, call: Commanded) -> Answer:
    """Destroys the key of the data, for good: not by who asked (risk control, directors,
    administrators). Who holds the customer, and every other fact, stands."""
    return call.answer(call.application.confirm_erasure(call.order, subject_id))


@router.post(
    "/v1/subjects/{subject_id}/restriction/lift",
    **command(
        _TAG,
        "Lift a restriction",
        SubjectReceipt,
        permission="lift-restriction",
        problems=["nothing-pending", "already-erased"],
    ),
)
def lift(subject_id: SubjectId, body: LiftBody, call: Commanded) -> Answer:
    """Uses the data again as before; nothing was erased."""
    receipt = call.application.lift_restriction(call.order, subject_id, reason=body.reason)
    return call.answer(receipt)
