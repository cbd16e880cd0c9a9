"""The log of a test module's database, and engines that follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any

import pytest

import eventstore
from eventstore.connections import Database
from projections.catalogue import ALL
from projections.engine import Engine
from projections.view import View
from tests.projections.stories import TestLog


@pytest.fixture
def log(database: Database) -> TestLog:
    """Where a test puts its events."""
    factory = eventstore.Factory.with_database(database, {"CREATE_TABLE": "no"})
    return TestLog(factory.application_recorder(), factory.mapper())


@pytest.fixture
def new_engine(database: Database, log: TestLog) -> Iterator[Callable[..., Engine]]:
    """Makes engines on the test's log; they are closed at its end."""
    with ExitStack() as stack:

        def make(views: Sequence[View] = ALL, **settings: Any) -> Engine:
            source = settings.pop("log", log.recorder)
            to_event = settings.pop("to_event", log.mapper.to_domain_event)
            engine = Engine(database, source, to_event, views, **settings)
            return stack.enter_context(closing(engine))

        yield make


@pytest.fixture
def follow(new_engine: Callable[..., Engine]) -> Callable[[], None]:
    """Brings every view to the end of the log."""
    engine = new_engine()

    def until_the_end() -> None:
        while engine.step():
            pass
        behind = {name: lag for name, lag in engine.lag().items() if lag.lag or lag.failed}
        assert not behind

    return until_the_end


@pytest.fixture
def cursor(database: Database) -> Iterator[Any]:
    """A cursor in autocommit."""
    with database.autocommit() as cursor:
        yield cursor
