"""The infrastructure factory that `PERSISTENCE_MODULE=eventstore` finds."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import psycopg2
from eventsourcing import persistence
from eventsourcing.persistence import Mapper as LibraryMapper
from eventsourcing.persistence import Transcoder
from eventsourcing.utils import Environment, EnvType, resolve_topic, strtobool

from eventstore.connections import Database
from eventstore.errors import translated
from eventstore.mapper import Mapper
from eventstore.migrating import missing_migrations, run_migrations
from eventstore.recorders import (
    AggregateRecorder,
    ApplicationRecorder,
    ProcessRecorder,
    SnapshotRecorder,
)
from eventstore.tracking import TrackingRecorder

MIGRATIONS = Path(__file__).parent / "migrations"
LEDGER = "tenure.migrations"

_Recorder = TypeVar("_Recorder")
_Tracking = TypeVar("_Tracking", bound=TrackingRecorder)


def migrate(url: str) -> list[str]:
    """Make or bring up to date the store's tables; returns the names of the migrations run."""
    try:
        with closing(psycopg2.connect(url, application_name="tenure migrate")) as connection:
            ran = run_migrations(connection, MIGRATIONS, ledger=LEDGER)
            with connection.cursor() as cursor:
                cursor.execute("SELECT tenure.grant_access()")
            return ran
    except psycopg2.Error as error:
        raise translated(error, is_connection_lost=False) from error


def make_tables(database: Database) -> None:
    """Migrate where something is missing; needs no rights where nothing is."""
    with database.autocommit() as cursor:
        is_complete = not missing_migrations(cursor.connection, MIGRATIONS, ledger=LEDGER)
    if not is_complete:
        migrate(database.url)


class Factory(persistence.InfrastructureFactory[TrackingRecorder]):
    """Builds recorders on one pool of connections.

    Reads from the environment TENURE_DATABASE, the URL of the database, and CREATE_TABLE, which
    tells whether missing tables are made (default: yes). `with_database` takes a pool that others
    use, too, instead.
    """

    TENURE_DATABASE = "TENURE_DATABASE"
    CREATE_TABLE = "CREATE_TABLE"

    def __init__(
        self, env: Environment | EnvType | None = None, *, database: Database | None = None
    ) -> None:
        super().__init__(env)
        self._owns_database = database is None
        self.database = database or self._open_database()

    @classmethod
    def with_database(cls, database: Database, env: Environment | EnvType | None = None) -> Self:
        """A factory on a ready pool, which stays open when the factory is closed."""
        return cls(env, database=database)

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """purpose: `events` or `snapshots`."""
        self._make_tables()
        if purpose == "snapshots":
            return SnapshotRecorder(self.database)
        if purpose == "events":
            return AggregateRecorder(self.database)
        raise ValueError(f"nothing is kept for the purpose '{purpose}'")

    def application_recorder(self) -> ApplicationRecorder:
        self._make_tables()
        recorder_class = self._class(self.APPLICATION_RECORDER_TOPIC, ApplicationRecorder)
        return recorder_class(self.database)

    def tracking_recorder(
        self, tracking_recorder_class: type[_Tracking] | None = None
    ) -> _Tracking:
        self._make_tables()
        recorder_class = tracking_recorder_class or cast(
            type[_Tracking], self._class(self.TRACKING_RECORDER_TOPIC, TrackingRecorder)
        )
        return recorder_class(self.database, follower=self.env.name)

    def process_recorder(self) -> ProcessRecorder:
        self._make_tables()
        recorder_class = self._class(self.PROCESS_RECORDER_TOPIC, ProcessRecorder)
        return recorder_class(self.database, follower=self.env.name)

    def mapper(
        self,
        transcoder: Transcoder | None = None,
        mapper_class: type[LibraryMapper[Any]] | None = None,
    ) -> LibraryMapper[Any]:
        """Our mapper, unless MAPPER_TOPIC or the caller names another."""
        if mapper_class is None and not self.env.get(self.MAPPER_TOPIC):
            mapper_class = Mapper
        return super().mapper(transcoder, mapper_class)

    def close(self) -> None:
        """Close the pool, unless it was given."""
        if self._owns_database:
            self.database.close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        super().__exit__(exc_type, exc_val, exc_tb)
        self.close()

    def _open_database(self) -> Database:
        url = self.env.get(self.TENURE_DATABASE)
        if not url:
            raise OSError(f"the environment names no database: {self.TENURE_DATABASE} is missing")
        return Database(url)

    def _make_tables(self) -> None:
        if strtobool(self.env.get(self.CREATE_TABLE) or "yes"):
            make_tables(self.database)

    def _class(self, topic_key: str, default: type[_Recorder]) -> type[_Recorder]:
        topic = self.env.get(topic_key)
        if not topic:
            return default
        found = resolve_topic(topic)
        if not (isinstance(found, type) and issubclass(found, default)):
            raise TypeError(f"{topic_key} names {found}, which is no {default.__name__}")
        return found
