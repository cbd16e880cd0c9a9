"""Which event made a row what it should be: its stream is replayed, one event at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from psycopg2 import sql

from projections.comparing import Difference, Side, row_of
from projections.reading import Reader, Streams
from projections.stretches import Source, begin_aside
from projections.view import LogBatch, LogEntry, View

MENTIONS_MAX: Final = 1_000
_BATCH_EVENTS: Final = 500


def explain(
    source: Source, connection: Any, view: View, difference: Difference, upto: int
) -> LogEntry | None:
    """The event that made the row differ: of a missing row the one that makes it, of a changed
    one the last that sets one of the columns, of a superfluous one what removed it; of one that
    sums up a stretch of the log, the event at its beginning where that makes it, else at its end.
    None: no event up to `upto` speaks of such a row.

    source: its transactions run in `connection`, which has temporary tables of the view; they are
    afterwards as they were.
    """
    if difference.stretch is not None:
        return next(_at(source, _end_of(difference, *difference.stretch), upto), None)
    found, appeared = _replayed(
        source, connection, view, difference, _own(source, difference, upto)
    )
    if appeared or difference.kind == "superfluous":
        return found
    # The row follows from a stream whose id its key does not tell.
    mentioned = _mentioned(source, difference, upto)
    return _replayed(source, connection, view, difference, mentioned)[0]


def _replayed(
    source: Source,
    connection: Any,
    view: View,
    difference: Difference,
    entries: Iterator[LogEntry],
) -> tuple[LogEntry | None, bool]:
    """The event, and whether the row was ever there."""
    side = Side(connection, sql.Identifier(difference.table))
    life = list(entries)
    found, appeared = None, False
    before: dict[str, Any] | None = None
    with source.database.transaction() as cursor:
        begin_aside(cursor, "pg_temp")
        tables = sql.SQL(", ").join(map(sql.Identifier, view.TABLES))
        cursor.execute(sql.SQL("TRUNCATE {}").format(tables))
        for entry in life:
            view.fold(cursor, LogBatch([entry]))
            after = row_of(side, difference.key)
            if _is_cause(difference, before, after):
                found = entry
            appeared = appeared or after is not None
            before = after
        connection.rollback()
    return found, appeared


def _is_cause(
    difference: Difference, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> bool:
    if difference.kind == "missing":
        return before is None and after is not None
    if difference.kind == "superfluous":
        return before is not None and after is None
    kept, now = before or {}, after or {}
    return any(kept.get(column) != now.get(column) for column in difference.columns)


def _end_of(difference: Difference, first: int, last: int) -> int:
    """Where the event is that made a row of a stretch, or moved it last; in between every event
    moved it as well."""
    begins = difference.kind == "missing" or difference.columns.keys() == {"first_position"}
    return first if begins else last


def _at(source: Source, position: int, upto: int) -> Iterator[LogEntry]:
    reader = Reader(source.log, source.to_event, batch_events=_BATCH_EVENTS)
    if 0 < position <= upto:
        yield from reader.read(after=position - 1, settled=position).batch.entries


def _own(source: Source, difference: Difference, upto: int) -> Iterator[LogEntry]:
    """The event at the position that the key tells, or those of the streams that it names."""
    position = difference.key.get("position")
    if isinstance(position, int):
        yield from _at(source, position, upto)
    reader = Reader(source.log, source.to_event, batch_events=_BATCH_EVENTS)
    for stream in _ids(difference):
        streams = Streams(stream, UUID(int=min(stream.int + 1, 2**128 - 1)), upto)
        for reading in reader.stream_batches(source.log, streams):
            yield from reading.batch.entries


def _mentioned(source: Source, difference: Difference, upto: int) -> Iterator[LogEntry]:
    for stream in _ids(difference):
        for recorded in source.log.mentioning(str(stream), upto=upto, limit=MENTIONS_MAX):
            event = source.to_event(recorded)
            yield LogEntry(recorded.position, recorded.recorded_at, recorded.topic, event)


def _ids(difference: Difference) -> list[UUID]:
    return [value for value in difference.key.values() if isinstance(value, UUID)]
