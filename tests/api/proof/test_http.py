"""Checkpoints and proofs over HTTP, and a witness that keeps what it was shown."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli.main import app
from api.proof.keeping import CheckpointFile
from api.proof.logs import EVENTS
from api.proof.notes import COSIGNATURE, Checkpoint, Signer, checkpoint_of, read_note, read_verifier
from api.proof.tree import is_consistent, is_included
from api.proof.witness import LogUnreachable, fetch_from, is_private
from tests.api.http.guests import Guests, assert_problem
from tests.api.proof.conftest import rows_of
from tests.api.proof.serving import NAME, SEED, sealed


def test_anybody_signed_in_fetches_checkpoint_and_keys(guests: Guests) -> None:
    size = sealed(guests)
    keys = guests.get("/v1/audit/key").json()
    for log in ("events", "access"):
        answer = guests.get("/v1/audit/checkpoint", log=log)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        note = read_note(answer.text)
        read_verifier(keys[log]).verify(note)
        assert checkpoint_of(note).origin == f"{NAME}/{log}"
    assert checkpoint_of(read_note(guests.get("/v1/audit/checkpoint").text)).size == size
    assert_problem(guests.client.get("/v1/audit/checkpoint"), 401, "not-signed-in")


def test_an_auditor_proves_that_an_event_is_in_the_log(guests: Guests) -> None:
    guests.register()
    size = sealed(guests)
    rows = rows_of(guests.service.database, EVENTS)
    told = guests.get("/v1/audit/proofs/inclusion", "wu", position=rows[3][0]).json()
    checkpoint = checkpoint_of(read_note(guests.get("/v1/audit/checkpoint").text))
    assert (told["size"], told["index"]) == (size, 3)
    assert b64decode(told["leaf_hash"]) == EVENTS.hash_of(rows[3])
    assert b64decode(told["root"]) == checkpoint.root
    path = [b64decode(step) for step in told["path"]]
    leaf = EVENTS.hash_of(rows[3])
    assert is_included(leaf, index=3, size=size, path=path, root_hash=checkpoint.root)
    earlier = guests.get("/v1/audit/proofs/inclusion", "wu", position=rows[3][0], size=4).json()
    assert earlier["size"] == 4


def test_who_may_not_see_the_audit_gets_no_inclusion_proof(guests: Guests) -> None:
    answer = guests.get("/v1/audit/proofs/inclusion", "li", position=1)
    assert_problem(answer, 403, "not-allowed")


def test_what_the_log_has_not_is_not_proved(guests: Guests) -> None:
    size = sealed(guests)
    inclusion, consistency = "/v1/audit/proofs/inclusion", "/v1/audit/proofs/consistency"
    assert_problem(guests.get(inclusion, "wu", position=10**9), 404, "not-found")
    assert_problem(guests.get(inclusion, "wu", position=5, size=2), 404, "not-found")
    assert_problem(guests.get(inclusion, "wu", position=5, size=size + 1), 422, "invalid")
    assert_problem(guests.get(inclusion, "wu", position=5, log="other"), 422, "invalid")
    assert_problem(guests.get(consistency, **{"from": 5, "to": size + 1}), 422, "invalid")
    assert_problem(guests.get(consistency, **{"from": 5, "to": 4}), 422, "invalid")


def test_anybody_signed_in_proves_that_the_log_only_grew(guests: Guests) -> None:
    size = sealed(guests)
    told = guests.get("/v1/audit/proofs/consistency", **{"from": 5}).json()
    assert (told["old"], told["new"]) == (5, size)
    path = [b64decode(step) for step in told["path"]]
    roots = {"old_root": b64decode(told["old_root"]), "new_root": b64decode(told["new_root"])}
    assert is_consistent(5, size, path=path, **roots)


def test_health_and_metrics_tell_how_far_the_seals_are(guests: Guests) -> None:
    size = sealed(guests)
    ready = guests.client.get("/health/ready").json()
    assert ready["seals"]["events"] == {"size": size, "lag": 0, "checkpoint": size, "problem": None}
    text = guests.get("/metrics").text
    assert f'tenure_seal_size{{log="events"}} {float(size)}' in text
    assert 'tenure_checkpoint_refused{log="access"} 0.0' in text


def test_a_fork_is_told_by_health_and_nothing_is_signed(
    guests: Guests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = sealed(guests)
    file = guests.service.checkpointer.signing.file(EVENTS)
    assert file is not None
    kept = file.path.read_bytes()
    forged = Checkpoint(f"{NAME}/events", size, bytes(32))
    with file.appending() as appending:
        appending.append(Signer(f"{NAME}/events", SEED).sign(forged.text()))
    try:
        ready = guests.client.get("/health/ready").json()
        assert ready["seals"]["events"]["problem"] == "fork"
        assert 'tenure_checkpoint_refused{log="events"} 1.0' in guests.get("/metrics").text
    finally:
        file.path.write_bytes(kept)


class Watching:
    """`tenure witness --once` against the served log."""

    def __init__(self, guests: Guests, folder: Path) -> None:
        self.guests = guests
        self.keep = folder / "events.kept"
        self.key = Signer(f"{NAME}/events", SEED).verifier.written()
        self.token = guests.tokens["li"]

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(
            app,
            [
                *("witness", "--log", str(self.guests.client.base_url)),
                *("--token", self.token, "--key", self.key, "--keep", str(self.keep), *words),
            ],
        )

    def look(self, *words: str, status: int = 0) -> dict[str, Any]:
        ran = self.run("--once", "--json", *words)
        assert ran.exit_code == status, ran.output + repr(ran.exception)
        said = ran.stdout if status == 0 else ran.stderr
        # The server of this process logs in between.
        return json.JSONDecoder().raw_decode(said, said.index("{"))[0]

    def sizes(self) -> list[int]:
        records = CheckpointFile(self.keep).records()
        return [kept.checkpoint.size for kept in records if kept.checkpoint is not None]


@pytest.fixture
def watching(guests: Guests, tmp_path: Path) -> Watching:
    return Watching(guests, tmp_path)


def test_a_witness_keeps_what_follows_and_cosigns_it(watching: Watching, tmp_path: Path) -> None:
    first = sealed(watching.guests)
    key = tmp_path / "cosign.key"
    key.write_text(SEED[::-1].hex())
    told = watching.look("--cosign-key", str(key), "--name", "auditor.example")
    assert (told["size"], told["first"]) == (first, True)
    assert not watching.look()["first"]
    watching.guests.register()
    second = sealed(watching.guests)
    told = watching.look("--cosign-key", str(key), "--name", "auditor.example")
    assert (told["size"], told["grown"]) == (second, second - first)
    assert watching.sizes() == [first, second]
    last = CheckpointFile(watching.keep).last()
    assert last is not None
    assert last.note is not None
    time = Signer("auditor.example", SEED[::-1], kind=COSIGNATURE).verifier.verify(last.note)
    assert time is not None
    assert time > 1_700_000_000


@pytest.mark.parametrize("change", ["root", "size"])
def test_a_witness_alarms_where_the_log_does_not_follow(watching: Watching, change: str) -> None:
    size = sealed(watching.guests)
    kept = Checkpoint(f"{NAME}/events", size - 3, bytes(32))
    if change == "size":
        kept = Checkpoint(f"{NAME}/events", size + 3, bytes(32))
    with CheckpointFile(watching.keep).appending() as appending:
        appending.append(Signer(f"{NAME}/events", SEED).sign(kept.text()))
    told = watching.look(status=1)
    assert told["error"] == "witness"
    assert ("shorter" if change == "size" else "not proved") in told["en"]
    assert watching.sizes() == [kept.size]


def test_a_witness_accepts_no_other_key(watching: Watching) -> None:
    sealed(watching.guests)
    watching.key = Signer(f"{NAME}/events", bytes(32)).verifier.written()
    assert "key" in watching.look(status=1)["en"]
    assert watching.sizes() == []


def test_a_log_that_does_not_answer_is_no_proof_of_anything(watching: Watching) -> None:
    watching.token = "tnr.li.nothing"
    told = watching.look(status=1)
    assert told["error"] == "unavailable"
    assert "401" in told["en"]
    watching.keep.write_text("edited\n\n— x AAAAAAAA\n\n")
    assert watching.look(status=1)["error"] == "witness"


def test_a_log_that_is_silent_for_too_long_is_an_alarm(watching: Watching) -> None:
    watching.token = "tnr.li.nothing"
    words = ("--every", "0.1", "--max-silence", "0.3")
    ran = watching.run(*words)
    assert ran.exit_code == 1
    assert "does not answer" in ran.stderr
    assert "has not answered for too long" in ran.stderr.splitlines()[-1]
    assert "401" in ran.stderr.splitlines()[-1]


def test_a_witness_gives_its_token_to_nobody_whom_it_is_sent_on_to(tmp_path: Path) -> None:
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            fetch = fetch_from(f"http://127.0.0.1:{server.server_port}", "tnr.li.secret")
            with pytest.raises(LogUnreachable, match="302"):
                fetch("/v1/audit/checkpoint", {"log": "events"})
        finally:
            server.shutdown()
            thread.join()
    assert asked == ["/v1/audit/checkpoint?log=events"]


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://tenure.example.cn", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.9", True),
        ("http://[::1]:8000", True),
        ("http://tenure.example.cn", False),
        ("http://127.0.0.1.example.cn", False),
        ("http://localhost@example.cn", False),
        ("HTTP://192.0.2.1", False),
    ],
)
def test_a_token_goes_in_the_clear_to_this_machine_alone(url: str, *, is_allowed: bool) -> None:
    assert is_private(url) is is_allowed


def test_plain_http_to_another_machine_must_be_asked_for(tmp_path: Path) -> None:
    key = Signer(f"{NAME}/events", SEED).verifier.written()
    words = ["witness", "--once", "--json", "--log", "HTTP://nobody.invalid", "--token", "t"]
    words += ["--key", key, "--keep", str(tmp_path / "kept")]
    ran = CliRunner().invoke(app, words)
    assert ran.exit_code == 2
    assert "--plain-http" in json.loads(ran.stderr)["en"]
