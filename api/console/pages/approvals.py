"""Approvals: what waits for the reader's decision, with the facts beside, decided one or several
at a time (S1-309, S1-041, S1-060)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from api.answers import Answer
from api.console.catalogue import marked
from api.console.deciding import KINDS, Reference, Way, reference, referred
from api.console.filling import typed_of
from api.console.page_calls import Filled, Page, Sent, Shown, go_on
from api.console.page_route import pages
from api.console.pages.approval_facts import (
    FIRST,
    Listed,
    became,
    facts,
    filters_of,
    found,
    listed,
)
from api.console.pages.customer import position_of
from api.console.shown import next_of
from api.console.troubles import Trouble
from api.routes.parameters import CustomerId

router = pages()
ADDRESS: Final = "/approvals"
SEVERAL: Final = "several"
CHOSEN: Final = "chosen."
NOTHING: Final = marked("Nothing is chosen.")
NO_WAY: Final = marked("Say what becomes of the chosen: one of the two buttons.")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one of several. way: how it was decided; None where its kind has no such way.
    trouble: why it was not; then `last` tells what happened to it, where it changed meanwhile."""

    reference: Reference
    name: str
    way: Way | None
    trouble: Trouble | None = None
    last: Mapping[str, Any] | None = None

    @property
    def is_done(self) -> bool:
        """True where the decision is in the log."""
        return self.way is not None and self.trouble is None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was sent and not (wholly) done, to be shown again. problem: of the open one. results: of
    several, whose reason was `reason`, and of which `chosen` still are. amiss: why nothing was even
    tried.
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    problem: Trouble | None = None
    results: Sequence[Result] = ()
    reason: str = ""
    chosen: frozenset[str] = frozenset()
    amiss: str = ""

    @property
    def again(self) -> frozenset[str]:
        """Those of several that are still chosen."""
        return self.chosen | {str(one.reference) for one in self.results if not one.is_done}

    @property
    def wrong_reason(self) -> str | None:
        """What is wrong with the reason of several, as the first that was refused says."""
        told = (one.trouble.fields.get("reason") for one in self.results if one.trouble)
        return next((text for text in told if text), None)

    @property
    def status(self) -> int:
        """Of the answer: that of the problem; of several, that of the first where none is done."""
        if self.problem is not None:
            return self.problem.status
        troubles = [one.trouble for one in self.results if one.trouble]
        return troubles[0].status if troubles and len(troubles) == len(self.results) else 200


@router.get(ADDRESS)
def approvals_page(page: Shown) -> Response:
    """The list, and the facts of the one that is open."""
    return _shown(page, page.request.query_params.get("open", ""), Attempt())


@router.get(f"{ADDRESS}/{SEVERAL}")
def several_page(page: Shown) -> Response:
    """The list, for who comes back to where several were sent."""
    return go_on(_address(filters_of(page)))


@router.get(f"{ADDRESS}/{{customer_id}}/{{kind}}")
def approval_page(customer_id: CustomerId, kind: str, page: Shown) -> Response:
    """The open one, for who comes back to where a decision was sent."""
    case = page.request.query_params.get("case")
    open_one = str(referred(customer_id, kind, case))
    return go_on(_address(filters_of(page), open=open_one))


@router.post(f"{ADDRESS}/{SEVERAL}")
def several_decided(sent: Filled) -> Response:
    """Each of the chosen is decided by its own command, under its own key and version; a line each
    tells what became of it, and what was in vain stays chosen."""
    way, reason = sent.typed.get("way"), sent.typed.get("reason", "")
    chosen = _chosen(sent.typed)
    if not chosen or way not in {"yes", "no"}:
        amiss = NO_WAY if chosen else NOTHING
        known = frozenset(str(about) for about in chosen.values())
        return _shown(sent.page, "", Attempt(reason=reason, chosen=known, amiss=amiss))
    results = [
        _decided(sent, number, about, is_yes=way == "yes", reason=reason)
        for number, about in chosen.items()
    ]
    return _shown(sent.page.at_the_end(), "", Attempt(results=results, reason=reason))


@router.post(f"{ADDRESS}/{{customer_id}}/{{kind}}")
def decided(customer_id: CustomerId, kind: str, sent: Filled) -> Response:
    """The decision, as over HTTP; then the next one opens. What was typed stays where it was in
    vain."""
    case = sent.typed.get("number") or sent.typed.get("member")
    about = referred(customer_id, kind, case)
    done = sent.done(lambda: _run(sent, about, sent.typed))
    page = sent.page
    if isinstance(done, Trouble):
        return _shown(page.at_the_end(), str(about), Attempt(sent.typed, done))
    hidden = typed_of(page.request)
    way = next((way.value for way in about.deciding.ways if _is_meant(about, way, sent.typed)), "")
    told = {"position": str(position_of(done)), "done": f"{kind}.{way}", "was": str(customer_id)}
    return go_on(_address(filters_of(page), open=hidden.get("_next") or FIRST, **told))


def _is_meant(about: Reference, way: Way, typed: Mapping[str, str]) -> bool:
    choice = about.deciding.choice
    return choice is None or typed.get(choice) == way.value


def _run(sent: Sent, about: Reference, typed: Mapping[str, str], call: Any = None) -> Answer:
    action = about.deciding.action
    return action.run(about.customer_id, typed, sent.zone, call or sent.call)


def _chosen(typed: Mapping[str, str]) -> dict[str, Reference]:
    """The lines that were chosen by their numbers, as the list had them."""
    found = {}
    for name, text in typed.items():
        about = reference(text) if name.startswith(CHOSEN) else None
        if about is not None:
            found[name.removeprefix(CHOSEN)] = about
    return found


def _decided(sent: Sent, number: str, about: Reference, *, is_yes: bool, reason: str) -> Result:
    """What became of the line of this number."""
    hidden, deciding = typed_of(sent.page.request), about.deciding
    name = hidden.get(f"_name.{number}", "")
    way = deciding.way(is_yes=is_yes)
    if way is None or not deciding.is_for_several:
        return Result(about, name, None)
    typed = (
        about.typed | {"reason": reason} | ({deciding.choice: way.value} if deciding.choice else {})
    )

    def run() -> Answer:
        call = sent.call_beside(
            f"{ADDRESS}/{about}",
            typed,
            key=hidden.get(f"_key.{number}"),
            version=hidden.get(f"_version.{number}"),
        )
        return _run(sent, about, typed, call)

    done = sent.done(run)
    if not isinstance(done, Trouble):
        return Result(about, name, way)
    is_other = done.slug not in {"invalid", "not-allowed", "own-decision"}
    return Result(
        about, name, way, done, became(sent.page.at_the_end(), about) if is_other else None
    )


def _shown(page: Page, open_one: str, attempt: Attempt) -> Response:
    """The list, the facts of the open one, and what was tried."""
    known = listed(page)
    about, opened = _opened(page, open_one, known)
    filters = filters_of(page)
    return page.show(
        "approvals.html",
        {
            "items": known.items,
            "scope": known.scope,
            "by_kind": {
                kind: _address(filters, kind=kind, after="") for kind in ("", *known.kinds)
            },
            "other_overdue": _address(
                filters, overdue="" if "overdue" in filters else "true", after=""
            ),
            "filters": filters,
            "following": known.following,
            "about": about,
            "opened": opened,
            "facts": facts(page, opened) if opened else None,
            "became": became(page, about) if about and not opened else None,
            "following_one": known.after(opened) if opened else None,
            "attempt": attempt,
            "done": _done(page),
            "new_key": page.new_key,
            "next_at": next_of([item.due_at for item in known.items], known.at),
            "position": known.position,
            "at": known.at,
        },
        status=attempt.status,
    )


def _opened(page: Page, open_one: str, known: Listed) -> tuple[Reference | None, Any]:
    """What is referred to, and what waits there; the first of the list opens by that word."""
    if open_one == FIRST:
        first = known.items[0] if known.items else None
        return (first.reference if first else None), first
    about = reference(open_one)
    return about, found(page, about, known) if about else None


def _done(page: Page) -> dict[str, Any] | None:
    """What the address says was decided just now; None where it says nothing that could be."""
    sent = page.request.query_params
    kind, _, value = sent.get("done", "").partition(".")
    if kind not in KINDS:
        return None
    label = next((way.label for way in KINDS[kind].ways if way.value == value), None)
    try:
        return {"kind": kind, "label": label, "customer_id": UUID(sent.get("was", ""))}
    except ValueError:
        return None


def _address(filters: Mapping[str, str], **more: str) -> str:
    asked = {name: text for name, text in {**filters, **more}.items() if text}
    return f"{ADDRESS}?{urlencode(asked)}" if asked else ADDRESS
