"""Stored events and what goes with them, as the store's tests need them."""

from uuid import UUID, uuid4

from eventsourcing.persistence import StoredEvent

from eventstore.records import CommandRecord


def an_event(stream: UUID | None = None, version: int = 1, state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(stream or uuid4(), version, "test.happened", state)


def events(count: int, stream: UUID | None = None, *, first_version: int = 1) -> list[StoredEvent]:
    stream = stream or uuid4()
    return [an_event(stream, first_version + nth) for nth in range(count)]


def a_command(actor: str = "zhang-wei", key: str | None = None, **answer: object) -> CommandRecord:
    return CommandRecord(uuid4(), actor, key, bytes(32), answer)
