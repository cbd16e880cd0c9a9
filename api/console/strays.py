"""What no page answers, told to people as a page: unknown addresses and methods, requests beyond
a limit, and faults of our own. Programs get the problem itself, everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from api.console.assets import PREFIX
from api.console.troubles import Trouble, page_of
from api.console.wishes import has_wishes, wishes_of, with_wishes
from api.languages import Language, preferred_language

Handler = Callable[[Request, Exception], Response]
OF_PROGRAMS: Final = ("/v1/", "/health/", "/problems/", "/openapi.json", "/metrics", PREFIX)
_HTML = "text/html"


def is_for_people(scope: Scope) -> bool:
    """True where a browser asks for an address that belongs to no program."""
    accepted = Headers(scope=scope).get("accept", "")
    return _HTML in accepted and not scope["path"].startswith(OF_PROGRAMS)


def for_reader(scope: Scope, make: Callable[[Language], Response]) -> Response:
    """A problem for whoever asked: as a page in his language, or as it is. make: in a language."""
    if not is_for_people(scope):
        return make(preferred_language(Headers(scope=scope).get("accept-language")))
    wishes = wishes_of(Request(scope))
    return page_of(Request(with_wishes(scope, wishes)), Trouble.of(make(wishes.language)))


class StrayPage:
    """Handles what the framework raises as `handle` does, for people as a page. Within a page the
    problem itself is wanted, which the page shows in its own way."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle

    async def answer(self, request: Request, error: Exception) -> Response:
        """The problem of an address, as a page where somebody reads it."""
        if has_wishes(request) or not is_for_people(request.scope):
            return await run_in_threadpool(self._handle, request, error)
        asked = Request(with_wishes(request.scope, wishes_of(request)), request.receive)
        return page_of(asked, Trouble.of(await run_in_threadpool(self._handle, asked, error)))
