"""pgbench inserting the rows of one append: what this PostgreSQL does with no Python before it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

from api.embedded import binary
from benchmarks.append_shape import AppendShape

TABLES = """
CREATE SCHEMA pgbench;
CREATE TABLE pgbench.events (LIKE tenure.events INCLUDING ALL);
CREATE TABLE pgbench.commands (LIKE tenure.commands INCLUDING ALL);
CREATE SEQUENCE pgbench.positions;
ALTER TABLE pgbench.events
    ALTER position SET DEFAULT nextval('pgbench.positions'),
    ALTER recorded_at SET DEFAULT clock_timestamp();
"""
"""The same columns, keys and indexes as the store's, in the same database."""

_INSERT = """
WITH appended AS (
    INSERT INTO pgbench.events (originator_id, originator_version, topic, state)
    SELECT id, version, topic, state
    FROM (SELECT uuidv7() AS id) AS stream,
        (VALUES (2::bigint, :claimed_topic, :claimed::bytea),
                (3::bigint, :noted_topic, :noted::bytea)) AS event (version, topic, state)
    RETURNING position, recorded_at
)
INSERT INTO pgbench.commands
SELECT uuidv7(), :actor, NULL, ''::bytea, :answer::jsonb,
    min(position), max(position), min(recorded_at) FROM appended;
"""
_CONNECT_SECONDS = 30.0


class Pgbench:
    """One statement, prepared, one round trip an append; the values are sent each time.

    environment: tells libpq the database. threads: as many as there are processors.
    """

    def __init__(
        self, folder: Path, environment: Mapping[str, str], shape: AppendShape, *, threads: int
    ) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._threads = threads
        self._script = folder / "append.sql"
        self._script.write_text(" ".join(_INSERT.split()) + "\n", encoding="utf-8")
        values = {
            "claimed_topic": shape.topics[0],
            "noted_topic": shape.topics[1],
            "claimed": f"\\x{shape.states[0].hex()}",
            "noted": f"\\x{shape.states[1].hex()}",
            "actor": shape.actor,
            "answer": msgspec.json.encode(shape.answer).decode(),
        }
        self._defined = [f"--define={name}={value}" for name, value in values.items()]

    def turn(self, clients: int, seconds: float) -> tuple[list[float], float]:
        """Latencies in milliseconds, and the seconds that they took.

        Raises subprocess.CalledProcessError with what pgbench said.
        """
        prefix = self._folder / "pgbench-log"
        subprocess.run(
            [
                str(binary("pgbench")),
                *("--no-vacuum", "--protocol=prepared", "--log", f"--log-prefix={prefix}"),
                *(f"--client={clients}", f"--jobs={min(clients, self._threads)}"),
                *(f"--time={max(1, round(seconds))}", f"--file={self._script}"),
                *self._defined,
            ],
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=seconds + _CONNECT_SECONDS,
        )
        return self._read_logs(prefix)

    def _read_logs(self, prefix: Path) -> tuple[list[float], float]:
        """Each line: client, number, microseconds, script, epoch seconds and microseconds."""
        latencies: list[float] = []
        begins, ends = [], []
        for path in prefix.parent.glob(f"{prefix.name}.*"):
            for line in path.read_text().splitlines():
                words = line.split()
                end = int(words[4]) + int(words[5]) / 1e6
                latencies.append(int(words[2]) / 1000)
                begins.append(end - int(words[2]) / 1e6)
                ends.append(end)
            path.unlink()
        return latencies, max(ends) - min(begins)
