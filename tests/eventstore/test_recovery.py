"""Lost connections and restarts: nothing is lost, applied twice, or taken for a conflict."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import psycopg2
import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, Tracking

from api.embedded import EmbeddedPostgres
from eventstore import migrate
from eventstore.connections import Database
from eventstore.recorders import ApplicationRecorder, ProcessRecorder
from eventstore.records import SubjectKey
from tests.eventstore.cutting_proxy import CuttingProxy
from tests.eventstore.making import a_command, an_event, events
from tests.waiting import wait_until


@pytest.fixture
def proxy(fresh_url: str) -> Iterator[CuttingProxy]:
    with CuttingProxy(fresh_url, mark=b"EXECUTE tenure_append") as proxy:
        yield proxy


@pytest.fixture
def distant(proxy: CuttingProxy) -> Iterator[ApplicationRecorder]:
    """A recorder behind the proxy, whose connection is there before anything is cut."""
    with closing(Database(proxy.url)) as database:
        recorder = ApplicationRecorder(database)
        recorder.insert_events(events(1))
        yield recorder


def test_an_append_whose_answer_is_lost_is_recognised_as_done(
    proxy: CuttingProxy, distant: ApplicationRecorder
) -> None:
    stream = uuid4()
    proxy.lose_next_answer()
    positions = distant.insert_events(
        events(2, stream), command=a_command(key="lost"), keys=[SubjectKey(stream, b"wrapped")]
    )
    assert proxy.cuts == 1
    assert positions == [2, 3]
    assert [event.originator_version for event in distant.select_events(stream)] == [1, 2]
    stored = distant.load([], actor="zhang-wei", key="lost").command
    assert stored is not None
    assert stored.answer == {"position": 3}


def test_an_append_without_a_command_is_recognised_as_done(
    proxy: CuttingProxy, distant: ApplicationRecorder
) -> None:
    proxy.lose_next_answer()
    assert distant.insert_events(events(3)) == [2, 3, 4]
    assert distant.settled_position() == 4


def test_an_append_whose_request_is_lost_is_sent_again(
    proxy: CuttingProxy, distant: ApplicationRecorder
) -> None:
    stream = uuid4()
    proxy.lose_next_request()
    assert distant.insert_events(events(2, stream), command=a_command()) == [2, 3]
    assert proxy.cuts == 1
    assert len(distant.select_events(stream)) == 2


def test_a_conflict_after_a_lost_request_is_a_conflict(
    proxy: CuttingProxy, distant: ApplicationRecorder, fresh: Database
) -> None:
    stream = uuid4()
    ApplicationRecorder(fresh).insert_events(events(1, stream))
    proxy.lose_next_request()
    with pytest.raises(IntegrityError):
        distant.insert_events(events(1, stream), command=a_command())


def test_an_append_still_under_way_and_its_repetition_are_applied_once(
    proxy: CuttingProxy, distant: ApplicationRecorder, fresh: Database
) -> None:
    stream = uuid4()
    with fresh.autocommit() as cursor, ThreadPoolExecutor(1) as writer:
        cursor.execute("SELECT pg_advisory_lock(127978993709669)")
        proxy.leave_next_running()
        writing = writer.submit(distant.insert_events, events(2, stream))

        def waiting_count() -> int:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database"
                " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
            )
            return (cursor.fetchone() or (0,))[0]

        wait_until(lambda: waiting_count() == 2, what="both attempts are waiting")
        cursor.execute("SELECT pg_advisory_unlock(127978993709669)")
        assert len(writing.result()) == 2
    assert [event.originator_version for event in distant.select_events(stream)] == [1, 2]
    with fresh.autocommit() as cursor:
        cursor.execute("SELECT count(*) FROM tenure.commands")
        assert cursor.fetchone() == (2,)


def test_tracking_beside_an_append_is_recognised_as_done(
    proxy: CuttingProxy, fresh_url: str
) -> None:
    with closing(Database(proxy.url)) as database:
        recorder = ProcessRecorder(database, follower="billing")
        recorder.insert_events(events(1), tracking=Tracking("tenure", 1))
        proxy.lose_next_request()
        recorder.insert_events(events(1), tracking=Tracking("tenure", 2))
        assert recorder.max_tracking_id("tenure") == 2
    with CuttingProxy(fresh_url, mark=b"COMMIT") as other, closing(Database(other.url)) as database:
        recorder = ProcessRecorder(database, follower="billing")
        other.lose_next_answer()
        recorder.insert_events(events(1), tracking=Tracking("tenure", 3))
        assert other.cuts == 1
        assert recorder.max_tracking_id("tenure") == 3


def test_reads_go_on_after_their_connection_was_lost(fresh_url: str) -> None:
    with (
        CuttingProxy(fresh_url, mark=b"EXECUTE tenure_load") as proxy,
        closing(Database(proxy.url)) as database,
    ):
        proxy.lose_next_answer()
        assert ApplicationRecorder(database).load([]).events == []
        assert proxy.cuts == 1


def test_a_database_that_stays_away_is_an_error(fresh_url: str) -> None:
    with closing(Database(f"{fresh_url}_gone", wait_seconds=0.1)) as database:
        recorder = ApplicationRecorder(database)
        with pytest.raises(OperationalError):
            recorder.insert_events(events(1))
        with pytest.raises(OperationalError):
            recorder.load([])


class Writers:
    """Threads that append to streams of their own and note what was acknowledged."""

    def __init__(self, url: str, count: int = 4) -> None:
        # Longer than a restart takes: nothing should have to be given up.
        self.database = Database(url, wait_seconds=60.0)
        self.recorder = ApplicationRecorder(self.database)
        self.acknowledged: dict[UUID, list[int]] = {}
        self.conflicts: list[IntegrityError] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(count)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        while not self._stop.is_set():
            stream = uuid4()
            try:
                positions = self.recorder.insert_events(events(2, stream))
            except IntegrityError as error:
                self.conflicts.append(error)
            else:
                self.acknowledged[stream] = positions

    def wait_for_more(self, count: int = 50) -> None:
        wanted = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= wanted, seconds_max=60.0)

    def check(self) -> None:
        """All that was acknowledged is there at its positions, once, and nothing else is."""
        assert self.conflicts == []
        found: dict[UUID, list[int]] = {}
        for event in self.recorder.read(after=0, limit=1_000_000):
            found.setdefault(event.originator_id, []).append(event.position)
        assert found == self.acknowledged
        self.database.close()


def test_appends_survive_the_loss_of_their_connections(fresh_url: str) -> None:
    with Writers(fresh_url) as writers:
        for _ in range(10):
            writers.wait_for_more(20)
            with closing(psycopg2.connect(fresh_url)) as other, other.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        writers.wait_for_more(20)
    writers.check()


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that the server's account may pass, which it may not pytest's own under root."""
    with TemporaryDirectory(prefix="tenure-test-") as folder:
        Path(folder).chmod(0o711 if os.geteuid() == 0 else 0o700)
        yield Path(folder)


@pytest.mark.parametrize(
    "restarts", [2, pytest.param(20, marks=[pytest.mark.long])], ids=["short", "long"]
)
def test_appends_survive_restarts_of_the_server(room: Path, restarts: int) -> None:
    with EmbeddedPostgres(room / "server") as server:
        migrate(server.url())
        with Writers(server.url()) as writers:
            for nth in range(restarts):
                writers.wait_for_more()
                _restart(server, signal.SIGKILL if nth % 2 else signal.SIGINT)
            writers.wait_for_more()
        writers.check()


def _restart(server: EmbeddedPostgres, way: signal.Signals) -> None:
    """End the server; its keeper starts it again."""
    before = server.server_pid()
    assert before is not None
    with suppress(ProcessLookupError):
        os.kill(before, way)
    wait_until(lambda: server.server_pid() not in (None, before), seconds_max=60.0)
    server.start()


def test_an_event_is_there_after_its_connection_is_lost(fresh_url: str, fresh: Database) -> None:
    recorder = ApplicationRecorder(fresh)
    stored = an_event()
    recorder.insert_events([stored])
    with closing(psycopg2.connect(fresh_url)) as other, other.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert recorder.select_events(stored.originator_id) == [stored]
