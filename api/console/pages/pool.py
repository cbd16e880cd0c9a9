"""The pool: what nobody holds, with filters that live in the address (S1-050)."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from api.console.forms import asked
from api.console.page_calls import Shown
from api.console.page_route import pages
from api.console.shown import next_of
from api.routes.lists import PoolQuestions, in_pool

router = pages()
ROWS: Final = 40
FILTERS: Final = ("name", "industry", "region", "sort")


@router.get("/pool")
def pool_page(page: Shown) -> Response:
    """A page of the pool; the next one begins behind the last row, whatever changed meanwhile."""
    sent = {"limit": str(ROWS), **page.request.query_params}
    told: dict[str, Any] = page.ask(in_pool, asked(PoolQuestions, sent))
    filters = {name: sent[name] for name in FILTERS if sent.get(name)}
    bars = [bar.until for entry in told["items"] for bar in entry.bars]
    told |= {"entries": told["items"], "filters": filters, "next_at": next_of(bars, told["at"])}
    return page.show("pool.html", told)
