"""What is known of a request while it is answered: for its log line and its metrics."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

if TYPE_CHECKING:
    from starlette.types import Scope

    from api.proxies import Proxies

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")


@dataclass(slots=True)
class Trace:
    """request_id: the client's X-Request-Id, or ours. member: whom the token names.

    client: the address that the request came from; a trusted proxy's word for it counts.
    is_secure: whether it came over TLS, by the same word. command_id: stored with the events of
    the command. digest: of the token. slug: the problem that answered.
    """

    request_id: str
    client: str | None = None
    is_secure: bool = False
    member: str | None = None
    digest: str | None = None
    command_id: UUID | None = None
    slug: str | None = None


def begin_trace(scope: Scope, proxies: Proxies) -> Trace:
    """A trace in `scope`, under the request's own id where it sent a fit one."""
    sent = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    fit = _REQUEST_ID.fullmatch(sent)
    client, is_secure = proxies.origin(scope)
    trace = Trace(sent.decode("ascii") if fit else uuid4().hex, client, is_secure)
    scope["tenure"] = trace
    return trace


def trace_of(scope: Scope) -> Trace:
    """The trace that `begin_trace` put there."""
    found: Trace = scope["tenure"]
    return found
