"""A customer's life, step by step, and what a member may do with it at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.looks import fields_in, record_details
from api.answers import Answer
from api.disclosure import NOT_A_PARTY, Disclosure
from api.life_telling import Teller, fields_of, refusals_about, refused_in, situation_at
from api.models.fields import EXAMPLE_INSTANT, Searched
from api.models.life import ReplayTold, RightsTold
from api.openapi import query
from api.routes.calls import Asked, QueryCall
from api.routes.parameters import CustomerId, KnownThen, QueryInstant, searched
from api.veil import Veil
from domain.errors import NotFound
from domain.may import Right
from domain.replay import History
from domain.replaying import Situation, record_at, replay
from projections import audit
from projections.audit import AuditEntry

router = APIRouter()


class ReplayQuestions(KnownThen):
    """Up to which instant, and what was known when."""

    until: Annotated[
        QueryInstant | None,
        Field(
            description="Only what took effect by this instant; left out: everything so far.",
            examples=[EXAMPLE_INSTANT],
        ),
    ] = None


@router.get(
    "/v1/customers/{customer_id}/replay",
    **query(
        "questions",
        "A customer's life, step by step",
        ReplayTold,
        permission="see-customers",
        problems=["not-found", "details-used-up"],
    ),
)
def replayed(
    customer_id: CustomerId, asked: Annotated[ReplayQuestions, Query()], call: Asked
) -> Answer:
    """Every event of the customer and every refusal about it, with the situation that each led to
    and what it changed; and how the customer stands in the end, recorded or not.

    With `known_at` or `known_position`: what was known then, and what follows from it.
    """
    signed = call.signed()
    with call.view(audit.NAME) as cursor:
        refusals, position = refusals_about(cursor, customer_id)
    history = call.history(customer_id).known(known_at=None, known_position=position)
    if not history.events:
        raise NotFound("customer", customer_id)
    disclosure = Disclosure(signed, call)
    now = situation_at(call, history, signed.at)
    right = disclosure.right_to_situation(customer_id, now)
    sees_details = right is not None
    veil = _veil(disclosure, now, history, sees_details=sees_details)
    at = _veiled(veil, asked, asked.until or signed.at, signed.at)
    known_at = asked.known_at and _veiled(veil, asked, asked.known_at, signed.at)
    history = history.known(known_at=known_at, known_position=asked.known_position)
    teller = Teller(call, disclosure, veil, sees_details=sees_details)
    refused = refused_in(call, history, _known(refusals, known_at, asked))
    steps = list(teller.steps(replay(history, until=at), refused, at))
    stands = situation_at(call, history, at)
    fields = fields_in(step["event"] for step in steps)
    record_details(call, signed, "replay", fields, [customer_id], right=right)
    told = {
        "customer_id": customer_id,
        "steps": steps,
        "situation": teller.situation(stands) if stands else None,
        "record": teller.record(record_at(history, at)),
        "details_hidden": None if sees_details else NOT_A_PARTY,
        "position": position,
        "at": at,
        "known_at": known_at,
    }
    return call.answer(told, position=position)


def stood_at(customer_id: UUID, at: datetime, position: int, call: QueryCall) -> dict[str, Any]:
    """`situation` and `record` of `replayed` at an instant, by what is known at a position: who has
    shown the life with its details has kept that look."""
    signed = call.signed()
    history = call.history(customer_id).known(known_at=None, known_position=position)
    disclosure = Disclosure(signed, call)
    now = situation_at(call, history, signed.at)
    sees_details = disclosure.right_to_situation(customer_id, now) is not None
    veil = _veil(disclosure, now, history, sees_details=sees_details)
    at = veil.asked(min(at, signed.at), signed.at)
    stands = situation_at(call, history, at)
    teller = Teller(call, disclosure, veil, sees_details=sees_details)
    return {
        "situation": teller.situation(stands) if stands else None,
        "record": teller.record(record_at(history, at)),
    }


def _veil(
    disclosure: Disclosure, now: Situation | None, history: History, *, sees_details: bool
) -> Veil:
    """What of the life's instants the caller is not told exactly."""
    veil = disclosure.veil_of_situation(now, sees_details=sees_details)
    return veil.above(past.event.timestamp for past in history.events)


def _veiled(veil: Veil, asked: KnownThen, at: datetime, now: datetime) -> datetime:
    """The instant by which a question about `at`, at the latest now, is answered."""
    return veil.asked(min(at, now), now, as_known=asked.is_as_known)


def _known(
    refusals: Sequence[AuditEntry], known_at: datetime | None, asked: KnownThen
) -> list[AuditEntry]:
    """Those that had been recorded by what is asked about."""
    return [
        refusal
        for refusal in refusals
        if (known_at is None or refusal.recorded_at <= known_at)
        and (asked.known_position is None or refusal.position <= asked.known_position)
    ]


class RightsQuestions(KnownThen):
    """Whose rights, when, and what was known when."""

    member: Annotated[
        Searched | None, searched("Whose rights; left out: the caller's.", "zhang-wei")
    ] = None
    at: Annotated[
        QueryInstant | None,
        Field(description="At which instant; left out: now.", examples=[EXAMPLE_INSTANT]),
    ] = None


@router.get(
    "/v1/customers/{customer_id}/may",
    **query(
        "questions",
        "What may a member do with it, and what forbids the rest?",
        RightsTold,
        permission="see-customers",
        problems=["not-found"],
        is_view=False,
    ),
)
def may(customer_id: CustomerId, asked: Annotated[RightsQuestions, Query()], call: Asked) -> Answer:
    """Each command with the rule that forbids it, and until when, by the roles and the rules of
    that instant. Asks the very rules that the commands ask. With `known_at`: by what of the
    customer, the member and the rules was known then. A stranger is told what was so at the
    beginning of the day, since the customer was claimed by who holds it now."""
    signed = call.signed()
    disclosure = Disclosure(signed, call)
    history = call.history(customer_id)
    now = situation_at(call, history, signed.at)
    sees_details = disclosure.right_to_situation(customer_id, now) is not None
    member = asked.member or signed.member
    asked_at = asked.at or signed.at
    veil = _veil(disclosure, now, history, sees_details=sees_details)
    looked_at = asked_at
    if not sees_details:
        future = disclosure.future(asked_at)
        looked_at = veil.asked(future, signed.at, as_known=asked.is_as_known)
    known_at = asked.known_at and _veiled(veil, asked, asked.known_at, signed.at)
    rights, _ = call.application.rights(
        customer_id,
        member,
        at=looked_at,
        history=history,
        known_at=known_at,
        known_position=asked.known_position,
    )
    is_own = member == signed.member
    told = [_told(right, now, disclosure, veil, is_own=is_own) for right in rights]
    return call.answer(
        {
            "customer_id": customer_id,
            "member": member,
            "rights": told,
            "at": asked_at,
            "known_at": known_at,
        }
    )


def _told(
    right: Right, now: Situation | None, disclosure: Disclosure, veil: Veil, *, is_own: bool
) -> dict[str, Any]:
    """A right as the caller may read it. is_own: it is the caller's."""
    until = right.until
    if right.rule == "already-protected" and now is not None:
        whose = {"holder": now.holder, "state": now.state, "department": now.department}
        until = veil.deadline(disclosure.deadline(until, **whose))
    outcomes = right.outcomes if is_own else ()
    return {**fields_of(right), "until": until, "outcomes": outcomes}
