"""Making and changing the tables of views."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import projections
from projections import pool
from projections.catalogue import ALL
from projections.migrating import migrate
from tests.projections.stories import START, Story, TestLog


def _of_version(version: int, **changed: Any) -> Any:
    facts = {name: getattr(pool, name) for name in ("NAME", "DDL", "TABLES", "fold")}
    return SimpleNamespace(**{**facts, "VERSION": version, **changed})


def test_migrating_again_does_nothing(database_url: str) -> None:
    assert projections.migrate(database_url) == []


def test_every_table_of_every_view_is_there_and_told(database_url: str, cursor: Any) -> None:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'views'")
    tables = {table for (table,) in cursor}
    told = {table for view in ALL for table in view.TABLES}
    assert tables == told | {"positions", "migrations"}
    assert sum(len(view.TABLES) for view in ALL) == len(told)


def test_a_raised_version_gets_new_tables_and_folds_from_the_beginning(
    database_url: str, log: TestLog, new_engine: Any, cursor: Any
) -> None:
    log.append(Story().registered())
    engine = new_engine()
    while engine.step():
        pass
    engine.close()
    version = pool.VERSION + 1
    raised = _of_version(version, DDL=pool.DDL.replace("bars jsonb", "bars jsonb, added text"))
    assert migrate(database_url, [raised]) == ["pool"]
    cursor.execute("SELECT count(*), count(added) FROM views.pool")
    assert cursor.fetchone() == (0, 0)
    cursor.execute("SELECT version, position FROM views.positions WHERE view = 'pool'")
    assert cursor.fetchone() == (version, 0)
    newer = new_engine([raised])
    while newer.step():
        pass
    cursor.execute("SELECT count(*) FROM views.pool WHERE pool_from = %s", (START,))
    assert cursor.fetchone() == (1,)


def test_a_newer_version_is_left_alone(database_url: str, cursor: Any) -> None:
    migrate(database_url, [_of_version(9)])
    assert migrate(database_url, [_of_version(8)]) == []
    cursor.execute("SELECT version FROM views.positions WHERE view = 'pool'")
    assert cursor.fetchone() == (9,)


def test_a_broken_change_changes_nothing(database_url: str, cursor: Any) -> None:
    with pytest.raises(Exception, match="syntax"):
        migrate(database_url, [_of_version(20, DDL="CREATE TABLE pool (oops")])
    cursor.execute("SELECT version FROM views.positions WHERE view = 'pool'")
    assert cursor.fetchone()[0] < 20
    cursor.execute("SELECT to_regclass('views.pool') IS NOT NULL")
    assert cursor.fetchone() == (True,)


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("tenure_app", ("SELECT", "INSERT", "UPDATE", "DELETE"), ("TRUNCATE",)),
        ("tenure_auditor", ("SELECT",), ("INSERT", "UPDATE", "DELETE")),
    ],
)
def test_roles_may_read_and_only_the_application_may_write(
    cursor: Any, role: str, may: tuple[str, ...], may_not: tuple[str, ...]
) -> None:
    cursor.execute("SELECT to_regrole(%s) IS NOT NULL", (role,))
    assert cursor.fetchone() == (True,)  # Every server of the tests is made with its roles.
    for table in ("audit", "customers", "positions"):
        for right in (*may, *may_not):
            cursor.execute(
                "SELECT has_table_privilege(%s, %s, %s)", (role, f"views.{table}", right)
            )
            assert cursor.fetchone() == (right in may,), (table, right)
