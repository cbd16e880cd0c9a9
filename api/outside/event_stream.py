"""One answer as server-sent events: `id` is the position, `event` the topic, `data` the event.

Source: WHATWG HTML, "Server-sent events".
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import anyio
from fastapi.sse import format_sse_event
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.envelope import is_head
from api.outside.cloud_events import Told
from api.outside.streams import Follower, Streams

MEDIA_TYPE = "text/event-stream"
RETRY_MS = 2_000
_FAREWELL_SECONDS = 1.0


class EventStream(Response):
    """A stream that runs until its client leaves, its token ends, or the process does.

    follower: made when the stream begins, on the event loop. Raises Unavailable before the first
    byte where the process carries too many.
    """

    media_type = MEDIA_TYPE

    def __init__(self, streams: Streams, follower: Callable[[], Follower]) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._streams = streams
        self._follower = follower

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until somebody ends it."""
        follower = self._follower()
        with self._streams.opened(follower):
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            if not is_head(scope):
                async with anyio.create_task_group() as group:
                    group.start_soon(_watch, receive, follower.scope)
                    with follower.scope:
                        await self._send_events(follower, send)
                    group.cancel_scope.cancel()
        # A client that reads no more must not keep a stream that has ended.
        with anyio.move_on_after(_FAREWELL_SECONDS), suppress(OSError):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_events(self, follower: Follower, send: Send) -> None:
        opening = format_sse_event(comment="tenure", retry=RETRY_MS)
        await send({"type": "http.response.body", "body": opening, "more_body": True})
        async for events in self._streams.events(follower):
            told = [_lines(event, sees_details=follower.sees_details) for event in events]
            body = b"".join(told) if told else format_sse_event(comment="alive")
            await send({"type": "http.response.body", "body": body, "more_body": True})


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
