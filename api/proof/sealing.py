"""The sealer: lets the trees follow their logs, and has checkpoints signed (design §9).

One of the workers on a database seals, another takes over when it is gone. Nothing waits for it and
nothing is added to what writes: it reads what is settled, in large batches.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import psycopg2
import structlog
from eventsourcing.persistence import PersistenceError

from api.proof.growing import BATCH_LEAVES, GrowingTree
from api.proof.logs import LOGS, Ends, SealedLog
from api.proof.signing import CheckpointRefused
from api.proof.tiles import TreeBroken
from api.sweep import Leadership

if TYPE_CHECKING:
    from api.composition import Service

POLL_SECONDS: Final = 0.5
BUSY_SECONDS: Final = 2.0
"""Until the next batch, where the last one was not full: each costs a commit and a tile a level,
however few leaves are in it."""
CHECKPOINT_SECONDS_MIN: Final = 5.0
"""Between two checkpoints of one log, however many leaves came: each is two writes to the disk."""
PAUSE_SECONDS: Final = 5.0
LEADERSHIP: Final = "tenure seal"


class LogSealer:
    """Runs in the worker."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._leadership = Leadership(service.database, LEADERSHIP)
        self._ends = Ends(service.database)
        self._trees = {name: GrowingTree(service.database, log) for name, log in LOGS.items()}
        self._signing = {name: _Rhythm(service, log) for name, log in LOGS.items()}
        self._log = structlog.get_logger("tenure.proof")
        self._told: dict[str, str] = {}
        self.sealed = 0
        """Leaves sealed since the start of this process."""

    @property
    def is_leader(self) -> bool:
        """Whether this process seals, and no other one does."""
        return self._leadership.is_leader

    def run(self, stop: threading.Event) -> None:
        """Seal until `stop`. Goes on after failures."""
        pause_seconds = 0.0
        try:
            while not stop.wait(pause_seconds):
                try:
                    pause_seconds = _pause_after(self.step())
                except (PersistenceError, psycopg2.Error) as error:
                    self._log.warning("sealing waits", error=error)
                    self.close()
                    pause_seconds = PAUSE_SECONDS
        finally:
            self.close()

    def step(self) -> int:
        """One batch of each log, and the checkpoints that are due; how many leaves were sealed.

        0 while another one leads.
        """
        if not self._leadership.is_held():
            return 0
        return sum(self._step(log) for log in LOGS.values())

    def close(self) -> None:
        """Let another worker seal."""
        self._leadership.leave()

    def gauges(self) -> Iterator[tuple[str, str, Mapping[str, str], float]]:
        """Name, meaning, labels and value of what this process has to show."""
        yield "tenure_seal_leader", "1 where this process seals.", {}, float(self.is_leader)
        yield "tenure_seal_leaves", "Leaves sealed since the start.", {}, float(self.sealed)

    def _step(self, log: SealedLog) -> int:
        """One log; its own trouble does not keep the other from being sealed."""
        tree, sealed = self._trees[log.name], 0
        try:
            sealed = tree.grow(self._ends.end(log))
            self.sealed += sealed
            self._signing[log.name].sign_if_due(tree)
        except TreeBroken as error:
            self._tell(log, "the tree cannot grow: run tenure verify", str(error))
        except CheckpointRefused as refused:
            is_chosen = refused.problem in ("no-key", "no-folder")
            self._tell(log, "no checkpoint is signed", refused.en, is_fault=not is_chosen)
        else:
            self._told.pop(log.name, None)
        return sealed

    def _tell(self, log: SealedLog, event: str, reason: str, *, is_fault: bool = True) -> None:
        """Loudly, but once: it stays until an operator sees to it."""
        if self._told.get(log.name) != reason:
            self._told[log.name] = reason
            tell = self._log.error if is_fault else self._log.warning
            tell(event, log=log.name, reason=reason)


def _pause_after(sealed: int) -> float:
    """Seconds until the next batch. What lags is sealed at once; under a steady stream of events a
    few would otherwise be sealed at a time; in a quiet house the next one is seen soon."""
    if sealed >= BATCH_LEAVES:
        return 0.0
    return BUSY_SECONDS if sealed else POLL_SECONDS


class _Rhythm:
    """When a checkpoint of one log is due: so many leaves or so many seconds after the last."""

    def __init__(self, service: Service, log: SealedLog) -> None:
        self._checkpointer = service.checkpointer
        self._leaves = service.settings.checkpoint_events
        self._seconds = service.settings.checkpoint_seconds
        self._log = log
        self._size = -1
        self._tried_at = float("-inf")

    def sign_if_due(self, tree: GrowingTree) -> None:
        """Raises CheckpointRefused."""
        head = tree.head
        if head is None or head.size in (0, self._size):
            return
        news = head.size - max(0, self._size)
        now = time.monotonic()
        least = min(CHECKPOINT_SECONDS_MIN, self._seconds)
        if now - self._tried_at < (self._seconds if news < self._leaves else least):
            return
        self._tried_at = now
        _, checkpoint = self._checkpointer.sign(self._log)
        self._size = checkpoint.size
