"""A client of a stream: reads server-sent events in a thread, line by line."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.api.http.guests import Guests

STREAM = "text/event-stream"


@dataclass
class Listener:
    """What came so far. positions: the ids. alive: how many heartbeats."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    positions: list[int] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    retry_ms: int | None = None
    alive: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def read(self, lines: Iterator[str]) -> None:
        for line in lines:
            name, _, value = line.partition(": ")
            match name:
                case "id":
                    self.positions.append(int(value))
                case "event":
                    self.topics.append(value)
                case "data":
                    self.events.append(json.loads(value))
                case "retry":
                    self.retry_ms = int(value)
                case "" if value == "alive":
                    self.alive += 1


@contextmanager
def listening(
    guests: Guests,
    member: str = "wu",
    *,
    path: str = "/v1/events",
    cookies: str | None = None,
    last_event_id: int | None = None,
    **asked: Any,
) -> Iterator[Listener]:
    """A stream of `member`, or of the session of `cookies`, that is read until the block ends."""
    signed = {"Authorization": f"Bearer {guests.tokens[member]}"}
    headers = {"Accept": STREAM, **(signed if cookies is None else {"Cookie": cookies})}
    if last_event_id is not None:
        headers["Last-Event-ID"] = str(last_event_id)
    listener = Listener()
    # Certificates that are not needed take a tenth of a second to load.
    client = httpx.Client(
        base_url=guests.client.base_url, timeout=30, verify=False, trust_env=False
    )
    with client, client.stream("GET", path, params=asked, headers=headers) as answer:
        listener.status, listener.headers = answer.status_code, dict(answer.headers)
        thread = threading.Thread(target=_read, args=(listener, answer))
        thread.start()
        try:
            yield listener
        finally:
            _hang_up(answer)
            thread.join(10)


def _read(listener: Listener, answer: httpx.Response) -> None:
    with suppress(httpx.HTTPError, OSError):
        listener.read(answer.iter_lines())
    listener.ended.set()


def _hang_up(answer: httpx.Response) -> None:
    """Shut the socket down: closing it alone would not wake the thread that reads."""
    sock = answer.extensions["network_stream"].get_extra_info("socket")
    with suppress(OSError):
        sock.shutdown(2)
