"""The parts of the schema, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

import eventstore
import projections
from api import access, outside, proof

MIGRATE: tuple[Callable[[str], list[str]], ...] = (
    eventstore.migrate,
    projections.migrate,
    outside.migrate,
    access.migrate,
    proof.migrate,
)
_MADE_LAST = (
    "tenure.migrations",
    "views.positions",
    "outside.webhooks",
    "access.token_uses",
    "proof.tiles",
)


def migrate(url: str) -> list[str]:
    """Bring every part up to date, as the owner; the names of the migrations that ran."""
    return [name for part in MIGRATE for name in part(url)]


def missing(cursor: Cursor) -> list[str]:
    """Tables without which this release does not start."""
    found = []
    for table in _MADE_LAST:
        cursor.execute("SELECT to_regclass(%s)", (table,))
        row: Any = cursor.fetchone()
        if row == (None,):
            found.append(table)
    return found
