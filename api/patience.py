"""How long a client may take, and how large the head of its request may be.

uvicorn waits for ever for a request's head and body and for a client that does not read its
answer, and lets a head be of any size. Each of these would let one client hold a connection, and
what its request has taken, for ever; here each has an end.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from dataclasses import dataclass
from enum import Enum
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
HEADERS_MAX = 100
_TOO_SLOW = (408, b"Request Timeout")
_TOO_LARGE = (431, b"Request Header Fields Too Large")


@dataclass(frozen=True, slots=True)
class Patience:
    """head_seconds: from the first byte of a request's head to its last, and from the beginning of
    a connection to its first request. body_seconds: for the whole of a body. stall_seconds: how
    long an answer may wait for its client to read on."""

    head_seconds: float
    body_seconds: float
    stall_seconds: float

    def protocol(self, *args: Any, **kwargs: Any) -> PatientProtocol:
        """The protocol of a new connection, made as uvicorn makes its own."""
        return PatientProtocol(self, *args, **kwargs)


class _Phase(Enum):
    """What a connection waits for from its client."""

    HEAD = "head"
    BODY = "body"
    NOTHING = "nothing"


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with an end to each wait for the client."""

    def __init__(self, patience: Patience, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience = patience
        self._waiting: TimerHandle | None = None
        self._stalled: TimerHandle | None = None
        self._phase = _Phase.HEAD
        self._request = 0
        self._timed: tuple[int, _Phase] = (0, _Phase.HEAD)
        self._chunk_bytes = 0
        self._unparsed_bytes = 0
        self._head_bytes = 0
        self._headers = 0
        self._is_too_large = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(self._patience.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        self._end_stall()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._chunk_bytes = len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._phase is _Phase.HEAD:
            # The parser tells of a header when it ends, so of an endless one it never does.
            self._unparsed_bytes += len(data)
            if self._unparsed_bytes > HEAD_BYTES_MAX:
                self._refuse(*_TOO_LARGE)
                return
        if self._timed != (self._request, self._phase):
            self._timed = (self._request, self._phase)
            self._wait(self._seconds())

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._request += 1
        self._phase, self._headers, self._head_bytes = _Phase.HEAD, 0, 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the head; one behind the body is dropped, since all was decided before."""
        if self._phase is _Phase.HEAD:
            self._headers += 1
            self._count(len(name) + len(value))
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._phase = _Phase.BODY
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._phase = _Phase.NOTHING
        # What has come of the next head in the same chunk is not counted, and bounded by it.
        self._unparsed_bytes = -self._chunk_bytes
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """The answer to what the parser refused; a head that is too large is told so."""
        if self._is_too_large:
            self._refuse(*_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            seconds = self._patience.stall_seconds
            self._stalled = self.loop.call_later(seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._end_stall()
        super().resume_writing()

    def _seconds(self) -> float | None:
        """How long the client may take for what it is at."""
        if self._phase is _Phase.HEAD:
            return self._patience.head_seconds
        return self._patience.body_seconds if self._phase is _Phase.BODY else None

    def _count(self, size: int) -> None:
        """Raises ValueError, with which the parser ends, where the head is too large."""
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES_MAX or self._headers > HEADERS_MAX:
            self._is_too_large = True
            raise ValueError("the head of the request is too large")

    def _wait(self, seconds: float | None) -> None:
        """End the wait so far; begin one of `seconds`."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = None if seconds is None else self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        if self._request:
            self._refuse(*_TOO_SLOW)
        else:
            self.transport.close()  # Nothing was asked, so there is nothing to answer.

    def _end_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _refuse(self, status: int, reason: bytes) -> None:
        """Say why, where no other answer is owed or has begun, and close."""
        cycle, is_owed = self.cycle, self._phase is _Phase.BODY
        is_free = cycle is None or cycle.response_complete
        if (is_free and not is_owed) or (is_owed and cycle and not cycle.response_started):
            head = b"HTTP/1.1 %d %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(head % (status, reason))
        self.transport.close()
