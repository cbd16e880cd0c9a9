"""Time machine: who held it then, what one could do then, what was known then, and what if.

Every answer is the interface's own: replay, holder at an instant, rights at an instant, what if.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from markupsafe import Markup
from starlette.responses import Response

from api.answers import instant
from api.console.band import Link, Spans, Step
from api.console.catalogue import marked
from api.console.forms import Entry, body_of, checked
from api.console.page_calls import Page, Shown
from api.console.page_route import pages
from api.console.pages.customer import LEGEND, band_of
from api.console.rendering import moved
from api.console.shown import OFFSETS
from api.console.zooming import NAMES, Span, span_of
from api.routes.life import ReplayQuestions, RightsQuestions, may, replayed, stood_at
from api.routes.parameters import CustomerId
from api.routes.questions import HolderQuestions, card, holder
from api.routes.rulebooks import rulebooks
from api.routes.what_if import WhatIfQuestions, supposed
from domain.errors import NotFound

router = pages()
INSTANTS: Final = (
    Entry("at", marked("Instant"), "instant", is_required=False),
    Entry("other", marked("Beside another instant"), "instant", is_required=False),
    Entry("known_at", marked("As known at"), "instant", is_required=False),
)
COMPARED: Final = ("state", "holder", "group", "until", "held_over_by", "application", "claimed_at")
SLIDER_STEPS: Final = 1000
HERE_MAX: Final = 6
"""Of what happened at one instant; texts are told whole here."""
PAIRS_MAX: Final = 20
"""Of the tenures that would have ended otherwise."""


@dataclass(frozen=True, slots=True)
class Then:
    """How the customer stood at an instant, as it was known. situation: None before it was
    registered. record: what its record said; None where that is not for the reader."""

    at: datetime
    situation: Mapping[str, Any] | None
    record: Mapping[str, Any] | None
    explanation: str
    rights: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Moves:
    """The events around an instant: those that led to it, and the places in the log of those that
    one step leads to."""

    here: Sequence[Mapping[str, Any]]
    back: int | None
    forth: int | None


@router.get("/customers/{customer_id}/time")
def time_page(customer_id: CustomerId, page: Shown) -> Response:
    """The customer as of any instant of its life, and the life under another rulebook."""
    sent = page.request.query_params
    told = page.ask(card, customer_id)
    life = page.ask(replayed, customer_id, ReplayQuestions())
    asked = _instants(page, life)
    span = span_of(sent, life)
    questions = {"known_at": instant(asked["known_at"])} if "known_at" in asked else {}
    known = _known(page, customer_id, questions) if questions else life
    steps = sorted(known["steps"], key=_order)
    chosen = _chosen(page, steps)
    if chosen is not None:
        asked["at"] = chosen["event"]["at"]
    then = _then(page, life, asked["at"], questions | _up_to(steps, chosen))
    other = asked.get("other")
    beside = _then(page, life, other, questions) if other else None
    rulebook = sent.get("rulebook", "")
    return page.show(
        "time.html",
        {
            "card": told,
            "names": {contact["id"]: contact["name"] for contact in told["contacts"] or ()},
            "then": then,
            "beside": beside,
            "different": _different(then, beside),
            "asked": asked,
            "moves": _moves(steps, then.at, chosen),
            **_slider(life, then.at, span),
            "zoom": span,
            "band": _band(page, known, then.at, span),
            "legend": LEGEND,
            "rulebooks": [one["version"] for one in page.ask(rulebooks)["items"]],
            "rulebook": rulebook,
            "supposed": _supposed(page, customer_id, rulebook, span),
            "position": life["position"],
            "at": life["at"],
        },
    )


def _known(page: Page, customer_id: UUID, questions: Mapping[str, Any]) -> Any:
    """The life by an earlier knowledge."""
    return page.ask(replayed, customer_id, checked(ReplayQuestions, questions))


def _slider(life: Mapping[str, Any], at: datetime, span: Span | None) -> dict[str, int]:
    """Where the slider stands, from where to where it goes and in which steps, in seconds from the
    first event on: over what the band shows."""
    begun = life["steps"][0]["event"]["at"]
    start, end = (span.start, span.end) if span is not None else (begun, life["at"])
    first = max(0, int((start - begun).total_seconds()))
    last = int((min(end, life["at"]) - begun).total_seconds())
    return {
        "seconds": int((at - begun).total_seconds()),
        "seconds_min": first,
        "seconds_max": max(last, first + 1),
        "slider_step": max((last - first) // SLIDER_STEPS, 1),
    }


def _band(page: Page, known: Mapping[str, Any], at: datetime, span: Span | None) -> Markup:
    """The band by what was known, whose marks lead on in the time machine."""
    link, spans = _to_its_event(page), _to_its_span(page)
    return band_of(page, known, shown_at=at, link=link, span=span, spans=spans)


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


def _then(page: Page, life: Mapping[str, Any], at: datetime, known: Mapping[str, Any]) -> Then:
    """Everything as of one instant of a life that was told. known: by which knowledge; empty: by
    today's."""
    customer_id, told_at = life["customer_id"], instant(at)
    then = {"at": told_at, **known}
    if known:
        questions = checked(ReplayQuestions, {"until": told_at, **known})
        stood = page.ask(replayed, customer_id, questions)
    else:
        stood = stood_at(customer_id, at, life["position"], page.call_of(replayed))
    held = page.ask(holder, customer_id, checked(HolderQuestions, then))
    situation = stood["situation"]
    rights: Sequence[Any] = ()
    if situation is not None:
        with suppress(NotFound):  # The reader had not joined yet, as far as was known.
            rights = page.ask(may, customer_id, checked(RightsQuestions, then))["rights"]
    return Then(at, situation, stood["record"], held["explanation"], rights)


def _order(step: Step) -> tuple[datetime, int]:
    """By instant, and of one instant by place in the log."""
    return step["event"]["at"], step["event"]["position"]


def _chosen(page: Page, steps: Sequence[Step]) -> Step | None:
    """The step that the address names by its event's place in the log; the slider goes before."""
    sent = page.request.query_params
    if sent.get("moment"):
        return None
    found = (step for step in steps if str(step["event"]["position"]) == sent.get("event"))
    return next(found, None)


def _up_to(steps: Sequence[Step], chosen: Step | None) -> dict[str, int]:
    """What leaves out the events of the same instant that came after the chosen one."""
    if chosen is None:
        return {}
    at, position = _order(chosen)
    is_last = all(one["event"]["at"] != at for one in steps if one["event"]["position"] > position)
    return {} if is_last else {"known_position": position}


def _moves(steps: Sequence[Step], at: datetime, chosen: Step | None) -> Moves:
    """What happened last: the chosen event alone, or all of the last instant by `at` at which
    anything did. A step leads to the neighbour of the last of them, so that each of several events
    of one instant has its turn."""
    passed = [step for step in steps if step["event"]["at"] <= at]
    last = steps.index(chosen) if chosen is not None else len(passed) - 1
    here = [chosen] if chosen is not None else _of_one_instant(passed)[-HERE_MAX:]
    is_between = bool(here) and here[-1]["event"]["at"] < at
    back = last if is_between else last - 1
    return Moves(here, _position(steps, back), _position(steps, last + 1))


def _of_one_instant(passed: Sequence[Step]) -> list[Step]:
    """The last of the steps, with those of the same instant, as far as a page can hold them."""
    found = [step for step in passed if step["event"]["at"] == passed[-1]["event"]["at"]]
    return found[-HERE_MAX:]


def _position(steps: Sequence[Step], place: int) -> int | None:
    return int(steps[place]["event"]["position"]) if 0 <= place < len(steps) else None


def _band(page: Page, known: Mapping[str, Any], at: datetime, span: Span | None) -> Markup:
    """The band with the instant that is shown."""
    link, spans = _to_its_event(page), _to_its_span(page)
    return band_of(page, known, shown_at=at, link=link, span=span, spans=spans)


def _to_its_event(page: Page) -> Link:
    """A mark leads to the instant of its event, whatever else is asked about."""
    query = page.request.query_params.multi_items()
    return lambda event: f"?{moved(query, event['position'])}"


def _to_its_span(page: Page) -> Spans:
    """What was gathered is drawn by a wider scale, whatever else is asked about."""
    query = [pair for pair in page.request.query_params.multi_items() if pair[0] not in NAMES]
    return lambda start, end: "?" + urlencode([*query, *Span(start, end).query.items()])


def _different(then: Then, beside: Then | None) -> frozenset[str]:
    """The fields in which two instants differ."""
    if beside is None or then.situation is None or beside.situation is None:
        return frozenset()
    one, other = then.situation, beside.situation
    return frozenset(name for name in COMPARED if one[name] != other[name])


def _supposed(
    page: Page, customer_id: UUID, rulebook: str, span: Span | None
) -> dict[str, Any] | None:
    """The band of the life under another version, and in words what would have been otherwise."""
    if not rulebook:
        return None
    told = page.ask(supposed, customer_id, checked(WhatIfQuestions, {"rulebook": rulebook}))
    steps = [{"event": step["event"], "after": step["would_be"]} for step in told["steps"]]
    life = {"steps": steps, "situation": told["would_be"], "at": told["at"]}
    band: Markup = band_of(page, life, span=span, spans=_to_its_span(page))
    differing = [pair for pair in told["tenures"] if pair["differs"]]
    return {
        "band": band,
        "explanation": told["explanation"],
        "pairs": differing[:PAIRS_MAX],
        "more": len(differing[PAIRS_MAX:]),
    }
