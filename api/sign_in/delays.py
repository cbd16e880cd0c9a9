"""The lock-out: it slows whoever guesses, and locks nobody out for ever (S1-295).

Failures are counted for a name from one client, and for a client whatever the name. After some
that are free, each doubles the wait, up to a bound; a wait that is sat out always gives a try.
Strangers' failures therefore never touch a member at another client; and a device that has signed
in before, which its cookie shows, is counted by itself, not with its address.
Source: OWASP, Slow Down Online Guessing Attacks with Device Cookies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

ANY_NAME = ""
FORGOTTEN_AFTER = timedelta(days=1)
_PRUNED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Slowing:
    """free: failures without a wait. seconds_max: the longest wait."""

    free: int
    seconds_max: int

    def wait(self, failures: int, last_at: datetime, now: datetime) -> float:
        """Seconds until the next try; 0 where it may be now."""
        if failures < self.free or now - last_at > FORGOTTEN_AFTER:
            return 0.0
        seconds = min(2 ** min(failures - self.free, 30), self.seconds_max)
        return max(0.0, seconds - (now - last_at).total_seconds())


BY_NAME = Slowing(free=5, seconds_max=15 * 60)
BY_CLIENT = Slowing(free=30, seconds_max=5 * 60)


def wait_seconds(cursor: Cursor, name: str, client: str, now: datetime) -> float:
    """How long `client` must wait before it tries `name`."""
    cursor.execute(
        "SELECT name, failures, last_at FROM access.failed_sign_ins"
        " WHERE client = %s AND name IN (%s, %s)",
        (client, name, ANY_NAME),
    )
    rows: list[Any] = cursor.fetchall()
    return max(
        (
            (BY_CLIENT if found == ANY_NAME else BY_NAME).wait(failures, last_at, now)
            for found, failures, last_at in rows
        ),
        default=0.0,
    )


def is_first_turned_away(cursor: Cursor, name: str, client: str, now: datetime) -> bool:
    """Whether this is the first try since the last failure that is turned away; the others leave
    no trace, however many there are."""
    cursor.execute(
        "UPDATE access.failed_sign_ins SET turned_away_at = %s"
        " WHERE client = %s AND name IN (%s, %s)"
        " AND (turned_away_at IS NULL OR turned_away_at < last_at)",
        (now, client, name, ANY_NAME),
    )
    return cursor.rowcount > 0


def count_failure(cursor: Cursor, name: str, client: str, now: datetime) -> None:
    """One more failure; some of those that no longer count are removed."""
    forgotten = now - FORGOTTEN_AFTER
    for counted in (name, ANY_NAME):
        cursor.execute(
            "SELECT access.count_failure(%s, %s, %s, %s)", (counted, client, now, forgotten)
        )
    cursor.execute(
        "DELETE FROM access.failed_sign_ins WHERE (name, client) IN (SELECT name, client"
        " FROM access.failed_sign_ins WHERE last_at < %s LIMIT %s FOR UPDATE SKIP LOCKED)",
        (forgotten, _PRUNED_AT_ONCE),
    )


def forget_failures(cursor: Cursor, name: str, client: str) -> None:
    """The right password came: the failures of this name from this client count no more."""
    cursor.execute(
        "DELETE FROM access.failed_sign_ins WHERE name = %s AND client = %s", (name, client)
    )
