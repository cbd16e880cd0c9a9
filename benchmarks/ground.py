"""The ground that everybody is measured on: one PostgreSQL of the run's own, `fsync` on."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg2

from api.embedded import EmbeddedPostgres
from benchmarks.children import Children
from domain.sealing import KEY_BYTES, Sealer

Tell = Callable[[str], None]
_KEYS = ("TENURE_KEY", "TENURE_HASH_KEY")
_DURABLE = {"fsync": "on", "synchronous_commit": "on"}

UNLIMITED = {
    "TENURE_CLIENT_REQUESTS_PER_MINUTE": "0",
    "TENURE_MEMBER_REQUESTS_PER_MINUTE": "0",
}
"""One client sends all the load, which the limits of requests would take for an attack."""


class Ground:
    """A temporary folder with a server, and the processes of the run. All gone at the end.

    tell: shows what is being done. data: folder of a load that is kept between runs.
    """

    def __init__(self, tell: Tell = lambda _: None, *, data: Path | None = None) -> None:
        self.tell = tell
        self.data = data
        self.folder = Path(tempfile.mkdtemp(prefix="tenure-bench-"))
        if os.geteuid() == 0:
            self.folder.chmod(0o711)  # The server runs as another account, which must pass.
        self.children = Children(self.folder)
        self.server = EmbeddedPostgres(self.folder / "server", settings=_DURABLE)
        self.keys = {name: secrets.token_hex(KEY_BYTES) for name in _KEYS}

    def __enter__(self) -> Self:
        try:
            self.server.start()
            self._require_durable()
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clear()

    def database(self, name: str) -> str:
        """URL of a fresh, empty database."""
        self.run_sql("postgres", f"CREATE DATABASE {name}")
        return self.server.url(database=name)

    def run_sql(self, database: str, statement: str) -> list[tuple[Any, ...]]:
        """Rows of one statement, run outside a transaction."""
        with closing(psycopg2.connect(self.server.url(database=database))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    def sealer(self) -> Sealer:
        """Seals under the keys of the run, as `tenure` does that is started with them."""
        key, hash_key = (bytes.fromhex(self.keys[name]) for name in _KEYS)
        return Sealer(key, hash_key, random=secrets.token_bytes)

    def environment(self, **settings: str) -> Mapping[str, str]:
        """The caller's environment without any setting of Tenure, with the run's keys and these."""
        return environment_without_settings() | UNLIMITED | self.keys | settings

    def machine(self) -> dict[str, Any]:
        """What the figures rest on."""
        version = self.run_sql("postgres", "SHOW server_version")[0][0]
        return {"postgresql": version, "fsync": True, **machine()}

    def _require_durable(self) -> None:
        for name, wanted in _DURABLE.items():
            found = self.run_sql("postgres", f"SHOW {name}")[0][0]
            if found != wanted:
                raise RuntimeError(f"{name} is {found}: figures without it say nothing")

    def _clear(self) -> None:
        self.children.end_all()
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def environment_without_settings() -> dict[str, str]:
    """The caller's environment without any setting of Tenure or of PostgreSQL."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TENURE_", "POSTGRES_", "PG", "CRUD_"))
    }


def machine() -> dict[str, Any]:
    """Processors, their load when asked, and the interpreter."""
    import platform

    return {
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "system": platform.system(),
    }
