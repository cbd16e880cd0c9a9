"""Rules of the first hour: from an empty folder to a claimed customer, by command line and HTTP."""

from __future__ import annotations

import json
import re
import socket
import stat
from pathlib import Path

import pytest

from tests.end_to_end.installed import House, claim, register
from tests.waiting import wait_until


def test_from_an_empty_folder_to_a_claimed_customer(empty_house: House) -> None:
    name = ("--name", "李娜", "--role", "seller", "--role", "reviewer", "--department", "一部")
    assert "李娜" in empty_house.run("member", "add", "li", *name).stdout
    seller = empty_house.run("token", "li", "--expires", "90d").stdout.split()[-1]
    rival = empty_house.token("chen", "seller")
    with empty_house.serving() as server, server.client(seller) as client:
        customer_id = register(client, 1)
        won = client.post(f"/v1/customers/{customer_id}/claim", json=claim())
        assert won.status_code in (200, 201), won.text
        assert won.json()["holder"] == "li"
        with server.client(rival) as other:
            lost = other.post(f"/v1/customers/{customer_id}/claim", json=claim())
        assert lost.status_code == 409
        assert lost.json()["holder"] == "li"
        held = client.get(f"/v1/customers/{customer_id}/holder")
        assert (held.json()["holder"], held.json()["stage"]) == ("li", "waiting")


def test_a_server_that_is_stopped_ends_well_and_takes_its_database_along(house: House) -> None:
    with house.serving() as server:
        postmaster = int(
            (house.data / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
        )
        assert server.stop() == 0
        assert not Path(f"/proc/{postmaster}").exists()


def test_a_request_that_has_begun_is_answered_before_the_server_ends(house: House) -> None:
    token = house.token("li", "seller")
    with house.serving() as server, server.client() as client:
        host, port = server.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as waiting:
            # No view will ever be so far: the answer comes when the wait for it is over.
            waiting.sendall(
                f"GET /v1/pool HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
                "Tenure-Min-Position: 1000000\r\nConnection: close\r\n\r\n".encode()
            )
            assert client.get("/health/live").status_code == 200
            assert server.stop() == 0
            assert waiting.recv(1000).split()[1] == b"503"


def test_commands_join_the_server_of_a_running_service(house: House) -> None:
    with house.serving() as server:
        token = house.token("li", "seller")
        with server.client(token) as client:
            assert client.get("/v1/agenda").status_code == 200


def test_keys_are_made_beside_the_data_for_the_owner_alone(house: House) -> None:
    house.run("member", "list")
    keys = list((house.data / "keys").iterdir())
    assert len(keys) == 2
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_several_processes_serve_one_address_on_one_database(house: House) -> None:
    token = house.token("li", "seller")
    with house.serving("--workers", "2") as server, server.client(token) as client:
        customer_id = register(client, 1)
        # The worker beside them follows, whichever process took the command.
        wait_until(
            lambda: client.get(f"/v1/customers/{customer_id}").status_code == 200,
            what="the card",
        )
        assert server.stop() == 0, server.errors


def test_a_port_that_is_taken_is_told_at_once(empty_house: House) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = empty_house.run("serve", "--port", port, status=2)
    assert port in done.stderr
    assert not empty_house.data.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--port", "70000"),
        ("serve", "--workers", "0"),
        ("token",),
        ("nonsense",),
        ("token", "li", "--expires", "soon"),
        ("member", "list", "--database", "postgresql:///x", "--data", "y"),
        ("import", "nowhere.csv"),
    ],
)
def test_wrong_usage_is_status_two_and_makes_nothing(
    empty_house: House, words: tuple[str, ...]
) -> None:
    done = empty_house.run(*words, status=2)
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert not empty_house.data.exists()


def test_an_error_speaks_chinese_and_english_and_is_json_if_asked(open_house: House) -> None:
    refused = open_house.run("token", "nobody", status=1)
    assert "错误" in refused.stderr
    assert "Error" in refused.stderr
    assert refused.stdout == ""
    told = json.loads(open_house.run("--json", "token", "nobody", status=1).stderr)
    assert told["error"] == "not-found"
    assert told["zh"]
    assert told["en"]


def test_members_and_tokens_on_the_command_line(open_house: House) -> None:
    open_house.token("li", "seller", "reviewer")
    open_house.run("member", "change", "li", "--role", "manager", "--department", "二部")
    [console, member] = open_house.json("member", "list")["items"]
    assert console["member"] == "console"
    assert member == {"member": "li", "name": "li", "roles": ["manager"], "department": "二部"}
    issued = open_house.json("token", "li", "--expires", "90d")
    assert re.fullmatch(r"tnr\.li\.[\w-]{43}", issued["token"])
    assert issued["expires_at"]
    assert open_house.run("token", "li").stdout.split()[-1].startswith("tnr.li.")
    again = ("member", "add", "li", "--name", "x", "--role", "seller", "--department", "y")
    assert "已被使用" in open_house.run(*again, status=1).stderr


def test_the_version_and_the_help_need_no_database(empty_house: House) -> None:
    assert empty_house.run("--version").stdout.startswith("tenure ")
    for command in ("serve", "import", "doctor", "psql", "member"):
        assert empty_house.run(command, "--help").stdout
    assert not empty_house.data.exists()


def test_processes_of_a_killed_service_leave_its_port(house: House) -> None:
    with house.serving("--workers", "2") as server:
        port = int(server.address.rpartition(":")[2])
        server.process.kill()
        server.process.wait()
        wait_until(lambda: _is_free(port), seconds_max=30, what="the port")


def test_an_auditor_reads_the_log_and_changes_nothing(open_house: House) -> None:
    open_house.token("li", "seller")
    query = "SELECT DISTINCT topic FROM tenure.event_log"
    assert "member.joined" in open_house.run("psql", "--", "-A", "-t", "-c", query).stdout.split()
    for forbidden in (
        "DELETE FROM tenure.events",
        "SET default_transaction_read_only = off; DELETE FROM tenure.events",
        "SELECT * FROM tenure_keys.subject_keys",
    ):
        assert "ERROR" in open_house.run("psql", "--", "-c", forbidden, status=1).stderr
    done = open_house.run("psql", "--owner", "--", "-c", "DELETE FROM tenure.events", status=1)
    assert "never changed" in done.stderr


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_departments_are_drawn_as_a_tree_from_the_console(open_house: House) -> None:
    assert "销售部" in open_house.run("department", "place", "一部", "--under", "销售部").stdout
    told = open_house.json("department", "place", "销售部", "--under", "公司")
    assert (told["name"], told["parent"]) == ("销售部", "公司")
    items = open_house.json("department", "list")["items"]
    assert [one["name"] for one in items] == ["公司", "销售部", "一部"]
    assert "一部" in open_house.run("department", "list").stdout
    done = open_house.run("department", "place", "公司", "--under", "一部", status=1)
    assert "parent" in done.stderr
