"""Answers of server-sent events: of the log, `id` is the position, `event` the topic, `data` the
event.

Source: WHATWG HTML, "Server-sent events".
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, suppress
from typing import Generic, Protocol, TypeVar

import anyio
from fastapi.sse import format_sse_event
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.envelope import is_head
from api.outside.cloud_events import Told
from api.outside.streams import Follower, Streams

MEDIA_TYPE = "text/event-stream"
RETRY_MS = 2_000
ALIVE = format_sse_event(comment="alive")
_FAREWELL_SECONDS = 1.0


class Scoped(Protocol):
    """Whoever is sent to. scope: cancelled to end his stream."""

    scope: anyio.CancelScope


One = TypeVar("One", bound=Scoped)


class ServerSentEvents(Response, Generic[One]):
    """A stream that runs until its client leaves, its credentials end, or the process does.

    one: made when the stream begins, on the event loop.
    """

    media_type = MEDIA_TYPE

    def __init__(self, one: Callable[[], One]) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._one = one

    @abstractmethod
    def opened(self, one: One) -> AbstractContextManager[None]:
        """As long as the stream is open. Raises before the first byte where there are too many."""

    @abstractmethod
    def bodies(self, one: One) -> AsyncIterator[bytes]:
        """What is sent, for ever."""

    def farewell(self, one: One) -> bytes:  # noqa: ARG002  subclasses look at it
        """What is sent to who is let go, if he still listens."""
        return b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until somebody ends it."""
        one = self._one()
        with self.opened(one):
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            if not is_head(scope):
                async with anyio.create_task_group() as group:
                    group.start_soon(_watch, receive, one.scope)
                    with one.scope:
                        await self._send(one, send)
                    group.cancel_scope.cancel()
        # A client that reads no more must not keep a stream that has ended.
        with anyio.move_on_after(_FAREWELL_SECONDS), suppress(OSError):
            last = self.farewell(one)
            await send({"type": "http.response.body", "body": last, "more_body": False})

    async def _send(self, one: One, send: Send) -> None:
        opening = format_sse_event(comment="tenure", retry=RETRY_MS)
        await send({"type": "http.response.body", "body": opening, "more_body": True})
        async for body in self.bodies(one):
            await send({"type": "http.response.body", "body": body, "more_body": True})


class EventStream(ServerSentEvents[Follower]):
    """The log as it goes on. Raises Unavailable where the process carries too many streams."""

    def __init__(self, streams: Streams, follower: Callable[[], Follower]) -> None:
        super().__init__(follower)
        self._streams = streams

    def opened(self, one: Follower) -> AbstractContextManager[None]:
        """Among the open streams of the process."""
        return self._streams.opened(one)

    async def bodies(self, one: Follower) -> AsyncIterator[bytes]:
        """Events, and between them signs of life."""
        async for events in self._streams.events(one):
            told = [_lines(event, sees_details=one.sees_details) for event in events]
            yield b"".join(told) if told else ALIVE


def _lines(event: Told, *, sees_details: bool) -> bytes:
    body = event.body(sees_details=sees_details).decode("utf-8")
    return format_sse_event(id=str(event.position), event=event.topic, data_str=body)


async def _watch(receive: Receive, scope: anyio.CancelScope) -> None:
    """End the stream once its client has left."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            scope.cancel()
            return
