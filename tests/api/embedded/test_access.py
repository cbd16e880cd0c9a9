"""Who may reach an embedded server: nobody without a password, nobody over the network."""

from pathlib import Path

import psycopg2
import pytest

from api.embedded import EmbeddedPostgres
from tests.api.embedded.users import ask


@pytest.mark.parametrize("role", ["tenure_owner", "tenure_app", "tenure_auditor"])
@pytest.mark.parametrize("word", ["", "wrong"])
def test_a_login_without_the_right_password_is_refused(
    shared: EmbeddedPostgres, role: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSFILE", "/dev/null")
    url = shared.url(role=role).replace(shared.password(role), word)
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(url)


def test_no_rule_of_access_trusts_anybody_or_listens_to_the_network(
    shared: EmbeddedPostgres,
) -> None:
    rules = "SELECT string_agg(DISTINCT type || ' ' || auth_method, ',') FROM pg_hba_file_rules"
    assert ask(shared, rules) == "local scram-sha-256"
    assert ask(shared, "SHOW listen_addresses") == ""


def test_socket_data_and_passwords_are_closed_to_others(shared: EmbeddedPostgres) -> None:
    modes = {
        shared.layout.socket: 0o700,
        shared.layout.data: 0o700,
        shared.layout.passwords: 0o600,
        shared.layout.log: 0o600,
    }
    assert {path: path.stat().st_mode & 0o777 for path in modes} == modes


def test_a_password_in_the_environment_does_not_disturb_the_url(
    shared: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "of another server")
    monkeypatch.setenv("PGPORT", "1")
    assert ask(shared, "SELECT 1") == "1"


def test_lost_passwords_are_replaced_at_the_next_start(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    before = server.password()
    server.layout.passwords.unlink()
    with server:
        assert server.password() != before
        assert ask(server, "SELECT value FROM kept") == "42"
