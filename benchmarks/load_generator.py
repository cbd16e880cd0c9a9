"""`python -m benchmarks.load_generator`: sends requests over keep-alive connections.

Reads one JSON line: host, port, connections, seconds_max, requests: [[method, path, token, body]],
each sent once, in order, by whichever connection is free. Writes one JSON line: seconds from the
first request to the last answer, statuses with their counts, the latency of every answer in
milliseconds, and the first body of each status. A connection has one request under way at a time.

Lean on purpose: it shares two processors with what it measures.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

_BODY_CHARACTERS_MAX = 500


class Answers:
    """What came back."""

    def __init__(self) -> None:
        self.latencies_ms: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.samples: dict[int, str] = {}
        self.first_sent = 0.0
        self.last_answered = 0.0

    def add(self, status: int, body: bytes, sent: float, answered: float) -> None:
        self.latencies_ms.append((answered - sent) * 1000)
        self.statuses[status] += 1
        self.last_answered = answered
        if status not in self.samples:
            self.samples[status] = body.decode(errors="replace")[:_BODY_CHARACTERS_MAX]

    def told(self) -> dict[str, Any]:
        return {
            "seconds": self.last_answered - self.first_sent,
            "statuses": self.statuses,
            "latencies_ms": [round(latency, 3) for latency in self.latencies_ms],
            "samples": self.samples,
        }


class Client(asyncio.Protocol):
    """One connection: sends the next request as soon as the last is answered."""

    def __init__(self, requests: Iterator[bytes], answers: Answers) -> None:
        self._requests = requests
        self._answers = answers
        self._received = bytearray()
        self._sent = 0.0
        self._transport: Any = None
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def begin(self) -> None:
        """Send the next request; close where there is none."""
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        body_end = head_end + 4 + _content_length(self._received[:head_end])
        if len(self._received) < body_end:
            return
        status = int(self._received[9:12])
        body = bytes(self._received[head_end + 4 : body_end])
        self._answers.add(status, body, self._sent, time.perf_counter())
        self._received.clear()
        self.begin()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(error)


def _content_length(head: bytearray) -> int:
    """Of the answer. Raises ValueError where it has none."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("an answer without a length")


def request_bytes(host: str, method: str, path: str, token: str, body: Any) -> bytes:
    """One request as it goes over the wire."""
    payload = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {host}",
        f"Authorization: Bearer {token}",
        "Accept: application/json",
    ]
    if payload:
        lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


async def send(plan: dict[str, Any]) -> dict[str, Any]:
    """Every connection is made before the first request goes out."""
    requests = iter([request_bytes(plan["host"], *request) for request in plan["requests"]])
    answers, loop, clients = Answers(), asyncio.get_running_loop(), []
    for _ in range(plan["connections"]):
        _, client = await loop.create_connection(
            lambda: Client(requests, answers), plan["host"], plan["port"]
        )
        clients.append(client)
    answers.first_sent = time.perf_counter()
    for client in clients:
        client.begin()
    ended = asyncio.gather(*(client.done for client in clients))
    try:
        errors = await asyncio.wait_for(ended, plan["seconds_max"])
    except TimeoutError:
        errors = ["the time was over"]
    return answers.told() | {"errors": [str(error) for error in errors if error]}


def main() -> None:
    plan = json.loads(sys.stdin.readline())
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        print(json.dumps(runner.run(send(plan))), flush=True)


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    main()
