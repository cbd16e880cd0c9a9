"""One webhook's turn: what it has not been sent yet, in the order of the log, until it fails.

Each message is recorded as delivered before the next is sent. A process that dies between sending
and recording sends the message again, under the same `webhook-id`: at least once, none missing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from api.outside.cloud_events import Told
from api.outside.sending import Courier, Reply
from api.outside.states import State, save
from api.outside.targets import Targets
from api.outside.teller import Stretch, Teller, Wanted
from domain.telling import Topics

if TYPE_CHECKING:
    from domain.application import Tenure
    from domain.webhook import Webhook
    from eventstore.connections import Database

TURN_SECONDS = 2.0
"""After that others get their turn, where threads are scarce."""
MESSAGES_READ = 100
BASE_SECONDS = 5.0
FACTOR = 3.0
BACKOFF_SECONDS_MAX = 4 * 3600.0
RETRY_AFTER_SECONDS_MAX = 24 * 3600.0
GONE = 410
Resend = tuple[int, int]
"""First and last position, both included."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How webhooks are sent. failing_days: after so long without a success one is disabled."""

    targets: Targets
    timeout_seconds: float
    failing_days: float


@dataclass(frozen=True, slots=True)
class Post:
    """What every turn needs. now: the instant of attempts, of this machine."""

    application: Tenure
    database: Database
    teller: Teller
    rules: Rules
    now: Callable[[], datetime]
    random: Random


class Turn:
    """One webhook's turn, in one thread."""

    def __init__(self, post: Post, webhook: Webhook, state: State, settled: int) -> None:
        self._post = post
        self._webhook = webhook
        self._state = state
        self._settled = settled
        self._wanted = Wanted(Topics(frozenset(webhook.topics)))
        self._log = structlog.get_logger("tenure.webhooks").bind(
            webhook=str(webhook.id), address=webhook.address
        )
        self.sent = 0

    def run(self, stop: threading.Event) -> None:
        """Send until everything is, something fails, the turn is over, or `stop`."""
        target = self._post.application.webhook_target(self._webhook)
        if target is None:
            self._fail(Reply(None, "the key of this webhook was destroyed"), self._state.position)
            return
        give_up = time.monotonic() + TURN_SECONDS
        rules = self._post.rules
        with Courier(*target, rules.targets, timeout_seconds=rules.timeout_seconds) as courier:
            while not stop.is_set() and time.monotonic() < give_up:
                resend = pending_resend(self._webhook, self._state)
                stretch = self._next(resend)
                if stretch is None or not self._send(courier, stretch, resend, stop, give_up):
                    return

    def stand_still(self, error: Exception) -> None:
        """A defect of ours met this webhook: try again later, as after any failure."""
        self._fail(Reply(None, f"cannot be told: {type(error).__name__}"), self._state.position)

    def _next(self, resend: Resend | None) -> Stretch | None:
        """What comes next: of a resend that was ordered, else what is new; None: nothing."""
        teller, state = self._post.teller, self._state
        if resend is not None:
            first, last = resend
            after = first - 1 if state.resend_position is None else state.resend_position
            upto = min(last, self._settled)
        else:
            after, upto = state.position, self._settled
            if after >= upto:
                return None
        return teller.stretch(after=after, upto=upto, wanted=self._wanted, limit=MESSAGES_READ)

    def _send(
        self,
        courier: Courier,
        stretch: Stretch,
        resend: Resend | None,
        stop: threading.Event,
        give_up: float,
    ) -> bool:
        """True where the whole stretch was delivered and recorded."""
        done = None
        for event in stretch.events:
            if stop.is_set() or time.monotonic() >= give_up:
                return False
            # Who reads at the other end nobody knows, so nobody there reads details.
            body = event.body(sees_details=False)
            reply = courier.send(message_id(self._webhook.id, event), body)
            if not reply.is_success:
                self._fail(reply, event.position)
                return False
            self.sent += 1
            done = event.position
            if not self._record(self._moved(done, resend), reply):
                return False
        return done == stretch.reached or self._record(self._moved(stretch.reached, resend), None)

    def _moved(self, position: int, resend: Resend | None) -> State:
        """The state once everything up to `position` is done."""
        state = self._state
        if resend is None:
            return replace(state, position=position)
        if position >= min(resend[1], self._settled):
            return replace(state, resends_done=state.resends_done + 1, resend_position=None)
        return replace(state, resend_position=position)

    def _record(self, after: State, reply: Reply | None) -> bool:
        """Write the state down. False where somebody else has been here meanwhile."""
        before = self._state
        if reply is not None:
            now = self._post.now()
            after = replace(
                after,
                **_NO_FAILURE,
                last_attempt_at=now,
                last_status=reply.status,
                last_answer=None,
                delivered=after.delivered + 1,
                delivered_at=now,
            )
        self._state = after
        return save(self._post.database, before, after)

    def _fail(self, reply: Reply, position: int) -> None:
        """Record the failure and when to try again; give up what has failed for too long."""
        now, before = self._post.now(), self._state
        failures = before.failures + 1
        since = before.failing_since or now
        pause_seconds = backoff_seconds(failures, reply.retry_after_seconds, self._post.random)
        self._state = replace(
            before,
            failures=failures,
            failing_since=since,
            next_attempt_at=now + timedelta(seconds=pause_seconds),
            last_attempt_at=now,
            last_status=reply.status,
            last_answer=reply.excerpt,
        )
        if not save(self._post.database, before, self._state):
            return
        self._log.warning(
            "webhook failed",
            position=position,
            status=reply.status,
            answer=reply.excerpt,
            failures=failures,
            again_in_seconds=round(pause_seconds),
        )
        if reply.status == GONE:
            self._post.application.give_up_webhook(self._webhook.id, cause="gone")
            self._log.error("webhook disabled: it answered 410 Gone", position=position)
        elif now - since >= timedelta(days=self._post.rules.failing_days):
            self._post.application.give_up_webhook(self._webhook.id, cause="failing")
            self._log.error("webhook disabled: it failed for too long", since=since.isoformat())


_NO_FAILURE: dict[str, int | None] = {
    "failures": 0,
    "failing_since": None,
    "next_attempt_at": None,
}


def current(webhook: Webhook, state: State) -> State:
    """The state, its failures forgotten where the webhook was enabled again since."""
    if state.since_version == webhook.since_version:
        return state
    return replace(state, **_NO_FAILURE, since_version=webhook.since_version)  # type: ignore[arg-type]


def pending_resend(webhook: Webhook, state: State) -> Resend | None:
    """The resend that is next; None: none is ordered."""
    ordered = webhook.resends[state.resends_done :]
    return ordered[0] if ordered else None


def message_id(webhook_id: UUID, event: Told) -> str:
    """`webhook-id`: of one event at one webhook, for ever; without a full stop, as is asked."""
    return f"msg_{webhook_id.hex}_{event.position}"


def backoff_seconds(failures: int, retry_after_seconds: float | None, random: Random) -> float:
    """Seconds until the next attempt: exponential with jitter, and as late as the receiver asks.

    failures: in a row, >= 1. Returns at least half of the capped 5 s * 3^(failures - 1), and
    `retry_after_seconds` where that is later, but no more than a day.
    Source: Standard Webhooks 1.0.0, "Deliverability and reliability"; the first waits are shorter
    than its example's, because later events stand behind the one that failed.
    """
    exponent = min(failures - 1, 20)
    ceiling = min(BACKOFF_SECONDS_MAX, BASE_SECONDS * FACTOR**exponent)
    jittered = ceiling * (0.5 + 0.5 * random.random())
    return max(jittered, min(retry_after_seconds or 0.0, RETRY_AFTER_SECONDS_MAX))
