"""Start: what falls due, what waits for me, my customers, and a manager's team (S1-032)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from api.answers import instant
from api.console.catalogue import marked
from api.console.deciding import from_approvals
from api.console.page_calls import Page, Shown
from api.console.page_route import pages
from api.console.shown import next_of
from api.routes.briefing import BriefingQuestions, briefing_of_caller
from api.routes.lists import portfolio
from api.routes.parameters import Paged
from api.routes.tasks import (
    AgendaQuestions,
    ApprovalQuestions,
    agenda_of_caller,
    approvals_of_caller,
)

router = pages()
ROWS: Final = 15
TEAM_ROWS: Final = 6
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
    at = page.signed.at
    days = page.signed.rules.agenda.warning_days
    due = AgendaQuestions(limit=ROWS, until=instant(at + timedelta(days=max(days, 1))))
    agenda = page.ask(agenda_of_caller, due)
    mine = page.ask_if_allowed(portfolio, page.signed.member, Paged(limit=ROWS))
    waiting = page.ask_if_allowed(approvals_of_caller, ApprovalQuestions(scope="mine", limit=ROWS))
    instants = [
        *(item.due_at for item in agenda["items"]),
        *(item["due_at"] for item in (waiting["items"] if waiting else ())),
        *(line["held_over_until"] or line["until"] for line in (mine["items"] if mine else ())),
    ]
    return page.show(
        "start.html",
        {
            "next_at": next_of(instants, at),
            "due": agenda["items"],
            "more_due": agenda["next"] is not None,
            "waiting": waiting and [from_approvals(line) for line in waiting["items"]],
            "mine": mine and mine["items"],
            "more_mine": mine and mine["next"] is not None,
            "team": _team(page),
            "position": agenda["position"],
            "at": agenda["at"],
        },
    )


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
