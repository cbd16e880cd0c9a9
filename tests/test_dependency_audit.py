"""`make audit` says what is known of the pinned packages, or clearly that it could not ask."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.dependency_audit import PINS, pins_of

ROOT = PINS.parent
CLOSED = "http://127.0.0.1:1"


@contextmanager
def database(known: dict[str, list[str]], *, is_garbled: bool = False) -> Iterator[str]:
    """A database of vulnerabilities on a free port, which answers as OSV does."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            queries = json.loads(self.rfile.read(length))["queries"]
            results: list[Any] = []
            for query in queries:
                ids = known.get(query["package"]["name"], [])
                results.append({"vulns": [{"id": one} for one in ids]} if ids else {})
            body = b"<html>" if is_garbled else json.dumps({"results": results}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answering)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def audited(address: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.dependency_audit"],
        cwd=ROOT,
        env={"TENURE_AUDIT_DATABASE": address, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_every_package_is_pinned_to_one_version_and_asked_about() -> None:
    pins = dict(pins_of(PINS.read_text("utf-8")))
    lines = [line for line in PINS.read_text("utf-8").splitlines() if line.strip()]
    named = [line for line in lines if not line.lstrip().startswith("#")]
    assert len(pins) == len(named)
    assert {"fastapi", "uvicorn", "cryptography"} <= set(pins)


def test_what_is_known_is_named_with_status_1() -> None:
    with database({"uvicorn": ["GHSA-xxxx-yyyy-zzzz", "PYSEC-2026-1"]}) as address:
        told = audited(address)
    assert told.returncode == 1
    assert "GHSA-xxxx-yyyy-zzzz, PYSEC-2026-1" in told.stdout


def test_nothing_known_is_status_0() -> None:
    with database({}) as address:
        told = audited(address)
    assert (told.returncode, told.stdout[:4]) == (0, "0 of")


@pytest.mark.parametrize("address", [CLOSED, "ftp://example.org"])
def test_a_database_that_cannot_be_asked_is_said_and_is_no_clean_bill(address: str) -> None:
    told = audited(address)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr


def test_an_answer_that_is_none_is_no_clean_bill() -> None:
    with database({}, is_garbled=True) as address:
        told = audited(address)
    assert told.returncode == 2
    assert "NOT audited" in told.stderr
