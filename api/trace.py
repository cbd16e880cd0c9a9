"""What is known of a request while it is answered: for its log line and its metrics."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

if TYPE_CHECKING:
    from starlette.types import Scope

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")


@dataclass(slots=True)
class Trace:
    """request_id: the client's X-Request-Id, or ours. member: whom the token names.

    command_id: stored with the events of the command. slug: the problem that answered.
    """

    request_id: str
    member: str | None = None
    command_id: UUID | None = None
    slug: str | None = None


def begin_trace(scope: Scope) -> Trace:
    """A trace in `scope`, under the request's own id where it sent a fit one."""
    sent = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    fit = _REQUEST_ID.fullmatch(sent)
    trace = Trace(sent.decode("ascii") if fit else uuid4().hex)
    scope["tenure"] = trace
    return trace


def client_of(scope: Scope) -> str | None:
    """The address that the request came from, for the access log."""
    client = scope.get("client")
    return client[0] if client else None


def trace_of(scope: Scope) -> Trace:
    """The trace that `begin_trace` put there."""
    found: Trace = scope["tenure"]
    return found
