"""What waits, and of the one that is open whatever a decider needs to know, on one screen.

The list is two routes' answers; the open one is the customer's card, life and rights as those
routes tell them, so what a decider may not see stays hidden here, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from api.console.band import Link, in_page
from api.console.deciding import DETAILS, Reference, Waiting, from_approvals, from_requests
from api.console.forms import checked
from api.console.page_calls import Page
from api.console.pages.customer import LEGEND, band_of
from api.console.zooming import spans_of_customer
from api.life_telling import REFUSAL
from api.routes.calls import require
from api.routes.details import RequestQuestions, requests
from api.routes.life import ReplayQuestions, RightsQuestions, may, replayed
from api.routes.questions import card
from api.routes.tasks import ApprovalQuestions, approvals_of_caller
from domain import names
from domain.errors import NotAllowed
from domain.events import (
    ClaimCorrected,
    ClaimWithdrawn,
    ExtensionGranted,
    ExtensionRefused,
    ExtensionRequested,
    FollowedUp,
    IntentGranted,
    IntentRefused,
    IntentRequested,
    ReviewPassed,
    ReviewRefused,
)

ROWS: Final = 20
CANDIDATES_MAX: Final = 3
"""Of how many similar records the card is read; of any more, the line tells the name."""
EVENTS_MAX: Final = 4
FILTERS: Final = ("kind", "overdue", "scope", "after")
FIRST: Final = "first"
_APPLIED: Final = frozenset(
    event.TOPIC
    for event in (
        ClaimCorrected,
        ClaimWithdrawn,
        ExtensionGranted,
        ExtensionRefused,
        ExtensionRequested,
        IntentGranted,
        IntentRefused,
        IntentRequested,
        ReviewPassed,
        ReviewRefused,
    )
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of what waits. scope: whether it is for the reader to decide. kinds: those he may be
    shown. following: the filters of the next page; None on the last."""

    items: Sequence[Waiting]
    scope: str
    kinds: Sequence[str]
    following: Mapping[str, str] | None
    position: int
    at: Any

    def after(self, found: Waiting) -> Waiting | None:
        """The one to decide next: behind this one, else the first of the others."""
        others = [item for item in self.items if item.reference != found.reference]
        places = [item.reference for item in self.items]
        place = places.index(found.reference) if found.reference in places else 0
        return (others[place:] or others or [None])[0]


def filters_of(page: Page) -> dict[str, str]:
    """What the address asks for, less what is the page's own."""
    sent = page.request.query_params
    return {name: sent[name] for name in FILTERS if sent.get(name, "").strip()}


def listed(page: Page) -> Listed:
    """What waits, overdue first; requests to read details, which are never due, behind the rest.
    Raises Invalid, NotAllowed."""
    filters = filters_of(page)
    kind, for_details = filters.get("kind"), _sees_requests(page, filters)
    told = _approvals(page, filters)
    items = [] if kind == DETAILS else [from_approvals(line) for line in told["items"]]
    following = dict(filters, after=told["next"]) if told["next"] and kind != DETAILS else None
    position = told["position"]
    if kind == DETAILS or (for_details and kind is None and following is None):
        after = filters.get("after") if kind == DETAILS else None
        asked = {"scope": "mine", "limit": ROWS} | ({"after": after} if after else {})
        more = page.ask(requests, checked(RequestQuestions, asked))
        items += [from_requests(line) for line in more["items"]]
        following = {"kind": DETAILS, "after": more["next"]} if more["next"] else None
        position = min(position, more["position"])
    kinds = [*told["kinds"], DETAILS] if for_details else told["kinds"]
    return Listed(items, told["scope"], kinds, following, position, told["at"])


def _approvals(page: Page, filters: Mapping[str, str], **about: str) -> Any:
    """The route's answer; whose right reaches his own alone is told what waits for him."""
    asked: dict[str, Any] = {**filters, "limit": ROWS, **about}
    kind = asked.pop("kind", None)
    if kind == DETAILS:
        asked = {"limit": 1, "scope": "mine"}
    elif kind is not None:
        asked["kind"] = [kind]
    try:
        return page.ask(approvals_of_caller, checked(ApprovalQuestions, asked))
    except NotAllowed:
        if "scope" in asked:
            raise
        own = checked(ApprovalQuestions, asked | {"scope": "mine"})
        return page.ask(approvals_of_caller, own)


def _sees_requests(page: Page, filters: Mapping[str, str]) -> bool:
    """Whether requests to read details are asked for, and the reader's to decide."""
    if "overdue" in filters or filters.get("scope") == "all":
        return False
    try:
        require(page.signed, "decide-details")
    except NotAllowed:
        return False
    return True


def found(page: Page, reference: Reference, known: Listed) -> Waiting | None:
    """What is referred to, on this page of the list or on another; None where it does not wait (any
    more) for the reader."""
    here = next((item for item in known.items if item.reference == reference), None)
    if here is not None:
        return here
    customer = str(reference.customer_id)
    if reference.kind == DETAILS:
        asked = {"scope": "mine", "customer": customer, "member": reference.case}
        try:
            told = page.ask(requests, checked(RequestQuestions, asked))
        except NotAllowed:
            return None
        lines = [from_requests(line) for line in told["items"]]
    else:
        filters = {"kind": reference.kind, "scope": known.scope}
        told = _approvals(page, filters, customer=customer)
        lines = [from_approvals(line) for line in told["items"]]
    return next((line for line in lines if line.reference == reference), None)


def facts(page: Page, waiting: Waiting) -> dict[str, Any]:
    """Who and what it is, whom it resembles, what was done for it since, and what each decision
    would lead to. The form names the version of this card."""
    reference = waiting.reference
    about = reference.customer_id
    told = page.at_the_end().ask(card, about)
    life = page.ask(replayed, about, ReplayQuestions())
    rights = page.ask(may, about, RightsQuestions())["rights"]
    command = reference.deciding.action.command
    right = next((right for right in rights if right["command"] == command), None)
    similar = waiting.told.get("similar", ())
    since = told["claimed_at"]
    events = [step["event"] for step in life["steps"] if since and step["event"]["at"] >= since]
    followed = [event for event in events if event["topic"] == FollowedUp.TOPIC]
    return {
        "card": told,
        "right": right,
        "outcomes": {one.decision: one for one in right["outcomes"]} if right else {},
        "warnings": _warnings(page, waiting),
        "candidates": _candidates(page, waiting),
        "others": similar[CANDIDATES_MAX:],
        "followed": followed[::-1][:EVENTS_MAX],
        "followed_count": len(followed),
        "applied": [event for event in events if event["topic"] in _APPLIED][::-1][:EVENTS_MAX],
        "bars": told["bars"],
        "band": band_of(page, life, link=_on_its_page(about), spans=spans_of_customer(about)),
        "legend": LEGEND,
    }


def _candidates(page: Page, waiting: Waiting) -> list[dict[str, Any]]:
    """Records that may be the same company, beside the one that waits: those like one under review,
    or the one that it is said to double."""
    other = waiting.told.get("of")
    if other is not None:
        return [{"card": page.ask(card, other), "match": None, "is_earlier": False}]
    return [
        {
            "card": page.ask(card, like.customer_id),
            "match": like.match,
            "is_earlier": like.earlier_claim,
        }
        for like in waiting.told.get("similar", ())[:CANDIDATES_MAX]
    ]


def _on_its_page(about: UUID) -> Link:
    """A mark of the band leads to its event on the customer's page."""

    def link(event: Mapping[str, Any]) -> str:
        return f"/customers/{about}?before={event['position'] + 1}{in_page(event)}"

    return link


def _warnings(page: Page, waiting: Waiting) -> list[str]:
    """Soft findings on the name, in words (A-39)."""
    codes = set(waiting.told.get("warnings", ()))
    is_chinese = page.call.language == "zh"
    return [
        problem.message_zh if is_chinese else problem.message_en
        for problem in names.problems(waiting.name)
        if problem.code in codes
    ]


def became(page: Page, reference: Reference) -> dict[str, Any]:
    """Of what does not wait any more: what happened last, in words, which says who was faster."""
    if reference.kind == DETAILS:
        asked = {"customer": str(reference.customer_id), "member": reference.case, "limit": 1}
        told = page.ask(requests, checked(RequestQuestions, asked))["items"]
        return {"last": None, "request": told[0] if told else None}
    life = page.ask(replayed, reference.customer_id, ReplayQuestions())
    own = [step["event"] for step in life["steps"] if step["event"]["topic"] != REFUSAL]
    return {"last": own[-1], "request": None}
