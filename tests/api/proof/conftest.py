"""Logs to seal: a database of the test's own, filled without the domain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from api.proof.growing import GrowingTree
from api.proof.logs import ACCESS, EVENTS, Ends, SealedLog
from eventstore.connections import Database
from tests.api.http.guests import Guests
from tests.api.proof.serving import sealed_house

FILL = """
INSERT INTO tenure.events (position, originator_id, originator_version, topic, state, recorded_at)
SELECT nextval('tenure.positions'), gen_random_uuid(), 1, 'test.happened',
    convert_to('{"n":' || n || ',"字":"' || repeat('春', n %% 40) || '"}',
        'UTF8'),
    timestamptz '2026-03-05T06:03:00Z' + n * interval '1.000001 seconds'
FROM generate_series(1, %s) AS n
"""
FILL_ACCESS = """
INSERT INTO access.entries (position, at, kind, member, customer_id, state)
SELECT
    (SELECT coalesce(max(position), 0) FROM access.entries) + n, now(), 'exported', 'li', NULL,
    convert_to('{"n":' || n || '}', 'UTF8')
FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def database(own_url: str) -> Iterator[Database]:
    with closing(Database(own_url)) as connections:
        yield connections


@pytest.fixture(scope="module")
def guests(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guests]:
    """Members of a served house whose logs are sealed and signed."""
    with sealed_house(database_url, tmp_path_factory.mktemp("proof")) as guests:
        yield guests


def fill(database: Database, events: int, *, access: int = 0) -> None:
    """Events of no domain, and access entries."""
    with database.transaction() as cursor:
        cursor.execute(FILL, (events,))
        if access:
            cursor.execute(FILL_ACCESS, (access,))


def skip_positions(database: Database, count: int) -> None:
    """A gap, as a failed append leaves one."""
    with database.autocommit() as cursor:
        cursor.execute("SELECT nextval('tenure.positions') FROM generate_series(1, %s)", (count,))


def seal(database: Database) -> None:
    """Both logs to their ends."""
    ends = Ends(database)
    for log in (EVENTS, ACCESS):
        tree = GrowingTree(database, log)
        while tree.grow(ends.end(log)):
            pass


def rows_of(database: Database, log: SealedLog) -> list[tuple[Any, ...]]:
    """The rows of a log, as they are hashed."""
    with database.autocommit() as cursor:
        cursor.execute(log.rows(), (0, 2**62))
        return cursor.fetchall()
