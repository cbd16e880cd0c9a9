"""A customer's life, step by step, and what a member may do with it at an instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.answers import Answer
from api.disclosure import NOT_A_PARTY, Disclosure
from api.explanations import logged_event, past_event
from api.models.fields import EXAMPLE_INSTANT
from api.models.life import ReplayTold, RightsTold
from api.openapi import query
from api.routes.calls import Asked
from api.routes.parameters import CustomerId, QueryInstant, Questions, Searched, searched
from domain.errors import NotFound
from domain.replay import History
from domain.replaying import Situation, Step, customer_at, replay, situation
from projections import audit
from projections.audit import AuditEntry

router = APIRouter()
PAGE = 500
REFUSAL = "refusal.recorded"
PUBLIC = frozenset(
    (
        "state",
        "holder",
        "group",
        "claimed_at",
        "until",
        "held_over_by",
        "held_over_until",
        "leaves_at",
        "bars",
        "open_reports",
        "merged_into",
    )
)
"""What everybody may see of a situation (A-34)."""
DEADLINES = ("until", "held_over_until", "leaves_at")


class ReplayQuestions(Questions):
    """Up to which instant."""

    until: Annotated[
        QueryInstant | None,
        Field(
            description="Only what took effect by this instant; left out: everything so far.",
            examples=[EXAMPLE_INSTANT],
        ),
    ] = None


@router.get(
    "/v1/customers/{customer_id}/replay",
    **query("questions", "A customer's life, step by step", ReplayTold, problems=["not-found"]),
)
def replayed(
    customer_id: CustomerId, asked: Annotated[ReplayQuestions, Query()], call: Asked
) -> Answer:
    """Every event of the customer and every refusal about it, with the situation that each led to
    and what it changed; and how the customer stands in the end, recorded or not."""
    signed = call.signed()
    with call.view(audit.NAME) as cursor:
        refusals, position = _refusals(cursor, customer_id)
    history = call.application.history(customer_id).known(known_at=None, known_position=position)
    if not history.events:
        raise NotFound("customer", customer_id)
    disclosure = Disclosure(signed, call.application)
    at = min(asked.until or signed.at, signed.at)
    now = _situation_at(call, history, signed.at)
    sees_details = now is not None and disclosure.sees_details(
        now.holder, now.state, signers=now.signers
    )
    teller = _Teller(call, disclosure, sees_details=sees_details)
    steps = list(teller.steps(replay(history, until=at), refusals, at))
    stands = _situation_at(call, history, at)
    return call.answer(
        {
            "customer_id": customer_id,
            "steps": steps,
            "situation": teller.situation(stands) if stands else None,
            "details_hidden": None if sees_details else NOT_A_PARTY,
            "position": position,
            "at": at,
        },
        position=position,
    )


class RightsQuestions(Questions):
    """Whose rights, and when."""

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
        problems=["not-found"],
        is_view=False,
    ),
)
def may(customer_id: CustomerId, asked: Annotated[RightsQuestions, Query()], call: Asked) -> Answer:
    """Each command with the rule that forbids it, and until when, by the roles and the rules of
    that instant. Asks the very rules that the commands ask."""
    signed = call.signed()
    disclosure = Disclosure(signed, call.application)
    history = call.application.history(customer_id)
    now = _situation_at(call, history, signed.at)
    sees_details = now is not None and disclosure.sees_details(
        now.holder, now.state, signers=now.signers
    )
    member = asked.member or signed.member
    asked_at = asked.at or signed.at
    looked_at = asked_at if sees_details else disclosure.future(asked_at)
    rights, _ = call.application.rights(customer_id, member, at=looked_at)
    told = []
    for right in rights:
        until = right.until
        if right.rule == "already-protected" and now is not None:
            until = disclosure.deadline(until, holder=now.holder, state=now.state)
        told.append({**_fields(right), "until": until})
    return call.answer(
        {"customer_id": customer_id, "member": member, "rights": told, "at": asked_at}
    )


class _Teller:
    """Steps and situations as the caller may read them."""

    def __init__(self, call: Asked, disclosure: Disclosure, *, sees_details: bool) -> None:
        self._call = call
        self._disclosure = disclosure
        self._sees_details = sees_details

    def steps(
        self, steps: Iterator[Step], refusals: list[AuditEntry], at: datetime
    ) -> Iterator[dict[str, Any]]:
        """The steps with the refusals between them, in the order of the log."""
        waiting = [refusal for refusal in refusals if refusal.at <= at]
        before: dict[str, Any] | None = None
        for step in steps:
            while waiting and before and waiting[0].position < step.past.position:
                yield self._refused(waiting.pop(0), before)
            after = self.situation(step.after)
            yield {
                "event": past_event(
                    step.past, self._call.language, sees_details=self._sees_details
                ),
                "after": after,
                "changed": _changed(step, before, after),
            }
            before = after
        for refusal in waiting:
            if before is not None:
                yield self._refused(refusal, before)

    def situation(self, told: Situation) -> dict[str, Any]:
        """A situation; strangers see its public part, and deadlines that still run to the day."""
        shown = _fields(told)
        for name in DEADLINES:
            shown[name] = self._disclosure.deadline(
                shown[name], holder=told.holder, state=told.state
            )
        shown["bars"] = [{"member": member, "until": end} for member, end in told.bars]
        shown["contracts"] = [
            {"number": number, "state": state} for number, state in told.contracts
        ]
        if self._sees_details:
            return shown
        return {name: value if name in PUBLIC else None for name, value in shown.items()}

    def _refused(self, refusal: AuditEntry, situation: dict[str, Any]) -> dict[str, Any]:
        return {
            "event": logged_event(refusal, self._call.language, sees_details=self._sees_details),
            "after": situation,
            "changed": {},
        }


def _changed(
    step: Step, before: dict[str, Any] | None, after: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """What changed, as far as the caller sees it."""
    return {
        name: {"before": before[name] if before is not None else None, "after": after[name]}
        for name in step.changed
        if before is None or before[name] != after[name]
    }


def _situation_at(call: Asked, history: History, at: datetime) -> Situation | None:
    """How the customer stood at `at`; None where it was not registered yet."""
    try:
        customer = customer_at(history, at, call.application.rulebooks().rules_of)
    except NotFound:
        return None
    return situation(customer, at)


def _refusals(cursor: Any, customer_id: UUID) -> tuple[list[AuditEntry], int]:
    """Every refusal about the customer, and the position at which that is true."""
    found: list[AuditEntry] = []
    after: Any = None
    while True:
        page = audit.history(cursor, customer_id, limit=PAGE, after=after)
        found += [entry for entry in page.items if entry.topic == REFUSAL]
        after = page.next
        if after is None:
            return found, page.position


def _fields(told: Any) -> dict[str, Any]:
    return {field.name: getattr(told, field.name) for field in fields(told)}
