"""The access log asked: who saw whose details, what a member looked at, what a search showed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.access.entries import Kind
from api.access.exporting import Taken
from api.access.looks import PHONES, record_question
from api.access.looks import Field as Detail
from api.access.numbers import filters_of
from api.access.questions import Found, Wanted, end_of, entries
from api.access.words import sentence
from api.answers import Answer
from api.envelope import is_head
from api.exports import MEDIA_TYPES, Columns, Format, written
from api.languages import CONTENT_LANGUAGES
from api.models.access import AccessPage, SearchPage
from api.models.fields import EXAMPLE_ID, EXAMPLE_INSTANT, Searched, instant_of
from api.openapi import download, query
from api.routes.calls import Asked, phone_hash_of, require_for
from api.routes.parameters import Paged, QueryInstant, Questions, searched
from domain import permissions
from domain.errors import Invalid
from domain.orders import Signed
from projections import customer_search
from projections.answers import LIMIT_MAX

router = APIRouter()
SEE_LOG = "see-access-log"
SEE_SEARCHES = "see-searches"
_HIDDEN: Final = ("phone_hash", "numbers")
"""Keyed hashes, which never leave the house."""
COLUMNS: Final[Columns] = {
    "position": ("序号", "position"),
    "at": ("时间", "at"),
    "kind": ("类型", "kind"),
    "member": ("成员", "member"),
    "right": ("权限", "right"),
    "words": ("说明", "words"),
    "customer_ids": ("客户编号", "customer_ids"),
    "fields": ("内容", "fields"),
    "client": ("来源地址", "client"),
    "request_id": ("请求编号", "request_id"),
    "facts": ("事实", "facts"),
}


class _Span(Questions):
    """Whose looks, at whom, and when."""

    member: Annotated[
        Searched | None,
        searched("Who looked. Left out: everybody, or without that right the caller.", "li-na"),
    ] = None
    customer: Annotated[
        UUID | None, Field(description="At this customer.", examples=[EXAMPLE_ID])
    ] = None
    start: Annotated[
        QueryInstant | None,
        Field(alias="from", description="From here on.", examples=[EXAMPLE_INSTANT]),
    ] = None
    end: Annotated[
        QueryInstant | None,
        Field(alias="to", description="Before this.", examples=[EXAMPLE_INSTANT]),
    ] = None
    sort: Annotated[
        Literal["at", "-at"], Field(description="By time; `-` newest first.", examples=["-at"])
    ] = "-at"

    def whose(self, signed: Signed, right: str) -> str | None:
        """Whose entries the caller gets: without the right, his own. Raises NotAllowed, Invalid."""
        if self.start is not None and self.end is not None and self.end < self.start:
            raise Invalid.field(
                "to", "before-from", zh="不得早于 from", en="must not be before `from`"
            )
        row = permissions.PERMISSIONS[right]
        if permissions.condition_of(signed.roles, row) == "any":
            return self.member or None
        require_for(signed, right, member=self.member or signed.member)
        return signed.member


class AccessFilters(_Span):
    """Filters of the access log; an entry must pass every one that is given."""

    kind: Annotated[
        tuple[Kind, ...],
        Field(description="Only these; may be repeated.", examples=[["details-read"]]),
    ] = ()
    field: Annotated[
        Detail | None,
        Field(
            description="Only what showed this; `phone`: the company's number or a contact's.",
            examples=["phone"],
        ),
    ] = None

    def wanted(self, member: str | None, upto: int | None = None) -> Wanted:
        """What the log is asked."""
        fields = PHONES if self.field == "phone" else (self.field,) if self.field else ()
        return Wanted(member, self.customer, self.kind, fields, self.start, self.end, upto=upto)


class AccessQuestions(AccessFilters, Paged):
    """Filters and the page."""


class AccessExport(AccessFilters):
    """Filters and the form of the file."""

    format: Annotated[
        Format,
        Field(
            description="`csv`: RFC 4180; `jsonl`: JSON lines, exact, the last of which says "
            "`complete`.",
            examples=["csv"],
        ),
    ] = "csv"
    bom: Annotated[
        bool,
        Field(
            description="Begin a CSV with a byte order mark, by which Excel knows UTF-8.",
            examples=[False],
        ),
    ] = False


@router.get(
    "/v1/access",
    **query(
        "views",
        "Who looked at what?",
        AccessPage,
        permission=SEE_LOG,
        problems=["not-allowed"],
    ),
)
def access_log(asked: Annotated[AccessQuestions, Query()], call: Asked) -> Answer:
    """Looks at details, searches, exports, refusals and sign-ins; one's own, or for auditors and
    administrators anybody's. Who has seen this customer's phone: `?customer=…&field=phone`. Asking
    about others is an entry itself."""
    signed = call.signed()
    member = asked.whose(signed, SEE_LOG)
    filters = {**asked.filters(), "whose": member}
    after = call.cursor_key("access", filters, asked.after)
    with call.view(customer_search.VIEW) as cursor:
        page = entries(
            cursor,
            asked.wanted(member),
            newest_first=asked.sort == "-at",
            limit=asked.limit,
            after=after,
        )
        items = _lines(call, cursor, page.items)
    _record(call, signed, asked, member, SEE_LOG, "access")
    told = {"items": items, "next": call.cursor("access", filters, page.next), "at": signed.at}
    return call.answer(told)


@router.get(
    "/v1/access/export",
    **download("views", "The access log as a file", MEDIA_TYPES, permission=SEE_LOG),
)
def access_export(
    asked: Annotated[AccessExport, Query()], call: Asked, request: Request
) -> StreamingResponse:
    """The entries of `/v1/access` under the same filters, as far as the log went at the beginning.
    One's own, or for auditors and administrators anybody's."""
    signed = call.signed()
    member = asked.whose(signed, SEE_LOG)
    with call.view(customer_search.VIEW) as cursor:
        upto = end_of(cursor)
    pages = _pages(call, asked.wanted(member, upto), newest_first=asked.sort == "-at")
    first = next(pages)
    facts = {"view": "access", "filters": _filters(asked), "position": upto}
    taken = Taken(call, signed, SEE_LOG, facts, asked.customer)
    content: Iterator[bytes] = iter(())
    if not is_head(request.scope):
        taken.begins()
        rows = taken.counted(_chained(first, pages))
        form = {"bom": asked.bom, "position": upto, "columns": COLUMNS}
        content = taken.told(written(rows, asked.format, call.language, **form))
    name = f"tenure-access-{signed.at:%Y%m%dT%H%M%SZ}-{upto}.{asked.format}"
    return StreamingResponse(
        content,
        media_type=MEDIA_TYPES[asked.format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Language": CONTENT_LANGUAGES[call.language],
            "Vary": "Accept-Language",
        },
    )


class SearchQuestions(_Span, Paged):
    """Whose searches, and what they showed."""

    phone: Annotated[Searched | None, searched("Only searches for this number.", "13800138000")] = (
        None
    )


@router.get(
    "/v1/access/searches",
    **query(
        "questions",
        "What did a search show?",
        SearchPage,
        permission=SEE_SEARCHES,
        problems=["not-allowed"],
    ),
)
def searches(asked: Annotated[SearchQuestions, Query()], call: Asked) -> Answer:
    """Searches for customers, by collision check or in a list or file, with what each showed, as
    it showed it; one's own, or for directors, auditors and administrators anybody's. `customer`
    finds those that showed this customer."""
    signed = call.signed()
    member = asked.whose(signed, SEE_SEARCHES)
    filters = {**asked.filters(), "whose": member}
    after = call.cursor_key("searches", filters, asked.after)
    wanted = Wanted(
        member,
        asked.customer,
        ("collision-asked",),
        start=asked.start,
        end=asked.end,
        phone_hash=phone_hash_of(call, asked.phone) if asked.phone else None,
    )
    with call.view(customer_search.VIEW) as cursor:
        page = entries(
            cursor, wanted, newest_first=asked.sort == "-at", limit=asked.limit, after=after
        )
        names = customer_search.names_of(cursor, _named(page.items))
    _record(call, signed, asked, member, SEE_SEARCHES, "searches")
    told = {
        "items": [_search(entry, sentence(entry, names, call.language)) for entry in page.items],
        "next": call.cursor("searches", filters, page.next),
        "at": signed.at,
    }
    return call.answer(told)


def _record(
    call: Asked, signed: Signed, asked: _Span, member: str | None, right: str, view: str
) -> None:
    """Keep that somebody asked about others; one's own looks are no secret to oneself."""
    if member != signed.member:
        facts = {"view": view, "filters": _filters(asked)}
        record_question(call, signed, right, facts, asked.customer)


def _filters(asked: Questions) -> dict[str, Any]:
    """What was asked, without the page and without a number."""
    given = filters_of(asked, without=("limit", "after"))
    return given | ({"phone": True} if "phone" in given else {})


def _pages(call: Asked, wanted: Wanted, *, newest_first: bool) -> Iterator[list[dict[str, Any]]]:
    after: Sequence[Any] | None = None
    while True:
        with call.view(customer_search.VIEW) as cursor:
            page = entries(cursor, wanted, newest_first=newest_first, limit=LIMIT_MAX, after=after)
            lines = _lines(call, cursor, page.items)
        yield lines
        after = page.next
        if after is None:
            return


def _chained(
    first: list[dict[str, Any]], pages: Iterator[list[dict[str, Any]]]
) -> Iterator[list[dict[str, Any]]]:
    yield first
    yield from pages


def _lines(call: Asked, cursor: Any, found: Sequence[Found]) -> list[dict[str, Any]]:
    names = customer_search.names_of(cursor, _named(found))
    return [
        {
            "position": entry.position,
            "at": entry.at,
            "kind": entry.kind,
            "member": entry.member,
            "right": entry.state.get("right"),
            "customer_ids": [str(customer) for customer in entry.customer_ids],
            "fields": entry.facts.get("fields", []),
            "facts": {
                name: value
                for name, value in entry.facts.items()
                if name not in _HIDDEN and name != "fields"
            },
            "request_id": entry.state.get("request_id"),
            "client": entry.state.get("client"),
            "words": sentence(entry, names, call.language),
        }
        for entry in found
    ]


def _search(entry: Found, words: str) -> dict[str, Any]:
    facts = entry.facts
    return {
        "position": entry.position,
        "at": entry.at,
        "member": entry.member,
        "name": facts.get("name"),
        "region": facts.get("region"),
        "phone": any(facts.get(name) for name in _HIDDEN),
        "shown": [
            item | {"protected_until": _instant(item["protected_until"])} for item in facts["shown"]
        ],
        "log_position": facts["position"],
        "request_id": entry.state.get("request_id"),
        "words": words,
    }


def _instant(text: str | None) -> datetime | None:
    return None if text is None else instant_of(text)


def _named(found: Sequence[Found]) -> list[UUID]:
    return list({customer for entry in found for customer in entry.customer_ids})
