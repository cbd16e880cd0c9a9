"""Statistics: figures by day, department and member, their events, and the habits behind them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.answers import Answer
from api.disclosure import Disclosure
from api.languages import Language
from api.models.fields import Day, Searched
from api.models.statistics import FigureEventPage, HabitPage, StatisticsPage
from api.openapi import query
from api.routes.calls import Asked, departments_of, require_for
from api.routes.parameters import LIMIT_MAX, Beyond, Paged, Questions, searched
from domain import permissions
from domain.errors import Invalid
from domain.orders import Signed
from domain.rulebook_text import Rulebook
from projections import agenda, customer_search, figures, habits, statistics
from projections.cards import Card
from projections.counting import local_day
from projections.figures import Figure, Grouping
from projections.habits import HabitKind, Thresholds

router = APIRouter()
DAYS: Final = 30
DAYS_MAX: Final = 366
"""A year of figures at a time: they are summed anew for every answer."""
WORDS: Final[Mapping[HabitKind, tuple[str, str]]] = {
    "claim-release-cycling": (
        "同一成员对同一客户反复申请保护又放弃。",
        "A member claims a customer and gives it up, again and again.",
    ),
    "reclaim-after-own-lapse": (
        "客户从本人名下到期落入公海后数日内，又由本人申请保护。",
        "A member claims again, within days, what lapsed from his own hands.",
    ),
    "taking-turns": (
        "两名成员轮流申请保护同一客户。",
        "Two members claim a customer in turn.",
    ),
    "claim-at-deadline": (
        "在他人保护到期前后片刻申请保护。",
        "A member claims, or tries to, within moments of another's deadline.",
    ),
    "extensions-by-approver": (
        "审批人几乎批准所有延期申请。",
        "An approver grants nearly every extension.",
    ),
    "stopped-clocks": (
        "待决申请或待确认合同使保护越过到期时间。",
        "What waited for a decision kept protections alive beyond their deadlines.",
    ),
    "override-later-merged": (
        "登记时书面称为另一公司，后来认定为同一公司。",
        "A record was said in writing to be another company, and was merged later.",
    ),
    "transfer-before-signature": (
        "客户移交后数日内即由新的跟进人签订合同。",
        "A customer changed hands, and days later its new holder signed.",
    ),
    "contracts-never-confirmed": (
        "预领的合同从未签订，或签订后直至保护结束仍未经确认。",
        "A member draws contracts that are never signed, or signed and not confirmed by the time "
        "that the protection ends.",
    ),
    "equal-notes": (
        "同一成员多次填写相同的跟踪记录。",
        "A member notes the same words again and again.",
    ),
    "quota-use": (
        "保护的客户数接近或达到上限。",
        "A member holds nearly as many customers as one may.",
    ),
}


class _Span(Questions):
    """Which days, and whose."""

    start: Annotated[
        Day | None,
        Field(
            alias="from",
            description="The first day that counts, in Asia/Shanghai. Left out: thirty days "
            "before `to`. At most 366 days before it.",
            examples=["2026-03-01"],
        ),
    ] = None
    end: Annotated[
        Day | None,
        Field(
            alias="to",
            description="The first day that counts no more. Left out: tomorrow.",
            examples=["2026-04-01"],
        ),
    ] = None
    department: Annotated[
        Searched | None, searched("What was held, or done, in this department.", "一部")
    ] = None
    member: Annotated[Searched | None, searched("What counts for this member.", "zhang-wei")] = None

    def span(self, signed: Signed) -> tuple[date, date]:
        """The days [start, end). Raises Invalid."""
        end = self.end or local_day(signed.at) + timedelta(days=1)
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

    def whose(self, signed: Signed) -> tuple[str | None, frozenset[str] | None]:
        """Whose figures the caller gets, and of which departments; None: of every one.

        One's own always; what was in his departments for who leads some; everything for those who
        look at any. Raises NotAllowed.
        """
        member, department = self.member or None, self.department or None
        row = permissions.PERMISSIONS["see-statistics"]
        if permissions.condition_of(signed.roles, row) == "own" or member == signed.member:
            require_for(signed, "see-statistics", member=member or signed.member)
            return signed.member, None
        return member, departments_of(signed, "see-statistics", department=department)


class StatisticsQuestions(_Span, Paged):
    """Which figures, and how far apart."""

    by: Annotated[
        tuple[Grouping, ...],
        Field(
            description="What the lines tell apart; may be repeated.",
            examples=[["day", "member"]],
            max_length=3,
        ),
    ] = ("day",)

    percentiles: Annotated[
        bool,
        Field(
            description="Whether median and nine tenths of waiting are told. Without them a long "
            "span of a large house is answered much faster.",
            examples=[True],
        ),
    ] = True

    def groupings(self) -> tuple[Grouping, ...]:
        """In the order that lines have, each once."""
        return tuple(name for name in figures.GROUPINGS if name in self.by) or ("day",)


class FigureEventQuestions(_Span, Paged):
    """Which figure's events."""

    figure: Annotated[Figure, Field(description="Which figure.", examples=["refusals"])]
    rule: Annotated[
        Searched | None,
        searched("Refusals of this rule; endings of this cause.", "already-protected"),
    ] = None


class HabitQuestions(_Span):
    """Which habits, and from when on something is one."""

    kind: Annotated[
        tuple[HabitKind, ...],
        Field(description="Only these; may be repeated.", examples=[["taking-turns"]]),
    ] = ()
    days: Annotated[
        float | None,
        Field(
            ge=0,
            le=DAYS_MAX,
            description="Between a lapse and the claim, or a transfer and the signature. Left out: "
            "the rulebook's days of a bar, or of warning before a deadline.",
            examples=[3],
        ),
    ] = None
    seconds: Annotated[
        float,
        Field(ge=0, le=86_400, description="To a deadline.", examples=[60]),
    ] = habits.SECONDS
    times: Annotated[
        int | None,
        Field(
            ge=1,
            le=10_000,
            description="How often. Left out: what the answer's `thresholds` name.",
            examples=[2],
        ),
    ] = None
    share: Annotated[
        float,
        Field(ge=0, le=1, description="Of what was granted, or of a quota.", examples=[0.9]),
    ] = habits.SHARE
    characters: Annotated[
        int,
        Field(ge=1, le=10_000, description="Letters and digits of a note, at least.", examples=[6]),
    ] = habits.CHARACTERS
    limit: Annotated[
        int, Field(ge=1, le=LIMIT_MAX, description="Leads of a kind, 1 to 500.", examples=[50])
    ] = 50
    beyond: Beyond = 0

    def thresholds(self, kind: HabitKind, rules: Rulebook) -> Thresholds:
        """Those that were given, and defaults for the others."""
        is_transfer = kind == "transfer-before-signature"
        days = rules.agenda.warning_days if is_transfer else rules.bar.days
        return Thresholds(
            days=days if self.days is None else self.days,
            seconds=self.seconds,
            times=habits.TIMES[kind] if self.times is None else self.times,
            share=self.share,
            characters=self.characters,
        )


@router.get(
    "/v1/statistics",
    **query(
        "views",
        "How much of what, by whom?",
        StatisticsPage,
        permission="see-statistics",
        problems=["not-allowed"],
    ),
)
def statistics_of(asked: Annotated[StatisticsQuestions, Query()], call: Asked) -> Answer:
    """Figures by day, department and member: one's own; for managers, of their departments; for
    those whose roles permit any, of all.

    They count what is recorded: an end counts on the day of its deadline once it is written down,
    and `implied` says how many are not yet.
    """
    signed = call.signed()
    (start, end), (member, departments) = asked.span(signed), asked.whose(signed)
    filters = {**asked.filters(), "whose": member, "start": start, "end": end}
    filters["departments"] = departments and sorted(departments)
    after = call.cursor_key("statistics", filters, asked.after)
    with call.view(statistics.NAME, agenda.NAME) as cursor:
        found = figures.figures(
            cursor,
            now=signed.at,
            start=start,
            end=end,
            department=asked.department or None,
            departments=departments,
            member=member,
            by=asked.groupings(),
            percentiles=asked.percentiles,
            limit=asked.limit,
            after=after,
        )
    return call.page_answer(
        "statistics",
        filters,
        items=found.lines,
        following=found.next,
        position=found.position,
        at=signed.at,
        total=found.total,
        implied=found.implied,
        **{"from": start, "to": end},
    )


@router.get(
    "/v1/statistics/events",
    **query(
        "views",
        "Which events are behind it?",
        FigureEventPage,
        permission="see-statistics",
        problems=["not-allowed"],
    ),
)
def statistics_events(asked: Annotated[FigureEventQuestions, Query()], call: Asked) -> Answer:
    """The events that one figure counts, under the same filters.

    Of a customer whose instants are hidden from the caller they are told to the day, and how long a
    review waited not at all (A-34).
    """
    signed = call.signed()
    (start, end), (member, departments) = asked.span(signed), asked.whose(signed)
    filters = {**asked.filters(), "whose": member, "start": start, "end": end}
    filters["departments"] = departments and sorted(departments)
    after = call.cursor_key("statistics-events", filters, asked.after)
    disclosure = Disclosure(signed, call.application)
    with call.view(statistics.NAME, customer_search.VIEW) as cursor:
        page = figures.figure_events(
            cursor,
            start=start,
            end=end,
            department=asked.department or None,
            departments=departments,
            member=member,
            figure=asked.figure,
            rule=asked.rule,
            limit=asked.limit,
            after=after,
        )
        named = list({event.customer_id for event in page.items if event.customer_id})
        names = customer_search.names_of(cursor, named)
        cards = disclosure.cards(cursor, named)
    return call.page_answer(
        "statistics-events",
        filters,
        items=[_event(event, names, disclosure, cards) for event in page.items],
        following=page.next,
        position=page.position,
        at=signed.at,
    )


@router.get(
    "/v1/statistics/habits",
    **query(
        "views",
        "What should a manager look at?",
        HabitPage,
        permission="see-habits",
        problems=["not-allowed"],
    ),
)
def statistics_habits(asked: Annotated[HabitQuestions, Query()], call: Asked) -> Answer:
    """Leads to habits that figures hide; for managers in their departments, and for directors and
    auditors."""
    signed = call.signed()
    departments = departments_of(signed, "see-habits", department=asked.department or None)
    rules = signed.rules
    start, end = asked.span(signed)
    kinds = [kind for kind in habits.KINDS if not asked.kind or kind in asked.kind]
    used = {kind: asked.thresholds(kind, rules) for kind in kinds}
    with call.view(statistics.NAME) as cursor:
        found = {
            kind: habits.habits(
                cursor,
                kind,
                used[kind],
                now=signed.at,
                start=start,
                end=end,
                department=asked.department or None,
                departments=departments,
                member=asked.member or None,
                limit=asked.limit,
                beyond=asked.beyond,
            )
            for kind in kinds
        }
    position = min(told.position for told in found.values())
    told = {
        "items": [_lead(lead, call.language) for told in found.values() for lead in told.items],
        "thresholds": {kind: thresholds._asdict() for kind, thresholds in used.items()},
        "cut": [kind for kind, told in found.items() if told.is_cut],
        "from": start,
        "to": end,
        "position": position,
        "at": signed.at,
    }
    return call.answer(told, position=position)


def _event(
    event: figures.FigureEvent,
    names: Mapping[UUID, str],
    disclosure: Disclosure,
    cards: Mapping[UUID, Card] | None,
) -> dict[str, Any]:
    told = {name: getattr(event, name) for name in event.__dataclass_fields__}
    if event.customer_id is None:
        return told | {"customer_name": None}
    veil = disclosure.veil_among(cards, event.customer_id)
    if veil.hides(event.at):
        # Whoever decided knows when he did: how long it had waited would tell him since when.
        told = veil.event(told) | {"waited_seconds": None}
    return told | {"customer_name": names.get(event.customer_id)}


def _lead(lead: habits.Habit, language: Language) -> dict[str, Any]:
    zh, en = WORDS[lead.kind]
    told = {name: getattr(lead, name) for name in lead.__dataclass_fields__}
    return told | {"words": zh if language == "zh" else en}
