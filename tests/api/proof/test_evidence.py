"""Evidence convinces somebody who has Python and nothing of ours, and only while untouched."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.proof.evidence import checking
from api.proof.evidence.proving import Broken
from api.proof.notes import Signer, checkpoint_of, read_note
from tests.api.http.guests import Guests, assert_problem
from tests.api.proof.serving import NAME, SEED, sealed

KEY = Signer(f"{NAME}/events", SEED).verifier.written()


@dataclass
class Evidence:
    """A customer, the zip, and what is in it."""

    customer: str
    content: bytes

    @property
    def files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def made(guests: Guests, customer: str, **body: Any) -> Evidence:
    answer = guests.post(f"/v1/customers/{customer}/evidence", body, "wu")
    assert answer.status_code == 200, answer.status_code
    assert answer.headers["content-type"] == "application/zip"
    return Evidence(customer, answer.content)


@pytest.fixture(scope="module")
def evidence(guests: Guests) -> Evidence:
    """Of a customer with a life, of which a rival was refused, made after a first checkpoint."""
    sealed(guests)
    earlier = guests.get("/v1/audit/checkpoint").text
    customer = guests.intent()
    guests.claim(customer, "chen")
    sealed(guests)
    # Refusals are found by the audit's index, which follows the log.
    settled = guests.service.application.recorder.settled_position()
    guests.service.engine.wait_for(["audit"], settled, 30)
    return made(guests, customer, from_checkpoint=earlier)


def verified(files: dict[str, bytes], key: str | None = None) -> list[str]:
    return list(checking.verify(files, key))


def test_a_bare_python_in_an_empty_folder_verifies_it(evidence: Evidence, tmp_path: Path) -> None:
    for name, content in evidence.files.items():
        path = tmp_path / "bundle" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "whole.zip").write_bytes(evidence.content)
    script = str(tmp_path / "bundle" / "verify.py")
    for words in ((), ("--key", KEY), (str(tmp_path / "whole.zip"),)):
        done = subprocess.run(
            [sys.executable, "-I", script, *words],
            cwd=tmp_path,
            env={"PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "VERIFIED" in done.stdout
        assert "earlier checkpoint" in done.stdout
        assert " li " in done.stdout
    (tmp_path / "bundle" / "timeline.json").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-I", script], cwd=tmp_path, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert b"timeline.json" in done.stderr


def test_it_holds_the_stream_the_refusals_and_the_rules(guests: Guests, evidence: Evidence) -> None:
    files = evidence.files
    events = [json.loads(line) for line in files["events.ndjson"].splitlines()]
    own = [event for event in events if event["stream"] == evidence.customer]
    told = [topic for topic in guests.topics(evidence.customer) if topic != "refusal.recorded"]
    assert [event["topic"] for event in own] == told
    topics = {event["topic"] for event in events}
    assert {"refusal.recorded", "rulebook.version_adopted"} <= topics
    assert any(name.startswith("rulebooks/") for name in files)
    assert {f"proofs/{event['position']}.tlog-proof" for event in events} == {
        name for name in files if name.startswith("proofs/")
    }
    timeline = json.loads(files["timeline.json"])
    assert [tenure["stage"] for tenure in timeline["tenures"]] == ["waiting", "potential", "intent"]
    page = files["timeline.html"].decode()
    assert "<svg" in page
    assert "<script" not in page
    assert b"13800138000" not in b"".join(files.values())


def test_the_same_seal_makes_the_same_bytes(guests: Guests, evidence: Evidence) -> None:
    one = made(guests, evidence.customer)
    assert made(guests, evidence.customer).content == one.content


def tampered(evidence: Evidence) -> list[tuple[str, dict[str, bytes]]]:
    """Every file with bytes of every kind changed, gone, or another's: what, and the files."""
    found = []
    for name, content in evidence.files.items():
        places = {0, len(content) // 3, len(content) // 2, len(content) - 2}
        for at in sorted(places):
            changed = bytearray(content)
            changed[at] ^= 1
            found.append((name, {**evidence.files, name: bytes(changed)}))
        for other in (content[:-20], content + b"x", b""):
            found.append((name, {**evidence.files, name: other}))
        rest = dict(evidence.files)
        del rest[name]
        found.append((name, rest))
    return found


def test_whatever_is_changed_in_it_is_found_and_named(evidence: Evidence) -> None:
    unfound = []
    for name, files in tampered(evidence):
        try:
            verified(files)
        except Broken as broken:
            place = str(broken)
            known = (name, "the key", "events.ndjson", "checkpoint.txt", "proofs/", "earlier.txt")
            assert place.startswith(known), (name, place)
        else:
            unfound.append(name)
    assert unfound == []


def test_an_event_with_another_state_is_named_by_its_position(evidence: Evidence) -> None:
    lines = evidence.files["events.ndjson"].splitlines()
    event = json.loads(lines[3])
    state = json.loads(b64decode(event["state"]))
    event["state"] = b64encode(json.dumps(state | {"actor": "thief"}).encode()).decode()
    lines[3] = json.dumps(event).encode()
    with pytest.raises(Broken, match=f"line 4: position {event['position']} is not in the log"):
        verified({**evidence.files, "events.ndjson": b"\n".join(lines)})


def test_an_event_that_was_left_out_is_missed(evidence: Evidence) -> None:
    lines = evidence.files["events.ndjson"].splitlines()
    rest = [line for line in lines if json.loads(line)["topic"] != "customer.review_passed"]
    with pytest.raises(Broken):
        verified({**evidence.files, "events.ndjson": b"\n".join(rest)})


def test_a_timeline_that_claims_something_else_is_refused_also_when_it_is_signed(
    evidence: Evidence,
) -> None:
    claim = json.loads(evidence.files["timeline.json"])
    claim["tenures"][1]["holder"] = "thief"
    files = {**evidence.files, "timeline.json": json.dumps(claim).encode()}
    events = [json.loads(line) for line in files["events.ndjson"].splitlines()]
    with pytest.raises(Broken, match="tenure 2: holder is claimed to be thief"):
        checking.verify_timeline(files, events, evidence.customer)


def test_a_bundle_that_another_key_signed_whole_fails_under_the_known_key(
    evidence: Evidence,
) -> None:
    with pytest.raises(Broken, match="not signed by"):
        verified(evidence.files, Signer(f"{NAME}/events", bytes(32)).verifier.written())
    assert verified(evidence.files, KEY)


def test_who_may_not_and_what_is_not_there(guests: Guests, evidence: Evidence) -> None:
    path = f"/v1/customers/{evidence.customer}/evidence"
    assert_problem(guests.post(path, {}, "li"), 403, "not-allowed")
    assert_problem(guests.post(path, {"dispute": 9}, "wu"), 404, "not-found")
    nobody = "/v1/customers/0198f2a4-7c3e-7b61-9d52-3f0a8e6c1b47/evidence"
    assert_problem(guests.post(nobody, {}, "wu"), 404, "not-found")
    for wrong in (
        "rubbish",
        evidence.files["checkpoint.txt"].decode().replace("events\n", "events\n9", 1),
    ):
        answer = guests.post(path, {"from_checkpoint": wrong}, "wu")
        assert_problem(answer, 422, "invalid")


@pytest.mark.clause("S0-25", "S4-36")
def test_making_it_is_kept_in_the_access_log(guests: Guests, evidence: Evidence) -> None:
    made(guests, evidence.customer)
    with guests.service.database.autocommit() as cursor:
        cursor.execute(
            "SELECT member, state FROM access.entries WHERE kind = 'exported'"
            " ORDER BY position DESC LIMIT 1"
        )
        member, state = cursor.fetchone()
    told = json.loads(state)
    assert (member, told["right"]) == ("wu", "make-evidence")
    assert told["facts"]["view"] == "evidence"


def test_the_checkpoint_in_it_is_one_that_the_folder_keeps(
    guests: Guests, evidence: Evidence
) -> None:
    note = read_note(evidence.files["checkpoint.txt"].decode())
    folder = guests.service.checkpointer.signing.folder
    assert folder is not None
    assert note.text in (folder / "events.checkpoints").read_text()
    assert checkpoint_of(note).origin == f"{NAME}/events"


def test_the_command_line_writes_the_same_bundle(
    guests: Guests, evidence: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in guests.service.settings.environment().items():
        monkeypatch.setenv(name, value)
    checkpoint = tmp_path / "earlier"
    checkpoint.write_bytes(evidence.files["earlier.txt"] + b"\n")
    out = tmp_path / "evidence.zip"
    words = ["evidence", evidence.customer, "--out", str(out), "--json"]
    ran = CliRunner().invoke(app, [*words, "--from-checkpoint", str(checkpoint)])
    assert ran.exit_code == 0, ran.output
    files = Evidence(evidence.customer, out.read_bytes()).files
    assert verified(files, KEY)
    assert files["events.ndjson"] == evidence.files["events.ndjson"]
    # Nothing is written over.
    assert CliRunner().invoke(app, words).exit_code == 1


def test_a_bundle_from_before_an_erasure_verifies_after_it(guests: Guests, tmp_path: Path) -> None:
    customer = guests.potential()
    sealed(guests)
    before = made(guests, customer)
    asked = {"ground": "consent-withdrawn", "reason": "本人要求删除，身份已核实"}
    contact = guests.get(f"/v1/customers/{customer}").json()["contacts"][0]["id"]
    for path, body, member in (("erase", asked, "zhao"), ("erase/confirm", {}, "shen")):
        answer = guests.post(f"/v1/subjects/{contact}/{path}", body, member)
        assert answer.status_code == 200, answer.text
    sealed(guests)
    assert verified(before.files, KEY)

    # What was hashed is the ciphertext, so the log goes on from there with the same bytes.
    checkpoint = before.files["checkpoint.txt"].decode()
    after = made(guests, customer, from_checkpoint=checkpoint)
    assert any("earlier checkpoint" in line for line in verified(after.files, KEY))
    events = after.files["events.ndjson"].splitlines()
    own = before.files["events.ndjson"].splitlines()
    assert set(own) < set(events)
    assert b"customer.data_erased" in after.files["events.ndjson"]
