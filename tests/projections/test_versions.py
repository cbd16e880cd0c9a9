"""A view of a new version is folded beside the old one, which serves until the swap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest

from eventstore.connections import Database
from projections import answers, pool, tenures
from projections.engine import Engine
from projections.migrating import migrate, outdated
from projections.positions import ViewLagging
from projections.rebuilding import Rebuild
from projections.stretches import Source
from tests.projections.stories import START, Story, TestLog
from tests.projections.whole_views import rows_of
from tests.waiting import wait_until


@pytest.fixture
def database(own_url: str) -> Iterator[Database]:
    with closing(Database(own_url)) as pool:
        yield pool


@pytest.fixture
def source(database: Database, log: TestLog) -> Source:
    return Source(database, log.recorder, log.mapper.to_domain_event)


def of_version(version: int, **changed: Any) -> Any:
    return SimpleNamespace(**{**vars(pool), "VERSION": version, **changed})


RAISED = of_version(
    pool.VERSION + 1, DDL=pool.DDL.replace("bars jsonb", "bars jsonb, added text DEFAULT 'new'")
)


def test_migrating_leaves_the_rows_of_an_older_version_as_they_are(
    own_url: str, log: TestLog, follow: Callable[[], None], cursor: Any
) -> None:
    log.append(Story().registered())
    follow()
    before = rows_of(cursor)
    assert migrate(own_url, [RAISED]) == []
    assert outdated(cursor, [RAISED, tenures]) == [RAISED]
    assert rows_of(cursor) == before


def test_until_the_swap_the_old_release_answers_and_the_new_one_says_that_it_is_behind(
    log: TestLog,
    follow: Callable[[], None],
    source: Source,
    cursor: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log.append(Story().registered())
    follow()
    assert len(pool.in_pool(cursor, now=START).items) == 1
    monkeypatch.setattr(answers, "_versions", lambda: {"pool": RAISED.VERSION})
    with pytest.raises(ViewLagging) as behind:
        pool.in_pool(cursor, now=START)
    assert (behind.value.view, behind.value.lag) == ("pool", 1)
    Rebuild(source, [RAISED]).run()
    assert len(pool.in_pool(cursor, now=START).items) == 1
    cursor.execute("SELECT added FROM views.pool")
    assert cursor.fetchall() == [("new",)]
    monkeypatch.undo()
    with pytest.raises(ViewLagging):
        pool.in_pool(cursor, now=START)


def test_a_question_that_the_old_tables_cannot_take_is_answered_alike(
    log: TestLog, follow: Callable[[], None], cursor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(Story().registered())
    follow()
    cursor.execute("ALTER TABLE views.pool DROP COLUMN pool_reason")
    with pytest.raises(psycopg2.errors.UndefinedColumn):
        pool.in_pool(cursor, now=START)
    monkeypatch.setattr(answers, "_versions", lambda: {"pool": RAISED.VERSION})
    with pytest.raises(ViewLagging):
        pool.in_pool(cursor, now=START)


def test_the_new_release_takes_the_lead_within_seconds_of_the_swap_and_the_old_one_lets_go(
    log: TestLog, new_engine: Callable[..., Engine], source: Source, cursor: Any
) -> None:
    log.append(Story().registered())
    old, new = new_engine([pool, tenures]), new_engine([RAISED, tenures])
    new.step()
    old.step()
    wait_until(lambda: old.step() == 0 and old.lag()["pool"].is_leader)
    new.step()
    assert not new.lag()["pool"].is_current
    with pytest.raises(ViewLagging):
        new.wait_for(["pool"], 1, 60)
    Rebuild(source, [RAISED]).run()
    last = log.append(Story().registered())

    def both_step() -> bool:
        old.step()
        new.step()
        return new.lag()["pool"].position == last and new.lag()["pool"].is_leader

    wait_until(both_step, seconds_max=5)
    assert not old.lag()["pool"].is_leader
    cursor.execute("SELECT count(added) FROM views.pool")
    assert cursor.fetchone() == (last,)


def test_a_view_that_was_set_aside_is_followed_again_after_a_rebuild(
    log: TestLog, new_engine: Callable[..., Engine], source: Source
) -> None:
    broken = [True]

    def fold(cursor: Any, batch: Any) -> None:
        if broken[0]:
            raise ValueError("a bug")
        pool.fold(cursor, batch)

    log.append(Story().registered())
    mended = of_version(pool.VERSION, fold=fold)
    engine = new_engine([mended])
    engine.step()
    assert engine.lag()["pool"].failed is not None
    broken[0] = False
    Rebuild(source, [mended]).run()
    last = log.append(Story().registered())
    wait_until(lambda: engine.step() == 0 and engine.lag()["pool"].position == last)
    assert engine.lag()["pool"].failed is None


def test_a_newer_version_is_left_alone(own_url: str, source: Source, cursor: Any) -> None:
    Rebuild(source, [of_version(9)]).run()
    assert migrate(own_url, [of_version(8)]) == []
    assert outdated(cursor, [of_version(8)]) == []
    cursor.execute("SELECT version FROM views.positions WHERE view = 'pool'")
    assert cursor.fetchone() == (9,)


def test_a_broken_new_version_changes_nothing(
    log: TestLog, follow: Callable[[], None], source: Source, cursor: Any
) -> None:
    log.append(Story().registered())
    follow()
    before = rows_of(cursor)
    with pytest.raises(Exception, match="syntax"):
        Rebuild(source, [of_version(20, DDL="CREATE TABLE pool (oops")]).run()
    assert rows_of(cursor) == before
