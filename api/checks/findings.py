"""What a check looks at, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from api.settings import Settings
from eventstore.connections import Database


class Standing(StrEnum):
    """How a check came out."""

    GOOD = "good"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. name: a stable word for scripts."""

    name: str
    standing: Standing
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What is looked at."""

    settings: Settings
    database: Database

    def one(self, statement: str, *values: object) -> Any:
        """The first column of the first row; None without a row."""
        with self.database.autocommit() as cursor:
            cursor.execute(statement, values or None)
            row = cursor.fetchone()
        return row[0] if row else None


def good(name: str, zh: str, en: str) -> Check:
    """All is well."""
    return Check(name, Standing.GOOD, zh, en)


def warning(name: str, zh: str, en: str) -> Check:
    """It works, but somebody should look at it."""
    return Check(name, Standing.WARNING, zh, en)


def failure(name: str, zh: str, en: str) -> Check:
    """It must be put right."""
    return Check(name, Standing.FAILURE, zh, en)
