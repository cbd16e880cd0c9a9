"""The PostgreSQL of our own: with no database named, the service starts one itself."""

from api.embedded.binaries import binary
from api.embedded.errors import (
    EmbeddedPostgresError,
    FolderUnusable,
    PostgresMissing,
    PostgresNotStarted,
)
from api.embedded.server import EmbeddedPostgres

__all__ = [
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "FolderUnusable",
    "PostgresMissing",
    "PostgresNotStarted",
    "binary",
]
