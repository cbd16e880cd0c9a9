"""Views as lists: the pool, customers, tenures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.access.searches import record_list_search, record_pool_search
from api.answers import Answer, instant
from api.disclosure import Disclosure
from api.exports import MEDIA_TYPES, Columns
from api.models.customers import CustomerPage, PoolPage
from api.models.fields import EXAMPLE_ID, EXAMPLE_INSTANT, Searched
from api.models.past import TenurePage
from api.openapi import download, query
from api.routes.calls import Asked, require_for
from api.routes.cards import card_line
from api.routes.list_files import FileForm, ListFile
from api.routes.parameters import (
    LIMIT_MAX,
    MemberId,
    Paged,
    QueryInstant,
    Questions,
    searched,
)
from api.veil import end_of_day, start_of_day
from domain import terms
from domain.errors import Invalid
from domain.events.values import CustomerClass
from domain.orders import Signed
from projections import customer_search, pool, tenures
from projections.answers import After, Page
from projections.cards import Card
from projections.tenures import TenureEntry

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

router = APIRouter()
MICROSECOND = timedelta(microseconds=1)
_BEGINNINGS = ("claimed_at", "since", "in_force_since")
POOL_COLUMNS: Final[Columns] = {
    "customer_id": ("客户编号", "customer_id"),
    "name": ("客户名称", "name"),
    "industry": ("行业", "industry"),
    "region": ("行政区域", "region"),
    "address": ("地址", "address"),
    "since": ("落入公海时间", "since"),
    "last_holder": ("上一跟进人", "last_holder"),
    "reason": ("原因", "reason"),
    "reason_words": ("原因说明", "reason_words"),
    "bars": ("暂不可保护", "bars"),
}
"""Of a CSV of the pool: the member of the answer's item, and its header."""
State = Literal["pool", "waiting", "rejected", "potential", "intent", "formal", "merged"]


class PoolFilters(Questions):
    """Filters of the pool."""

    name: Annotated[Searched | None, searched("Part of the name.", "春意")] = None
    industry: Annotated[Searched | None, searched("The whole industry.", "软件")] = None
    region: Annotated[Searched | None, searched("Region in name or address.", "北京")] = None
    sort: Annotated[
        Literal[
            "since",
            "-since",
            "name",
            "-name",
            "industry",
            "-industry",
            "last_holder",
            "-last_holder",
        ],
        Field(
            description="By since when they are in the pool, by name, by industry (and in it by "
            "since when), by who held them last (first those whom nobody held); `-` for "
            "descending.",
            examples=["-since"],
        ),
    ] = "-since"


class PoolQuestions(PoolFilters, Paged):
    """Filters and the page."""


class PoolFile(PoolFilters, FileForm):
    """Filters and the form of the file."""


@router.get(
    "/v1/pool", **query("views", "What is in the pool?", PoolPage, permission="see-customers")
)
def in_pool(asked: Annotated[PoolQuestions, Query()], call: Asked) -> Answer:
    """Customers that nobody holds, as of now: one whose deadline has passed is there at once."""
    signed = call.signed()
    filters = asked.filters()
    after = call.cursor_key("pool", filters, asked.after)
    page = _pool_page(call, signed, asked, limit=asked.limit, after=after)
    record_pool_search(call, signed, asked, page)
    return call.page_answer(
        "pool",
        filters,
        items=page.items,
        following=page.next,
        position=page.position,
        at=signed.at,
    )


@router.get(
    "/v1/pool/export",
    **download("views", "The pool as a file", MEDIA_TYPES, permission="see-customers"),
)
def pool_export(
    asked: Annotated[PoolFile, Query()], call: Asked, request: Request
) -> StreamingResponse:
    """The customers of `/v1/pool` under the same filters, of any length; kept in the access log.

    They are read a page at a time: none is in the file twice, none that came into the pool after
    the file was begun, and none that somebody had claimed by the time its page was read.
    """
    signed = call.signed()
    file = ListFile(
        view="pool",
        right="see-customers",
        asked=asked,
        ask=lambda after: _pool_page(call, signed, asked, limit=LIMIT_MAX, after=after),
        told=_pool_line,
        seen=lambda page: record_pool_search(call, signed, asked, page),
        spelt=lambda row: _spelt(row, is_chinese=call.language == "zh"),
        columns=POOL_COLUMNS,
    )
    return file.answer(call, signed, request)


def _pool_page(
    call: Asked, signed: Signed, asked: PoolFilters, *, limit: int, after: After | None
) -> Page[pool.PoolEntry]:
    """One page of the pool."""
    views = (pool.NAME,) if asked.name is None else (pool.NAME, customer_search.VIEW)
    with call.view(*views) as cursor:
        return pool.in_pool(
            cursor,
            now=signed.at,
            name=asked.name,
            industry=asked.industry,
            region=asked.region,
            sort=asked.sort.removeprefix("-"),  # type: ignore[arg-type]
            descending=asked.sort.startswith("-"),
            limit=limit,
            after=after,
        )


def _pool_line(entry: pool.PoolEntry) -> dict[str, Any]:
    """An item of the pool, its bars as a cell can hold them."""
    told = {field: getattr(entry, field) for field in entry.__dataclass_fields__}
    bars = [{"member": bar.member, "until": instant(bar.until)} for bar in entry.bars]
    return told | {"bars": bars}


def _spelt(row: Mapping[str, Any], *, is_chinese: bool) -> dict[str, str]:
    """The reason in words."""
    word = terms.ENDINGS.get(row["reason"] or "")
    return {"reason_words": "" if word is None else word.zh if is_chinese else word.en}


class CustomerQuestions(Paged):
    """Filters of the customers."""

    name: Annotated[Searched | None, searched("Part of the name.", "春意")] = None
    state: Annotated[
        State | None, Field(description="Where they stand.", examples=["potential"])
    ] = None
    holder: Annotated[Searched | None, searched("Who holds them.", "zhang-wei")] = None
    group: Annotated[
        Literal["after-sales"] | None,
        Field(
            description="The group that holds them while no person of it is named.",
            examples=["after-sales"],
        ),
    ] = None
    industry: Annotated[Searched | None, searched("The whole industry.", "软件")] = None
    region: Annotated[Searched | None, searched("Part of the region in the name.", "北京")] = None
    customer_class: Annotated[
        CustomerClass | None,
        Field(alias="class", description="Their class (S4-37).", examples=["A"]),
    ] = None
    customer: Annotated[
        tuple[UUID, ...],
        Field(
            description="These customers alone; may be repeated.",
            examples=[[EXAMPLE_ID]],
            max_length=LIMIT_MAX,
        ),
    ] = ()
    sort: Annotated[
        Literal["registered_at", "-registered_at", "name", "-name", "until", "-until"],
        Field(description="Order; `-` for descending.", examples=["registered_at"]),
    ] = "registered_at"


@router.get(
    "/v1/customers",
    **query("views", "Customers, filtered and sorted", CustomerPage, permission="see-customers"),
)
def customers(asked: Annotated[CustomerQuestions, Query()], call: Asked) -> Answer:
    """Customers for which every given filter holds, as of now."""
    signed = call.signed()
    return _customers(call, signed, "customers", asked, own=signed.member)


@router.get(
    "/v1/members/{member}/portfolio",
    **query(
        "views",
        "What a member holds",
        CustomerPage,
        permission="see-portfolio",
        problems=["not-allowed", "not-found"],
    ),
)
def portfolio(member: MemberId, asked: Annotated[Paged, Query()], call: Asked) -> Answer:
    """The customers that a member holds now, the next deadline first. One's own, or for those
    whose roles permit any."""
    signed = call.signed()
    is_own = member == signed.member
    whose = signed if is_own else call.application.member_at(member)
    require_for(signed, "see-portfolio", member=member, department=whose.department)
    questions = CustomerQuestions(holder=member, sort="until", limit=asked.limit, after=asked.after)
    return _customers(call, signed, "portfolio", questions, own=member)


class TenureQuestions(Paged):
    """Filters of the tenures."""

    customer: Annotated[
        UUID | None, Field(description="Of this customer.", examples=[EXAMPLE_ID])
    ] = None
    holder: Annotated[Searched | None, searched("Of this member.", "zhang-wei")] = None
    at: Annotated[
        QueryInstant | None,
        Field(description="Those that held at this instant.", examples=[EXAMPLE_INSTANT]),
    ] = None
    start: Annotated[
        QueryInstant | None,
        Field(
            alias="from",
            description="Those that held at some instant from here on.",
            examples=[EXAMPLE_INSTANT],
        ),
    ] = None
    end: Annotated[
        QueryInstant | None,
        Field(
            alias="to",
            description="Those that held at some instant before this.",
            examples=[EXAMPLE_INSTANT],
        ),
    ] = None


@router.get(
    "/v1/tenures",
    **query(
        "questions", "Who held what, from when until when", TenurePage, permission="see-customers"
    ),
)
def tenures_of(asked: Annotated[TenureQuestions, Query()], call: Asked) -> Answer:
    """Tenures, half-open intervals of one holder in one stage, in the order they began.

    A stranger is told of one that runs the day on which it began and the one on which it ends, and
    what held on the day of `at`.
    """
    signed = call.signed()
    if asked.start is not None and asked.end is not None and asked.end < asked.start:
        raise Invalid.field("to", "before-from", zh="不得早于 from", en="must not be before `from`")
    filters = asked.filters()
    after = call.cursor_key("tenures", filters, asked.after)
    disclosure = Disclosure(signed, call)
    at, start = asked.at, asked.start
    end = asked.end
    if not _sees_instants(call, disclosure, asked):
        at, start, end = _by_day(disclosure, asked)
    with call.view(tenures.NAME, customer_search.VIEW) as cursor:
        page = tenures.tenures(
            cursor,
            now=signed.at,
            customer_id=asked.customer,
            holder=asked.holder,
            at=at,
            start=start,
            end=end,
            limit=asked.limit,
            after=after,
        )
        cards = _cards(cursor, disclosure, page.items)
    items = [_tenure(entry, disclosure, cards.get(entry.customer_id)) for entry in page.items]
    return call.page_answer(
        "tenures", filters, items=items, following=page.next, position=page.position, at=signed.at
    )


def _by_day(
    disclosure: Disclosure, asked: TenureQuestions
) -> tuple[datetime | None, datetime | None, datetime | None]:
    """`at`, `from` and `to` as a stranger is answered: what held on the day of `at`, on the days
    from `from` to `to`; asking for instant after instant tells no more."""
    at, start, end, now = asked.at, asked.start, asked.end, disclosure.signed.at
    if not disclosure.by_day:
        return at, start, end
    if at is not None and at <= now and start is None and end is None:
        return None, start_of_day(at), end_of_day(at + MICROSECOND)
    return at and _day_of(at, now), start and _day_of(start, now), end and end_of_day(end)


def _day_of(at: datetime, now: datetime) -> datetime:
    """The beginning of its day; of an instant to come no earlier than now."""
    return max(now, start_of_day(at)) if at > now else start_of_day(at)


def _cards(
    cursor: Cursor, disclosure: Disclosure, entries: Sequence[TenureEntry]
) -> dict[UUID, Card]:
    """The customers of some tenures as they stand now, where that may hide something of those."""
    if disclosure.sees_instants:
        return {}
    customers = sorted({entry.customer_id for entry in entries})
    return customer_search.cards(cursor, customers, now=disclosure.signed.at)


def _tenure(entry: TenureEntry, disclosure: Disclosure, card: Card | None) -> dict[str, Any]:
    """A tenure as the caller may see it; of one that runs, or that led to it, the days."""
    until = disclosure.deadline(
        entry.until, holder=entry.holder, state=entry.stage, department=entry.department
    )
    told = {field: getattr(entry, field) for field in entry.__dataclass_fields__} | {"until": until}
    if card is None or disclosure.signed.member == entry.holder:
        return told
    veil = disclosure.veil_of_card(card)
    told |= {field: veil.shown(told[field]) for field in _BEGINNINGS}
    return told | {"until": veil.shown(until) if entry.ended else veil.deadline(until)}


def _sees_instants(call: Asked, disclosure: Disclosure, asked: TenureQuestions) -> bool:
    """True where the caller may know the exact deadlines of everything that is asked about: a
    stranger could find one by asking for instant after instant."""
    signed = disclosure.signed
    if disclosure.sees_everybodys or (asked.holder and asked.holder == signed.member):
        return True
    if asked.customer is None:
        return False
    with call.view(customer_search.VIEW) as cursor:
        card, _ = customer_search.card(cursor, asked.customer, now=signed.at)
    return card is not None and disclosure.right_to_card(card) is not None


def _customers(
    call: Asked, signed: Signed, query_name: str, asked: CustomerQuestions, *, own: str
) -> Answer:
    """A page of customers, as far as the caller may see them. own: whose customers are his to see
    with their instants; others are in the order of the days that he is shown."""
    disclosure = Disclosure(signed, call)
    sort = asked.sort.removeprefix("-")
    if sort == "until" and asked.holder != own and not disclosure.sees_instants:
        sort = "until_day"
    filters = {**asked.filters(), "order": sort}
    after = call.cursor_key(query_name, filters, asked.after)
    with call.view(customer_search.VIEW) as cursor:
        page = customer_search.customers(
            cursor,
            now=signed.at,
            name=asked.name,
            state=asked.state,
            holder=asked.holder,
            group=asked.group,
            industry=asked.industry,
            region=asked.region,
            customer_class=asked.customer_class,
            customer_ids=asked.customer or None,
            sort=sort,  # type: ignore[arg-type]
            descending=asked.sort.startswith("-"),
            limit=asked.limit,
            after=after,
        )
    items = [card_line(card, disclosure) for card in page.items]
    record_list_search(call, signed, asked, page, items)
    return call.page_answer(
        query_name,
        filters,
        items=items,
        following=page.next,
        position=page.position,
        at=signed.at,
    )
