"""A dry run over all customers: read in batches, for a bounded time, one at a time in a process.

No connection is held between two batches, and no transaction. Who asks again with the cursor gets
the list that follows, without the totals, which rest on everybody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from api.routes.calls import QueryCall
from domain.dry_run import Fall, Span, Tally, asked_about
from domain.errors import Unavailable
from domain.rulebook_text import Rulebook
from projections import tenures

BATCH = 500
WAIT_SECONDS = 2.0
ALL_OF_IT = ""
"""In a cursor, instead of a claim: the whole customer was told."""
_running = threading.Lock()


@dataclass(slots=True)
class DryRun:
    """What a dry run found. items: falls in the order of customers, `limit` at most. next: the key
    behind which the list goes on. is_complete: every customer was looked at; else time was up.
    """

    tally: Tally
    items: list[Fall] = field(default_factory=list)
    next: tuple[str, str] | None = None
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is supposed, for whom, and how long it may take."""

    rules: Rulebook
    span: Span
    now: datetime
    limit: int
    after: Sequence[Any] | None
    seconds_max: float


def dry_run(call: QueryCall, question: Question) -> DryRun:
    """Look at every customer that may fall in the span. Raises Unavailable while another runs."""
    with _alone():
        return _Run(call, question).found()


@contextmanager
def _alone() -> Iterator[None]:
    """A dry run keeps one processor busy: two at once would starve everybody else."""
    if not _running.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("another dry run is under way")
    try:
        yield
    finally:
        _running.release()


class _Run:
    def __init__(self, call: QueryCall, question: Question) -> None:
        self._call = call
        self._question = question
        self._give_up = time.monotonic() + question.seconds_max
        self._told = DryRun(Tally(question.span))
        self._skipped = None
        if question.after is not None:
            customer_id, claimed_at = question.after
            if claimed_at != ALL_OF_IT:
                self._skipped = UUID(customer_id), datetime.fromisoformat(claimed_at)

    def found(self) -> DryRun:
        """Go on until everybody was looked at, the page is full or time is up."""
        told, after = self._told, self._begins_behind()
        batch = [self._skipped[0]] if self._skipped is not None else self._batch(after)
        while batch:
            for customer_id, fallen in self._falls(batch):
                told.tally.count(fallen)
                if not self._list(fallen):
                    return told
                if time.monotonic() > self._give_up:
                    told.next = told.next or (str(customer_id), ALL_OF_IT)
                    return told
            batch = self._batch(batch[-1])
        told.is_complete = True
        return told

    def _begins_behind(self) -> UUID | None:
        after = self._question.after
        return UUID(after[0]) if after is not None else None

    def _batch(self, after: UUID | None) -> list[UUID]:
        question = self._question
        start, end = asked_about(question.span, question.rules)
        with self._call.view(tenures.NAME) as cursor:
            return tenures.held_between(
                cursor,
                start,
                end,
                holder=question.span.member,
                department=question.span.department,
                after=after,
                limit=BATCH,
            )

    def _falls(self, customer_ids: list[UUID]) -> Iterator[tuple[UUID, list[Fall]]]:
        question = self._question
        for customer_id, fallen in self._call.application.falls(
            customer_ids, question.rules, question.span, now=question.now
        ):
            if self._skipped is not None and customer_id == self._skipped[0]:
                fallen = [fall for fall in fallen if fall.claimed_at > self._skipped[1]]
            yield customer_id, fallen

    def _list(self, fallen: list[Fall]) -> bool:
        """Take a customer's falls into the page; False once nothing is left to do: the page is
        full, and the totals were given with the first one."""
        told = self._told
        for fall in fallen:
            if len(told.items) == self._question.limit:
                last = told.items[-1]
                told.next = str(last.customer_id), last.claimed_at.isoformat()
                break
            told.items.append(fall)
        return told.next is None or self._question.after is None
