"""Bringing the schema `access` up to date."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg2

from eventstore.errors import translated
from eventstore.migrating import run_migrations

MIGRATIONS = Path(__file__).parent / "migrations"
LEDGER = "access.migrations"


def migrate(url: str) -> list[str]:
    """Run what is missing, as the owner of the schema; the names of the migrations that ran."""
    try:
        with closing(psycopg2.connect(url, application_name="tenure migrate")) as connection:
            ran = run_migrations(connection, MIGRATIONS, ledger=LEDGER)
            with connection.cursor() as cursor:
                cursor.execute("SELECT access.grant_access()")
                cursor.execute("SELECT access.grant_looks()")
                cursor.execute("SELECT access.grant_sign_in()")
            return ran
    except psycopg2.Error as error:
        raise translated(error, is_connection_lost=False) from error
