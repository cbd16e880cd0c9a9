"""Fixtures of the store's tests: a database for each test, where a module's would not be empty."""

import itertools
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from api.embedded import EmbeddedPostgres
from eventstore.connections import Database
from eventstore.recorders import ApplicationRecorder

_numbers = itertools.count(1)


@pytest.fixture
def fresh_url(postgres: EmbeddedPostgres, template_database: str, worker_id: str) -> Iterator[str]:
    """libpq URL of a database of this test alone, as its owner: the log can never be emptied."""
    name = f"store_{worker_id}_{next(_numbers)}"
    _maintain(postgres, f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY")
    yield postgres.url(database=name)
    _maintain(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def fresh(fresh_url: str) -> Iterator[Database]:
    """A pool of connections to the test's own database."""
    with closing(Database(fresh_url)) as database:
        yield database


@pytest.fixture
def recorder(database: Database) -> ApplicationRecorder:
    """A recorder on the module's database, which the tests of one module share."""
    return ApplicationRecorder(database)


def _maintain(postgres: EmbeddedPostgres, statement: str) -> None:
    with closing(psycopg2.connect(postgres.url(database="postgres"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
