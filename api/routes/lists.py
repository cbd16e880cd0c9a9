"""Views as lists: customers, tenures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.looks import record_list_search
from api.answers import Answer
from api.disclosure import Disclosure
from api.models.customers import CustomerPage
from api.models.fields import EXAMPLE_ID, EXAMPLE_INSTANT, Searched
from api.models.past import TenurePage
from api.openapi import query
from api.routes.calls import Asked, require_for
from api.routes.cards import card_line
from api.routes.parameters import (
    LIMIT_MAX,
    MemberId,
    Paged,
    QueryInstant,
    searched,
)
from api.veil import end_of_day, start_of_day
from domain.errors import Invalid
from domain.events.values import CustomerClass
from domain.orders import Signed
from projections import customer_search, tenures
from projections.cards import Card
from projections.tenures import TenureEntry

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

router = APIRouter()
MICROSECOND = timedelta(microseconds=1)
_BEGINNINGS = ("claimed_at", "since", "in_force_since")
State = Literal["pool", "waiting", "rejected", "potential", "intent", "formal", "merged"]


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
    found = call.application.member_at(member)
    require_for(signed, "see-portfolio", member=member, department=found.department)
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
    disclosure = Disclosure(signed, call.application)
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
    disclosure = Disclosure(signed, call.application)
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
    if asked.name:
        record_list_search(call, signed, asked.name, page, items)
    return call.page_answer(
        query_name,
        filters,
        items=items,
        following=page.next,
        position=page.position,
        at=signed.at,
    )
