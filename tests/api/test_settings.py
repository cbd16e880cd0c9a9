"""Rules of settings, keys and the test clock: where each comes from and what is refused."""

from __future__ import annotations

import stat
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.keys import KeyMissing, Keys, read_keys
from api.settings import Settings, SettingsInvalid, inherited_settings, read_settings
from api.test_clock import ClockUnreadable, FileClock, SettableClock

KEY = bytes(range(32))
URL = "postgresql://someone@somewhere/tenure"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's own environment or `.env` counts."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields:
        monkeypatch.delenv(f"TENURE_{field.upper()}", raising=False)


def test_nothing_said_means_an_embedded_database_in_the_present_folder() -> None:
    settings = read_settings()
    assert settings.is_embedded
    assert settings.data == Path(".tenure")
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("TENURE_PORT=1\nTENURE_HOST=file\nTENURE_WORKERS=3\n")
    monkeypatch.setenv("TENURE_PORT", "2")
    monkeypatch.setenv("TENURE_HOST", "environment")
    settings = read_settings(port=4)
    assert (settings.port, settings.host, settings.workers) == (4, "environment", 3)


def test_a_folder_on_the_command_line_wins_over_a_database_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TENURE_DATABASE", URL)
    assert read_settings().database == URL
    assert read_settings(data=Path("here")).is_embedded


def test_a_database_and_a_folder_at_once_are_refused() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        read_settings(database=URL, data=Path("here"))
    assert "--data" in caught.value.zh
    assert "--data" in caught.value.en


@pytest.mark.parametrize(
    ("name", "value"), [("TENURE_PORT", "70000"), ("TENURE_WORKERS", "0"), ("TENURE_WORKER", "x")]
)
def test_a_setting_out_of_range_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=name):
        read_settings()


def test_a_started_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    told = read_settings(
        data=Path("here"), port=1, worker=False, test_clock=Path("clock"), trusted_hosts="a, b"
    )
    Path(".env").write_text(f"TENURE_DATABASE={URL}\n")
    for name, value in told.environment().items():
        monkeypatch.setenv(name, value)
    heard = inherited_settings()
    assert heard.trusted_hosts == ("a", "b")
    absolute = {"data": told.data.absolute(), "test_clock": Path("clock").absolute()}
    assert heard == told.model_copy(update=absolute)


def test_both_keys_are_made_once_beside_an_embedded_database_for_the_owner_alone() -> None:
    first = read_keys(read_settings(), log_is_empty=True)
    assert first.key != first.hash_key
    assert read_keys(read_settings(), log_is_empty=False) == first
    folder = Path(".tenure/keys")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == {"subjects.key", "hashes.key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_processes_that_start_at_once_agree_on_the_keys() -> None:
    settings = read_settings()
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(lambda _: read_keys(settings, log_is_empty=True), range(64)))
    assert len(made) == 1


def test_a_lost_key_is_not_replaced_where_something_is_sealed_already() -> None:
    settings = read_settings()
    read_keys(settings, log_is_empty=True)
    Path(".tenure/keys/subjects.key").unlink()
    with pytest.raises(KeyMissing, match=r"subjects\.key"):
        read_keys(settings, log_is_empty=False)
    assert not Path(".tenure/keys/subjects.key").exists()


def test_a_database_of_ones_own_needs_both_keys_and_the_error_says_how_to_make_one() -> None:
    settings = read_settings(database=URL)
    with pytest.raises(KeyMissing) as caught:
        read_keys(settings, log_is_empty=True)
    for words in (caught.value.zh, caught.value.en):
        assert "TENURE_KEY" in words
        assert "openssl rand -base64 32" in words
    assert not Path(".tenure").exists()


def test_keys_come_from_the_environment_or_from_files(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("hash").write_text(KEY.hex() + "\n")
    monkeypatch.setenv("TENURE_KEY", b64encode(KEY).decode())
    monkeypatch.setenv("TENURE_HASH_KEY_FILE", "hash")
    assert read_keys(read_settings(database=URL), log_is_empty=True) == Keys(KEY, KEY)


@pytest.mark.parametrize("text", ["", "short", b64encode(KEY + b"1").decode(), "z" * 64, "é" * 44])
def test_a_malformed_key_is_refused_and_not_shown(text: str) -> None:
    Path("key").write_text(text)
    with pytest.raises(SettingsInvalid) as caught:
        read_keys(read_settings(database=URL, key_file=Path("key")), log_is_empty=True)
    assert not text or text not in caught.value.en


def test_the_test_clock_tells_the_instant_of_its_file_whenever_it_is_asked() -> None:
    path = Path("clock")
    clock = FileClock(path)
    path.write_text("2026-03-05T14:03:00.000001+08:00\n")
    assert clock() == datetime(2026, 3, 5, 6, 3, 0, 1, tzinfo=UTC)
    path.write_text("2026-03-06T00:00:00Z")
    assert clock() == datetime(2026, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize("content", [b"", b"yesterday", b"2026-03-05T14:03:00", b"\xff\xfe"])
def test_a_file_without_an_instant_is_a_clear_error(content: bytes) -> None:
    Path("clock").write_bytes(content)
    with pytest.raises(ClockUnreadable) as caught:
        FileClock(Path("clock"))()
    assert "clock" in caught.value.zh
    assert "clock" in caught.value.en


def test_a_missing_clock_is_a_clear_error() -> None:
    with pytest.raises(ClockUnreadable, match="nowhere"):
        FileClock(Path("nowhere"))()


def test_a_settable_clock_never_goes_back() -> None:
    begin = datetime(2026, 3, 5, tzinfo=UTC)
    clock = SettableClock(begin)
    clock.move_to(begin + timedelta(days=1))
    clock.move_to(begin)
    assert clock() == begin + timedelta(days=1)
