"""The sealer in the worker: one leads, the trees follow, checkpoints come in their rhythm."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.composition import Service, build_service
from api.proof import sealing as rhythm
from api.proof.keeping import CheckpointFile
from api.proof.logs import ACCESS, EVENTS
from api.proof.sealing import LogSealer
from api.proof.tiles import KeptTree
from api.settings import Settings
from eventstore.connections import Database
from tests.api.proof.conftest import fill
from tests.waiting import wait_until

KEYS = {"key": "11" * 32, "hash_key": "22" * 32, "signing_key": "33" * 32}


@pytest.fixture
def new_service(own_url: str, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    made: list[Service] = []

    def make(**settings: Any) -> Service:
        given = {"database": own_url, "checkpoints": tmp_path / "kept", **KEYS, **settings}
        made.append(build_service(Settings(_env_file=None, **given)))
        return made[-1]

    yield make
    for service in made:
        service.close()


@contextmanager
def sealing(service: Service) -> Iterator[LogSealer]:
    sealer, stop = LogSealer(service), threading.Event()
    thread = threading.Thread(target=sealer.run, args=(stop,))
    thread.start()
    try:
        yield sealer
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def sealed(database: Database) -> tuple[int, int]:
    with database.autocommit() as cursor:
        return KeptTree(cursor, EVENTS).head.size, KeptTree(cursor, ACCESS).head.size


def kept(folder: Path) -> list[int]:
    file = CheckpointFile(folder / "kept" / "events.checkpoints")
    return [one.checkpoint.size for one in file.records() if one.checkpoint is not None]


def test_the_trees_follow_and_a_checkpoint_is_signed(
    new_service: Callable[..., Service], tmp_path: Path
) -> None:
    service = new_service(checkpoint_seconds=0.01)
    with sealing(service):
        fill(service.database, 1000, access=10)
        wait_until(lambda: sealed(service.database) == (1000, 10), what="the seal")
        wait_until(lambda: kept(tmp_path)[-1:] == [1000], what="the checkpoint")
        fill(service.database, 1)
        wait_until(lambda: kept(tmp_path)[-1:] == [1001], what="the next checkpoint")


def test_checkpoints_of_a_busy_log_keep_a_distance(
    new_service: Callable[..., Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many events come; each is two writes to the disk."""
    service = new_service(checkpoint_events=1, checkpoint_seconds=3600)
    with closing(LogSealer(service)) as sealer:
        for signed in ([1], [1], [1]):
            fill(service.database, 1)
            sealer.step()
            assert kept(tmp_path) == signed
        monkeypatch.setattr(rhythm, "CHECKPOINT_SECONDS_MIN", 0.0)
        sealer.step()
        assert kept(tmp_path) == [1, 3]


def test_who_seals_all_there_is_waits_longer_than_who_finds_nothing() -> None:
    assert rhythm._pause_after(rhythm.BATCH_LEAVES) == 0.0
    assert rhythm._pause_after(1) == rhythm.BUSY_SECONDS > rhythm._pause_after(0) > 0.0


def test_what_is_sealed_already_costs_no_commit(new_service: Callable[..., Service]) -> None:
    service = new_service()
    with closing(LogSealer(service)) as sealer:
        fill(service.database, 1, access=1)
        assert sealer.step() == 2
        before = assigned(service.database)
        assert [sealer.step() for _ in range(3)] == [0, 0, 0]
        assert assigned(service.database) == before


def assigned(database: Database) -> int:
    """The last transaction that wrote anything."""
    with database.autocommit() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def test_checkpoints_come_after_so_many_events_or_seconds_and_only_with_news(
    new_service: Callable[..., Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rhythm, "CHECKPOINT_SECONDS_MIN", 0.0)
    service = new_service(checkpoint_events=100, checkpoint_seconds=3600)
    with closing(LogSealer(service)) as sealer:
        for events, signed in ((1, [1]), (98, [1]), (1, [1]), (1, [1, 101]), (0, [1, 101])):
            if events:
                fill(service.database, events)
            sealer.step()
            assert kept(tmp_path) == signed
    # A sealer that begins anew does not know when the last was signed.
    fill(service.database, 1)
    with closing(LogSealer(service)) as sealer:
        sealer.step()
        assert kept(tmp_path) == [1, 101, 102]
        sealer.step()
        assert kept(tmp_path) == [1, 101, 102]


def test_one_of_two_seals_and_the_other_takes_over(new_service: Callable[..., Service]) -> None:
    service = new_service()
    with closing(LogSealer(service)) as other:
        with closing(LogSealer(service)) as sealer:
            fill(service.database, 5)
            assert (sealer.step(), other.step()) == (5, 0)
            assert (sealer.is_leader, other.is_leader) == (True, False)
        fill(service.database, 5)
        wait_until(lambda: other.step() == 5, what="the lead")
        assert {name: value for name, _, _, value in other.gauges()} == {
            "tenure_seal_leader": 1.0,
            "tenure_seal_leaves": 5.0,
        }


def test_trouble_with_one_tree_does_not_keep_the_other_from_being_sealed(
    new_service: Callable[..., Service], tmp_path: Path
) -> None:
    service = new_service()
    fill(service.database, 5, access=5)
    with closing(LogSealer(service)) as sealer:
        sealer.step()
    with service.database.autocommit() as cursor:
        cursor.execute("DELETE FROM proof.tiles WHERE log = 'events'")
    fill(service.database, 5, access=5)
    with closing(LogSealer(service)) as sealer:
        assert sealer.step() == 5
    assert sealed(service.database) == (5, 10)


def test_without_a_key_the_trees_are_kept_all_the_same(
    new_service: Callable[..., Service], tmp_path: Path
) -> None:
    service = new_service(signing_key=None)
    fill(service.database, 5)
    with closing(LogSealer(service)) as sealer:
        assert sealer.step() == 5
    assert not (tmp_path / "kept").exists()
