"""The worker: follows the log into the views, sweeps deadlines, seals the logs, sends webhooks,
forgets old commands, rewrites the table of keys after an erasure, and rebuilds views whose form
this release has changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta

import structlog
from eventsourcing.persistence import PersistenceError

from api.composition import Service
from api.embedded import EmbeddedPostgresError
from api.outside.delivering import Deliverer
from api.proof.sealing import LogSealer
from api.renewal import Renewal
from api.sweep import Sweeper
from eventstore.key_table import rewrite_if_due

COMMANDS_KEPT = timedelta(days=30)
FORGET_SECONDS = 24 * 3600.0
FORGET_AGAIN_SECONDS = 60.0
LOOK_SECONDS = 2.0
KEYS_SECONDS = 10.0


class Worker:
    """What runs beside the API, or alone. Any number may run on one database."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.sweeper = Sweeper(service.application, service.database, service.engine)
        self.deliverer = Deliverer(service)
        self.sealer = LogSealer(service)
        self._log = structlog.get_logger("tenure.worker")

    def gauges(self) -> Iterator[tuple[str, str, Mapping[str, str], float]]:
        """Name, meaning, labels and value of what this worker has to show."""
        sweeper = self.sweeper
        yield "tenure_sweep_leader", "1 where this process sweeps.", {}, float(sweeper.is_leader)
        yield "tenure_sweep_recorded", "Ends recorded since the start.", {}, float(sweeper.recorded)
        yield "tenure_sweep_seconds", "Time that the last sweep took.", {}, sweeper.seconds
        yield from self.deliverer.gauges()
        yield from self.sealer.gauges()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`; then finish what has begun and return."""
        parts = {
            "follow": self._service.engine.run,
            "sweep": self.sweeper.run,
            "seal": self.sealer.run,
            "forget": self._forget,
            "keys": self._rewrite_keys,
            "webhooks": self.deliverer.run,
            "database": self._keep_database,
            "renew": Renewal(self._service).run,
        }
        threads = [
            threading.Thread(target=part, args=(stop,), name=f"worker-{name}")
            for name, part in parts.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _forget(self, stop: threading.Event) -> None:
        """Idempotency keys are kept for thirty days (design §5)."""
        recorder = self._service.application.recorder
        pause_seconds = 0.0
        while not stop.wait(pause_seconds):
            pause_seconds = FORGET_SECONDS
            try:
                forgotten = recorder.forget_commands(older_than=COMMANDS_KEPT)
            except PersistenceError as error:
                self._log.warning("forgetting failed, is tried again", error=error)
                pause_seconds = FORGET_AGAIN_SECONDS
                continue
            if forgotten:
                self._log.info("commands forgotten", commands=forgotten)

    def _rewrite_keys(self, stop: threading.Event) -> None:
        """A destroyed key does not stay behind in the files of its table (decision 0023)."""
        pause_seconds = 0.0
        while not stop.wait(pause_seconds):
            pause_seconds = KEYS_SECONDS
            try:
                if rewrite_if_due(self._service.database):
                    self._log.info("table of keys rewritten")
            except PersistenceError as error:
                self._log.warning("rewriting the keys failed, is tried again", error=error)

    def _keep_database(self, stop: threading.Event) -> None:
        """Start the embedded server again where it is gone together with its keeper."""
        embedded = self._service.embedded
        while embedded is not None and not stop.wait(LOOK_SECONDS):
            try:
                embedded.start()
            except EmbeddedPostgresError as error:
                self._log.error("the database cannot be started", error=error)
