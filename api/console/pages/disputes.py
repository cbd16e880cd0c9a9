"""Disputes: the list, and one case on one screen, from its opening to its ruling (A-27)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from markupsafe import Markup
from starlette.responses import Response

from api.console.actions import BY_COMMAND
from api.console.band import Link, in_page
from api.console.forms import asked
from api.console.page_calls import Filled, Page, Shown, go_on
from api.console.page_route import pages
from api.console.pages.customer import LEGEND, band_of, position_of
from api.console.troubles import Trouble
from api.console.zooming import spans_of_customer
from api.routes.disputes import DisputeQuestions, dispute, found_disputes
from api.routes.evidence import evidence
from api.routes.life import ReplayQuestions, RightsQuestions, may, replayed
from api.routes.parameters import CustomerId, DisputeNumber
from domain.errors import NotFound

router = pages()
ROWS: Final = 40
FILTERS: Final = ("open", "rule", "party", "ruled_by", "customer")
FORMS: Final = ("state-in-dispute", "rule-dispute")
STEPS: Final = 12
STEPS_BEFORE: Final = 5
"""Of the steps that are shown at first, how many lie before the contested instant."""
SIDES_MAX: Final = 6
EVENTS_OF_A_SIDE: Final = 4
SAID_MAX: Final = 10
WHOLE_CHARACTERS_MAX: Final = 500
"""Longer statements are shown whole one at a time, so that a case stays one page."""
PRECEDENTS_MAX: Final = 8
MOVES: Final = frozenset(("customer.dispute_moved", "customer.restored"))
REFUSAL: Final = "refusal.recorded"


@dataclass(frozen=True, slots=True)
class Said:
    """A statement. position: of its event; None: of what the case was opened with. text: None
    where it is hidden. is_cut: there is more of it."""

    at: Any
    position: int | None
    text: str | None
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One member with a part in the case. parts: which; follow_ups, refusals: the last ones.
    earlier: how many more of those there are."""

    member: str
    parts: Sequence[str]
    said: Sequence[Said]
    follow_ups: Sequence[Mapping[str, Any]]
    refusals: Sequence[Mapping[str, Any]]
    earlier: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form of the case that was sent in vain."""

    command: str
    typed: Mapping[str, str]
    problem: Trouble


@router.get("/disputes")
def disputes_page(page: Shown) -> Response:
    """Cases and their rulings, by state, rule, party and customer, the newest first."""
    sent = {"limit": str(ROWS), **page.request.query_params}
    told = page.ask(found_disputes, asked(DisputeQuestions, sent))
    filters = {name: sent[name] for name in FILTERS if sent.get(name)}
    return page.show("disputes.html", {**told, "cases": told["items"], "filters": filters})


@router.get("/customers/{customer_id}/disputes/{number}")
def case_page(customer_id: CustomerId, number: DisputeNumber, page: Shown) -> Response:
    """What is contested and by whom, what each side did and said, and what was ruled."""
    return case_shown(page, customer_id, number)


@router.get("/customers/{customer_id}/disputes/{number}/{command}")
def form_of_case(
    customer_id: CustomerId, number: DisputeNumber, command: str, page: Shown
) -> Response:
    """Where a form of the case was sent to, the case is read again. Raises NotFound."""
    _require_form(command)
    return case_shown(page, customer_id, number)


@router.post("/customers/{customer_id}/disputes/{number}/{command}")
def act_in_case(
    customer_id: CustomerId, number: DisputeNumber, command: str, sent: Filled
) -> Response:
    """A statement or the ruling, as over HTTP. What was typed stays where it was in vain."""
    _require_form(command)
    typed = {**sent.typed, "number": str(number)}
    action = BY_COMMAND[command]
    done = sent.done(lambda: action.run(customer_id, typed, sent.zone, sent.call))
    if isinstance(done, Trouble):
        return case_shown(sent.page, customer_id, number, Attempt(command, sent.typed, done))
    address = address_of_case(customer_id, number)
    return go_on(f"{address}?position={position_of(done)}&done={command}")


def address_of_case(customer_id: UUID, number: int) -> str:
    """Where a case is shown."""
    return f"/customers/{customer_id}/disputes/{number}"


def case_shown(
    page: Page, customer_id: UUID, number: int, attempt: Attempt | None = None
) -> Response:
    """The case. Who may rule it sees it as of the last event, since his ruling names that."""
    told_rights = page.ask(may, customer_id, RightsQuestions())["rights"]
    rights = {right["command"]: right for right in told_rights}
    seen = page.at_the_end() if rights["rule-dispute"]["allowed"] else page
    told = seen.ask(dispute, customer_id, number)
    life = seen.ask(replayed, customer_id, ReplayQuestions())
    steps, start = _window(told, page.request.query_params.get("from"))
    sides = list(_sides(told, page.request.query_params.get("whole")))
    link = _elsewhere(customer_id, steps)
    return page.show(
        "dispute.html",
        {
            "case": told,
            "sides": sides[:SIDES_MAX],
            "others": [side.member for side in sides[SIDES_MAX:]],
            "band": _band(page, life, told, link),
            "legend": LEGEND,
            "steps": steps,
            "earlier": max(start - STEPS, 0) if start else None,
            "later": start + STEPS if start + STEPS < len(told["steps"]) else None,
            "moved": _moved_by(told["ruling"], life["steps"]),
            "link": link,
            "rights": rights,
            "precedents": told["precedents"][:PRECEDENTS_MAX],
            "forms": {command: BY_COMMAND[command] for command in FORMS},
            "keys": {command: page.new_key() for command in FORMS},
            "version": _version(life["steps"]),
            "attempt": attempt,
            "no_evidence": page.refusal(evidence),
            "done": page.request.query_params.get("done"),
            "position": told["position"],
            "at": told["at"],
        },
        status=attempt.problem.status if attempt else 200,
    )


def _require_form(command: str) -> None:
    if command not in FORMS:
        raise NotFound("address", command)


def _sides(told: Mapping[str, Any], whole: str | None) -> Iterator[Side]:
    """Each party with what it said, did and was refused; who opened the case first."""
    parts: dict[str, list[str]] = {}
    for party in told["parties"]:
        parts.setdefault(party["member"], []).append(party["part"])
    said: dict[str, list[Said]] = {}
    first = Said(told["opened_at"], None, told["statement"], is_cut=False)
    said.setdefault(told["opener"], []).append(first)
    for one in told["statements"][-SAID_MAX:]:
        said.setdefault(one["member"], []).append(_said(one, whole))
    for member in sorted(parts, key=lambda one: parts[one] == ["refused"]):
        done = [event for event in told["follow_ups"] if event["actor"] == member]
        refused = [event for event in told["refusals"] if event["actor"] == member]
        last, in_vain = done[-EVENTS_OF_A_SIDE:], refused[-EVENTS_OF_A_SIDE:]
        earlier = len(done) - len(last) + len(refused) - len(in_vain)
        yield Side(member, parts[member], said.get(member, ()), last, in_vain, earlier)


def _said(told: Mapping[str, Any], whole: str | None) -> Said:
    """A statement, cut where it is long and not the one that was asked for."""
    text, position = told["statement"], told["position"]
    is_cut = bool(text) and len(text) > WHOLE_CHARACTERS_MAX and whole != str(position)
    return Said(told["at"], position, text[:WHOLE_CHARACTERS_MAX] if is_cut else text, is_cut)


def _window(told: Mapping[str, Any], start: str | None) -> tuple[Sequence[Any], int]:
    """Some steps of the replay, and the place of the first of them: those around the contested
    instant, or from the place asked for."""
    steps = told["steps"]
    passed = [place for place, step in enumerate(steps) if _is_by(step, told["contested_at"])]
    first = max((passed[-1] if passed else 0) - STEPS_BEFORE, 0)
    if start and start.isdecimal() and len(start) <= 9:
        first = min(int(start), max(len(steps) - 1, 0))
    return steps[first : first + STEPS], first


def _is_by(step: Mapping[str, Any], at: Any) -> bool:
    return bool(step["event"]["at"] <= at)


def _band(page: Page, life: Mapping[str, Any], told: Mapping[str, Any], link: Link) -> Markup:
    """The band with the contested instant."""
    spans = spans_of_customer(told["customer_id"])
    return band_of(page, life, shown_at=told["contested_at"], link=link, spans=spans)


def _elsewhere(customer_id: UUID, steps: Sequence[Any]) -> Link:
    """Links to the events on this page, and to the customer's page for those that are not."""
    here = {step["event"]["position"] for step in steps}

    def link(event: Mapping[str, Any]) -> str:
        position, address = event["position"], in_page(event)
        if position in here:
            return address
        return f"/customers/{customer_id}?before={position + 1}{address}"

    return link


def _moved_by(ruling: Mapping[str, Any] | None, steps: Sequence[Any]) -> Mapping[str, Any] | None:
    """The event by which a ruling moved the customer; None: nothing moved."""
    if ruling is None:
        return None
    following = (step["event"] for step in steps if step["event"]["position"] > ruling["position"])
    # They were appended together; their instants may be told to the day.
    first = next(following, None)
    return first if first is not None and first["topic"] in MOVES else None


def _version(steps: Sequence[Any]) -> int:
    """The version of the customer that the reader has seen."""
    own = (step["event"]["version"] for step in steps if step["event"]["topic"] != REFUSAL)
    return max(own, default=0)
