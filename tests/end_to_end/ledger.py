"""Clients that write meanwhile, and keep a ledger of what they were told."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tests.end_to_end.installed import claim, company
from tests.waiting import wait_until

RETRY_SECONDS = 0.05
PATIENCE_SECONDS = 60.0
_TOPICS = {
    "register": "customer.registered",
    "claim": "customer.claimed",
    "withdraw": "customer.claim_withdrawn",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """One acknowledged command. key: its Idempotency-Key, which begins with its kind."""

    key: str
    topic: str
    customer_id: str
    version: int
    position: int


@dataclass
class Ledger:
    """What clients were told. wrong: answers that nobody may get. unavailable: how many 503s."""

    receipts: list[Receipt] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unavailable: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def wait_for(self, more: int) -> None:
        """Until so many more commands are acknowledged; by the count alone, never by time."""
        enough = len(self.receipts) + more
        wait_until(
            lambda: len(self.receipts) >= enough or self.wrong,
            seconds_max=PATIENCE_SECONDS,
            what=f"{more} more answers",
        )

    def check(self, cursor: Any, *, upto: int | None = None, is_over: bool = False) -> None:
        """Every acknowledged command is in the log at its place, and nothing is there twice.

        upto: of a log that was cut off at that position, where only what lies before must be
        there. is_over: all clients have their answers, so the log holds nothing else.
        """
        assert self.wrong == []
        told = {one for one in list(self.receipts) if upto is None or one.position <= upto}
        cursor.execute(
            "SELECT key, topic, originator_id::text, originator_version::integer, last_position"
            " FROM tenure.commands JOIN tenure.events"
            " ON position BETWEEN first_position AND last_position"
            " WHERE topic = ANY (%s)",
            (list(_TOPICS.values()),),
        )
        stored = [Receipt(*row) for row in cursor.fetchall()]
        assert told - set(stored) == set(), "an acknowledged command is missing"
        for name in ("key", "position"):
            times = Counter(getattr(one, name) for one in stored)
            assert [found for found, many in times.items() if many > 1] == [], "it is there twice"
        cursor.execute(
            "SELECT count(*), count(DISTINCT key) FROM tenure.commands WHERE key LIKE %s",
            ("again-%",),
        )
        refused, keys = cursor.fetchone()
        assert refused == keys
        if is_over:
            assert set(stored) == told
            assert refused == len(self.refused)


@contextmanager
def writing(
    address: str,
    tokens: Sequence[str],
    ledger: Ledger,
    *,
    clients: int,
    companies_per_second: int = 12,
) -> Iterator[Ledger]:
    """Clients that write meanwhile; at the end each gets the answer to what it has begun.

    They take turns at a steady rate: at full speed they would starve what the test looks at.
    """
    stop, turns = threading.Event(), threading.Semaphore(0)

    def pace() -> None:
        while not stop.wait(1 / companies_per_second):
            turns.release()
        turns.release(clients)

    def write(token: str) -> None:
        with httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30
        ) as client:
            while turns.acquire() and not stop.is_set():
                _live(client, ledger)

    with ThreadPoolExecutor(clients + 1, thread_name_prefix="client") as pool:
        running = [pool.submit(write, tokens[nth % len(tokens)]) for nth in range(clients)]
        running.append(pool.submit(pace))
        try:
            yield ledger
        finally:
            stop.set()
        for one in running:
            one.result(2 * PATIENCE_SECONDS)


def _live(client: httpx.Client, ledger: Ledger) -> None:
    """Register a company and claim it, twice; give up every third again."""
    with ledger.lock:
        number = next(ledger.numbers)
    made = _told(client, ledger, "register", number, "", company(number))
    if made is None:
        return
    path = f"/{made.customer_id}"
    _told(client, ledger, "claim", number, f"{path}/claim", claim())
    # The second claim breaks a rule, and is refused however often it is sent.
    _told(client, ledger, "again", number, f"{path}/claim", claim())
    if number % 3 == 0:
        body = {"what": "claim", "reason": "客户暂无需求"}
        _told(client, ledger, "withdraw", number, f"{path}/withdrawal", body)


def _told(
    client: httpx.Client, ledger: Ledger, kind: str, number: int, path: str, body: Any
) -> Receipt | None:
    """Send one command until it is answered, always under the same key; note the answer."""
    key = f"{kind}-{number}"

    def send() -> httpx.Response | None:
        with suppress(httpx.TransportError):
            answer = client.post(
                f"/v1/customers{path}", json=body, headers={"Idempotency-Key": key}
            )
            if not _is_unavailable(answer):
                return answer
        with ledger.lock:
            ledger.unavailable += 1
        return None

    answer = wait_until(
        # A response that refuses is false; what is waited for is any answer.
        lambda: [one] if (one := send()) is not None else [],
        seconds_max=PATIENCE_SECONDS,
        poll_seconds=RETRY_SECONDS,
        what=f"an answer to {key}",
    )[0]
    return _noted(ledger, kind, key, answer)


def _noted(ledger: Ledger, kind: str, key: str, answer: httpx.Response) -> Receipt | None:
    with ledger.lock:
        if answer.is_success and kind in _TOPICS:
            told = answer.json()
            place = (told["customer_id"], told["version"], told["position"])
            ledger.receipts.append(receipt := Receipt(key, _TOPICS[kind], *place))
            return receipt
        noted = f"{key}: {answer.status_code} {answer.text}"
        is_right = kind == "again" and answer.status_code == 409
        (ledger.refused if is_right else ledger.wrong).append(noted)
        return None


def _is_unavailable(answer: httpx.Response) -> bool:
    """A 503 that says when to come back: the one failure that a client may see."""
    return answer.status_code == 503 and "Retry-After" in answer.headers
