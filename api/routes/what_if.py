"""What if another version of the rules had held: one customer's life under it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.looks import fields_in, record_details
from api.answers import Answer
from api.disclosure import NOT_A_PARTY, Disclosure
from api.life_telling import Teller, refusals_about
from api.models.fields import Searched
from api.models.what_if import WhatIfTold
from api.openapi import query
from api.routes.calls import Asked
from api.routes.parameters import CustomerId, Questions
from api.supposition_telling import SuppositionTeller
from api.veil import Veil
from domain.errors import NotFound
from domain.events import Registered
from domain.replay import History
from domain.rulebook import Rulebook, RulebookStream
from domain.what_if import Attempt, WhatIf, what_if
from projections import audit
from projections.audit import AuditEntry

router = APIRouter()


class WhatIfQuestions(Questions):
    """Under which version."""

    rulebook: Annotated[
        Searched,
        Field(
            description="Name of the version that is supposed.",
            examples=["2026-2"],
            min_length=1,
            max_length=100,
        ),
    ]


@router.get(
    "/v1/customers/{customer_id}/what-if",
    **query(
        "questions",
        "What would its life have been under another version?",
        WhatIfTold,
        permission="see-customers",
        problems=["not-found", "details-used-up"],
    ),
)
def supposed(
    customer_id: CustomerId, asked: Annotated[WhatIfQuestions, Query()], call: Asked
) -> Answer:
    """The same facts under another version of the rules, step by step beside what was. Facts stay;
    deadlines, removals and what else follows by itself are found anew, and what could not have been
    says which rule would have forbidden it. Nothing is written. To a stranger of a protection that
    runs the life before its claim is told, as of the beginning of the claim's day."""
    signed = call.signed()
    rulebooks = call.rulebooks()
    rules = rulebooks.rules_of(asked.rulebook)
    with call.view(audit.NAME) as cursor:
        refusals, position = refusals_about(cursor, customer_id)
    history = call.history(customer_id).known(known_at=None, known_position=position)
    if not history.events:
        raise NotFound("customer", customer_id)
    told = _supposed(history, refusals, rules, rulebooks)
    disclosure = Disclosure(signed, call)
    right = disclosure.right_to_situation(customer_id, told.was)
    sees_details = right is not None
    veil = disclosure.veil_of_situation(told.was, sees_details=sees_details)
    veil = veil.above(past.event.timestamp for past in history.events)
    if veil.since is not None:
        # The terms of every version are known: whoever could see at which instant the protection
        # would have ended under one of them could reckon when it does end.
        history, refusals = _before(veil, history), [one for one in refusals if one.at < veil.since]
        told = _supposed(history, refusals, rules, rulebooks)
    teller = SuppositionTeller(
        Teller(call, disclosure, veil, sees_details=sees_details),
        {refusal.position: refusal for refusal in refusals},
        version=rules.version,
    )
    answer = teller.told(told)
    fields = fields_in(step["event"] for step in answer["steps"])
    record_details(call, signed, "what-if", fields, [customer_id], right=right)
    return call.answer(
        answer
        | {"details_hidden": None if sees_details else NOT_A_PARTY}
        | {"position": position, "at": told.at},
        position=position,
    )


def _supposed(
    history: History, refusals: Iterable[AuditEntry], rules: Rulebook, rulebooks: RulebookStream
) -> WhatIf:
    attempts = [_attempt(refusal) for refusal in refusals]
    return what_if(history, rules, rulebooks.rules_of, attempts)


def _before(veil: Veil, history: History) -> History:
    """The life up to the claim from which on instants are hidden."""
    since = veil.since
    events = takewhile(
        lambda past: not veil.hides(past.event.timestamp) or isinstance(past.event, Registered),
        history.events,
    )
    return replace(history, now=veil.shown(since) or history.now, events=tuple(events))


def _attempt(refusal: AuditEntry) -> Attempt:
    return Attempt(
        refusal.position,
        refusal.at,
        refusal.actor,
        str(refusal.facts.get("command")),
        refusal.rule or "",
    )
