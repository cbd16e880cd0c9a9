"""Where the rows of a log differ from the leaves that were sealed, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from api.proof.findings import Finding
from api.proof.logs import EVENTS, SealedLog

Row = tuple[Any, ...]
_STATE: Final = {"events": 4, "access": 1}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows behind the position `after` up to `upto`, and the leaves that were sealed of them, of
    which the first is the leaf `start`."""

    log: SealedLog
    start: int
    after: int
    upto: int
    rows: Sequence[Row]
    actual: Sequence[bytes]
    sealed: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class _Slot:
    """A leaf whose row is another one. expected: its hash."""

    finding: Finding
    expected: bytes
    row: Row


def differences(stretch: Stretch) -> Iterator[Finding]:
    """What is changed, swapped, deleted and inserted; found in one walk along both."""
    sealed, rows, actual = stretch.sealed, stretch.rows, stretch.actual
    known, present = set(sealed), set(actual)
    changed: list[_Slot] = []
    leaf = row = 0
    while leaf < len(sealed) or row < len(rows):
        is_gone = leaf < len(sealed) and sealed[leaf] not in present
        is_new = row < len(rows) and actual[row] not in known
        if is_gone and is_new:
            finding = _finding(stretch, "changed", rows[row], leaf)
            changed.append(_Slot(finding, sealed[leaf], rows[row]))
            leaf, row = leaf + 1, row + 1
        elif is_gone:
            gone = _run(sealed, leaf, present)
            yield from _deleted(stretch, leaf, gone, row)
            leaf += gone
        elif is_new:
            yield _finding(stretch, "inserted", rows[row], None)
            row += 1
        else:
            leaf, row = leaf + 1, row + 1
    yield from _swapped(stretch.log, changed)


def _run(sealed: Sequence[bytes], start: int, present: set[bytes]) -> int:
    """How many leaves from `start` on have no row."""
    end = start
    while end < len(sealed) and sealed[end] not in present:
        end += 1
    return end - start


def _deleted(stretch: Stretch, leaf: int, count: int, row: int) -> Iterator[Finding]:
    """Leaves without rows: at which positions, or between which where positions were skipped."""
    rows = stretch.rows
    before = rows[row - 1][0] if row else stretch.after
    behind = rows[row][0] if row < len(rows) else stretch.upto + 1
    is_exact = behind - before - 1 == count
    for nth in range(count):
        first = before + 1 + nth
        last = first if is_exact else behind - count + nth
        yield Finding(
            stretch.log.name,
            "deleted",
            leaf=stretch.start + leaf + nth,
            position=first,
            position_max=last,
        )


def _finding(stretch: Stretch, kind: Any, row: Row, leaf: int | None) -> Finding:
    place = {} if stretch.log is not EVENTS else dict(zip(_OF_EVENT, row[1:4], strict=True))
    return Finding(
        stretch.log.name,
        kind,
        leaf=None if leaf is None else stretch.start + leaf,
        position=row[0],
        **place,
    )


_OF_EVENT: Final = ("stream", "version", "topic")


def _swapped(log: SealedLog, changed: Sequence[_Slot]) -> Iterator[Finding]:
    """Changed rows; where one holds what was sealed at another's place, that is said."""
    for slot in changed:
        came_from = None
        for other in changed[:_COMPARED_MAX]:
            if other is not slot and other.expected in _moved(log, slot.row, other.row):
                came_from = other.row[0]
        if came_from is None:
            yield slot.finding
        else:
            detail = f"sealed at 封存于 {came_from}"
            yield replace(slot.finding, kind="swapped", detail=detail)


def _moved(log: SealedLog, row: Row, place: Row) -> tuple[bytes, bytes]:
    """The hashes of a row at another's place: all of it, and its state alone."""
    size, state = len(log.columns), _STATE[log.name]
    whole = (place[0], *row[1:size])
    alone = (*place[:state], row[state], *place[state + 1 : size])
    return log.hash_of(whole), log.hash_of(alone)


_COMPARED_MAX: Final = 100
