"""What the first start of an embedded server makes."""

from pathlib import Path

import pytest

from api.embedded import EmbeddedPostgres, PostgresNotStarted
from api.embedded.cluster import buffers_mb, memory_bytes
from tests.api.embedded.users import ask


def test_the_first_start_makes_the_database_and_its_roles(shared: EmbeddedPostgres) -> None:
    for role in ("tenure_owner", "tenure_app", "tenure_auditor"):
        assert ask(shared, "SELECT current_database() || ' ' || current_user", role=role) == (
            f"tenure {role}"
        )
    superusers = "SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolsuper"
    assert ask(shared, superusers) == "tenure_owner"


def test_text_is_utf8_and_times_are_utc_whatever_the_environment_says(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"LC_ALL": "C", "LANG": "zh_CN.GB18030", "TZ": "Asia/Shanghai"}.items():
        monkeypatch.setenv(name, value)
    with EmbeddedPostgres(place / "data", settings={"fsync": "off"}) as server:
        columns = "datlocprovider::text || ' ' || datlocale || ' ' || pg_encoding_to_char(encoding)"
        described = ask(server, f"SELECT {columns} FROM pg_database WHERE datname = 'tenure'")
        assert described == "b C.UTF-8 UTF8"
        assert ask(server, "SHOW timezone") == "UTC"
        assert ask(server, "SHOW log_timezone") == "UTC"
        assert ask(server, "SELECT upper('é') || length('春意')") == "É2"


def test_pages_carry_checksums_and_commits_are_durable(shared: EmbeddedPostgres) -> None:
    assert ask(shared, "SHOW data_checksums") == "on"
    assert ask(shared, "SHOW fsync") == "on"


def test_the_server_allows_two_hundred_connections(shared: EmbeddedPostgres) -> None:
    assert ask(shared, "SHOW max_connections") == "200"


def test_a_new_server_may_keep_a_quarter_of_the_memory_within_bounds(
    shared: EmbeddedPostgres,
) -> None:
    gigabyte = 2**30
    assert [buffers_mb(memory) for memory in (gigabyte // 4, 2 * gigabyte, 64 * gigabyte)] == [
        128,
        512,
        1024,
    ]
    kept = "SELECT pg_size_bytes(current_setting('shared_buffers')) / 1024 / 1024"
    assert ask(shared, kept) == str(buffers_mb(memory_bytes()))


def test_settings_of_the_one_who_starts_count(folder: Path) -> None:
    with EmbeddedPostgres(folder, settings={"work_mem": "7MB", "listen_addresses": "*"}) as server:
        assert ask(server, "SHOW work_mem") == "7MB"
        assert ask(server, "SHOW listen_addresses") == ""


def test_a_setting_that_postgres_refuses_is_reported_with_its_reason(folder: Path) -> None:
    server = EmbeddedPostgres(folder, settings={"no_such_setting": "1"})
    with pytest.raises(PostgresNotStarted, match="no_such_setting"):
        server.start()
    server.stop()


def test_a_first_start_that_was_cut_off_is_begun_anew(place: Path) -> None:
    cut_off = place / "data"
    rest = cut_off / "postgres" / "data.unfinished"
    rest.mkdir(parents=True)
    cut_off.chmod(0o755)
    (rest / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(cut_off, settings={"fsync": "off"}) as server:
        assert ask(server, "SELECT 1") == "1"
    assert not rest.exists()
