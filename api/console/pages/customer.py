"""One customer: card, contacts, contracts, what one may do, and the band of its owners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from markupsafe import Markup
from starlette.responses import Response

from api.answers import Answer
from api.console import shown
from api.console.actions import BY_COMMAND, CONTRACT, DISPUTE, REPORT, REQUEST, Action
from api.console.band import COLOURS, MARKS, SHAPES, Link, Spans, band, in_page
from api.console.catalogue import marked, translated
from api.console.forms import Entry, called
from api.console.notes import note_of
from api.console.page_calls import Filled, Page, Shown, go_on
from api.console.page_route import pages
from api.console.troubles import Trouble
from api.console.zooming import Span, span_of, spans_of_customer
from api.routes.details import RequestQuestions, requests
from api.routes.evidence import evidence
from api.routes.life import ReplayQuestions, RightsQuestions, may, replayed
from api.routes.parameters import CustomerId
from api.routes.questions import card

router = pages()
EVENTS_MAX: Final = 25
NOTES_BYTES_MAX: Final = 10_000
"""Of notes on one page: the event that goes beyond it is the last that is shown."""
CONTESTED: Final = "customer.dispute_opened"
_BAND_WORDS: Final = {
    "title": marked("Who held it when"),
    "others": marked("others"),
    "more": marked("and {number} more"),
    "several": marked("{number} stretches"),
}


@router.get("/customers/{customer_id}")
def customer_page(customer_id: CustomerId, page: Shown) -> Response:
    """What the reader may see of the customer, what he may do with it, and its whole life."""
    told = page.ask(card, customer_id)
    life = page.ask(replayed, customer_id, ReplayQuestions())
    rights = page.ask(may, customer_id, RightsQuestions())["rights"]
    span = span_of(page.request.query_params, life)
    steps = recent(life["steps"], page.request.query_params.get("before"), span)
    return page.show(
        "customer.html",
        {
            "card": told,
            "rights": rights,
            "band": band_of(
                page,
                life,
                link=_among(steps["events"], span),
                span=span,
                spans=spans_of_customer(customer_id),
            ),
            "zoom": span,
            "legend": LEGEND,
            "steps": steps,
            "done": page.request.query_params.get("done"),
            "known_actions": BY_COMMAND,
            "was_contested": any(step["event"]["topic"] == CONTESTED for step in life["steps"]),
            "open_disputes": life["situation"]["open_disputes"],
            "no_evidence": page.refusal(evidence),
            "position": told["position"],
            "at": told["at"],
        },
    )


@router.get("/customers/{customer_id}/actions/{command}")
def action_page(customer_id: CustomerId, command: str, page: Shown) -> Response:
    """The form of one command, empty."""
    action = called(BY_COMMAND, command)
    return action_shown(page, customer_id, action, {})


@router.post("/customers/{customer_id}/actions/{command}")
def act(customer_id: CustomerId, command: str, sent: Filled) -> Response:
    """The command, as over HTTP. What was typed stays in the form where it was in vain."""
    action = called(BY_COMMAND, command)
    done = sent.done(lambda: action.run(customer_id, sent.typed, sent.zone, sent.call))
    if isinstance(done, Trouble):
        return action_shown(sent.page, customer_id, action, sent.typed, problem=done)
    number = done.told.get("dispute")
    case = "" if number is None else f"/disputes/{number}"
    return go_on(f"/customers/{customer_id}{case}?position={position_of(done)}&done={command}")


def position_of(done: Answer) -> int:
    """Where in the log the command's events are."""
    return int(done.told["position"])


def action_shown(
    page: Page,
    customer_id: UUID,
    action: Action,
    typed: Mapping[str, str],
    *,
    problem: Trouble | None = None,
) -> Response:
    """The form over what the customer is now. After a refusal it names the version that its
    sender has now seen."""
    told = page.at_the_end().ask(card, customer_id)
    rights = page.ask(may, customer_id, RightsQuestions())["rights"]
    cases = _cases(page, action, told)
    return page.show_form(
        "action.html",
        {
            "card": told,
            "action": action,
            "right": next(right for right in rights if right["command"] == action.command),
            "entries": _with_cases(action, cases),
            "cases": cases if action.case is DISPUTE else (),
            "position": told["position"],
            "at": told["at"],
        },
        typed,
        problem,
    )


def recent(steps: Sequence[Any], before: str | None, span: Span | None) -> dict[str, Any]:
    """A page of steps, the newest first, and the query of the page of those before; fewer of them
    where their notes are long. before: the position that they lie before. span: the instants that
    are shown alone."""
    end = int(before) if before and before.isdecimal() and len(before) <= 18 else None
    found = [
        step
        for step in steps
        if (end is None or step["event"]["position"] < end)
        and (span is None or span.holds(step["event"]["at"]))
    ]
    items: list[Any] = []
    weight_bytes = 0
    for step in found[: -EVENTS_MAX - 1 : -1]:
        note = note_of(step["event"])
        items.append(step)
        weight_bytes += note.weight_bytes if note else 0
        if weight_bytes > NOTES_BYTES_MAX:
            break
    older = _before(items[-1]["event"]["position"], span) if len(found) > len(items) else None
    return {"events": items, "older": older}


def _before(position: int, span: Span | None) -> str:
    return urlencode({"before": position, **(span.query if span else {})})


def _among(shown: Sequence[Any], span: Span | None) -> Link:
    """Links to the events on this page, and to the page of those that are not."""
    here = {step["event"]["position"] for step in shown}

    def link(event: Mapping[str, Any]) -> str:
        position = event["position"]
        address = in_page(event)
        return address if position in here else f"?{_before(position + 1, span)}{address}"

    return link


def band_of(
    page: Page,
    life: Mapping[str, Any],
    *,
    shown_at: Any = None,
    link: Link | None = None,
    span: Span | None = None,
    spans: Spans | None = None,
) -> Markup:
    """The band of a told life, in the page's language; span: of the part of it that is shown."""
    language = page.call.language
    words = {name: translated(text, language) for name, text in _BAND_WORDS.items()}
    words |= {stage: shown.term(stage, "state", language) for stage in COLOURS}
    words |= {"after-sales": shown.term("after-sales", "group", language)}
    drawn = band(
        life["steps"],
        situation=life["situation"],
        now=life["at"],
        words=words,
        zone=shown.ZONES[language],
        shown_at=shown_at,
        link=link,
        span=(span.start, span.end) if span else None,
        spans=spans,
    )
    return Markup(drawn)  # noqa: S704  band() escapes every text


def _cases(page: Page, action: Action, told: Mapping[str, Any]) -> Sequence[str]:
    """The contracts, reports, open disputes or requests of which the command means one."""
    if action.case is CONTRACT:
        return [contract.number for contract in told["contracts"] or ()]
    if action.case is REPORT:
        return [str(report["report"]) for report in told["duplicates"]]
    if action.case is REQUEST:
        asked = RequestQuestions(state="open", customer=told["customer_id"])
        return [found["member"] for found in page.ask(requests, asked)["items"]]
    if action.case is None:
        return ()
    life = page.ask(replayed, told["customer_id"], ReplayQuestions())
    return [str(number) for number in life["situation"]["open_disputes"]]


def _with_cases(action: Action, cases: Sequence[str]) -> Sequence[Entry]:
    """The fields; the first lets choose which contract, report or dispute is meant."""
    if action.case is None:
        return action.fields
    return (replace(action.case, choices=tuple(cases)), *action.entries)


LEGEND: Final = {
    "stages": COLOURS,
    "marks": {kind: SHAPES[kind] for kind in dict.fromkeys(MARKS.values())},
    "words": {
        "follow-up": marked("follow-up"),
        "application": marked("claim or application, or its withdrawal"),
        "decision": marked("decision"),
        "refused": marked("refused attempt"),
    },
}
