"""Where an embedded server may lie, and which account runs it there."""

import os
import shutil
import socket
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from api.embedded import EmbeddedPostgres, FolderUnusable
from api.embedded import cluster as cluster_module
from api.embedded.keeper import SOCKET_NAME
from api.embedded.socket_path import answers, reachable_socket_folder
from tests.api.embedded.users import (
    NOBODY,
    UserMaker,
    ask,
    copy_project_for_everyone,
    is_alive,
    owner_of,
    parent_of,
)

as_root = pytest.mark.skipif(
    os.geteuid() != 0,
    reason="about what root does: only root can start the server under another account",
)
as_ordinary_user = pytest.mark.skipif(
    os.geteuid() == 0,
    reason="PostgreSQL refuses to run as root; for root there is"
    " test_an_ordinary_user_runs_the_server_itself, which starts it as an ordinary user",
)


def test_a_data_folder_deeper_than_a_socket_path_may_be_works(folder: Path) -> None:
    deep = folder.parent / ("很长的文件夹名" * 5) / ("x" * 100)
    deep.parent.mkdir(mode=0o755)
    folder.rename(deep)
    with EmbeddedPostgres(deep) as server:
        assert ask(server, "SELECT value FROM kept") == "42"


def test_a_url_given_before_a_stop_is_good_after_the_next_start(folder: Path) -> None:
    deep = folder.rename(folder.with_name("x" * 100))
    with EmbeddedPostgres(deep) as server:
        url = server.url()
    assert not Path(parse_dsn(url)["host"]).exists()
    with EmbeddedPostgres(deep), closing(psycopg2.connect(url)) as connection:
        assert connection.info.host == parse_dsn(url)["host"]


def test_a_comma_in_the_path_is_no_second_host(folder: Path) -> None:
    with EmbeddedPostgres(folder.rename(folder.with_name("a,b"))) as server:
        assert ask(server, "SELECT value FROM kept") == "42"


def test_a_place_where_no_folder_can_be_is_refused_with_its_reason(place: Path) -> None:
    (place / "file").write_text("")
    with pytest.raises(FolderUnusable, match="file"):
        EmbeddedPostgres(place / "file" / "data").start()


def test_a_socket_that_a_dead_server_left_does_not_answer(
    shared: EmbeddedPostgres, place: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(place / SOCKET_NAME))
    assert not answers(place)
    assert answers(shared.layout.socket)


def test_a_link_that_leads_elsewhere_is_not_used_for_the_socket(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", tempfile.mkdtemp(dir="/tmp"))
    deep = room / ("x" * 120)
    first = reachable_socket_folder(deep)
    assert reachable_socket_folder(deep) == first
    first.unlink()
    first.symlink_to(room)
    second = reachable_socket_folder(deep)
    assert second.readlink() == deep
    shutil.rmtree(tempfile.gettempdir())


@as_root
def test_under_root_the_server_runs_as_nobody(shared: EmbeddedPostgres) -> None:
    pid = shared.server_pid()
    assert pid is not None
    assert owner_of(pid) == NOBODY
    assert owner_of(parent_of(pid)) == 0


@as_root
def test_under_root_the_programs_that_run_are_roots_own(shared: EmbeddedPostgres) -> None:
    program = Path(f"/proc/{shared.server_pid()}/exe").readlink()
    for path in (program, *program.parents):
        assert path.stat().st_uid == 0
        assert not path.stat().st_mode & 0o022


@as_root
def test_under_root_a_folder_that_nobody_can_reach_keeps_its_data_elsewhere(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = room / "elsewhere"
    monkeypatch.setattr(cluster_module, "REACHABLE_FOLDER", elsewhere)
    closed = room / "closed"
    closed.mkdir(mode=0o700)
    for _ in range(2):
        with EmbeddedPostgres(closed / "data", settings={"fsync": "off"}) as server:
            assert ask(server, "SELECT 1") == "1"
    assert closed.stat().st_mode & 0o777 == 0o700
    assert [home.joinpath("data").is_dir() for home in elsewhere.iterdir()] == [True]


@as_root
def test_an_ordinary_user_runs_the_server_itself(room: Path, user: UserMaker) -> None:
    python = copy_project_for_everyone(room / "for-everyone")
    home = room / "home-of-nobody"
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    ordinary = user(home / "data", python=python, project=room / "for-everyone", uid=NOBODY)
    pid = ordinary.server_pid()
    assert owner_of(parent_of(pid)) == NOBODY
    with EmbeddedPostgres(home / "data") as joined_by_root:
        assert joined_by_root.server_pid() == pid
        assert ask(joined_by_root, "SELECT 1") == "1"
    ordinary.leave()
    assert not is_alive(pid)
    assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY}


@as_ordinary_user
def test_an_ordinary_user_runs_the_server_as_itself(shared: EmbeddedPostgres) -> None:
    pid = shared.server_pid()
    assert pid is not None
    assert owner_of(pid) == os.geteuid()
