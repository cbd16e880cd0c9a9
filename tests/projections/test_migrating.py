"""Making and changing the tables of views."""

from __future__ import annotations

from typing import Any

import pytest

import projections
from projections.catalogue import ALL


def test_migrating_again_does_nothing(database_url: str) -> None:
    assert projections.migrate(database_url) == []


def test_every_table_of_every_view_is_there_and_told(database_url: str, cursor: Any) -> None:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'views'")
    tables = {table for (table,) in cursor}
    told = {table for view in ALL for table in view.TABLES}
    assert tables == told | {"positions", "migrations"}
    assert sum(len(view.TABLES) for view in ALL) == len(told)


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
