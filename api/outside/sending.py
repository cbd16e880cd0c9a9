"""One webhook request, signed by Standard Webhooks, bounded in time and size.

Source: Standard Webhooks 1.0.0. Redirects are not followed, proxies of the environment not used.
"""

from __future__ import annotations

import email.utils
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from importlib.metadata import version
from typing import Self

from standardwebhooks.webhooks import Webhook as Signer

from api.outside.cloud_events import MEDIA_TYPE
from api.outside.targets import Target, TargetRefused, Targets

ANSWER_BYTES_MAX = 64 * 1024
EXCERPT_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request. status: None where there was no answer.

    excerpt: the beginning of the answer's body, or what failed. retry_after_seconds: as asked.
    """

    status: int | None
    excerpt: str
    retry_after_seconds: float | None = None

    @property
    def is_success(self) -> bool:
        """Only 2xx is; a redirect is a failure."""
        return self.status is not None and 200 <= self.status < 300


class Courier:
    """Sends to one webhook, on one connection as long as that holds. For one thread.

    url, secret: in plain text. timeout_seconds: of each request, from its name's resolution to
    the end of its answer. now: of `webhook-timestamp`, which the receiver compares to its clock.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        targets: Targets,
        *,
        timeout_seconds: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = url
        self._signer = Signer(secret)
        self._targets = targets
        self._timeout_seconds = timeout_seconds
        self._now = now
        self._connection: _Pinned | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def send(self, identifier: str, body: bytes) -> Reply:
        """One message. identifier: `webhook-id`, the same whenever the message is sent again."""
        was_open = self._connection is not None
        began = time.monotonic()
        try:
            return self._exchange(identifier, body)
        except (OSError, HTTPException, TargetRefused, ValueError) as error:
            self.close()
            if was_open and time.monotonic() - began < self._timeout_seconds / 2:
                # A receiver may close a connection that it has kept; a fresh one tells the truth.
                return self.send(identifier, body)
            return Reply(None, _failure(error, time.monotonic() - began >= self._timeout_seconds))

    def _exchange(self, identifier: str, body: bytes) -> Reply:
        if self._connection is None:
            self._connection = _Pinned(self._targets.resolved(self._url), self._timeout_seconds)
        connection = self._connection
        # A timeout of the socket bounds each wait, not the whole: a receiver that sends a byte now
        # and then would hold the thread for hours.
        cutting = threading.Timer(self._timeout_seconds, connection.cut)
        cutting.daemon = True
        cutting.start()
        try:
            connection.request(
                "POST", connection.target.path, body, self._headers(identifier, body)
            )
            answer = connection.getresponse()
            received = answer.read(ANSWER_BYTES_MAX)
            if connection.was_cut:
                raise TimeoutError  # What was cut in its headers would pass for a whole answer.
            if not answer.isclosed():
                self.close()
            return Reply(answer.status, _excerpt(received), _retry_after(answer, self._now()))
        finally:
            cutting.cancel()

    def _headers(self, identifier: str, body: bytes) -> dict[str, str]:
        at = self._now()
        return {
            "Content-Type": f"{MEDIA_TYPE}; charset=utf-8",
            "User-Agent": _user_agent(),
            "webhook-id": identifier,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(identifier, at, body.decode("utf-8")),
        }


class _Pinned(HTTPConnection):
    """A connection to an address that has been looked at; the name is not resolved again."""

    def __init__(self, target: Target, timeout_seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout_seconds)
        self.default_port = 443 if target.is_tls else 80
        self.target = target
        self.was_cut = False

    def connect(self) -> None:
        """To the first address that answers."""
        give_up = time.monotonic() + (self.timeout or 0)
        failure: OSError = OSError("the name has no address")
        for family, address in self.target.sockets:
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.settimeout(max(0.1, give_up - time.monotonic()))
                sock.connect(address)
                sock.settimeout(self.timeout)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self.target.is_tls:
                    sock = _tls().wrap_socket(sock, server_hostname=self.target.host)
            except OSError as error:
                sock.close()
                failure = error
            else:
                self.sock = sock
                return
        raise failure

    def cut(self) -> None:
        """End what is under way, from another thread."""
        self.was_cut = True
        with suppress(OSError, AttributeError, TypeError):
            # Of the plain socket: TLS's own would wait for its farewell.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@cache
def _user_agent() -> str:
    return f"Tenure/{version('tenure')}"


def _failure(error: Exception, is_late: bool) -> str:
    if is_late or isinstance(error, TimeoutError):
        return "no answer in time"
    return f"{type(error).__name__}: {error}"[:EXCERPT_CHARACTERS]


def _excerpt(body: bytes) -> str:
    text = body[: 4 * EXCERPT_CHARACTERS].decode("utf-8", "replace")
    seen = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(seen.split())[:EXCERPT_CHARACTERS]


def _retry_after(answer: HTTPResponse, now: datetime) -> float | None:
    """Seconds or a date (RFC 9110, 10.2.3); None for none, or rubbish."""
    told = (answer.getheader("Retry-After") or "").strip()
    if told.isdecimal() and len(told) < 10:
        return float(told)
    with suppress(ValueError, TypeError):
        at = email.utils.parsedate_to_datetime(told)
        return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
    return None
