"""A manager's morning: what happened since the last evening, what waits, what is about to fall."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.bursts import Burst, bursts, much_read
from api.access.looks import Field as Detail
from api.access.looks import record_details
from api.answers import Answer
from api.disclosure import withheld
from api.models.briefing import BriefingTold
from api.models.fields import EXAMPLE_INSTANT, Searched
from api.openapi import query
from api.routes.calls import Asked, departments_of
from api.routes.parameters import QueryInstant, Questions, searched
from api.routes.tasks import decided_kinds, record_waiting
from domain.orders import Signed
from domain.rulebook_text import Rulebook
from domain.working_days import ZONE, start_of_day
from projections import agenda, approvals, audit, briefing, customer_search, pool
from projections.counting import local_day

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

router = APIRouter()
VIEWS = (pool.NAME, approvals.NAME, agenda.NAME, customer_search.VIEW, audit.NAME)
ITEMS_MAX = 200
EVENING = timedelta(hours=18)
DAYS_OFF_MAX = 31
"""Longer than any holiday: then any evening will do."""
_NAMES = {"quiet": "no_contact"}
"""Lists that the surface calls otherwise than the view."""


class BriefingQuestions(Questions):
    """Whose morning. with_waiting: whether what waits for the caller himself is asked for, which a
    page may show anyway."""

    with_waiting: ClassVar[bool] = True
    department: Annotated[
        Searched | None, searched("Only this department; left out: every one.", "一部")
    ] = None
    since: Annotated[
        QueryInstant | None,
        Field(
            description="From when on things are news. Left out: the last 18:00 in Asia/Shanghai "
            "at the end of a working day, so that a Monday tells of the weekend.",
            examples=[EXAMPLE_INSTANT],
        ),
    ] = None
    limit: Annotated[
        int, Field(ge=1, le=ITEMS_MAX, description="Items a list, 1 to 200.", examples=[50])
    ] = 50


@router.get(
    "/v1/briefing",
    **query(
        "views",
        "What should a manager know this morning?",
        BriefingTold,
        permission="see-briefing",
        problems=["not-allowed"],
    ),
)
def briefing_of_caller(asked: Annotated[BriefingQuestions, Query()], call: Asked) -> Answer:
    """What fell and who took it, what waits for the caller, what is overdue or about to go wrong,
    and what rivals tried; for managers in their departments, and for directors and auditors."""
    signed = call.signed()
    departments = departments_of(signed, "see-briefing", department=asked.department or None)
    rules = signed.rules
    since = asked.since or last_evening(signed.at, rules)
    with call.view(*VIEWS) as cursor:
        found = briefing.briefing(
            cursor,
            now=signed.at,
            since=since,
            department=asked.department or None,
            departments=departments,
            member=signed.member,
            no_contact_days=rules.agenda.no_contact_days,
            limit=asked.limit + 1,
            kinds=decided_kinds(signed),
            with_waiting=asked.with_waiting,
        )
        found = _without_reasons(cursor, signed, found)
        tomorrow = local_day(signed.at) + timedelta(days=1)
        rows = much_read(cursor, rules.disclosure, local_day(since), tomorrow)
    whose = (asked.department,) if asked.department else departments
    read = bursts(call.application, rules.disclosure, rows, departments=whose)
    lists = _lists(found, read, asked.limit)
    _record(call, signed, lists)
    told = {
        **lists,
        "department": asked.department or None,
        "since": since,
        "no_contact_days": rules.agenda.no_contact_days,
        "position": found.position,
        "at": signed.at,
    }
    return call.answer(told, position=found.position)


def _without_reasons(cursor: Cursor, signed: Signed, found: briefing.Briefing) -> briefing.Briefing:
    """The briefing as the caller may read it: why a record of class A is another company is one of
    its details (S4-40)."""
    closed = withheld(
        cursor, signed, "see-briefing", [line.customer_id for line in found.overrides]
    )
    overrides = [
        replace(line, reason=None) if line.customer_id in closed else line
        for line in found.overrides
    ]
    return replace(found, overrides=overrides)


def _record(call: Asked, signed: Signed, lists: dict[str, Any]) -> None:
    """Keep whose reasons and statements the briefing has shown."""
    waiting = ("waiting", "overdue_reviews", "without_person", "duplicates", "disputes")
    record_waiting(call, signed, "briefing", [line for name in waiting for line in lists[name]])
    fields: set[Detail] = {"reasons"}
    whose = [line.customer_id for line in lists["overrides"] if line.reason is not None]
    record_details(
        call, signed, "briefing", fields, whose, right="see-briefing", kind="waiting-read"
    )


def last_evening(at: datetime, rules: Rulebook) -> datetime:
    """The last 18:00 in Asia/Shanghai by `at` that ended a working day of the company."""
    today = at.astimezone(ZoneInfo(ZONE)).date()
    for back in range(DAYS_OFF_MAX):
        day = today - timedelta(days=back)
        begins = start_of_day(day)
        # The end of the first working day after the day before: this day's, if it is one.
        is_working = rules.working_day_end(begins - EVENING, 1).at == begins + timedelta(days=1)
        if is_working and begins + EVENING <= at:
            return begins + EVENING
    return at - timedelta(days=1)


def _lists(found: briefing.Briefing, read: list[Burst], limit: int) -> dict[str, Any]:
    """Every list, cut at `limit`, and which ones were."""
    lists = {
        _NAMES.get(field.name, field.name): getattr(found, field.name)
        for field in fields(found)
        if field.name != "position"
    }
    lists["bursts"] = read
    cut = [name for name, items in lists.items() if len(items) > limit]
    return {**{name: items[:limit] for name, items in lists.items()}, "cut": cut}
