"""How the seals stand: for health, for metrics, for the doctor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eventsourcing.persistence import PersistenceError

from api.proof.logs import ACCESS, EVENTS, LOGS, Ends, SealedLog
from api.proof.signing import CheckpointRefused
from api.proof.tiles import Head, TreeBroken, read_head
from eventstore.connections import Database

if TYPE_CHECKING:
    from api.composition import Service


@dataclass(frozen=True, slots=True)
class Standing:
    """One log. lag: positions behind its end. checkpoint: size of the last one outside, and since
    when it is the last. refused: why none is signed."""

    log: SealedLog
    head: Head
    lag: int
    checkpoint: int | None
    checkpoint_at: datetime | None
    refused: CheckpointRefused | None


def standings(service: Service) -> list[Standing]:
    """Both logs. Raises PersistenceError."""
    ends = {
        EVENTS.name: service.application.recorder.settled_position(),
        ACCESS.name: Ends(service.database).end(ACCESS),
    }
    return [_standing(service, log, ends[log.name]) for log in LOGS.values()]


def gauges(service: Service) -> Iterator[tuple[str, str, Mapping[str, str], float]]:
    """Name, meaning, labels and value, read at every scrape."""
    try:
        found = standings(service)
    except PersistenceError:
        return
    for one in found:
        labels = {"log": one.log.name}
        yield "tenure_seal_lag_events", "Positions still to be sealed.", labels, one.lag
        yield "tenure_seal_size", "Leaves of the tree.", labels, one.head.size
        yield (
            "tenure_checkpoint_size",
            "Leaves that the last checkpoint outside is of.",
            labels,
            one.checkpoint or 0,
        )
        refused = float(one.refused is not None)
        yield "tenure_checkpoint_refused", "1 where no checkpoint is signed.", labels, refused


def _standing(service: Service, log: SealedLog, end: int) -> Standing:
    checkpoint, refused = None, None
    try:
        last = service.checkpointer.check(log)
        checkpoint = last and last.size
    except CheckpointRefused as error:
        refused = error
    head = head_of(service.database, log)
    lag = max(0, end - head.last_position)
    return Standing(log, head, lag, checkpoint, _written_at(service, log), refused)


def _written_at(service: Service, log: SealedLog) -> datetime | None:
    """When somebody last wrote to the file of checkpoints, by the clock of its machine."""
    file = service.checkpointer.signing.file(log)
    written = None if file is None else file.written_at()
    return None if written is None else datetime.fromtimestamp(written, UTC)


def head_of(database: Database, log: SealedLog) -> Head:
    """The head of a log's tree; an empty one where somebody has removed it."""
    with database.autocommit() as cursor:
        try:
            return read_head(cursor, log)
        except TreeBroken:
            return Head(0, 0, b"", database.now())
