"""Rules of `tenure backup` and `tenure restore`: whole or not at all, and everything is in it."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

from api.backups import BackupError, restore_backup, take_backup
from api.embedded import EmbeddedPostgres
from api.keys import key_sources
from tests.end_to_end.installed import House, register
from tests.end_to_end.ledger import Ledger, writing
from tests.waiting import wait_until

pytestmark = pytest.mark.clause("S1-076")


@dataclass
class Kept:
    """A house whose database stays up for the module, and a backup of it."""

    house: House
    backup: Path
    folder: Path

    def take(self, name: str, *, with_keys: bool = False) -> Path:
        """Another backup, in a folder of that name."""
        with EmbeddedPostgres(self.house.data) as server:
            sources = key_sources(self.house.settings())
            target = self.folder / name
            taken = take_backup(
                server, sources, target, with_keys=with_keys, advance=lambda *_: None
            )
        return taken.backup

    def copy(self, name: str) -> Path:
        """A copy of the backup, to be damaged."""
        return Path(shutil.copytree(self.backup, self.folder / name))


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    folder = Path(tempfile.mkdtemp(prefix="tenure-test-"))
    folder.chmod(0o711)
    house = House(folder)
    with EmbeddedPostgres(house.data):
        house.token("li", "seller")
        made = Kept(house, folder, folder)
        made.backup = made.take("first")
        yield made
    shutil.rmtree(folder, ignore_errors=True)


def restored(kept: Kept, backup: Path, target: Path) -> EmbeddedPostgres:
    """`backup` put in place in `target`."""
    server = EmbeddedPostgres(target)
    settings = kept.house.settings().model_copy(update={"data": target})
    restore_backup(backup, server, key_sources(settings), advance=lambda *_: None)
    return server


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below, by its place."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def a_data_file(backup: Path) -> Path:
    """A large file of the copied cluster."""
    return max((backup / "postgres" / "base").rglob("*"), key=lambda path: path.stat().st_size)


def change_a_byte(backup: Path) -> None:
    file = a_data_file(backup)
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 2)
        byte = opened.read(1)
        opened.seek(-1, os.SEEK_CUR)
        opened.write(bytes([byte[0] ^ 1]))


def lose_a_file(backup: Path) -> None:
    a_data_file(backup).unlink()


def cut_off_the_log(backup: Path) -> None:
    log = next((backup / "postgres" / "pg_wal").glob("0*"))
    os.truncate(log, log.stat().st_size // 2)


def cut_off_the_list(backup: Path) -> None:
    listed = backup / "postgres" / "backup_manifest"
    os.truncate(listed, listed.stat().st_size // 2)


def lose_the_note(backup: Path) -> None:
    (backup / "backup.json").unlink()


def cut_off_the_note(backup: Path) -> None:
    os.truncate(backup / "backup.json", 100)


DAMAGES = [
    change_a_byte,
    lose_the_note,
    *(
        pytest.param(damage, marks=pytest.mark.long)
        for damage in (lose_a_file, cut_off_the_log, cut_off_the_list, cut_off_the_note)
    ),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_refused_and_nothing_is_put_in_place(
    kept: Kept, damage: Callable[[Path], None], tmp_path: Path
) -> None:
    broken = kept.copy(damage.__name__)
    damage(broken)
    with pytest.raises(BackupError) as refused:
        restored(kept, broken, tmp_path / "data")
    assert str(broken) in refused.value.zh
    assert str(broken) in refused.value.en
    assert not (tmp_path / "data").exists()


def test_a_target_that_is_not_empty_is_refused_and_left_as_it_is(
    kept: Kept, tmp_path: Path
) -> None:
    for name in ("postgres/data/PG_VERSION", "somebodys.txt"):
        target = tmp_path / name.split("/", maxsplit=1)[0]
        (target / name).parent.mkdir(parents=True)
        (target / name).write_text("18\n")
        with pytest.raises(BackupError, match="not empty"):
            restored(kept, kept.backup, target)
        assert contents(target) == {name: b"18\n"}


@pytest.mark.long
def test_a_backup_that_does_not_hold_what_its_note_says_is_taken_away_again(
    kept: Kept, tmp_path: Path
) -> None:
    changed = kept.copy("changed-note")
    note = json.loads((changed / "backup.json").read_text())
    note |= {"position": note["position"] + 1, "position_max": note["position_max"] + 1}
    (changed / "backup.json").write_text(json.dumps(note))
    target = tmp_path / "data"
    with pytest.raises(BackupError, match="not as noted"):
        restored(kept, changed, target)
    assert not (target / "postgres").exists()
    assert not (target / "keys").exists()
    restored(kept, kept.backup, target)


@pytest.mark.long
def test_a_backup_leaves_the_keys_out_and_opens_when_they_are_given_later(
    kept: Kept, tmp_path: Path
) -> None:
    assert not (kept.backup / "keys").exists()
    target = tmp_path / "data"
    restored(kept, kept.backup, target)
    house = House(tmp_path)
    assert "keys/subjects.key" in house.run("member", "list", status=2).stderr
    shutil.copytree(kept.house.data / "keys", target / "keys")
    assert "li" in {one["member"] for one in house.json("member", "list")["items"]}


def test_keys_of_another_house_are_refused_before_anything_is_put_in_place(
    kept: Kept, tmp_path: Path
) -> None:
    target = tmp_path / "data"
    for name in ("subjects.key", "hashes.key"):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(kept.house.data / "keys", target / "keys")
        (target / "keys" / name).write_text("ab" * 32)
        with pytest.raises(BackupError, match=name):
            restored(kept, kept.backup, target)
        assert not (target / "postgres").exists()


@pytest.mark.long
def test_with_keys_puts_both_in_for_the_owner_alone_and_restores_them(
    kept: Kept, tmp_path: Path
) -> None:
    backup = kept.take("with-keys", with_keys=True)
    for path in (backup / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    restored(kept, backup, tmp_path / "data")
    assert contents(tmp_path / "data" / "keys") == contents(kept.house.data / "keys")


def test_a_backup_is_not_put_beside_the_data(kept: Kept) -> None:
    with pytest.raises(BackupError, match="inside the data folder"):
        kept.take("data/backups")


@pytest.mark.long
def test_no_backup_writes_over_another(kept: Kept) -> None:
    taken = {kept.take("many") for _ in range(2)}
    assert len(taken) == 2
    assert set((kept.folder / "many").iterdir()) == taken


@pytest.mark.long
def test_a_database_of_ones_own_is_told_what_to_do_instead(empty_house: House) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    for words in (("backup", "out"), ("restore", "out")):
        done = empty_house.run(*words, "--database", url, status=2)
        assert "docs/operations.md" in done.stderr
        assert "pgBackRest" in done.stderr


@pytest.mark.long
def test_a_folder_without_a_database_is_left_alone(empty_house: House) -> None:
    assert "holds no database" in empty_house.run("backup", "out", status=1).stderr
    assert not empty_house.data.exists()


@pytest.mark.long
def test_a_full_disk_leaves_nothing_half(kept: Kept) -> None:
    def no_large_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))

    out = kept.folder / "full"
    backing_up = kept.house.start("backup", str(out), preexec_fn=no_large_files)
    said, complained = backing_up.communicate(timeout=60)
    assert backing_up.returncode == 1, said + complained
    assert "no backup" in complained
    assert list(out.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_backup_that_is_stopped_leaves_nothing_half(kept: Kept, sent: signal.Signals) -> None:
    out = kept.folder / f"stopped-{sent}"
    backing_up = kept.house.start("backup", str(out))
    wait_until(lambda: any(out.glob(".unfinished-*/postgres/*")), what="the copy")
    backing_up.send_signal(sent)
    said, complained = backing_up.communicate(timeout=60)
    assert backing_up.returncode == 1, said + complained
    assert "interrupted" in complained
    assert list(out.iterdir()) == []


@pytest.mark.long
def test_what_a_killed_backup_left_is_never_taken_for_one_and_goes_with_the_next(
    kept: Kept, tmp_path: Path
) -> None:
    out = kept.folder / "killed"
    backing_up = kept.house.start("backup", str(out))
    wait_until(lambda: any(out.glob(".unfinished-*/postgres/*")), what="the copy")
    os.killpg(backing_up.pid, signal.SIGKILL)
    backing_up.communicate(timeout=60)
    (left,) = out.iterdir()
    with pytest.raises(BackupError, match="never finished"):
        restored(kept, left, tmp_path / "data")
    backup = kept.take("killed")
    assert list(out.iterdir()) == [backup]


@pytest.mark.parametrize(
    "clients", [pytest.param(4, id="four"), pytest.param(16, id="many", marks=pytest.mark.long)]
)
def test_a_backup_taken_while_writers_go_on_holds_all_that_was_answered_before(
    house: House, clients: int
) -> None:
    tokens = [house.token(member, "seller") for member in ("li", "chen")]
    ledger = Ledger()
    with house.serving() as server, writing(server.address, tokens, ledger, clients=clients):
        ledger.wait_for(4 * clients)
        answered_before = max(one.position for one in ledger.receipts)
        note = house.json("backup", str(house.folder / "out"), "--with-keys")
        ledger.wait_for(clients)
    assert answered_before <= note["position"] <= note["position_max"]
    other = House(house.folder / "elsewhere")
    other.folder.mkdir(mode=0o711)
    told = other.json("restore", note["backup"])
    assert note["position"] <= told["position"] <= note["position_max"]
    assert told["keys_missing"] == []
    with other.serving() as server, server.client(tokens[0]) as client:
        url = EmbeddedPostgres(other.data).url()
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            ledger.check(cursor, upto=note["position"])
            # As docs/operations.md has it: no position that the lost log gave out means two events.
            cursor.execute("SELECT setval('tenure.positions', 1000000)")
            connection.commit()
        register(client, 900_001)
        assert other.json("verify")["equal"]
    (last,) = other.column("SELECT max(position) FROM tenure.events")
    assert last > 1_000_000
