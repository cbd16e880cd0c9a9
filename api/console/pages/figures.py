"""Figures: small plots with their tables beside, each number leading to its events (S1-066)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import Path
from starlette.responses import Response

from api.console.catalogue import marked
from api.console.figure_tables import Row, by_time, by_whom, in_all, plots, stretches
from api.console.figure_words import FIGURE_NAMES, PARTS_OF_LEADS
from api.console.forms import checked
from api.console.log_filters import query_of
from api.console.page_calls import Page, Shown
from api.console.page_route import pages
from api.routes.statistics import (
    DAYS_MAX,
    WORDS,
    FigureEventQuestions,
    HabitQuestions,
    StatisticsQuestions,
    statistics_events,
    statistics_habits,
    statistics_of,
)
from domain import permissions
from domain.errors import NotFound
from projections.counting import local_day
from projections.figures import FIGURES
from projections.habits import KINDS

router = pages()
ROWS: Final = 30
APART: Final = 20
"""Departments or members of a page, each with a row in every table."""
LEADS: Final = 5
LEADS_OF_ONE: Final = 40
POSITIONS_MAX: Final = 60
"""Events of a lead that an address names; a longer one would be refused on its way."""
SPANS: Final = ((30, marked("30 days")), (91, marked("13 weeks")), (366, marked("A year")))
ASKED: Final = ("from", "to", "department", "member")


@router.get("/figures")
def figures_page(page: Shown) -> Response:
    """What was claimed, refused, reviewed, lost and won, by day, department or member."""
    sent = _sent(page, (*ASKED, "by", "after"))
    by = sent.get("by", "day")
    limit = DAYS_MAX if by == "day" else APART
    # One member's are few; of a house, sums are read, which tell no median.
    asked = {**sent, "by": (by,), "limit": limit, "percentiles": "member" in sent}
    questions = checked(StatisticsQuestions, asked)
    told = page.ask(statistics_of, questions)
    start, end = told["from"], told["to"]
    span = {"from": start.isoformat(), "to": end.isoformat()}
    whose = {name: sent[name] for name in ("department", "member") if name in sent}
    total = in_all(told["total"], span, whose)
    apart = {} if by == "day" else {"by": by}
    return page.show(
        "figures.html",
        {
            **_of_span(page, sent, start, end),
            "by": by,
            "rows": _rows(told, by, span, whose),
            "total": total,
            "plots": list(plots(total)),
            "waiting": told["total"].review_waiting,
            "implied": told["implied"],
            "names": FIGURE_NAMES,
            "same": query_of({**span, **whose, **apart}),
            "following": told["next"]
            and query_of({**span, **whose, **apart, "after": told["next"]}),
            "position": told["position"],
            "at": told["at"],
        },
    )


@router.get("/figures/habits")
def habits_page(page: Shown) -> Response:
    """Leads to what figures hide, each with its events; a lead is no verdict."""
    sent = _sent(page, (*ASKED, "kind", "beyond"))
    kinds = (sent["kind"],) if "kind" in sent else KINDS
    asked = {**sent, "kind": kinds, "limit": LEADS_OF_ONE if "kind" in sent else LEADS}
    told = page.ask(statistics_habits, checked(HabitQuestions, asked))
    start, end = told["from"], told["to"]
    span = {"from": start.isoformat(), "to": end.isoformat()}
    span |= {name: sent[name] for name in ("department",) if name in sent}
    leads: dict[str, list[Any]] = {kind: [] for kind in kinds}
    for lead in told["items"]:
        leads[lead["kind"]].append(_lead(page, lead, span))
    whose = {name: sent[name] for name in ("department", "member") if name in sent}
    is_zh = page.call.language == "zh"
    return page.show(
        "habits.html",
        {
            **_of_span(page, sent, start, end),
            "leads": leads,
            "cut": told["cut"],
            "words": {kind: WORDS[kind][0 if is_zh else 1] for kind in kinds},
            "one": sent.get("kind"),
            "parts": PARTS_OF_LEADS,
            "same": query_of({"from": start.isoformat(), "to": end.isoformat(), **whose}),
            "position": told["position"],
            "at": told["at"],
        },
    )


@router.get("/figures/{figure}")
def figure_events_page(figure: Annotated[str, Path()], page: Shown) -> Response:
    """The events that one number counts."""
    if figure not in FIGURES:
        raise NotFound("address", figure)
    sent = _sent(page, (*ASKED, "day", "rule", "after"))
    sent |= _day_as_span(sent.pop("day", None))
    questions = checked(FigureEventQuestions, {**sent, "figure": figure, "limit": ROWS})
    told = page.ask(statistics_events, questions)
    start, end = questions.span(page.signed)
    filters = {name: text for name, text in sent.items() if name != "after"}
    positions = [item["position"] for item in told["items"]]
    return page.show(
        "figure_events.html",
        {
            "figure": figure,
            "name": FIGURE_NAMES[figure],  # type: ignore[index]  # one of FIGURES
            "entries": told["items"],
            "filters": filters,
            "start": start,
            "last": max(start, end - timedelta(days=1)),
            "same": query_of(filters),
            "following": told["next"] and query_of({**filters, "after": told["next"]}),
            "audit": query_of({"position": positions}) if _audits(page) and positions else "",
            "position": told["position"],
            "at": told["at"],
        },
    )


def _rows(
    told: Mapping[str, Any], by: str, span: Mapping[str, str], whose: Mapping[str, str]
) -> list[Row]:
    """What the tables show, row by row."""
    if by == "day":
        return by_time(told["items"], stretches(told["from"], told["to"]), whose)
    return by_whom(told["items"], by, span, whose)


def _sent(page: Page, names: tuple[str, ...]) -> dict[str, Any]:
    """What the address asks, less what was left blank."""
    sent = page.request.query_params
    return {name: sent[name].strip() for name in names if sent.get(name, "").strip()}


def _day_as_span(day: str | None) -> dict[str, str]:
    """One day as a span of days. Raises Invalid."""
    if day is None:
        return {}
    start = checked(StatisticsQuestions, {"from": day}).start or date.max
    following = date.fromordinal(min(start.toordinal() + 1, date.max.toordinal()))
    return {"from": start.isoformat(), "to": following.isoformat()}


def _of_span(page: Page, sent: Mapping[str, Any], start: date, end: date) -> dict[str, Any]:
    """What the form of a page shows. is_own: the reader sees his own figures alone."""
    row = permissions.PERMISSIONS["see-statistics"]
    tomorrow = local_day(page.signed.at) + timedelta(days=1)
    whose = {name: sent[name] for name in ("department", "member", "by") if name in sent}
    spans = [
        (label, query_of({"from": (tomorrow - timedelta(days=days)).isoformat(), **whose}))
        for days, label in SPANS
    ]
    return {
        "start": start,
        "end": end,
        "department": sent.get("department", ""),
        "member": sent.get("member", ""),
        "is_own": permissions.condition_of(page.signed.roles, row) == "own",
        "sees_habits": permissions.may(page.signed.roles, "see-habits"),
        "spans": spans,
    }


def _lead(page: Page, lead: Mapping[str, Any], span: Mapping[str, str]) -> dict[str, Any]:
    """A lead with the question that tells its events in words, where the reader may ask it, and the
    one that leads to those which an address has no room for."""
    shown = lead["positions"][:POSITIONS_MAX]
    told = {**lead, "shown": len(shown), "audit": "", "further": ""}
    if _audits(page) and shown:
        told["audit"] = query_of({"position": shown})
    if lead["more"] or len(shown) < len(lead["positions"]):
        whose = {"kind": lead["kind"], "member": lead["members"][0]}
        told["further"] = query_of({**span, **whose, "beyond": shown[-1]})
    return told


def _audits(page: Page) -> bool:
    """Whether the reader is told the events of figures in words."""
    return permissions.may(page.signed.roles, "see-audit")
