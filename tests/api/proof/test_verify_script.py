"""A bundle's verify.py: its own fold of tenures and its own Ed25519 say what ours say."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from eventsourcing.persistence import JSONTranscoder
from hypothesis import given, settings
from hypothesis import strategies as st

from api.proof.evidence import proving
from api.proof.evidence.bundle import _json, _told
from api.proof.evidence.script import script
from api.proof.evidence.tenures import tenures_of
from domain.replay import History, PastEvent
from eventstore.mapper import Mapper
from tests.projections.lives import START, thorough_log

ORDER = proving.ORDER


def test_the_script_is_one_file_that_imports_the_standard_library_alone() -> None:
    text = script()
    compile(text, "verify.py", "exec")
    assert "api." not in text
    imported = {
        line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))
    }
    assert imported == {
        *("__future__", "argparse", "base64", "datetime", "hashlib", "json"),
        *("pathlib", "sys", "uuid", "zipfile"),
    }


@pytest.mark.parametrize("count", [400, 1500])
def test_its_tenures_are_those_of_the_domain_on_every_kind_of_life(count: int) -> None:
    mapper: Mapper[UUID] = Mapper(JSONTranscoder())
    lives: dict[UUID, list[PastEvent]] = defaultdict(list)
    told: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for entry in thorough_log(count):
        event = entry.event
        if not event.TOPIC.startswith("customer."):
            continue
        stored = mapper.to_stored_event(event)
        lives[event.originator_id].append(PastEvent(entry.position, START, event))
        told[event.originator_id].append(
            {
                "stream": str(event.originator_id),
                "version": event.originator_version,
                "topic": stored.topic,
                "state": b64encode(stored.state).decode(),
            }
        )
    assert len(lives) >= 12
    topics = {event["topic"] for events in told.values() for event in events}
    assert len(topics) > 28
    for customer, events in lives.items():
        intervals = History(customer, START, tuple(events)).intervals()
        expected = json.loads(_json({"tenures": [_told(one) for one in intervals]}))["tenures"]
        assert tenures_of(told[customer], str(customer)) == expected


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 63))
def test_its_ed25519_says_what_cryptography_says(seed: bytes, message: bytes, at: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert proving.is_signed(key, message, signature)
    assert not proving.is_signed(key, message + b"x", signature)
    changed = bytearray(signature)
    changed[at] ^= 1
    assert proving.is_signed(key, message, bytes(changed)) == theirs(key, message, bytes(changed))


def theirs(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_its_ed25519_refuses_what_is_no_signature() -> None:
    private = Ed25519PrivateKey.generate()
    key, signature = private.public_key().public_bytes_raw(), private.sign(b"m")
    s = int.from_bytes(signature[32:], "little") + ORDER
    malleable = signature[:32] + s.to_bytes(32, "little")
    for one in (malleable, signature[:63], signature + b"x", b"", bytes(64)):
        assert not proving.is_signed(key, b"m", one)
    for other in (b"", b"\xff" * 32, os.urandom(31)):
        assert not proving.is_signed(other, b"m", signature)


def test_its_ed25519_knows_the_answers_of_rfc_8032() -> None:
    for key, message, signature in (
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ):
        assert proving.is_signed(*(bytes.fromhex(text) for text in (key, message, signature)))
