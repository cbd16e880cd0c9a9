"""Errors on pages: the very problem that the HTTP interface would have answered, shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any

from anyio import from_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.console.rendering import rendered


@dataclass(frozen=True, slots=True)
class Trouble:
    """A problem. told: its members, as the interface tells them."""

    status: int
    told: dict[str, Any]
    headers: dict[str, str]

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
            return Trouble(answer.status_code, json.loads(bytes(answer.body)), dict(answer.headers))
    raise error


def trouble_from_thread(request: Request, error: Exception) -> Trouble:
    """The same, for a route, which runs in a thread."""
    return from_thread.run(trouble_of, request, error)


async def trouble_page(request: Request, error: Exception) -> Response:
    """A page that says what the problem is."""
    trouble = await trouble_of(request, error)
    answer = rendered(request, "trouble.html", {"problem": trouble}, status=trouble.status)
    for name in ("retry-after", "allow"):
        if name in trouble.headers:
            answer.headers[name] = trouble.headers[name]
    return answer
