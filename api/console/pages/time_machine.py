"""Time machine: who held it then, what one could do then, what was known then, and what if.

Every answer is the interface's own: replay, holder at an instant, rights at an instant, what if.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from markupsafe import Markup
from starlette.responses import Response

from api.answers import instant
from api.console.band import Link
from api.console.catalogue import marked
from api.console.forms import Entry, body_of, checked
from api.console.page_calls import Page, Shown
from api.console.page_route import pages
from api.console.pages.customer import LEGEND, band_of
from api.console.rendering import moved
from api.console.shown import OFFSETS
from api.routes.life import ReplayQuestions, RightsQuestions, may, replayed, stood_at
from api.routes.parameters import CustomerId
from api.routes.questions import HolderQuestions, card, holder
from api.routes.rulebooks import rulebooks
from api.routes.what_if import WhatIfQuestions, supposed

router = pages()
INSTANTS: Final = (
    Entry("at", marked("Instant"), "instant", is_required=False),
    Entry("other", marked("Beside another instant"), "instant", is_required=False),
    Entry("known_at", marked("As known at"), "instant", is_required=False),
)
COMPARED: Final = ("state", "holder", "group", "until", "held_over_by", "application", "claimed_at")
SLIDER_STEPS: Final = 1000


@dataclass(frozen=True, slots=True)
class Then:
    """How the customer stood at an instant. situation: None before it was registered."""

    at: datetime
    situation: Mapping[str, Any] | None
    explanation: str
    rights: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Moves:
    """The events around an instant: those that led to it, and where one step leads."""

    here: Sequence[Mapping[str, Any]]
    back: datetime | None
    forth: datetime | None


@router.get("/customers/{customer_id}/time")
def time_page(customer_id: CustomerId, page: Shown) -> Response:
    """The customer as of any instant of its life, and the life under another rulebook."""
    sent = page.request.query_params
    life = page.ask(replayed, customer_id, ReplayQuestions())
    asked = _instants(page, life)
    known_at, other = asked.get("known_at"), asked.get("other")
    then = _then(page, life, asked["at"], known_at)
    beside = _then(page, life, other, known_at) if other else None
    begun, now = life["steps"][0]["event"]["at"], life["at"]
    return page.show(
        "time.html",
        {
            "card": page.ask(card, customer_id),
            "then": then,
            "beside": beside,
            "different": _different(then, beside),
            "asked": asked,
            "moves": _moves(life["steps"], then.at),
            "seconds": int((then.at - begun).total_seconds()),
            "seconds_max": max(int((now - begun).total_seconds()), 1),
            "slider_step": max(int((now - begun).total_seconds()) // SLIDER_STEPS, 1),
            "band": band_of(page, life, shown_at=then.at, link=_to_its_instant(page)),
            "legend": LEGEND,
            "rulebooks": [one["version"] for one in page.ask(rulebooks)["items"]],
            "rulebook": sent.get("rulebook", ""),
            "supposed": _supposed(page, customer_id, sent.get("rulebook", "")),
            "position": life["position"],
            "at": now,
        },
    )


def _instants(page: Page, life: Mapping[str, Any]) -> dict[str, datetime]:
    """The instants that are asked about; the slider counts seconds from the first event on.
    Raises Invalid."""
    sent = page.request.query_params
    body = body_of(INSTANTS, sent, OFFSETS[page.call.language])
    found: dict[str, datetime] = {}
    for name, text in body.items():
        questions = checked(HolderQuestions, {"at" if name == "other" else name: text})
        value = questions.known_at if name == "known_at" else questions.at
        if value is not None:
            found[name] = value
    moment = sent.get("moment", "")
    if moment.isdecimal() and len(moment) <= 12:
        begun = life["steps"][0]["event"]["at"]
        found["at"] = min(begun + timedelta(seconds=min(int(moment), 10**10)), life["at"])
    return {"at": life["at"], **found}


def _then(page: Page, life: Mapping[str, Any], at: datetime, known_at: datetime | None) -> Then:
    """Everything as of one instant of a life that was told."""
    customer_id, told_at = life["customer_id"], instant(at)
    situation = stood_at(customer_id, at, life["position"], page.call_of(replayed))
    questions = {"at": told_at} | ({"known_at": instant(known_at)} if known_at else {})
    held = page.ask(holder, customer_id, checked(HolderQuestions, questions))
    rights: Sequence[Any] = ()
    if situation is not None:
        rights = page.ask(may, customer_id, checked(RightsQuestions, {"at": told_at}))["rights"]
    return Then(at, situation, held["explanation"], rights)


def _moves(steps: Sequence[Mapping[str, Any]], at: datetime) -> Moves:
    """What happened at the last instant by `at` at which anything did, and its neighbours."""
    instants = sorted({step["event"]["at"] for step in steps})
    passed = [one for one in instants if one <= at]
    here = [step for step in steps if passed and step["event"]["at"] == passed[-1]]
    is_between = bool(passed) and passed[-1] < at
    back = passed[-1] if is_between else passed[-2] if len(passed) > 1 else None
    return Moves(here, back, next((one for one in instants if one > at), None))


def _to_its_instant(page: Page) -> Link:
    """A mark leads to the instant of its event, whatever else is asked about."""
    query = page.request.query_params.multi_items()
    return lambda event: f"?{moved(query, event['at'])}"


def _different(then: Then, beside: Then | None) -> frozenset[str]:
    """The fields in which two instants differ."""
    if beside is None or then.situation is None or beside.situation is None:
        return frozenset()
    one, other = then.situation, beside.situation
    return frozenset(name for name in COMPARED if one[name] != other[name])


def _supposed(page: Page, customer_id: UUID, rulebook: str) -> dict[str, Any] | None:
    """The band of the life under another version, and in words what would have been otherwise."""
    if not rulebook:
        return None
    told = page.ask(supposed, customer_id, checked(WhatIfQuestions, {"rulebook": rulebook}))
    steps = [{"event": step["event"], "after": step["would_be"]} for step in told["steps"]]
    life = {"steps": steps, "situation": told["would_be"], "at": told["at"]}
    band: Markup = band_of(page, life)
    differing = [pair for pair in told["tenures"] if pair["differs"]]
    return {"band": band, "explanation": told["explanation"], "pairs": differing}
