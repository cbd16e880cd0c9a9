"""The board: who holds what by stage and time left, what falls this week, load per member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from starlette.responses import Response

from api.answers import instant
from api.console import shown
from api.console.band import COLOURS
from api.console.bars import column, left, stacked
from api.console.forms import asked
from api.console.page_calls import Page, Shown
from api.console.page_route import pages
from api.console.pages.pool import csv_of
from api.routes.board import (
    BoardFile,
    BoardQuestions,
    LoadQuestions,
    board_export,
    board_of,
    load_of,
)
from domain import permissions
from domain.working_days import start_of_day

router = pages()
ROWS: Final = 30
MEMBERS: Final = 20
FILTERS: Final = ("member", "department", "state", "within", "sort")
SPANS: Final = (3, 7, 14, 30)
"""Days within which what is looked for is over; an address may name the instant itself."""


@router.get("/board")
def board_page(page: Shown) -> Response:
    """What the reader may see of who holds what; his own, or that of those whom he leads."""
    sent = _sent(page)
    questions = asked(BoardQuestions, sent)
    told: dict[str, Any] = page.ask(board_of, questions)
    of_members = {name: sent.get(name, "") for name in ("member", "department")}
    of_members |= {"limit": str(MEMBERS), "after": sent.get("members_after", "")}
    load = page.ask(load_of, asked(LoadQuestions, of_members))
    rules = page.signed.rules
    at = told["at"]
    return page.show(
        "board.html",
        {
            **told,
            "entries": told["items"],
            "filters": {name: sent[name] for name in FILTERS if sent.get(name)},
            "until": sent.get("until"),
            "next_at": shown.next_of([one["ends_at"] for one in told["items"]], at),
            "over_by": questions.until,
            "spans": SPANS,
            "warned_until": at + timedelta(days=rules.agenda.warning_days),
            "members": load["items"],
            "more_members": load["next"],
            "held_max": load["held_max"],
            "days": _days(load["days"]),
            "leads": permissions.reach_of(page.signed.roles, "see-portfolio") != "own",
            "position": min(told["position"], load["position"]),
            **_pictures(page, load, at),
        },
    )


@router.get("/board.csv")
def board_file(page: Shown) -> Response:
    """The whole board under the same filters, for a spreadsheet, in the language of the page."""
    return csv_of(page, _sent(page), BoardFile, board_export)


def _sent(page: Page) -> dict[str, str]:
    """What the address asks. How many days are left is counted from now, so a page that goes on
    names the instant instead: it must ask what the one before it has asked."""
    sent = {"limit": str(ROWS), **page.request.query_params}
    within = sent.get("within", "")
    if within in {str(days) for days in SPANS} and not sent.get("until"):
        sent["until"] = instant(page.signed.at + timedelta(days=int(within)))
    return sent


def _days(told: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each day with its bar, and the instant by which everything on it is over."""
    most = max(one["count"] for one in told)
    return [
        {
            "day": one["day"],
            "count": one["count"],
            "bar": column(one["count"], most),
            "until": instant(_end_of(one["day"])),
        }
        for one in told
    ]


def _end_of(day: date) -> datetime:
    """The instant after the last at which a customer falls that is told under the day."""
    return start_of_day(day + timedelta(days=1)) + timedelta(microseconds=1)


def _pictures(page: Page, load: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What draws the bars of members and rows, in the page's language."""
    words = {stage: shown.term(stage, "state", page.call.language) for stage in COLOURS}
    most = max((one.held for one in load["items"]), default=1)
    return {
        "load_bar": lambda one: stacked(one.stages, most, words),
        "left_bar": lambda one: left(one["ends_at"], at, one["state"]),
        "stages": COLOURS,
    }
