"""Questions about one company: who has it, what is on its card, who had it when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.answers import Answer
from api.disclosure import NOT_A_PARTY, Disclosure
from api.explanations import explanation, logged_event, past_event
from api.models.customers import Collisions, CustomerCard
from api.models.fields import EXAMPLE_INSTANT
from api.models.past import HistoryPage, HolderTold
from api.openapi import query
from api.routes.calls import Asked, QueryCall
from api.routes.cards import card_answer
from api.routes.parameters import CustomerId, Paged, QueryInstant, Questions, Searched, searched
from domain.errors import FieldProblem, Invalid, NotFound
from domain.phones import PhoneProblem, normalise_phone
from domain.replay import Answer as AsOf
from projections import audit, customer_search

router = APIRouter()
POSITION_MAX = 2**63 - 1


class CollisionQuestions(Questions):
    """A name, a phone, or both."""

    name: Annotated[Searched | None, searched("Name or part of it, in any spelling.", "春意")] = (
        None
    )
    phone: Annotated[Searched | None, searched("Phone number.", "13800138000")] = None
    limit: Annotated[
        int, Field(ge=1, le=100, description="Records at most, 1 to 100.", examples=[20])
    ] = 20


@router.get("/v1/collisions", **query("questions", "Who already has this company?", Collisions))
def collisions(asked: Annotated[CollisionQuestions, Query()], call: Asked) -> Answer:
    """The collision check: records of the same or a similar name, with part of it, or that phone.

    Everybody signed in may ask, and sees name, state, holder and deadline.
    """
    signed = call.signed()
    phone_hash = _phone_hash(call, asked.phone) if asked.phone else None
    if not asked.name and phone_hash is None:
        raise Invalid(FieldProblem("name", "missing", "请填写名称或电话", "or `phone` is required"))
    disclosure = Disclosure(signed, call.application)
    with call.view(customer_search.VIEW) as cursor:
        found, position = customer_search.collisions(
            cursor,
            now=signed.at,
            name=asked.name or None,
            phone_hash=phone_hash,
            limit=asked.limit,
        )
    items = [
        {
            "customer_id": like.customer_id,
            "name": like.name,
            "state": like.state,
            "holder": like.holder,
            "protected_until": disclosure.deadline(
                like.protected_until, holder=like.holder, state=like.state
            ),
            "match": like.match,
        }
        for like in found
    ]
    return call.answer({"items": items, "position": position, "at": signed.at}, position=position)


@router.get(
    "/v1/customers/{customer_id}",
    **query("customers", "A customer's card", CustomerCard, problems=["not-found"]),
)
def card(customer_id: CustomerId, call: Asked) -> Answer:
    """Everything that the caller may see of one customer, as of now.

    Contacts, phones and notes are for the holder and those whose task is to look at any customer;
    for others they are null, with the reason in `details_hidden`.
    """
    signed = call.signed()
    with call.view(customer_search.VIEW) as cursor:
        found, position = customer_search.card(cursor, customer_id, now=signed.at)
    if found is None:
        raise NotFound("customer", customer_id)
    return card_answer(call, Disclosure(signed, call.application), found, position)


@router.get(
    "/v1/customers/{customer_id}/history",
    **query("questions", "A customer's events in words", HistoryPage, problems=["not-found"]),
)
def history(customer_id: CustomerId, asked: Annotated[Paged, Query()], call: Asked) -> Answer:
    """The customer's own events, with the refusals about it between them, in the log's order."""
    signed = call.signed()
    filters = {"customer": str(customer_id)}
    after = call.cursor_key("history", filters, asked.after)
    with call.view(audit.NAME, customer_search.VIEW) as cursor:
        found, _ = customer_search.card(cursor, customer_id, now=signed.at)
        if found is None:
            raise NotFound("customer", customer_id)
        page = audit.history(cursor, customer_id, limit=asked.limit, after=after)
    sees_details = Disclosure(signed, call.application).sees_details(found.holder, found.state)
    return call.page_answer(
        "history",
        filters,
        items=[
            logged_event(entry, call.language, sees_details=sees_details) for entry in page.items
        ],
        following=page.next,
        position=page.position,
        at=signed.at,
        details_hidden=None if sees_details else NOT_A_PARTY,
    )


class HolderQuestions(Questions):
    """Which instant, and what was known when."""

    at: Annotated[
        QueryInstant | None,
        Field(description="The instant asked about; left out: now.", examples=[EXAMPLE_INSTANT]),
    ] = None
    known_at: Annotated[
        QueryInstant | None,
        Field(
            description="Only events recorded by this instant, and what follows from them.",
            examples=[EXAMPLE_INSTANT],
        ),
    ] = None
    known_position: Annotated[
        int | None,
        Field(
            ge=0,
            le=POSITION_MAX,
            description="Only events up to this place in the log.",
            examples=[4711],
        ),
    ] = None


@router.get(
    "/v1/customers/{customer_id}/holder",
    **query(
        "questions",
        "Who held it at an instant?",
        HolderTold,
        problems=["not-found"],
        is_view=False,
    ),
)
def holder(
    customer_id: CustomerId, asked: Annotated[HolderQuestions, Query()], call: Asked
) -> Answer:
    """Folded from the customer's own events: who protected it at `at`, and by which of them.

    With `known_at` or `known_position`: what was known then. A deadline counts as an end, whether
    or not anybody had written it down.
    """
    disclosure = Disclosure(call.signed(), call.application)

    def held_at(at: datetime | None) -> AsOf:
        return call.application.holder_at(
            customer_id, at=at, known_at=asked.known_at, known_position=asked.known_position
        )

    found = held_at(asked.at)
    future = disclosure.future(found.at)
    if future != found.at and not _sees_details(disclosure, found):
        found = replace(held_at(future), at=found.at)
    return call.answer(_told(call, disclosure, found), position=found.known_position)


def _told(call: QueryCall, disclosure: Disclosure, found: AsOf) -> dict[str, Any]:
    """The answer as the caller may read it."""
    told = found.interval or found.last
    until = disclosure.deadline(told.until, holder=told.holder, state=told.stage) if told else None
    interval: Any = found.interval
    sees_details = _sees_details(disclosure, found)
    return {
        "customer_id": found.customer_id,
        "holder": found.holder,
        "stage": found.stage,
        "claimed_at": interval and interval.claimed_at,
        "in_force_since": interval and interval.in_force_since,
        "since": interval and interval.since,
        "until": until if interval else None,
        "ended": found.ended,
        "grounds": [
            past_event(past, call.language, sees_details=sees_details) for past in found.grounds
        ],
        "rulebook": interval and interval.rulebook,
        "explanation": explanation(found, until, call.language),
        "at": found.at,
        "known_at": found.known_at,
        "position": found.known_position,
    }


def _sees_details(disclosure: Disclosure, found: AsOf) -> bool:
    """True where the caller may read the notes of the tenure that the answer rests on."""
    told = found.interval or found.last
    return disclosure.sees_details(told.holder if told else None, told.stage if told else "pool")


def _phone_hash(call: QueryCall, phone: str) -> str:
    """The keyed hash of a phone. Raises Invalid."""
    try:
        return call.application.phone_hash(normalise_phone(phone))
    except PhoneProblem as problem:
        raise Invalid.field("phone", problem.code, zh=problem.zh, en=problem.en) from problem
