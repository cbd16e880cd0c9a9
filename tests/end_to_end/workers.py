"""Workers as processes, known by name to the server, so that a test sees who leads what."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any

import psycopg2

from projections.catalogue import ALL
from projections.leadership import LOCKS
from tests.end_to_end.installed import SECONDS_MAX, House
from tests.waiting import wait_until


@dataclass
class Workers:
    """The workers of one house that has a database of its own."""

    house: House
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _connection: Any = None

    def start(self) -> None:
        """One more worker; returns when it works."""
        name = f"worker-{next(self._numbers)}"
        url = self.house.environment["TENURE_DATABASE"]
        given = f"{url}?application_name={name}"
        process = self.house.start("worker", "--json", "--database", given)
        self.running[name] = process
        wait_until(
            lambda: name in self._connected() or process.poll() is not None,
            seconds_max=SECONDS_MAX,
            what=name,
        )
        assert process.poll() is None, process.communicate()

    def kill(self, name: str) -> float:
        """`kill -9`; returns how many seconds it took until others led every view."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        killed_at = monotonic()
        wait_until(
            lambda: self._leads_without(name),
            seconds_max=SECONDS_MAX,
            what="another leader of every view",
        )
        seconds = monotonic() - killed_at
        process.communicate(timeout=SECONDS_MAX)
        return seconds

    def leaders(self) -> set[str]:
        """The workers that lead a view at this moment."""
        return {leader for _, leader in self._led()}

    def stop(self) -> None:
        """End all of them."""
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=SECONDS_MAX)
        self.running.clear()
        if self._connection is not None:
            self._connection.close()

    def _leads_without(self, name: str) -> bool:
        led = self._led()
        return len(led) == len(ALL) and name not in {leader for _, leader in led}

    def _led(self) -> set[tuple[int, str]]:
        return set(
            self._rows(
                "SELECT objid::bigint, application_name FROM pg_locks JOIN pg_stat_activity"
                f" USING (pid) WHERE locktype = 'advisory' AND classid = {LOCKS} AND granted"
                " AND datname = current_database() AND application_name LIKE 'worker-%'"
            )
        )

    def _connected(self) -> set[str]:
        rows = self._rows("SELECT application_name FROM pg_stat_activity")
        return {name for (name,) in rows}

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = psycopg2.connect(self.house.environment["TENURE_DATABASE"])
            self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())
