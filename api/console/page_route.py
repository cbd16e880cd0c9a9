"""Routes of pages: what a reader wants is known before, and every error ends as a page."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api.console.filling import filled_in
from api.console.signing_in import sign_in_first
from api.console.troubles import trouble_page
from api.console.wishes import wishes_of, with_wishes
from domain.errors import NotSignedIn


class PageRoute(APIRoute):
    """A route that answers HTML in the language of its reader, errors included."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def paged(request: Request) -> Response:
            scope = with_wishes(request.scope, wishes_of(request))
            request = Request(scope, request.receive)
            try:
                if request.method == "POST":
                    request = await filled_in(request)
                return await handle(request)
            except NotSignedIn:
                return sign_in_first(request)
            except Exception as error:  # noqa: BLE001  raised again where no handler knows it
                return await trouble_page(request, error)

        return paged


def pages() -> APIRouter:
    """A router of pages; they are no part of the interface's document."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)
