"""The recorders that are compared, each as its users would set it up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from uuid import uuid4

import psycopg2.extensions
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from benchmarks.append_shape import AppendShape
from eventstore.connections import Database
from eventstore.factory import migrate
from eventstore.recorders import ApplicationRecorder
from eventstore.records import CommandRecord

Append = Callable[[AppendShape], None]
SIDES = ("tenure", "library")


def prepare(side: str, url: str) -> None:
    """Make the tables of one side in its own empty database."""
    if side == "tenure":
        migrate(url)
    else:
        with closing(_library_datastore(url, connections=1)) as datastore:
            PostgresApplicationRecorder(datastore).create_table()


def append_of(side: str, url: str, *, connections: int) -> Append:
    """How one side appends, over that many connections."""
    return (_tenure if side == "tenure" else _library)(url, connections)


def _tenure(url: str, connections: int) -> Append:
    """Events and the command they came from, as every command of Tenure writes them."""
    recorder = ApplicationRecorder(Database(url, size=connections))

    def append(shape: AppendShape) -> None:
        command = CommandRecord(uuid4(), shape.actor, None, b"", shape.answer)
        recorder.insert_events(shape.events(), command=command)

    return append


def _library(url: str, connections: int) -> Append:
    """The events alone: the library keeps no command."""
    recorder = PostgresApplicationRecorder(_library_datastore(url, connections=connections))
    recorder.datastore.register_type_adapters()

    def append(shape: AppendShape) -> None:
        recorder.insert_events(shape.events())

    return append


def _library_datastore(url: str, *, connections: int) -> PostgresDatastore:
    given = psycopg2.extensions.parse_dsn(url)
    return PostgresDatastore(
        given["dbname"],
        given["host"],
        given["port"],
        given["user"],
        given["password"],
        pool_size=connections,
    )
