"""Where PostgreSQL's programs are found."""

import subprocess
from pathlib import Path

import pytest

from api.embedded import EmbeddedPostgres, PostgresMissing, binaries, binary
from tests.api.embedded.users import ask


def test_psql_reaches_the_database_with_no_password_on_its_command_line(
    shared: EmbeddedPostgres,
) -> None:
    said = subprocess.run(
        [binary("psql"), "-X", "-A", "-t", "-c", "SELECT current_user, current_database()"],
        env=shared.environment(role="tenure_auditor"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.strip() == "tenure_auditor|tenure"


@pytest.mark.parametrize("name", ["pgbench", "pg_basebackup", "pg_dump", "pg_verifybackup"])
def test_the_programs_that_others_need_are_there_and_run(name: str) -> None:
    said = subprocess.check_output([binary(name), "--version"], text=True)
    assert said.startswith(name)


def test_a_program_that_postgres_lacks_is_named() -> None:
    with pytest.raises(PostgresMissing, match="pg_nothing"):
        binary("pg_nothing")


def test_programs_on_the_path_serve_where_the_wheel_has_none(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = room / "path"
    links.mkdir()
    for name in ("postgres", "initdb"):
        (links / name).symlink_to(binary(name))
    monkeypatch.setattr(binaries, "_in_wheel", lambda: None)
    monkeypatch.setenv("PATH", str(links))
    found = binaries.find_installation.__wrapped__()
    assert found.wheel is None
    assert found.binary("psql").is_file()
    assert found.major_version() >= 18


@pytest.mark.skipif(
    binaries._in_system_folders() is None,
    reason="nothing to start: the system has no PostgreSQL of its own, only the wheel's",
)
def test_a_postgres_of_the_system_can_be_started(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = binaries._in_system_folders()
    assert system is not None
    monkeypatch.setattr("api.embedded.server.find_installation", lambda: system)
    with EmbeddedPostgres(room / "of-the-system", settings={"fsync": "off"}) as server:
        assert ask(server, "SELECT current_setting('server_version_num')::int / 10000") == str(
            system.major_version()
        )
