"""Another key for the subjects' keys: whatever is killed in between, everything opens."""

from __future__ import annotations

import os
import secrets
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from api.backups.note import mark_of
from api.key_rotation import RotationRefused, retire, rotate, standings, switch
from api.keys import NEXT, OLD, KeyRing, beside_key
from api.settings import Settings
from domain.sealing import SealBroken, Sealer
from eventstore.connections import Database
from eventstore.key_table import is_rewrite_due

FIRST, SECOND = b"1" * 32, b"2" * 32


@pytest.fixture
def database(own_url: str) -> Iterator[Database]:
    with closing(Database(own_url)) as connections:
        yield connections


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of an embedded database, with its first key beside it."""
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    (keys / "subjects.key").write_bytes(b64encode(FIRST))
    (keys / "hashes.key").write_bytes(b64encode(FIRST))
    return Settings(_env_file=None, data=tmp_path)  # type: ignore[call-arg]


def key_file(settings: Settings) -> Path:
    return settings.data / "keys" / "subjects.key"


def sealer_of(settings: Settings) -> Sealer:
    return Sealer(FIRST, FIRST, random=secrets.token_bytes, wrapping=KeyRing(settings))


def put(database: Database, sealer: Sealer, count: int = 1) -> dict[UUID, bytes]:
    """New subjects with wrapped keys in the table: their bare ones."""
    bare = {}
    with database.transaction() as cursor:
        for _ in range(count):
            subject = uuid4()
            bare[subject], wrapped = sealer.new_key(subject)
            cursor.execute(
                "INSERT INTO tenure_keys.subject_keys (subject_id, wrapped, created_at)"
                " VALUES (%s, %s, now())",
                (str(subject), wrapped),
            )
    return bare


def opened(database: Database, sealer: Sealer) -> dict[UUID, bytes]:
    with database.autocommit() as cursor:
        cursor.execute("SELECT subject_id, wrapped FROM tenure_keys.subject_keys")
        return {subject: sealer.unwrap(subject, bytes(key)) for subject, key in cursor.fetchall()}


def run(settings: Settings, database: Database) -> int:
    return rotate(settings, database, advance=lambda _: None).rewrapped


def aged(file: Path) -> None:
    """As if the key had been there for an hour."""
    os.utime(file, (time.time() - 3600,) * 2)


def test_a_rotation_wraps_every_key_anew_and_a_running_service_goes_on(
    settings: Settings, database: Database
) -> None:
    running = sealer_of(settings)
    bare = put(database, running, 2_500)
    assert run(settings, database) == len(bare)
    assert key_file(settings).read_bytes() != b64encode(FIRST)
    assert opened(database, running) == bare
    with pytest.raises(SealBroken):
        opened(database, Sealer(FIRST, FIRST, random=secrets.token_bytes))
    bare |= put(database, running)
    told, unopened = standings(settings, database)
    assert [(one.name, one.wraps) for one in told] == [
        ("TENURE_KEY", len(bare)),
        ("TENURE_KEY_OLD", 0),
    ]
    assert unopened == 0
    assert not is_rewrite_due(database)


def test_a_key_that_was_wrapped_meanwhile_by_the_old_one_is_found_by_the_next_run(
    settings: Settings, database: Database
) -> None:
    late = Sealer(FIRST, FIRST, random=secrets.token_bytes)
    put(database, late)
    assert run(settings, database) == 1
    bare = put(database, late, 3)
    with pytest.raises(RotationRefused):
        retire(settings, database)
    assert run(settings, database) == 3
    assert run(settings, database) == 0
    assert opened(database, sealer_of(settings)).items() >= bare.items()


@pytest.mark.parametrize("killed_after", ["new key", "link", "switch"])
def test_a_switch_that_was_killed_opens_everything_and_is_gone_on_with(
    settings: Settings, database: Database, killed_after: str
) -> None:
    bare = put(database, sealer_of(settings), 3)
    file = key_file(settings)
    beside_key(file, NEXT).write_bytes(b64encode(SECOND))
    if killed_after != "new key":
        os.link(file, beside_key(file, OLD))
    if killed_after == "switch":
        beside_key(file, NEXT).replace(file)
    assert opened(database, sealer_of(settings)) == bare
    assert run(settings, database) == 3
    assert file.read_bytes() == b64encode(SECOND)
    assert beside_key(file, OLD).read_bytes() == b64encode(FIRST)
    assert not beside_key(file, NEXT).exists()
    assert opened(database, sealer_of(settings)) == bare


def test_the_old_key_is_destroyed_once_nothing_needs_it_and_not_at_once(
    settings: Settings, database: Database
) -> None:
    bare = put(database, sealer_of(settings))
    with pytest.raises(RotationRefused):
        retire(settings, database)
    run(settings, database)
    file = key_file(settings)
    with pytest.raises(RotationRefused):  # Somebody may just be wrapping by the old one.
        retire(settings, database)
    aged(file)
    assert retire(settings, database) == [str(beside_key(file, OLD))]
    assert not beside_key(file, OLD).exists()
    assert opened(database, sealer_of(settings)) == bare
    assert run(settings, database) == 1  # The next one begins.


def test_two_changes_at_once_are_refused(settings: Settings) -> None:
    file = key_file(settings)
    beside_key(file, OLD).write_bytes(b64encode(b"0" * 32))
    beside_key(file, NEXT).write_bytes(b64encode(SECOND))
    with pytest.raises(RotationRefused):
        switch(file)


def test_a_destroyed_key_does_not_come_back_by_a_rotation(
    settings: Settings, database: Database
) -> None:
    put(database, sealer_of(settings), 2)
    with database.autocommit() as cursor:
        cursor.execute(
            "UPDATE tenure_keys.subject_keys SET wrapped = NULL, destroyed_at = now()"
            " WHERE subject_id = (SELECT min(subject_id::text)::uuid FROM tenure_keys.subject_keys)"
        )
    assert run(settings, database) == 1
    with database.autocommit() as cursor:
        cursor.execute("SELECT count(*) FROM tenure_keys.subject_keys WHERE wrapped IS NULL")
        assert cursor.fetchone() == (1,)


def test_with_a_database_of_ones_own_the_next_key_comes_from_outside(
    own_url: str, database: Database
) -> None:
    def given(**keys: bytes) -> Settings:
        told = {name: b64encode(key).decode() for name, key in keys.items()}
        return Settings(_env_file=None, database=own_url, hash_key="x", **told)  # type: ignore[call-arg, arg-type]

    before = given(key=FIRST)
    with pytest.raises(RotationRefused):
        run(before, database)
    both = given(key=FIRST, key_next=SECOND)
    bare = put(database, sealer_of(both), 3)
    assert run(both, database) == 3
    assert opened(database, sealer_of(both)) == bare
    bare |= put(database, sealer_of(both))  # Services still wrap by the first.
    after = given(key=SECOND, key_old=FIRST)
    assert opened(database, sealer_of(after)) == bare
    assert run(after, database) == 1
    assert retire(after, database) == ["TENURE_KEY_OLD"]
    assert opened(database, sealer_of(given(key=SECOND))) == bare


def test_a_mark_tells_keys_apart_and_is_none_of_their_bytes(
    settings: Settings, database: Database
) -> None:
    told, _ = standings(settings, database)
    assert told[0].mark == mark_of(FIRST)
    assert told[0].mark not in FIRST.hex()
