"""What an open page listens to: that something has moved, and that its session is over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from typing import Annotated

from fastapi import Query
from fastapi.sse import format_sse_event
from starlette.responses import Response

from api.console.page_calls import Shown
from api.console.page_route import pages
from api.console.watch import OpenPage, Watch
from api.outside.event_stream import ALIVE, ServerSentEvents
from api.routes.parameters import QueryInstant

router = pages()


class PageStream(ServerSentEvents[OpenPage]):
    """`moved` with a position, at which the views are; at last `over`, where the session is."""

    def __init__(self, watch: Watch, page: Callable[[], OpenPage]) -> None:
        super().__init__(page)
        self._watch = watch

    def opened(self, one: OpenPage) -> AbstractContextManager[None]:
        """Among the pages that listen."""
        return self._watch.opened(one)

    async def bodies(self, one: OpenPage) -> AsyncIterator[bytes]:
        """Positions, and between them signs of life."""
        async for position in self._watch.news(one):
            yield (
                ALIVE
                if position is None
                else format_sse_event(event="moved", data_str=str(position))
            )

    def farewell(self, one: OpenPage) -> bytes:
        """That the session is over; nothing where the process ends, so that the page comes back."""
        return format_sse_event(event="over", data_str="null") if one.is_over else b""


@router.get("/live")
def live(
    page: Shown,
    after: Annotated[int, Query(ge=0)],
    at: Annotated[QueryInstant | None, Query()] = None,
) -> Response:
    """Follows the log for a page that shows what is true at the position `after` and instant `at`.

    The stream holds no thread and no connection once it has begun."""
    watch: Watch = page.request.app.state.watch
    credentials = page.call.credentials
    return PageStream(watch, lambda: OpenPage(credentials, after, at))
