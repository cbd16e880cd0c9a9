"""Who keeps an embedded server running, and what survives a kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from api.embedded import EmbeddedPostgres
from tests.api.embedded.users import (
    NOBODY,
    UserMaker,
    adopting_orphans,
    as_account,
    ask,
    is_alive,
    kill,
    parent_of,
    wait_until_gone,
)


def test_two_processes_share_one_server(folder: Path, user: UserMaker) -> None:
    first, second = user(folder), user(folder)
    pid = first.server_pid()
    assert second.server_pid() == pid
    first.leave()
    assert is_alive(pid)
    second.leave()


def test_the_last_one_out_stops_the_server(folder: Path) -> None:
    first, second = EmbeddedPostgres(folder), EmbeddedPostgres(folder)
    first.start()
    second.start()
    pid = first.server_pid()
    assert pid is not None
    first.stop()
    assert is_alive(pid)
    assert ask(second, "SELECT value FROM kept") == "42"
    second.stop()
    assert not is_alive(pid)
    assert second.server_pid() is None


def test_killed_users_leave_no_orphan(folder: Path, user: UserMaker) -> None:
    users = [user(folder) for _ in range(3)]
    pids = {process.server_pid() for process in users}
    assert len(pids) == 1
    pid = pids.pop()
    keeper = parent_of(pid)
    for process in users:
        process.kill()
    wait_until_gone({pid, keeper})


def test_a_killed_server_comes_back_while_it_has_users(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        pid = server.server_pid()
        assert pid is not None
        ask(server, "INSERT INTO kept VALUES (43)")
        kill(pid)
        server.start()
        assert server.server_pid() != pid
        assert ask(server, "SELECT sum(value) FROM kept") == "85"


def test_a_killed_keeper_takes_its_server_along_and_start_recovers(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        pid = server.server_pid()
        assert pid is not None
        ask(server, "INSERT INTO kept VALUES (43)")
        kill(parent_of(pid))
        server.start()
        assert server.server_pid() != pid
        assert not is_alive(pid)
        assert ask(server, "SELECT sum(value) FROM kept") == "85"


def test_a_killed_keeper_leaves_no_orphan(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        pid = server.server_pid()
        assert pid is not None
        kill(parent_of(pid))
        wait_until_gone({pid})


def test_killing_keeper_and_server_at_once_is_recovered(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        pid = server.server_pid()
        assert pid is not None
        keeper = parent_of(pid)
        for victim in (keeper, pid):
            os.kill(victim, signal.SIGKILL)
        wait_until_gone({keeper, pid})
        server.start()
        assert ask(server, "SELECT value FROM kept") == "42"


@pytest.mark.skipif(
    sys.platform != "linux",
    reason="a process becomes the parent of orphans by prctl(PR_SET_CHILD_SUBREAPER), which is"
    " Linux's alone",
)
def test_zombies_that_nobody_reaps_do_not_block_the_start(folder: Path) -> None:
    with adopting_orphans(), EmbeddedPostgres(folder) as server:
        pid = server.server_pid()
        assert pid is not None
        keeper = parent_of(pid)
        for victim in (keeper, pid):
            kill(victim)
        server.start()
        assert ask(server, "SELECT value FROM kept") == "42"
        for zombie in (keeper, pid):
            assert os.waitpid(zombie, os.WNOHANG)[0] == zombie


def test_a_lock_file_that_names_a_stranger_does_not_block_the_start(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        noted = (server.layout.data / "postmaster.pid").read_text().splitlines()
    stranger = subprocess.Popen(
        ["sleep", "600"], **as_account(NOBODY if os.geteuid() == 0 else None)
    )
    noted[0] = str(stranger.pid)
    (server.layout.data / "postmaster.pid").write_text("\n".join(noted))
    (server.layout.socket / ".s.PGSQL.5432.lock").write_text("\n".join(noted))
    with server:
        assert ask(server, "SELECT value FROM kept") == "42"
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_signals_to_the_keeper_do_not_part_users_from_their_server(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        pid = server.server_pid()
        assert pid is not None
        for sent in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(parent_of(pid), sent)
        assert ask(server, "SELECT value FROM kept") == "42"
    assert not is_alive(pid)


@pytest.mark.long
def test_many_users_come_and_go_and_are_killed_and_nothing_is_left(
    folder: Path, user: UserMaker
) -> None:
    keepers: set[int] = set()
    for _ in range(4):
        users = [user(folder) for _ in range(17)]
        pids = {process.server_pid() for process in users}
        assert len(pids) == 1
        keepers |= {parent_of(pid) for pid in pids}
        for process in users[:5]:
            process.kill()
        for process in users[5:]:
            process.leave()
        wait_until_gone(pids)
    wait_until_gone(keepers)


@pytest.mark.long
def test_rapid_comings_and_goings_never_meet_a_server_that_is_stopping(folder: Path) -> None:
    for _ in range(40):
        leaving, coming = EmbeddedPostgres(folder), EmbeddedPostgres(folder)
        leaving.start()
        leaving._leave()
        with coming:
            assert ask(coming, "SELECT value FROM kept") == "42"


@pytest.mark.long
def test_what_was_committed_survives_every_kill(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        for number in range(20):
            ask(server, f"INSERT INTO kept VALUES ({number})")
            pid = server.server_pid()
            assert pid is not None
            kill(parent_of(pid) if number % 2 else pid)
            server.start()
            assert ask(server, "SELECT count(*) FROM kept") == str(number + 2)
