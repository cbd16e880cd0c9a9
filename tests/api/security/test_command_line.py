"""Every call of the command line: who can run it is who holds the keys, or the database.

There is no signing in at the console. So what each command needs is a table; a new command without
a line in it fails here, and so does one that works for whoever may only look on.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest
import typer
from typer.testing import CliRunner

from api.cli.main import app
from api.composition import Service, open_service
from api.embedded import EmbeddedPostgres
from api.settings import Settings, read_settings
from domain.orders import CONSOLE, Order
from domain.permissions import PERMISSIONS, ROLES
from tests.api.http.guests import trade_name
from tests.waiting import wait_until


class Needs(Enum):
    """What whoever runs a command must hold."""

    KEYS = "both keys, and a role that may write"
    OWNER = "the database's owner; no key"
    AUDITOR = "a role that may read the log; no key"
    FOLDER = "the folder of the embedded database"
    NOTHING_HERE = "nothing of this house: it asks another machine over HTTP"


COMMANDS = {
    **dict.fromkeys(("serve", "worker", "token", "import", "erase", "evidence"), Needs.KEYS),
    **dict.fromkeys(("member add", "member change", "member list"), Needs.KEYS),
    **dict.fromkeys(("member password", "member sessions", "member tokens"), Needs.KEYS),
    **dict.fromkeys(("department place", "department list"), Needs.KEYS),
    **dict.fromkeys(("webhook add", "webhook list", "webhook resend", "webhook test"), Needs.KEYS),
    **dict.fromkeys(("webhook disable", "webhook enable", "webhook remove"), Needs.KEYS),
    **dict.fromkeys(("keys show", "keys rotate", "keys retire"), Needs.KEYS),
    **dict.fromkeys(("migrate", "rebuild", "bench load"), Needs.OWNER),
    **dict.fromkeys(("verify", "doctor", "psql"), Needs.AUDITOR),
    **dict.fromkeys(("backup", "restore"), Needs.FOLDER),
    "witness": Needs.NOTHING_HERE,
}
RUNS_ON = {"serve", "worker"}
"""Commands that would not end by themselves, if they were let in."""
ALSO = {"erase": ["--reason", "同意已撤回"]}
"""What a command needs that is not marked as required."""
SECONDS_MAX = 90
KEYS = {"TENURE_KEY": "00" * 32, "TENURE_HASH_KEY": "11" * 32}
_numbers = count(1)
FILE = "x1"
"""A name for anything, and of a file that is there."""


def found() -> dict[str, Any]:
    """Every command that there is, by its words."""
    return dict(_walk(typer.main.get_command(app), ()))


def _walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, child in getattr(command, "commands", {}).items():
        if hasattr(child, "commands"):
            yield from _walk(child, (*words, name))
        else:
            yield " ".join((*words, name)), child


def named(*needs: Needs) -> list[str]:
    return sorted(name for name in found() if COMMANDS.get(name) in needs)


def words_of(name: str) -> list[str]:
    """The command with something in each place that must not be empty."""
    words = [*name.split(), *ALSO.get(name, ())]
    for parameter in found()[name].params:
        if parameter.required:
            flag = [] if parameter.opts[0] == parameter.name else parameter.opts[:1]
            words += [*flag, _fitting(parameter.type_descriptor.annotation)]
    return words


def _fitting(form: Any) -> str:
    """Something of that form; any text is the name of a file that is there."""
    return {UUID: str(uuid4()), int: "1"}.get(form, FILE)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A folder without a `.env`, and no setting of the developer's own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / FILE).write_text("公司名称\n", "utf-8")
    for name in [name for name in os.environ if name.startswith("TENURE_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def status_of(name: str, url: str) -> tuple[int, str]:
    """Exit status and words of the command on that database."""
    words = [*words_of(name), "--database", url]
    if name in RUNS_ON:
        done = subprocess.run(
            [Path(sys.executable).parent / "tenure", *words],
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr
    told = CliRunner().invoke(app, words)
    return told.exit_code, told.output


def counts(url: str) -> list[tuple[Any, ...]]:
    """How much there is of everything that a command could change."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables"
            " WHERE schemaname IN ('tenure', 'tenure_keys', 'access', 'proof') ORDER BY 1"
        )
        tables = [row[0] for row in cursor.fetchall()]
        found = []
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found.append((table, cursor.fetchone()[0]))
        return found


def test_every_command_has_a_line_in_the_table() -> None:
    assert set(found()) <= set(COMMANDS), set(found()) - set(COMMANDS)


@pytest.mark.parametrize("name", named(Needs.KEYS, Needs.OWNER, Needs.FOLDER))
def test_whoever_may_only_read_the_database_runs_nothing_that_changes_or_unseals(
    name: str,
    postgres: EmbeddedPostgres,
    database_name: str,
    database_url: str,
    environment: pytest.MonkeyPatch,
) -> None:
    """Not even with the keys in hand."""
    for key, value in KEYS.items():
        environment.setenv(key, value)
    before = counts(database_url)
    status, told = status_of(name, postgres.url(role="tenure_auditor", database=database_name))
    assert status in (1, 2), told
    if COMMANDS[name] is not Needs.FOLDER:
        assert "permission denied" in told or "TENURE_TOKEN" in told
    assert "Traceback" not in told
    assert counts(database_url) == before


@pytest.mark.parametrize("name", named(Needs.KEYS))
def test_without_the_keys_the_console_runs_nothing_that_signs_or_unseals(
    name: str, database_url: str, environment: pytest.MonkeyPatch
) -> None:
    """Not even as the database's owner."""
    before = counts(database_url)
    status, told = status_of(name, database_url)
    assert status in (1, 2), told
    assert "TENURE_KEY" in told or "TENURE_TOKEN" in told
    assert "Traceback" not in told
    assert counts(database_url) == before


def test_an_auditor_verifies_without_a_key(
    postgres: EmbeddedPostgres, database_name: str, environment: pytest.MonkeyPatch
) -> None:
    status, told = status_of("verify", postgres.url(role="tenure_auditor", database=database_name))
    assert status == 0, told


@pytest.fixture
def house(
    own_url: str, environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """A house with one member a role; the command line has its keys."""
    for key, value in KEYS.items():
        environment.setenv(key, value)
    with closing(open_service(read_settings(database=own_url))) as service:
        application, console = service.application, Order(CONSOLE)
        for role in ROLES:
            application.add_member(
                console, member=f"only-{role}", name=role, roles=[role], department="一部"
            )
        yield service


def subject_of(service: Service) -> str:
    """A phone that a new customer's record holds."""
    number = next(_numbers)
    receipt = service.application.register(
        Order(CONSOLE),
        name=f"靖江市{trade_name(number)}空调有限公司",
        address=f"靖江市人民路{number}号",
        industry="空调",
        phone=f"0523-{80000000 + number}",
        introduction="主营空调",
    )
    return str(receipt.customer_id)


def erase(subject: str, *words: str, url: str, token: str) -> tuple[int, str]:
    """Exit status and words of a call by whoever holds the token."""
    told = CliRunner().invoke(
        app, ["erase", subject, *words, "--database", url], env={"TENURE_TOKEN": token}
    )
    return told.exit_code, told.output


STEPS = {
    "ask-erasure": ("--reason", "同意已撤回"),
    "confirm-erasure": ("--confirm",),
    "lift-restriction": ("--lift", "--reason", "本人撤回"),
}
"""The permission that each call of `tenure erase` needs."""


def refusals(service: Service) -> list[tuple[Any, ...]]:
    """Who was refused what, by the access log."""
    with service.database.autocommit() as cursor:
        cursor.execute(
            "SELECT member, convert_from(state, 'UTF8')::json ->> 'right',"
            " convert_from(state, 'UTF8')::json ->> 'token_id' IS NOT NULL"
            " FROM access.entries WHERE kind = 'refused' ORDER BY position"
        )
        return cursor.fetchall()


def test_each_role_erases_by_the_command_line_what_the_table_permits_and_each_refusal_is_kept(
    house: Service, own_url: str
) -> None:
    """Ask, confirm and lift with the token of every role."""
    application, console = house.application, Order(CONSOLE)
    expected = []
    for role in ROLES:
        token = application.issue_token(console, f"only-{role}").extra["token"]
        for permission, words in STEPS.items():
            subject = subject_of(house)
            if permission != "ask-erasure":
                application.ask_erasure(
                    console,
                    UUID(subject),
                    customers=[UUID(subject)],
                    ground="consent-withdrawn",
                    reason="同意已撤回",
                )
            status, told = erase(subject, *words, url=own_url, token=token)
            is_permitted = role in PERMISSIONS[permission]
            assert (status == 0) is is_permitted, (role, permission, told)
            assert status in (0, 1)
            if not is_permitted:
                expected.append((f"only-{role}", permission, True))
                assert "Not allowed" in told
            assert "Traceback" not in told
    assert refusals(house) == expected


def test_nobody_confirms_his_own_erasure_by_the_command_line_and_it_is_kept(
    house: Service, own_url: str
) -> None:
    issued = house.application.issue_token(Order(CONSOLE), "only-administrator")
    token, subject = issued.extra["token"], subject_of(house)
    assert erase(subject, *STEPS["ask-erasure"], url=own_url, token=token)[0] == 0
    assert erase(subject, "--confirm", url=own_url, token=token)[0] == 1
    assert refusals(house) == [("only-administrator", "own-decision", True)]


@pytest.mark.parametrize("permission", STEPS)
def test_no_stranger_erases_by_the_command_line(
    house: Service, own_url: str, permission: str
) -> None:
    """Nobody with an expired, revoked, foreign or forged token, nor who has left."""
    application, console = house.application, Order(CONSOLE)
    member = "only-administrator"
    soon = application.now() + timedelta(milliseconds=50)
    expired = application.issue_token(console, member, expires_at=soon).extra["token"]
    revoked = application.issue_token(console, member)
    application.revoke_token(console, member, UUID(revoked.extra["token_id"]))
    live = application.issue_token(console, member).extra["token"]
    shape = secrets.token_urlsafe(32)
    strangers = {
        "revoked": revoked.extra["token"],
        "of another house": f"tnr.their-root.{shape}",
        "forged": f"tnr.{member}.{shape}",
        "another's secret": f"tnr.only-director.{live.rpartition('.')[2]}",
        "the console's name": f"tnr.console.{live.rpartition('.')[2]}",
        "no secret": f"tnr.{member}.",
        "cut off": live[:-1],
        "longer": live + "A",
        "no token at all": "x",
        "blank": " ",
    }
    wait_until(lambda: application.now() > soon, what="the end of a token")
    subject = subject_of(house)
    before = counts(own_url)
    for name, token in {**strangers, "expired": expired}.items():
        status, told = erase(subject, *STEPS[permission], url=own_url, token=token)
        assert status == 1, (name, told)
        assert "Traceback" not in told
        assert token.strip() not in told or len(token) < 5, name
    assert counts(own_url) == before
    # With the live one he gets as far as the rules.
    status, _ = erase(subject, *STEPS["ask-erasure"], url=own_url, token=live)
    assert status == 0


def test_no_error_of_the_command_line_shows_a_password_or_a_key(
    database_url: str, environment: pytest.MonkeyPatch
) -> None:
    """An address with a password that is refused, and keys that cannot be read."""
    password = "pass-" + uuid4().hex
    refused = f"postgresql://tenure_owner:{password}@127.0.0.1:1/tenure"
    for name in ("doctor", "verify", "migrate", "member list"):
        for key, value in KEYS.items():
            environment.setenv(key, value)
        _, told = status_of(name, refused)
        assert password not in told
    environment.setenv("TENURE_KEY", f"no key: {password}")
    _, told = status_of("member list", database_url)
    assert password not in told


def test_settings_that_are_secret_are_never_printed() -> None:
    secret = uuid4().hex
    settings = Settings(_env_file=None, key=secret, hash_key=secret, signing_key=secret)  # type: ignore[call-arg]
    assert secret not in repr(settings)
    assert secret not in str(settings)
