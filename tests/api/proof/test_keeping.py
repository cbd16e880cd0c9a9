"""The file of checkpoints only grows, survives a crash, and shows what was edited."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.proof.keeping import CheckpointFile
from api.proof.notes import Checkpoint, Note, Signer

SIGNER = Signer("tenure/events", bytes(32))


def note_of(size: int) -> Note:
    return SIGNER.sign(Checkpoint("tenure/events", size, bytes(32)).text())


def append(file: CheckpointFile, size: int) -> None:
    with file.appending() as appending:
        appending.append(note_of(size))


@pytest.fixture
def file(tmp_path: Path) -> CheckpointFile:
    return CheckpointFile(tmp_path / "made" / "events.checkpoints")


def sizes(file: CheckpointFile) -> list[int | None]:
    return [kept.checkpoint and kept.checkpoint.size for kept in file.records()]


def test_a_file_that_is_not_there_holds_nothing(file: CheckpointFile) -> None:
    assert file.last() is None
    assert list(file.records()) == []
    assert file.written_at() is None


def test_what_was_appended_is_read_in_its_order(file: CheckpointFile) -> None:
    for size in range(1, 500):
        append(file, size)
    assert sizes(file) == list(range(1, 500))
    last = file.last()
    assert last is not None
    assert last.note == note_of(499)
    assert file.path.stat().st_size > 1 << 16
    assert file.written_at() is not None


def test_appending_never_touches_what_is_there(file: CheckpointFile) -> None:
    append(file, 1)
    before = file.path.read_bytes()
    append(file, 2)
    assert file.path.read_bytes().startswith(before)


def test_a_record_that_a_crash_cut_short_is_none_and_makes_room(file: CheckpointFile) -> None:
    append(file, 1)
    append(file, 2)
    whole = file.path.read_bytes()
    start = len(whole) // 2
    for cut in range(start, len(whole)):
        file.path.write_bytes(whole[:cut])
        assert sizes(file) == [1]
        append(file, 3)
        assert sizes(file) == [1, 3]
        assert file.path.read_bytes().startswith(whole[:start])


def test_a_record_that_is_none_is_shown_as_edited(file: CheckpointFile) -> None:
    for size in (1, 2, 3):
        append(file, size)
    text = file.path.read_text()
    file.path.write_text(text.replace("\n2\n", "\ntwo\n"))
    assert sizes(file) == [1, None, 3]
    file.path.write_text(text.replace(note_of(2).text + "\n", ""))
    assert sizes(file) == [1, None, 3]
    signed = note_of(2).written().partition("\n\n")[2]
    file.path.write_text(text.replace(note_of(2).text + "\n" + signed, note_of(2).text))
    assert sizes(file) == [1, None, 3]
    file.path.write_text("rubbish\n\n")
    last = file.last()
    assert last is None


def test_many_writers_lose_nothing(file: CheckpointFile) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda size: append(file, size), range(1, 101)))
    assert sorted(size or 0 for size in sizes(file)) == list(range(1, 101))
