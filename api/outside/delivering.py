"""The deliverer: sends to every webhook what it has not been sent yet.

One of the workers on a database delivers, another takes over when it is gone. Webhooks are sent to
side by side, so a slow one holds up no other; each gets its events in order.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg2
import structlog
from eventsourcing.persistence import PersistenceError

from api.outside.following import teller_of
from api.outside.rounds import Post, Rules, Turn, current, pending_resend
from api.outside.states import State, forget, states
from api.outside.targets import Targets
from api.sweep import Leadership
from domain.errors import TenureError

if TYPE_CHECKING:
    from api.composition import Service
    from api.settings import Settings
    from domain.webhook import Webhook

POLL_SECONDS = 0.1
LOOK_SECONDS = 1.0
PAUSE_SECONDS = 1.0
THREADS = 16
LEADERSHIP = "tenure webhooks"


class Deliverer:
    """Runs in the worker.

    now: instants of attempts, of this machine: receivers compare them with their own clock.
    look_seconds: how often it looks for what may be tried again.
    """

    def __init__(
        self,
        service: Service,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Random | None = None,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._service = service
        self._application = service.application
        self._database = service.database
        self._post = Post(
            service.application,
            service.database,
            teller_of(service),
            rules_of(service.settings),
            now,
            random or Random(),  # noqa: S311 - spreads retries; no secret
        )
        self._leadership = Leadership(service.database, LEADERSHIP)
        self._log = structlog.get_logger("tenure.webhooks")
        self._look_seconds = look_seconds
        self._awake = threading.Event()
        self._busy: set[UUID] = set()
        self._looked_at = float("-inf")
        self._looked_to = -1
        self.sent = 0
        """Messages delivered since the start of this process."""

    @property
    def is_leader(self) -> bool:
        """Whether this process delivers, and no other one does."""
        return self._leadership.is_leader

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop`; messages that are under way are ended. Goes on after failures."""
        self._service.on_write.append(self._awake.set)
        try:
            with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as pool:
                while not stop.is_set():
                    pause_seconds = POLL_SECONDS
                    try:
                        self.step(pool, stop)
                    except (PersistenceError, psycopg2.Error, TenureError) as error:
                        self._log.warning("webhooks wait", error=error)
                        self.close()
                        pause_seconds = PAUSE_SECONDS
                    self._awake.wait(pause_seconds)
                    self._awake.clear()
        finally:
            self._service.on_write.remove(self._awake.set)
            self.close()

    def step(self, pool: ThreadPoolExecutor, stop: threading.Event) -> int:
        """Give every webhook that is due its turn; how many are. 0 while another one leads."""
        if not self._leadership.is_held():
            return 0
        settled = self._application.recorder.settled_position()
        now = time.monotonic()
        if settled == self._looked_to and now - self._looked_at < self._look_seconds:
            return 0
        self._looked_to, self._looked_at = settled, now
        due = list(self._due(settled))
        for webhook, state in due:
            self._busy.add(webhook.id)
            pool.submit(self._turn, Turn(self._post, webhook, state, settled), webhook, stop)
        return len(due)

    def close(self) -> None:
        """Let another worker deliver."""
        self._leadership.leave()

    def gauges(self) -> Iterator[tuple[str, str, Mapping[str, str], float]]:
        """Name, meaning, labels and value of what this process has to show."""
        leads, sent = float(self.is_leader), float(self.sent)
        yield "tenure_webhook_leader", "1 where this process sends webhooks.", {}, leads
        yield "tenure_webhook_sent", "Messages delivered since the start.", {}, sent

    def _due(self, settled: int) -> Iterator[tuple[Webhook, State]]:
        # Asked before the rows are read: a turn that ends meanwhile may have left later ones.
        busy = frozenset(self._busy)
        known = {state.webhook_id: state for state in states(self._database)}
        if not known:
            return
        now = self._post.now()
        for webhook_id, webhook in self._application.webhooks(known.keys()).items():
            state = current(webhook, known[webhook_id])
            if webhook.is_removed and webhook_id not in busy:
                forget(self._database, webhook_id)
            if not webhook.is_active or webhook_id in busy:
                continue
            is_behind = state.position < settled or pending_resend(webhook, state) is not None
            if is_behind and (state.next_attempt_at is None or state.next_attempt_at <= now):
                yield webhook, state

    def _turn(self, turn: Turn, webhook: Webhook, stop: threading.Event) -> None:
        try:
            turn.run(stop)
        except (PersistenceError, psycopg2.Error, TenureError) as error:
            self._log.warning("webhook waits", webhook=str(webhook.id), error=error)
        except Exception as error:  # noqa: BLE001 - one webhook's trouble is not the others'
            self._log.exception("webhook stands still", webhook=str(webhook.id))
            with suppress(PersistenceError, psycopg2.Error, TenureError):
                turn.stand_still(error)
        finally:
            self.sent += turn.sent
            self._busy.discard(webhook.id)
            if turn.sent:
                self._looked_to = -1
                self._awake.set()


def rules_of(settings: Settings) -> Rules:
    """How webhooks are sent, by the settings."""
    return Rules(
        Targets(settings.webhook_allow_http, settings.webhook_allow_internal),
        settings.webhook_timeout_seconds,
        settings.webhook_failing_days,
    )
