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
_ENDING_SECONDS = 5.0
Ended = Callable[[int, int], None]


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

    async def ended(self, one: One) -> None:
        """Called when nothing more is sent, whoever ended it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until somebody ends it."""
        one = self._one()
        try:
            await self._stream(one, scope, receive, send)
        finally:
            # What it carried is known even where the process is told to end meanwhile.
            with anyio.move_on_after(_ENDING_SECONDS, shield=True):
                await self.ended(one)

    async def _stream(self, one: One, scope: Scope, receive: Receive, send: Send) -> None:
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
    """The log as it goes on. Raises Unavailable where the process carries too many streams.

    ended: told in a thread how many events were sent, and up to which position.
    """

    def __init__(self, streams: Streams, follower: Callable[[], Follower], ended: Ended) -> None:
        super().__init__(follower)
        self._streams = streams
        self._ended = ended
        self._sent = 0
        self._reached: int | None = None

    def opened(self, one: Follower) -> AbstractContextManager[None]:
        """Among the open streams of the process."""
        return self._streams.opened(one)

    async def ended(self, one: Follower) -> None:
        """Keep how far it came."""
        reached = one.position if self._reached is None else self._reached
        await anyio.to_thread.run_sync(self._ended, self._sent, reached)

    async def bodies(self, one: Follower) -> AsyncIterator[bytes]:
        """Events, and between them signs of life."""
        async for events in self._streams.events(one):
            if events:
                # Before they are sent: what is cut off on its way may have arrived.
                self._sent += len(events)
                self._reached = events[-1].position
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
