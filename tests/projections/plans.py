"""How PostgreSQL answers what a query of a view asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eventstore.connections import Database


class _Recording:
    """In the place of a cursor: keeps what it is sent, and finds no rows."""

    description: tuple[Any, ...] = ()

    def __init__(self) -> None:
        self.sent: list[tuple[Any, Any]] = []

    def execute(self, statement: Any, parameters: Any) -> None:
        self.sent.append((statement, parameters))

    def fetchall(self) -> list[Any]:
        return [(True, 0, None)]


def plan_of(database: Database, ask: Callable[[Any], object], explain: str = "EXPLAIN") -> str:
    """The plan of the one statement that `ask` sends to the cursor it is given, line by line."""
    recording = _Recording()
    ask(recording)
    ((statement, parameters),) = recording.sent
    with database.transaction() as cursor:
        text = cursor.mogrify(statement, parameters).decode()
        cursor.execute(f"{explain} {text}")
        return "\n".join(line for (line,) in cursor)
