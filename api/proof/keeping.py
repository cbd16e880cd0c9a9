"""Checkpoints in a file that only ever grows: signed notes, an empty line behind each.

It lies where whoever can rewrite the database cannot rewrite it, so it is written as carefully: one
writer at a time, on the disk before anybody hears of the checkpoint.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.proof.notes import Checkpoint, Note, NoteMalformed, checkpoint_of, read_note

_TAIL_BYTES: Final = 1 << 16
_GAP: Final = "\n\n"
_SIGNED: Final = "— "


@dataclass(frozen=True, slots=True)
class Kept:
    """One record of the file. number: counted from 1. note, checkpoint: None where the record is
    neither, so that somebody has edited the file."""

    number: int
    note: Note | None
    checkpoint: Checkpoint | None


class CheckpointFile:
    """The checkpoints of one log."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def last(self) -> Kept | None:
        """The last record; None where there is none yet. Its number is not known here: 0."""
        try:
            with self.path.open("rb") as file:
                return _last_of(file.fileno())
        except FileNotFoundError:
            return None

    def records(self) -> Iterator[Kept]:
        """Every record, in the order of the file. What a crash left unfinished is none."""
        try:
            text = self.path.read_bytes().decode("utf-8", errors="replace")
        except FileNotFoundError:
            return
        yield from _records_of(text)

    def written_at(self) -> float | None:
        """When it was last written, in POSIX seconds; None where it does not exist."""
        try:
            return self.path.stat().st_mtime
        except FileNotFoundError:
            return None

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        """The file for one writer: nobody else appends meanwhile. Raises OSError."""
        self.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield Appending(handle, self.path)
        finally:
            os.close(handle)


class Appending:
    """The file while it is locked."""

    def __init__(self, handle: int, path: Path) -> None:
        self._handle = handle
        self._path = path

    def last(self) -> Kept | None:
        """The last record."""
        return _last_of(self._handle)

    def append(self, note: Note) -> None:
        """Put the note behind the others; on the disk when this returns."""
        whole = _whole(self._handle)
        if whole < os.fstat(self._handle).st_size:
            # A crash cut a record short; nobody was told of it.
            os.ftruncate(self._handle, whole)
        os.pwrite(self._handle, f"{note.written()}\n".encode(), whole)
        os.fsync(self._handle)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _last_of(handle: int) -> Kept | None:
    size = os.fstat(handle).st_size
    start = max(0, size - _TAIL_BYTES)
    tail = os.pread(handle, size - start, start).decode("utf-8", errors="replace")
    records = list(_records_of(tail))
    return Kept(0, records[-1].note, records[-1].checkpoint) if records else None


def _whole(handle: int) -> int:
    """How many bytes of the file are whole records: what a crash cut short is none."""
    size = os.fstat(handle).st_size
    start = max(0, size - _TAIL_BYTES)
    tail = os.pread(handle, size - start, start)
    gap = _GAP.encode()
    end = tail.rfind(gap)
    while end >= 0:
        if tail[:end].rpartition(gap)[2].startswith(_SIGNED.encode()):
            return start + end + len(gap)
        end = tail.rfind(gap, 0, end)
    # Nothing is cut off that was not looked at.
    return size if start else 0


def _records_of(text: str) -> Iterator[Kept]:
    """Blocks between empty lines, two a record: the text of a note, and its signatures."""
    number = 0
    body: str | None = None
    whole, _, _ = text.rpartition(_GAP)
    for block in whole.split(_GAP) if whole else ():
        if not block.startswith(_SIGNED):
            if body is not None:
                number += 1
                yield Kept(number, None, None)
            body = block
            continue
        number += 1
        yield _record(number, f"{body or ''}{_GAP}{block}\n")
        body = None


def _record(number: int, written: str) -> Kept:
    try:
        note = read_note(written)
        return Kept(number, note, checkpoint_of(note))
    except NoteMalformed:
        return Kept(number, None, None)
