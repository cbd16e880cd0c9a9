"""Disputes: opened by a member, ruled by a director, found again by rule and by party."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.looks import Field as Detail
from api.access.looks import fields_in, record_details
from api.answers import Answer
from api.disclosure import NOT_A_PARTY, Disclosure, untold
from api.dispute_telling import around, in_matter, line_of, stated
from api.life_telling import PAGE, REFUSAL, Teller, refused_in, situation_at
from api.models.disputes import (
    DisputeBody,
    DisputePage,
    DisputeTold,
    RulingBody,
    StatementBody,
)
from api.models.fields import EXAMPLE_ID, Searched
from api.models.receipts import DisputeReceipt, RulingReceipt
from api.openapi import customer_command, query
from api.routes.calls import Asked, Commanded, QueryCall
from api.routes.parameters import CustomerId, DisputeNumber, Paged, searched
from api.strict_route import StrictRoute
from domain.citations import FIRST_VALID_CLAIM
from domain.errors import NotFound
from domain.orders import Signed
from domain.permissions import reach_of
from domain.replaying import Situation, replay
from projections import audit, customer_search, disputes
from projections.audit import AuditEntry
from projections.dispute_rows import Statement
from projections.disputes import DisputeCase, Wanted

router = APIRouter(route_class=StrictRoute)
FOLLOW_UP = "customer.followed_up"
PRECEDENTS_MAX = 20
STATEMENTS_MAX = 100


@router.post(
    "/v1/customers/{customer_id}/disputes",
    **customer_command(
        "customers",
        "Open a dispute",
        DisputeReceipt,
        permission="open-dispute",
        problems=["already-pending"],
        status=201,
    ),
)
def open_dispute(customer_id: CustomerId, body: DisputeBody, call: Commanded) -> Answer:
    """Contests who held the customer at an instant. Anybody may; it moves nothing until it is
    ruled. Whoever opens one has a part in the matter and decides nothing in it."""
    receipt = call.application.open_dispute(
        call.order,
        customer_id,
        contested_at=body.contested_at,
        statement=body.statement,
        rule=body.rule,
    )
    return call.answer(call.for_a_stranger(receipt), status=201)


@router.post(
    "/v1/customers/{customer_id}/disputes/{number}/statements",
    **customer_command(
        "customers",
        "State one's side of a dispute",
        DisputeReceipt,
        permission="state-in-dispute",
        problems=["nothing-pending", "not-a-party"],
        status=201,
    ),
)
def state_in_dispute(
    customer_id: CustomerId, number: DisputeNumber, body: StatementBody, call: Commanded
) -> Answer:
    """What a party has to say, as long as the dispute is open. Parties are whoever opened a dispute
    about the customer, claimed, held or signed it, or was refused it; they cannot rule."""
    receipt = call.application.state_in_dispute(
        call.order, customer_id, number, statement=body.statement
    )
    return call.answer(call.for_a_stranger(receipt), status=201)


@router.post(
    "/v1/customers/{customer_id}/disputes/{number}/ruling",
    **customer_command(
        "customers",
        "Rule a dispute",
        RulingReceipt,
        permission="rule-dispute",
        problems=["nothing-pending", "own-decision", "wrong-stage"],
    ),
)
def rule_dispute(
    customer_id: CustomerId, number: DisputeNumber, body: RulingBody, call: Commanded
) -> Answer:
    """Upholds, moves the customer, or gives a lost protection back (directors, never a party).

    Who loses the customer is not barred from it. His applications are closed, and so are his
    contracts that are not confirmed; a bar on who gets it is lifted.
    """
    receipt = call.application.rule_dispute(
        call.order,
        customer_id,
        number,
        ruling=body.ruling,
        reason=body.reason,
        to=body.to,
        stage=body.stage,
        until=body.until,
        rule=body.rule,
    )
    return call.answer(receipt)


class DisputeQuestions(Paged):
    """Filters of the disputes."""

    rule: Annotated[
        Searched | None,
        searched("Slug or clause that the ruling rests on, or the opener named.", "S1-053"),
    ] = None
    party: Annotated[
        Searched | None,
        searched(
            "Who opened it, held what it is about, stated a side, was refused meanwhile, won or "
            "lost.",
            "li-na",
        ),
    ] = None
    ruled_by: Annotated[Searched | None, searched("Who ruled.", "shen-yun")] = None
    customer: Annotated[
        UUID | None, Field(description="Of this customer.", examples=[EXAMPLE_ID])
    ] = None
    open: Annotated[
        bool | None,
        Field(description="Only those without a ruling, or with one.", examples=[True]),
    ] = None


@router.get(
    "/v1/disputes",
    **query(
        "questions",
        "Disputes and their rulings",
        DisputePage,
        permission="see-customers",
        problems=["details-used-up"],
    ),
)
def found_disputes(asked: Annotated[DisputeQuestions, Query()], call: Asked) -> Answer:
    """Disputes for which every given filter holds, the newest first. Statements and reasons are for
    the parties, the managers above who holds the customer, and those who rule disputes or look at
    any customer."""
    signed = call.signed()
    filters = asked.filters()
    after = call.cursor_key("disputes", filters, asked.after)
    wanted = Wanted(
        rule=asked.rule or None,
        party=asked.party or None,
        ruled_by=asked.ruled_by or None,
        customer_id=asked.customer,
        is_open=asked.open,
    )
    with call.view(disputes.NAME, customer_search.VIEW) as cursor:
        page = disputes.disputes(cursor, wanted, limit=asked.limit, after=after)
        closed = untold(cursor, signed, [case.customer_id for case in page.items])
    disclosure = Disclosure(signed, call)
    items = [
        line_of(case, disclosure, sees_details=case.customer_id not in closed)
        for case in page.items
    ]
    _record(call, signed, items)
    return call.page_answer(
        "disputes",
        filters,
        items=items,
        following=page.next,
        position=page.position,
        at=signed.at,
    )


@router.get(
    "/v1/customers/{customer_id}/disputes/{number}",
    **query(
        "questions",
        "A dispute as one rules it",
        DisputeTold,
        permission="see-customers",
        problems=["not-found", "details-used-up"],
    ),
)
def dispute(customer_id: CustomerId, number: DisputeNumber, call: Asked) -> Answer:
    """The parties, the replay around the contested tenure, what both sides did and were refused in
    that time, the ruling, and other rulings that rest on the same rule."""
    signed = call.signed()
    read = _read(call, customer_id, number)
    disclosure = Disclosure(signed, call)
    history = call.history(customer_id).known(known_at=None, known_position=read.position)
    now = situation_at(call, history, signed.at)
    right = _right(disclosure, customer_id, now)
    sees_details = right is not None
    veil = disclosure.veil_of_situation(now, sees_details=sees_details)
    veil = veil.above(past.event.timestamp for past in history.events)
    teller = Teller(call, disclosure, veil, sees_details=sees_details)
    refusals = [entry for entry in read.entries if entry.topic == REFUSAL]
    refused = refused_in(call, history, refusals)
    steps = list(teller.steps(replay(history), refused, signed.at))

    matter = list(in_matter(read.case, read.entries))

    def told(topic: str) -> list[dict[str, Any]]:
        return [teller.logged(entry) for entry in matter if entry.topic == topic]

    line = line_of(read.case, disclosure, sees_details=sees_details)
    sees_words = line["details_hidden"] is None
    answer = {
        **line,
        "rulers": disclosure.rulers,
        "statements": stated(read.statements, disclosure, read.case, sees_details=sees_details),
        "details_hidden": None if sees_details and sees_words else NOT_A_PARTY,
        "steps": around(read.case, steps),
        "follow_ups": told(FOLLOW_UP),
        "refusals": told(REFUSAL),
        "precedents": [line_of(case, disclosure) for case in read.precedents],
        "position": read.position,
        "at": signed.at,
    }
    _record(call, signed, [line, *answer["precedents"]])
    _record_events(call, signed, answer, right)
    return call.answer(answer, position=read.position)


def _right(disclosure: Disclosure, customer_id: UUID, now: Situation | None) -> str | None:
    """By which right the caller reads the case: whoever rules disputes must know it."""
    decides = "decider" if disclosure.rules_disputes else None
    return disclosure.right_to_situation(customer_id, now) or decides


def _record_events(
    call: QueryCall, signed: Signed, answer: dict[str, Any], right: str | None
) -> None:
    """Keep what the case has shown of the customer's events."""
    events = [*(step["event"] for step in answer["steps"]), *answer["follow_ups"]]
    whose = [answer["customer_id"]]
    record_details(call, signed, "dispute", fields_in(events), whose, right=right)


def _record(call: QueryCall, signed: Signed, lines: Sequence[dict[str, Any]]) -> None:
    """Keep whose statements and reasons were shown: to a party, or by role."""
    seen = {line["customer_id"] for line in lines if line["details_hidden"] is None}
    reach = reach_of(signed.roles, "see-details")
    right = "role" if reach == "any" else "party"
    fields: set[Detail] = {"reasons"}
    record_details(call, signed, "disputes", fields, seen, right=right)


@dataclass(frozen=True, slots=True)
class _Read:
    """What the views tell of a case. entries: the customer's history. position: of the view
    furthest behind."""

    case: DisputeCase
    precedents: list[DisputeCase]
    statements: list[Statement]
    entries: list[AuditEntry]
    position: int


def _read(call: QueryCall, customer_id: UUID, number: int) -> _Read:
    """A case, its precedents and the customer's history. Raises NotFound."""
    with call.view(disputes.NAME, audit.NAME, customer_search.VIEW) as cursor:
        wanted = Wanted(customer_id=customer_id, number=number)
        page = disputes.disputes(cursor, wanted, limit=1)
        if not page.items:
            raise NotFound("dispute", number)
        case = page.items[0]
        rule = case.rule or case.contested_rule or FIRST_VALID_CLAIM
        others = Wanted(rests_on=rule, is_open=False, but=(customer_id, number))
        precedents = disputes.disputes(cursor, others, limit=PRECEDENTS_MAX)
        said = disputes.statements(cursor, customer_id, number, limit=STATEMENTS_MAX)
        entries: list[AuditEntry] = []
        after: Any = None
        while True:
            told = audit.history(cursor, customer_id, limit=PAGE, after=after)
            entries += told.items
            after = told.next
            if after is None:
                break
    position = min(page.position, told.position)
    return _Read(case, precedents.items, said, entries, position)
