"""Errors on pages: the very problem that the HTTP interface would have answered, shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction
from types import MappingProxyType
from typing import Any, Self

from anyio import from_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.console.filling import csrf_of, is_of_our_page, kept
from api.console.rendering import is_of_the_whole, rendered
from api.sign_in.errors import CsrfMissing


@dataclass(frozen=True, slots=True)
class Trouble:
    """A problem. told: its members, as the interface tells them."""

    status: int
    told: dict[str, Any]
    headers: dict[str, str]

    @classmethod
    def of(cls, answer: Response) -> Self:
        """The problem that an answer of the interface tells."""
        return cls(answer.status_code, json.loads(bytes(answer.body)), dict(answer.headers))

    @property
    def slug(self) -> str:
        """Its name among the problems."""
        return str(self.told["type"]).rpartition("/")[2]

    @property
    def fields(self) -> dict[str, str]:
        """What is wrong with each field, where the input is malformed."""
        return {entry["field"]: entry["detail"] for entry in self.told.get("invalid", ())}


async def trouble_of(request: Request, error: Exception) -> Trouble:
    """The problem of an error, by the handler that answers it everywhere: what it hides and what
    it writes down holds for pages, too. Raises the error where nobody answers it."""
    handlers = request.app.exception_handlers
    for kind in type(error).__mro__:
        if kind in handlers:
            handle = handlers[kind]
            answer: Response = (
                await handle(request, error)
                if iscoroutinefunction(handle)
                else await run_in_threadpool(handle, request, error)
            )
            return Trouble.of(answer)
    raise error


def trouble_from_thread(request: Request, error: Exception) -> Trouble:
    """The same, for a route, which runs in a thread."""
    return from_thread.run(trouble_of, request, error)


async def trouble_page(request: Request, error: Exception) -> Response:
    """A page that says what the problem is, and keeps what was typed, to be sent again.

    Without the token of the session nobody but our own page is offered that: another could have
    typed it.
    """
    is_ours = not isinstance(error, CsrfMissing) or is_of_our_page(request)
    return page_of(request, await trouble_of(request, error), kept(request) if is_ours else {})


def page_of(
    request: Request, trouble: Trouble, carried: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """The same, of a problem that is known. It says as well when to come again."""
    told = {"problem": trouble, "carried": carried, "csrf": csrf_of(request)}
    answer = rendered(request, "trouble.html", told, status=trouble.status)
    if is_of_the_whole(request):
        answer.headers["HX-Reswap"] = "innerHTML"  # The part itself stays, for the next answer.
    for name in ("retry-after", "allow"):
        if name in trouble.headers:
            answer.headers[name] = trouble.headers[name]
    return answer
