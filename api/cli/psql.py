"""`tenure psql`: psql on the database, as a read-only auditor or as its owner."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Data, Database
from api.cli.running import running, settings_of

if TYPE_CHECKING:
    from api.settings import Settings

AUDITOR = "tenure_auditor"
_READ_ONLY = "-c default_transaction_read_only=on"


def psql(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[-- PSQL-ARGS]", help="Passed on to psql.")
    ] = None,
    owner: Annotated[
        bool, typer.Option("--owner", help="As the owner, who may write. 以属主身份。")
    ] = False,
    database: Database = None,
    data: Data = None,
) -> None:
    """Open psql, read-only unless --owner is given. 打开 psql，默认只读。"""
    with running(is_json=False):
        settings = settings_of(database, data)
        words = list(arguments or [])
        if settings.database is None:
            status = _on_embedded(settings.data, words, is_owner=owner)
        else:
            status = _on_database(settings, words, is_owner=owner)
        raise typer.Exit(status)


def _on_embedded(folder: Path, words: list[str], *, is_owner: bool) -> int:
    """The server is held while psql runs, so it stays even if nobody else uses it."""
    from api.embedded import EmbeddedPostgres, binary

    with EmbeddedPostgres(folder) as server:
        role = "tenure_owner" if is_owner else AUDITOR
        environment = server.environment(role=role)
        if not is_owner:
            environment["PGOPTIONS"] = _READ_ONLY
        return _run([str(binary("psql")), *words], environment)


def _on_database(settings: Settings, words: list[str], *, is_owner: bool) -> int:
    """The password goes through the environment, never onto a command line that all can list.

    Whoever is named in the URL steps down to the auditor's role. That keeps hands off by default;
    it cannot hold back somebody who knows the owner's password.
    """
    from psycopg2.extensions import make_dsn, parse_dsn

    from api.embedded import binary

    named = parse_dsn(settings.database or "")
    environment = dict(os.environ)
    if "password" in named:
        environment["PGPASSWORD"] = named.pop("password")
    if not is_owner:
        options = [named.get("options", ""), f"-c role={AUDITOR}", _READ_ONLY]
        named["options"] = " ".join(option for option in options if option)
    return _run([str(binary("psql")), "--dbname", make_dsn(**named), *words], environment)


def _run(words: list[str], environment: dict[str, str]) -> int:
    """psql's exit status. A Ctrl-C is psql's to handle: it cancels a query, not the session."""
    kept = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return subprocess.call(words, env=environment, preexec_fn=_hear_interrupts)
    finally:
        signal.signal(signal.SIGINT, kept)


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
