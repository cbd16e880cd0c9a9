"""Disputes: opened by a member, ruled by a director, found again by rule and by party."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.looks import Field as Detail
from api.access.looks import fields_in, record_details
from api.answers import Answer
from api.disclosure import NOT_A_PARTY, Disclosure, untold
from api.life_telling import PAGE, REFUSAL, Teller, situation_at
from api.models.disputes import DisputeBody, DisputePage, DisputeTold, RulingBody
from api.models.fields import EXAMPLE_ID, Searched
from api.models.receipts import DisputeReceipt, RulingReceipt
from api.openapi import customer_command, query
from api.routes.calls import Asked, Commanded, QueryCall
from api.routes.parameters import CustomerId, DisputeNumber, Paged, searched
from api.strict_route import StrictRoute
from api.veil import EVERYTHING_HIDDEN, NOTHING_HIDDEN
from domain.citations import FIRST_VALID_CLAIM
from domain.errors import NotFound
from domain.orders import Signed
from domain.permissions import reach_of
from domain.replaying import Situation, replay
from projections import audit, customer_search, disputes
from projections.audit import AuditEntry
from projections.disputes import DisputeCase, Wanted

router = APIRouter(route_class=StrictRoute)
FOLLOW_UP = "customer.followed_up"
AROUND = 5
"""Steps that a case shows before what granted the contested tenure, and after what ended it."""
PRECEDENTS_MAX = 20
_OF_LINE = ("customer_id", "name", "number", "opener", "opened_at", "contested_at", "is_held")


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
            "Who opened it, held what it is about, was refused meanwhile, won or lost.", "li-na"
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
    disclosure = Disclosure(signed, call.application)
    items = [
        _line(case, disclosure, sees_details=case.customer_id not in closed) for case in page.items
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
    disclosure = Disclosure(signed, call.application)
    history = call.application.history(customer_id).known(
        known_at=None, known_position=read.position
    )
    now = situation_at(call, history, signed.at)
    right = _right(disclosure, customer_id, now)
    sees_details = right is not None
    veil = disclosure.veil_of_situation(now, sees_details=sees_details)
    veil = veil.above(past.event.timestamp for past in history.events)
    teller = Teller(call, disclosure, veil, sees_details=sees_details)
    refusals = [entry for entry in read.entries if entry.topic == REFUSAL]
    steps = list(teller.steps(replay(history), refusals, signed.at))
    in_matter = list(_in_matter(read.case, read.entries))

    def told(topic: str) -> list[dict[str, Any]]:
        return [teller.logged(entry) for entry in in_matter if entry.topic == topic]

    line = _line(read.case, disclosure, sees_details=sees_details)
    sees_all = sees_details and line["details_hidden"] is None
    answer = {
        **line,
        "details_hidden": None if sees_all else NOT_A_PARTY,
        "steps": _around(read.case, steps),
        "follow_ups": told(FOLLOW_UP),
        "refusals": told(REFUSAL),
        "precedents": [_line(case, disclosure) for case in read.precedents],
        "position": read.position,
        "at": signed.at,
    }
    _record(call, signed, [answer, *answer["precedents"]])
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
        others = Wanted(rule=rule, is_open=False, but=(customer_id, number))
        precedents = disputes.disputes(cursor, others, limit=PRECEDENTS_MAX)
        entries: list[AuditEntry] = []
        after: Any = None
        while True:
            told = audit.history(cursor, customer_id, limit=PAGE, after=after)
            entries += told.items
            after = told.next
            if after is None:
                break
    return _Read(case, precedents.items, entries, min(page.position, told.position))


def _parties(case: DisputeCase) -> list[dict[str, str]]:
    """Who has which part; one who has several is told with each."""
    tenure = case.contested
    parts: list[tuple[str | None, str]] = [
        (case.opener, "opener"),
        (tenure.holder if tenure is not None else None, "contested"),
        *((member, "refused") for member in case.refused),
        (case.winner, "winner"),
        (case.loser, "loser"),
    ]
    return [{"member": member, "part": part} for member, part in parts if member is not None]


def _line(
    case: DisputeCase, disclosure: Disclosure, *, sees_details: bool = False
) -> dict[str, Any]:
    """A case; its words only for its parties, those who rule disputes, and those who see the
    customer's details."""
    parties = _parties(case)
    sees_words = (
        sees_details
        or disclosure.rules_disputes
        or disclosure.sees_everybodys
        or any(
            disclosure.signed.member == party["member"]
            for party in parties
            if party["part"] != "refused"
        )
    )
    sees_instants = sees_details or _sees_instants(case, disclosure)
    return {
        **{name: getattr(case, name) for name in _OF_LINE},
        "statement": case.statement if sees_words else None,
        "rule": case.contested_rule,
        "contested": _contested(case, disclosure, sees_instants=sees_instants),
        "parties": parties,
        "ruling": _ruling(case, sees_words=sees_words, sees_instants=sees_instants),
        "details_hidden": None if sees_words else NOT_A_PARTY,
    }


def _sees_instants(case: DisputeCase, disclosure: Disclosure) -> bool:
    """True for those who rule, who look at any customer, and whose tenure it was or became.

    Opening a dispute, or being refused, makes nobody less of a rival: anybody may do either.
    """
    held = case.contested.holder if case.contested is not None else None
    return (
        disclosure.rules_disputes
        or disclosure.sees_instants
        or disclosure.signed.member in {held, case.winner, case.loser}
    )


def _contested(
    case: DisputeCase, disclosure: Disclosure, *, sees_instants: bool
) -> dict[str, Any] | None:
    """The contested tenure; to strangers its instants to the day, since it may run on."""
    tenure = case.contested
    if tenure is None:
        return None
    stage = tenure.stage.value
    veil = NOTHING_HIDDEN if sees_instants else EVERYTHING_HIDDEN
    until = disclosure.deadline(tenure.until, holder=tenure.holder, state=stage)
    told = ("holder", "group", "ended", "rulebook", "grounds")
    return {
        **{name: getattr(tenure, name) for name in told},
        "claimed_at": veil.shown(tenure.claimed_at),
        "since": veil.shown(tenure.since),
        "stage": stage,
        "until": veil.shown(tenure.until) if tenure.ended else veil.deadline(until),
    }


def _ruling(case: DisputeCase, *, sees_words: bool, sees_instants: bool) -> dict[str, Any] | None:
    if case.ruling is None:
        return None
    return {
        "ruling": case.ruling,
        "rule": case.rule,
        "reason": case.reason if sees_words else None,
        "ruled_by": case.ruled_by,
        "at": (NOTHING_HIDDEN if sees_instants else EVERYTHING_HIDDEN).shown(case.ruled_at),
        "rulebook": case.rulebook,
        "position": case.ruled_position,
        "to": case.winner,
        "loser": case.loser,
        "stage": case.stage,
    }


def _in_matter(case: DisputeCase, entries: Iterable[AuditEntry]) -> Iterable[AuditEntry]:
    """What the parties did from the contested claim up to the ruling."""
    members = {party["member"] for party in _parties(case)}
    for entry in entries:
        is_in_time = (case.matter_since is None or case.matter_since <= entry.at) and (
            case.ruled_at is None or entry.at <= case.ruled_at
        )
        if is_in_time and entry.actor in members:
            yield entry


def _around(case: DisputeCase, steps: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """The steps from what granted the contested tenure to what ended it, and some around; of a
    customer that nobody had held, those around the instant; up to the ruling where it still ran."""
    tenure = case.contested
    if tenure is None:
        places = [
            place for place, step in enumerate(steps) if step["event"]["at"] <= case.contested_at
        ]
        first = last = places[-1] if places else 0
    else:
        end = tenure.grounds[-1] if tenure.ended is not None else case.ruled_version
        within = [
            place
            for place, step in enumerate(steps)
            if step["event"]["topic"] != REFUSAL
            and tenure.grounds[0] <= step["event"]["version"]
            and (end is None or step["event"]["version"] <= end)
        ]
        first, last = (within[0], within[-1]) if within else (0, len(steps) - 1)
    return steps[max(0, first - AROUND) : last + AROUND + 1]
