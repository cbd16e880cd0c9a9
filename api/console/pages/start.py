"""Start: what falls due, what waits for me, my customers, and a manager's team (S1-032)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.responses import Response

from api.answers import instant
from api.console.catalogue import marked
from api.console.deciding import from_approvals
from api.console.forms import asked
from api.console.page_calls import Page, Shown
from api.console.page_route import pages
from api.console.shown import next_of
from api.routes.board import BoardQuestions, board_of
from api.routes.briefing import BriefingQuestions, briefing_of_caller
from api.routes.calls import departments_of
from api.routes.lists import portfolio
from api.routes.parameters import Paged
from api.routes.tasks import (
    AgendaQuestions,
    ApprovalQuestions,
    agenda_of_caller,
    approvals_of_caller,
)
from projections import agenda

router = pages()
ROWS: Final = 15
TEAM_ROWS: Final = 6
COUNTED: Final = 100
"""How many lines more of the agenda are counted; beyond that there are more."""
WHOLE: Final = "agenda"
"""The list that the page shows whole, a page at a time."""
WHOLE_ROWS: Final = 50
TEAM: Final = {
    "fell": (marked("Fell into the pool"), "fell_at"),
    "overdue_reviews": (marked("Reviews overdue"), "due_at"),
    "unconfirmed": (marked("Signed, not confirmed"), "until"),
    "held_by_leavers": (marked("Held by leavers"), "leaves_at"),
    "without_person": (marked("Formal, without a person"), "asked_at"),
    "no_contact": (marked("No contact for long"), "quiet_since"),
    "attempts": (marked("Attempts of rivals"), "at"),
    "duplicates": (marked("Reported duplicates"), "asked_at"),
    "disputes": (marked("Open disputes"), "asked_at"),
    "overrides": (marked("Registered in spite of a similar name"), "at"),
}
"""Lists of the briefing: their heading, and which instant of a line is shown."""


class _OfTeam(BriefingQuestions):
    """The briefing without what waits for the reader himself, which has a table of its own."""

    with_waiting = False


@router.get("/")
def start_page(page: Shown) -> Response:
    """Everything of the reader's that needs him today, the earliest first."""
    if page.request.query_params.get("list") == WHOLE:
        return _whole_agenda(page)
    at = page.signed.at
    days = page.signed.rules.agenda.warning_days
    warned = instant(at + timedelta(days=max(days, 1)))
    ahead = page.ask(agenda_of_caller, _counted(since=instant(at), until=warned))
    overdue = page.ask(agenda_of_caller, _counted(until=instant(at)))
    mine = page.ask_if_allowed(portfolio, page.signed.member, Paged(limit=ROWS))
    waiting = page.ask_if_allowed(approvals_of_caller, ApprovalQuestions(scope="mine", limit=ROWS))
    instants = [
        *(item.due_at for item in ahead["items"]),
        *(item["due_at"] for item in (waiting["items"] if waiting else ())),
        *(line["held_over_until"] or line["until"] for line in (mine["items"] if mine else ())),
    ]
    return page.show(
        "start.html",
        {
            "next_at": next_of(instants, at),
            "ahead": _part(ahead, since=instant(at)),
            "overdue": _part(overdue, until=instant(at)),
            "waiting": waiting and [from_approvals(line) for line in waiting["items"]],
            "more_waiting": waiting and waiting["next"] is not None,
            "mine": mine and mine["items"],
            "more_mine": mine and mine["next"] is not None,
            "team": _team(page),
            "falling": _falling(page, warned),
            "contacts": _contacts(page, at + timedelta(days=max(days, 1))),
            "position": min(ahead["position"], overdue["position"]),
            "at": ahead["at"],
        },
    )


def _whole_agenda(page: Page) -> Response:
    """Everything of the reader's with a due time between the instants that the address names."""
    sent = page.request.query_params
    told = page.ask(agenda_of_caller, asked(AgendaQuestions, {**sent, "limit": str(WHOLE_ROWS)}))
    named = {name: sent[name] for name in ("since", "until") if sent.get(name)}
    return page.show(
        "agenda.html",
        {
            **told,
            "lines": told["items"],
            "filters": {"list": WHOLE, **named},
            "next_at": next_of([item.due_at for item in told["items"]], told["at"]),
        },
    )


def _counted(**bounds: str) -> AgendaQuestions:
    return asked(AgendaQuestions, {**bounds, "limit": str(ROWS + COUNTED)})


def _part(told: Mapping[str, Any], **bounds: str) -> dict[str, Any]:
    """A part of the agenda: the first lines, how many more there are, and where all are. more:
    None where they are too many to be counted."""
    more = max(len(told["items"]) - ROWS, 0)
    return {
        "lines": told["items"][:ROWS],
        "more": None if told["next"] else more,
        "all": {"list": WHOLE, **bounds},
    }


def _falling(page: Page, until: str) -> dict[str, Any] | None:
    """What is over first of what the reader's departments hold; None for who leads none."""
    if page.refusal(briefing_of_caller) is not None:
        return None
    told = page.ask_if_allowed(board_of, BoardQuestions(limit=TEAM_ROWS, until=until))
    if told is None:
        return None
    departments = sorted(page.signed.departments)
    filters = {"department": departments[0]} if len(departments) == 1 else {}
    return {
        "lines": told["items"],
        "more": told["next"] is not None,
        "all": {**filters, "until": until},
    }


def _contacts(page: Page, until: datetime) -> dict[str, Any] | None:
    """The next contacts in the departments that the reader leads; None for who leads none."""
    if page.refusal(briefing_of_caller) is not None:
        return None
    call = page.call_of(briefing_of_caller)
    departments = departments_of(page.signed, "see-briefing")
    if departments is None:
        return None
    with call.view(agenda.NAME) as cursor:
        found, _ = agenda.next_contacts(
            cursor, departments, now=page.signed.at, until=until, limit=TEAM_ROWS + 1
        )
    return {"lines": found[:TEAM_ROWS], "more": len(found) > TEAM_ROWS}


def _team(page: Page) -> list[dict[str, Any]] | None:
    """The briefing's lists that hold something; None for who gets none."""
    told = page.ask_if_allowed(briefing_of_caller, _OfTeam(limit=TEAM_ROWS))
    if told is None:
        return None
    return [
        {"heading": heading, "lines": told[name], "instant": instant, "cut": name in told["cut"]}
        for name, (heading, instant) in TEAM.items()
        if told[name]
    ]
