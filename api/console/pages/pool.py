"""The pool: what nobody holds, with filters that live in the address (S1-050)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from api.console.forms import asked
from api.console.page_calls import Page, Shown
from api.console.page_route import pages
from api.console.shown import next_of
from api.routes.pool import PoolFile, PoolQuestions, in_pool, pool_export
from domain import permissions

router = pages()
ROWS: Final = 40
FIRST: Final = "-since"
"""The order where none is asked for: what came last."""
FILTERS: Final = ("name", "industry", "region", "sort")


@router.get("/pool")
def pool_page(page: Shown) -> Response:
    """A page of the pool; the next one begins behind the last row, whatever changed meanwhile."""
    sent = {"limit": str(ROWS), **page.request.query_params}
    told: dict[str, Any] = page.ask(in_pool, asked(PoolQuestions, sent))
    filters = {name: sent[name] for name in FILTERS if sent.get(name)}
    bars = [bar.until for entry in told["items"] for bar in entry.bars]
    told |= {"entries": told["items"], "filters": filters, "next_at": next_of(bars, told["at"])}
    told["sort"] = filters.get("sort", FIRST)
    # Whom the command would refuse for his roles is not asked to choose.
    told["may_claim"] = permissions.may(page.signed.roles, "claim")
    return page.show("pool.html", told)


@router.get("/pool.csv")
def pool_file(page: Shown) -> Response:
    """The whole pool under the same filters, for a spreadsheet, in the language of the page."""
    return csv_of(page, page.request.query_params, PoolFile, pool_export)


def csv_of(page: Page, sent: Mapping[str, str], questions: Any, export: Any) -> Response:
    """The file that a route makes of what was asked, as Excel reads it."""
    as_csv = asked(questions, {**sent, "format": "csv", "bom": "true"})
    told: Response = export(as_csv, page.call_of(export), page.request)
    return told
