"""The pool: what nobody holds, a page at a time or as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.answers import Answer, instant
from api.exports import MEDIA_TYPES, Columns
from api.models.customers import PoolPage
from api.models.fields import Searched
from api.openapi import download, query
from api.routes.calls import Asked
from api.routes.list_files import FileForm, ListFile
from api.routes.parameters import LIMIT_MAX, Paged, Questions, searched
from domain import terms
from domain.orders import Signed
from projections import customer_search, pool
from projections.answers import After, Page

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

router = APIRouter()
COLUMNS: Final[Columns] = {
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
    with call.view(*_pool_views(asked)) as cursor:
        page = _pool_page(cursor, signed, asked, limit=asked.limit, after=after)
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

    They are those of the instant at which the file was begun, whatever moves meanwhile.
    """
    signed = call.signed()
    file = ListFile(
        view="pool",
        right="see-customers",
        asked=asked,
        views=_pool_views(asked),
        ask=lambda cursor, after: _pool_page(cursor, signed, asked, limit=LIMIT_MAX, after=after),
        told=_pool_line,
        spelt=lambda row: _spelt(row, is_chinese=call.language == "zh"),
        columns=COLUMNS,
    )
    return file.answer(call, signed, request)


def _pool_views(asked: PoolFilters) -> tuple[str, ...]:
    """The views that answer."""
    return (pool.NAME,) if asked.name is None else (pool.NAME, customer_search.VIEW)


def _pool_page(
    cursor: Cursor, signed: Signed, asked: PoolFilters, *, limit: int, after: After | None
) -> Page[pool.PoolEntry]:
    """One page of the pool."""
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
