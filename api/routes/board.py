"""The board: who holds what, by stage and time left, and how much each member holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.answers import Answer
from api.disclosure import Disclosure
from api.exports import MEDIA_TYPES, Columns
from api.models.board import BoardPage, LoadPage
from api.models.fields import EXAMPLE_LATER, Searched
from api.openapi import download, query
from api.routes.calls import Asked, departments_of, require_for
from api.routes.list_files import FileForm, ListFile
from api.routes.parameters import LIMIT_MAX, Paged, QueryInstant, Questions, searched
from domain import permissions, terms
from domain.orders import Signed
from domain.working_days import start_of_day
from projections import board
from projections.answers import After, Page
from projections.counting import local_day

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

router = APIRouter()
SEE: Final = "see-portfolio"
"""The row of the table of permissions: one's own; of his departments; of everybody."""
DAYS: Final = 7
"""How many days, today among them, are the coming ones."""
HeldState = Literal["waiting", "rejected", "potential", "intent", "formal"]
COLUMNS: Final[Columns] = {
    "customer_id": ("客户编号", "customer_id"),
    "name": ("客户名称", "name"),
    "state": ("状态", "state"),
    "state_words": ("状态说明", "state_words"),
    "holder": ("跟进人", "holder"),
    "group": ("负责组", "group"),
    "department": ("部门", "department"),
    "claimed_at": ("申请时间", "claimed_at"),
    "until": ("保护截止", "until"),
    "held_over_by": ("顺延原因", "held_over_by"),
    "held_over_until": ("顺延至", "held_over_until"),
    "ends_at": ("结束时间", "ends_at"),
}
"""Of a CSV of the board: the member of the answer's item, and its header."""


class _Whose(Questions):
    """Whose customers."""

    member: Annotated[Searched | None, searched("Only what this member holds.", "zhang-wei")] = None
    department: Annotated[
        Searched | None, searched("Only what is held in this department.", "一部")
    ] = None


class BoardFilters(_Whose):
    """Filters and order of the board."""

    state: Annotated[
        HeldState | None, Field(description="Only this stage.", examples=["potential"])
    ] = None
    until: Annotated[
        QueryInstant | None,
        Field(description="Only what is over before this instant.", examples=[EXAMPLE_LATER]),
    ] = None
    sort: Annotated[
        Literal["ends_at", "-ends_at"],
        Field(
            description="By when they are over; `-`: those with the most time left first.",
            examples=["ends_at"],
        ),
    ] = "ends_at"


class BoardQuestions(BoardFilters, Paged):
    """Filters and the page."""


class LoadQuestions(_Whose, Paged):
    """Whose load, and the page."""


class BoardFile(BoardFilters, FileForm):
    """Filters and the form of the file."""


@dataclass(frozen=True)
class _Look:
    """A look at the board by one member: whose customers he gets, and to which instant."""

    call: Asked
    signed: Signed
    asked: BoardFilters

    @cached_property
    def disclosure(self) -> Disclosure:
        return Disclosure(self.signed, self.call.application)

    @cached_property
    def wanted(self) -> board.Wanted:
        """Raises NotAllowed."""
        found = _wanted(self.signed, self.asked)
        until = self.asked.until
        if until is not None and self.by_day:
            until = self.disclosure.future(until)
        return board.Wanted(found.member, found.departments, self.asked.state, until)

    @cached_property
    def by_day(self) -> bool:
        """True where deadlines are shown to the day, so that order and filters tell no more."""
        found = _wanted(self.signed, self.asked)
        reach = permissions.reach_of(self.signed.roles, "see-details")
        is_led = found.departments is not None and all(
            permissions.covers(self.signed, reach, department=one) for one in found.departments
        )
        is_own = found.member == self.signed.member
        return not (self.disclosure.sees_instants or is_own or is_led)

    def page(self, cursor: Cursor, limit: int, after: After | None) -> Page[board.Held]:
        """One page of the board."""
        return board.held(
            cursor,
            self.wanted,
            now=self.signed.at,
            by_day=self.by_day,
            descending=self.asked.sort.startswith("-"),
            limit=limit,
            after=after,
        )

    def told(self, line: board.Held) -> dict[str, Any]:
        """A customer as far as the caller may see it: deadlines perhaps to the day."""
        told = {field: getattr(line, field) for field in line.__dataclass_fields__}
        for field in ("until", "held_over_until", "ends_at"):
            told[field] = self.disclosure.deadline(
                told[field], holder=line.holder, state=line.state, department=line.department
            )
        return told


@router.get(
    "/v1/board",
    **query(
        "views",
        "Who holds what, and for how long still?",
        BoardPage,
        permission=SEE,
        problems=["not-allowed"],
    ),
)
def board_of(asked: Annotated[BoardQuestions, Query()], call: Asked) -> Answer:
    """Customers that somebody holds, as of now: one's own; for managers, those held in their
    departments; for directors, auditors and administrators all of them."""
    signed = call.signed()
    look = _Look(call, signed, asked)
    filters = {**asked.filters(), **_bound(look.wanted), "by_day": look.by_day}
    after = call.cursor_key("board", filters, asked.after)
    with call.view(board.VIEW) as cursor:
        page = look.page(cursor, asked.limit, after)
    return call.page_answer(
        "board",
        filters,
        items=[look.told(line) for line in page.items],
        following=page.next,
        position=page.position,
        at=signed.at,
    )


@router.get(
    "/v1/board/load",
    **query(
        "views",
        "How much does each member hold?",
        LoadPage,
        permission=SEE,
        problems=["not-allowed"],
    ),
)
def load_of(asked: Annotated[LoadQuestions, Query()], call: Asked) -> Answer:
    """Members who hold something with how much it is by stage, as far as the caller may see it, and
    how many customers are over on each of the coming seven days."""
    signed = call.signed()
    wanted = _wanted(signed, asked)
    today = local_day(signed.at)
    before = start_of_day(today + timedelta(days=DAYS))
    filters = {**asked.filters(), **_bound(wanted)}
    after = call.cursor_key("load", filters, asked.after)
    with call.view(board.VIEW) as cursor:
        page = board.load(
            cursor, wanted, now=signed.at, before=before, limit=asked.limit, after=after
        )
        days, position = board.falling(cursor, wanted, now=signed.at, before=before)
    counts = {found.day: found.count for found in days}
    coming = [today + timedelta(days=number) for number in range(DAYS)]
    return call.page_answer(
        "load",
        filters,
        items=page.items,
        days=[{"day": day, "count": counts.get(day, 0)} for day in coming],
        held_max=call.application.rulebooks().in_force(signed.at).claims.held_max,
        following=page.next,
        position=min(page.position, position),
        at=signed.at,
    )


@router.get(
    "/v1/board/export",
    **download("views", "The board as a file", MEDIA_TYPES, permission=SEE),
)
def board_export(
    asked: Annotated[BoardFile, Query()], call: Asked, request: Request
) -> StreamingResponse:
    """The customers of `/v1/board` under the same filters, of any length; kept in the access log.

    They are those of the instant at which the file was begun, whatever moves meanwhile.
    """
    signed = call.signed()
    look = _Look(call, signed, asked)
    file = ListFile(
        view="board",
        right=SEE,
        asked=asked,
        views=(board.VIEW,),
        ask=lambda cursor, after: look.page(cursor, LIMIT_MAX, after),
        told=look.told,
        spelt=lambda row: _spelt(row, is_chinese=call.language == "zh"),
        columns=COLUMNS,
    )
    return file.answer(call, signed, request)


def _spelt(row: Mapping[str, Any], *, is_chinese: bool) -> dict[str, str]:
    word = terms.STAGES[row["state"]]
    return {"state_words": word.zh if is_chinese else word.en}


def _wanted(signed: Signed, asked: _Whose) -> board.Wanted:
    """Whose customers the caller gets: his own always; of his departments who leads some;
    everybody's who looks at any. Raises NotAllowed."""
    member, department = asked.member or None, asked.department or None
    only = None if department is None else frozenset((department,))
    if permissions.reach_of(signed.roles, SEE) == "own" or member == signed.member:
        require_for(signed, SEE, member=member or signed.member)
        return board.Wanted(signed.member, only)
    reached = departments_of(signed, SEE, department=department)
    return board.Wanted(member, reached if only is None else only)


def _bound(wanted: board.Wanted) -> dict[str, Any]:
    """What a cursor is bound to beside the filters: whose customers they are."""
    departments = wanted.departments
    return {
        "whose": wanted.member,
        "departments": None if departments is None else sorted(departments),
    }
