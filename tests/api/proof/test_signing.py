"""A checkpoint is signed only where it continues the last one outside; else it is said why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from api.proof.keeping import CheckpointFile
from api.proof.logs import ACCESS, EVENTS
from api.proof.notes import Checkpoint, Signer
from api.proof.signing import Checkpointer, CheckpointRefused, Problem, Signing, signing_of
from api.proof.tree import EMPTY_ROOT
from api.settings import Settings, SettingsInvalid
from eventstore.connections import Database
from tests.api.proof.conftest import fill, seal

SEED = bytes(range(32))


@pytest.fixture
def signing(tmp_path: Path) -> Signing:
    return Signing("example.cn/tenure", SEED, tmp_path / "checkpoints")


@pytest.fixture
def checkpointer(database: Database, signing: Signing) -> Checkpointer:
    return Checkpointer(database, signing)


def grown(database: Database, events: int) -> None:
    fill(database, events, access=1)
    seal(database)


def file_of(checkpointer: Checkpointer) -> CheckpointFile:
    file = checkpointer.signing.file(EVENTS)
    assert file is not None
    return file


def refusal(sign: Callable[[], object]) -> Problem:
    with pytest.raises(CheckpointRefused) as told:
        sign()
    assert told.value.zh
    assert told.value.en
    return told.value.problem


def test_a_checkpoint_names_log_size_and_root_and_is_kept(
    database: Database, checkpointer: Checkpointer
) -> None:
    grown(database, 300)
    note, checkpoint = checkpointer.sign(EVENTS)
    assert (checkpoint.origin, checkpoint.size) == ("example.cn/tenure/events", 300)
    Signer("example.cn/tenure/events", SEED).verifier.verify(note)
    assert checkpointer.last(EVENTS) == (note, checkpoint)
    assert checkpointer.sign(EVENTS) == (note, checkpoint)
    assert len(list(file_of(checkpointer).records())) == 1
    _, other = checkpointer.sign(ACCESS)
    assert (other.origin, other.size) == ("example.cn/tenure/access", 1)
    grown(database, 300)
    assert checkpointer.sign(EVENTS)[1].size == 600
    assert checkpointer.check(EVENTS) == checkpointer.sign(EVENTS)[1]


def test_an_empty_log_has_a_checkpoint_too(checkpointer: Checkpointer) -> None:
    assert checkpointer.sign(EVENTS)[1] == Checkpoint("example.cn/tenure/events", 0, EMPTY_ROOT)


def test_a_shorter_tree_is_not_signed(database: Database, checkpointer: Checkpointer) -> None:
    grown(database, 20)
    later = Checkpoint("example.cn/tenure/events", 21, bytes(32))
    with file_of(checkpointer).appending() as appending:
        appending.append(Signer(later.origin, SEED).sign(later.text()))
    assert refusal(lambda: checkpointer.sign(EVENTS)) == "tree-shorter"
    grown(database, 5)
    assert refusal(lambda: checkpointer.sign(EVENTS)) == "fork"
    assert refusal(lambda: checkpointer.check(EVENTS)) == "fork"
    assert len(list(file_of(checkpointer).records())) == 1


def test_a_checkpoint_by_another_key_or_of_another_house_is_not_continued(
    database: Database, checkpointer: Checkpointer
) -> None:
    grown(database, 20)
    checkpointer.sign(EVENTS)
    for signing in (
        replace(checkpointer.signing, seed=bytes(32)),
        replace(checkpointer.signing, name="example.com/other"),
    ):
        other = Checkpointer(database, signing)
        assert refusal(lambda other=other: other.sign(EVENTS)) == "foreign-checkpoint"


def test_a_file_that_was_edited_is_not_continued(
    database: Database, checkpointer: Checkpointer
) -> None:
    grown(database, 20)
    checkpointer.sign(EVENTS)
    path = file_of(checkpointer).path
    path.write_text(path.read_text().replace("\n20\n", "\n+20\n"))
    assert refusal(lambda: checkpointer.sign(EVENTS)) == "checkpoints-unreadable"
    path.unlink()
    path.mkdir()
    assert refusal(lambda: checkpointer.sign(EVENTS)) == "checkpoints-unreadable"


def test_a_tree_that_contradicts_itself_is_not_signed(
    database: Database, checkpointer: Checkpointer
) -> None:
    grown(database, 20)
    with database.autocommit() as cursor:
        cursor.execute("UPDATE proof.tiles SET hashes = overlay(hashes placing '\\x00' from 5)")
    assert refusal(lambda: checkpointer.sign(EVENTS)) == "tree-broken"


def test_without_a_key_or_a_folder_nothing_is_signed(database: Database, signing: Signing) -> None:
    for missing, problem in (({"seed": None}, "no-key"), ({"folder": None}, "no-folder")):
        checkpointer = Checkpointer(database, replace(signing, **missing))
        assert refusal(lambda one=checkpointer: one.sign(EVENTS)) == problem
        assert refusal(lambda one=checkpointer: one.check(EVENTS)) == problem


def test_beside_an_embedded_database_key_and_folder_are_made_once(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data=tmp_path)
    one = signing_of(settings)
    assert one == signing_of(settings)
    assert one.folder == tmp_path / "checkpoints"
    assert one.name.startswith("tenure-")
    key = tmp_path / "keys" / "checkpoints.key"
    assert key.stat().st_mode & 0o777 == 0o600
    with CheckpointFile(tmp_path / "checkpoints" / "events.checkpoints").appending():
        pass
    key.unlink()
    # A fresh key would not be the one that signed what is there.
    assert signing_of(settings).seed is None


def test_with_a_database_of_ones_own_key_folder_and_name_come_from_the_settings(
    tmp_path: Path,
) -> None:
    own = {"_env_file": None, "database": "postgresql://nowhere/"}
    bare = signing_of(Settings(**own))
    assert (bare.seed, bare.folder) == (None, None)
    told = signing_of(
        Settings(**own, signing_key=SEED.hex(), checkpoints=tmp_path, origin="example.cn/tenure")
    )
    assert told == Signing("example.cn/tenure", SEED, tmp_path)
    with pytest.raises(SettingsInvalid, match="TENURE_SIGNING_KEY"):
        signing_of(Settings(**own, signing_key="short"))
