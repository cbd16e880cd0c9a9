"""Questions about one company: who has it, what is on its card, who had it when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.looks import fields_in, record_details
from api.access.searches import record_search
from api.answers import Answer
from api.disclosure import NOT_A_PARTY, Disclosure
from api.explanations import explanation, logged_event, past_event
from api.languages import Language
from api.life_telling import situation_at
from api.models.customers import Collisions, CustomerCard
from api.models.fields import EXAMPLE_INSTANT, Searched
from api.models.past import HistoryPage, HolderTold
from api.openapi import query
from api.routes.calls import Asked, QueryCall, phone_hash_of
from api.routes.cards import card_answer
from api.routes.parameters import CustomerId, KnownThen, Paged, QueryInstant, Questions, searched
from api.veil import NOTHING_HIDDEN, Veil
from domain.errors import FieldProblem, Invalid, NotFound
from domain.events import Classified, ContractConfirmed, DuplicateAbsorbed, Merged, Stage
from domain.permissions import Right
from domain.replay import Answer as AsOf
from domain.replay import History, PastEvent, holder_at
from domain.tenures import Interval
from projections import audit, customer_search

router = APIRouter()
_OF_ANSWER = ("customer_id", "holder", "group", "stage", "ended", "at", "known_at")
_OF_TENURE = ("claimed_at", "in_force_since", "since")


class CollisionQuestions(Questions):
    """A name, a phone, or both."""

    name: Annotated[Searched | None, searched("Name or part of it, in any spelling.", "春意")] = (
        None
    )
    phone: Annotated[Searched | None, searched("Phone number.", "13800138000")] = None
    limit: Annotated[
        int, Field(ge=1, le=100, description="Records at most, 1 to 100.", examples=[20])
    ] = 20


@router.get(
    "/v1/collisions",
    **query("questions", "Who already has this company?", Collisions, permission="see-customers"),
)
def collisions(asked: Annotated[CollisionQuestions, Query()], call: Asked) -> Answer:
    """The collision check: records of the same or a similar name, with part of it, or that phone.

    Everybody signed in may ask, and sees name, state, holder and deadline.
    """
    signed = call.signed()
    phone_hash = phone_hash_of(call, asked.phone) if asked.phone else None
    if not asked.name and phone_hash is None:
        raise Invalid(FieldProblem("name", "missing", "请填写名称或电话", "or `phone` is required"))
    disclosure = Disclosure(signed, call)
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
            "group": like.group,
            "protected_until": disclosure.deadline(
                like.protected_until,
                holder=like.holder,
                state=like.state,
                department=like.department,
            ),
            "into": like.merged_into,
            "match": like.match,
        }
        for like in found
    ]
    record_search(
        call, signed, name=asked.name, phone_hash=phone_hash, shown=items, position=position
    )
    return call.answer({"items": items, "position": position, "at": signed.at}, position=position)


@router.get(
    "/v1/customers/{customer_id}",
    **query(
        "customers",
        "A customer's card",
        CustomerCard,
        permission="see-customers",
        problems=["not-found", "details-used-up"],
    ),
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
    return card_answer(call, Disclosure(signed, call), found, position)


@router.get(
    "/v1/customers/{customer_id}/history",
    **query(
        "questions",
        "A customer's events in words",
        HistoryPage,
        permission="see-customers",
        problems=["not-found", "details-used-up"],
    ),
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
    disclosure = Disclosure(signed, call)
    right = disclosure.right_to_card(found)
    sees_details = right is not None
    veil = disclosure.veil_of_card(found, sees_details=sees_details)
    items = [
        veil.event(logged_event(entry, call.language, sees_details=sees_details))
        for entry in page.items
    ]
    record_details(call, signed, "history", fields_in(items), [customer_id], right=right)
    return call.page_answer(
        "history",
        filters,
        items=items,
        following=page.next,
        position=page.position,
        at=signed.at,
        details_hidden=None if sees_details else NOT_A_PARTY,
    )


class HolderQuestions(KnownThen):
    """Which instant, and what was known when."""

    at: Annotated[
        QueryInstant | None,
        Field(description="The instant asked about; left out: now.", examples=[EXAMPLE_INSTANT]),
    ] = None


@router.get(
    "/v1/customers/{customer_id}/holder",
    **query(
        "questions",
        "Who held it at an instant?",
        HolderTold,
        permission="see-customers",
        problems=["not-found", "details-used-up"],
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
    disclosure = Disclosure(call.signed(), call)
    history = call.history(customer_id)
    veil = _veil(call, disclosure, history)

    def asked_at(at: datetime) -> datetime:
        if at > history.now:
            return at
        return veil.asked(at, history.now, as_known=asked.is_as_known)

    known_at = asked.known_at and asked_at(asked.known_at)

    def held_at(at: datetime) -> AsOf:
        return holder_at(history, at=at, known_at=known_at, known_position=asked.known_position)

    found = held_at(asked_at(asked.at or history.now))
    future = disclosure.future(found.at)
    right = _right(disclosure, found, history)
    if future != found.at and right is None:
        found = replace(held_at(future), at=found.at)
        right = _right(disclosure, found, history)
    merged_into = _merged_into(history, found)
    if right is not None:
        veil = NOTHING_HIDDEN
    told = _told(call, disclosure, found, merged_into, veil, sees_details=right is not None)
    fields = fields_in(told["grounds"])
    record_details(call, disclosure.signed, "holder", fields, [customer_id], right=right)
    return call.answer(told, position=found.known_position)


def _told(
    call: QueryCall,
    disclosure: Disclosure,
    found: AsOf,
    merged_into: UUID | None,
    veil: Veil,
    *,
    sees_details: bool,
) -> dict[str, Any]:
    """The answer as the caller may read it."""
    told = found.interval or found.last
    held = told.protection if told else None

    def deadline(until: datetime | None) -> datetime | None:
        shown = told and disclosure.deadline(
            until, holder=told.holder, state=told.stage, department=told.department
        )
        return veil.deadline(shown)

    until = told and (veil.shown if told.ended else deadline)(told.until)
    return {
        **{field: getattr(found, field) for field in _OF_ANSWER},
        **_of_tenure(found.interval, veil),
        "until": until if found.interval else None,
        "merged_into": merged_into,
        "grounds": [
            _ground(past, call.language, veil, sees_details=sees_details) for past in found.grounds
        ],
        "explanation": explanation(
            found,
            call.language,
            until=until,
            deadline=deadline(held.until if held else None),
            merged_into=merged_into,
            sees_details=sees_details,
            veil=veil,
        ),
        "position": found.known_position,
    }


def _of_tenure(held: Interval | None, veil: Veil) -> dict[str, Any]:
    """What of the tenure that held at the instant is told beside its end; in the pool nothing."""
    protection = held and held.protection
    return {
        **{field: veil.shown(held and getattr(held, field)) for field in _OF_TENURE},
        "rulebook": held and held.rulebook,
        "held_over_by": protection and protection.held_over_by,
    }


def _ground(
    past: PastEvent, language: Language, veil: Veil, *, sees_details: bool
) -> dict[str, Any]:
    return veil.event(past_event(past, language, sees_details=sees_details))


def _veil(call: QueryCall, disclosure: Disclosure, history: History) -> Veil:
    """What of the customer's instants is hidden from the caller, as it stands now."""
    now = situation_at(call, history, history.now)
    right = disclosure.right_to_situation(history.customer_id, now)
    veil = disclosure.veil_of_situation(now, sees_details=right is not None)
    return veil.above(past.event.timestamp for past in history.events)


def _right(disclosure: Disclosure, found: AsOf, history: History) -> Right | None:
    """By which right the caller reads the notes of the tenure that the answer rests on."""
    told = found.interval or found.last
    now = _class(history)
    if told is None:
        right = disclosure.right(None, "pool", **now)
    else:
        signers = _signers(history) if told.stage is Stage.FORMAL else ()
        right = disclosure.right(
            told.holder, told.stage, department=told.department, signers=signers, **now
        )
    return right or disclosure.grant(history.customer_id, now.get("customer_class"))


def _class(history: History) -> dict[str, str | None]:
    """The class that the customer has now, whichever instant is asked about, and who said so."""
    for past in reversed(history.events):
        if isinstance(past.event, Classified):
            return {"customer_class": past.event.new, "classified_by": past.event.actor}
    return {}


def _signers(history: History) -> Iterator[str]:
    """Who signed the customer's confirmed contracts, and those of records merged into it."""
    for past in history.events:
        match past.event:
            case ContractConfirmed(holder=signer):
                yield signer
            case DuplicateAbsorbed(signers=signers):
                yield from signers


def _merged_into(history: History, found: AsOf) -> UUID | None:
    """The record that this one had been merged into by then, as far as was known."""
    for past in history.events:
        event = past.event
        if isinstance(event, Merged) and past.position <= found.known_position:
            return event.into if event.timestamp <= found.at else None
    return None
