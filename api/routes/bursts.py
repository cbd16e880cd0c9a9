"""Who read far more than usual: for those who lead (S4-36)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.bursts import bursts, much_read
from api.answers import Answer
from api.models.access import Bursts
from api.models.fields import Day, Searched
from api.openapi import query
from api.routes.calls import Asked, departments_of
from api.routes.parameters import Questions, searched
from domain.errors import Invalid
from projections.counting import local_day

router = APIRouter()
SEE_BURSTS = "see-bursts"
DAYS = 7
DAYS_MAX = 366


class BurstQuestions(Questions):
    """Which days, and whose."""

    department: Annotated[Searched | None, searched("Only members of this department.", "一部")] = (
        None
    )
    start: Annotated[
        Day | None,
        Field(
            alias="from",
            description="The first day that counts, in Asia/Shanghai. Left out: seven days before "
            "`to`. At most 366 days before it.",
            examples=["2026-03-01"],
        ),
    ] = None
    end: Annotated[
        Day | None,
        Field(
            alias="to",
            description="The first day that counts no more. Left out: tomorrow.",
            examples=["2026-03-08"],
        ),
    ] = None

    def span(self, today: date) -> tuple[date, date]:
        """The days [start, end). Raises Invalid."""
        end = self.end or today + timedelta(days=1)
        start = self.start or date.fromordinal(max(1, end.toordinal() - DAYS))
        if end < start:
            raise Invalid.field(
                "to", "before-from", zh="不得早于 from", en="must not be before `from`"
            )
        if (end - start).days > DAYS_MAX:
            raise Invalid.field(
                "from",
                "too-long",
                zh=f"至 to 不得超过 {DAYS_MAX} 天",
                en=f"must be at most {DAYS_MAX} days before `to`",
            )
        return start, end


@router.get(
    "/v1/access/bursts",
    **query(
        "views",
        "Who read far more than usual?",
        Bursts,
        permission=SEE_BURSTS,
        problems=["not-allowed"],
        is_view=False,
    ),
)
def bursts_of(asked: Annotated[BurstQuestions, Query()], call: Asked) -> Answer:
    """Days on which a member read the details of many more customers than on his days before, or
    of many before leaving; rows that were exported count like customers. For managers in their
    departments, and for directors and auditors."""
    signed = call.signed()
    reached = departments_of(signed, SEE_BURSTS, department=asked.department or None)
    whose = (asked.department,) if asked.department else reached
    start, end = asked.span(local_day(signed.at))
    rules = signed.rules.disclosure
    with call.view() as cursor:
        rows = much_read(cursor, rules, start, end)
    found = bursts(call.application, rules, rows, departments=whose)
    return call.answer(
        {
            "items": found,
            "from": start,
            "to": end,
            "details_min": rules.burst_details_min,
            "times": rules.burst_times,
            "at": signed.at,
        }
    )
