"""Notes and checkpoints: the known answers of C2SP and of Go's sumdb, and what is refused."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.proof.notes import (
    COSIGNATURE,
    Checkpoint,
    Note,
    NoteMalformed,
    NoteUntrusted,
    Signer,
    Verifier,
    checkpoint_of,
    read_note,
    read_verifier,
)

# The example of Go's golang.org/x/mod/sumdb/note, with which C2SP's signed-note is compatible.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotp\
RZb6KE6RyyBwJnAM=
"""
# The examples of C2SP's signed-note and tlog-checkpoint, which come without keys.
C2SP_NOTE = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW\
9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""
C2SP_CHECKPOINT = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoR\
De4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX\
3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
SEED = bytes(range(32))


def test_a_note_of_another_implementation_verifies_and_is_written_the_same() -> None:
    note = read_note(GO_NOTE)
    verifier = read_verifier(GO_KEY)
    verifier.verify(note)
    assert note.written() == GO_NOTE
    assert verifier.written() == GO_KEY
    with pytest.raises(NoteUntrusted, match="forged"):
        verifier.verify(Note(note.text.replace("your", "my"), note.signatures))


def test_the_text_of_a_note_may_hold_empty_lines() -> None:
    note = read_note(C2SP_NOTE)
    assert note.text.endswith("\n\ned è subito sera.\n")
    assert note.signatures[0].key_id.hex() == "367ba04b"
    assert note.written() == C2SP_NOTE


def test_a_checkpoint_says_origin_size_and_root() -> None:
    note = read_note(C2SP_CHECKPOINT)
    checkpoint = checkpoint_of(note)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == note.text
    assert [one.name for one in note.signatures] == [
        "example.com/behind-the-sofa",
        "witness.example.com/w1",
    ]


def test_a_cosignature_dates_what_it_signs() -> None:
    log, witness = Signer("tenure/events", SEED), Signer("auditor", SEED[::-1], kind=COSIGNATURE)
    note = log.sign(Checkpoint("tenure/events", 7, bytes(32)).text())
    cosigned = read_note(witness.cosign(note, time=1_700_000_000).written())
    assert log.verifier.verify(cosigned) is None
    assert witness.verifier.verify(cosigned) == 1_700_000_000
    with pytest.raises(NoteUntrusted, match="not signed by auditor"):
        witness.verifier.verify(note)
    plain = Verifier("auditor", COSIGNATURE, log.verifier.key)
    with pytest.raises(NoteUntrusted):
        plain.verify(cosigned)


@given(st.binary(min_size=32, max_size=32), st.text("abcü./-", min_size=1))
def test_keys_and_notes_are_read_as_they_were_written(seed: bytes, name: str) -> None:
    signer = Signer(name, seed)
    note = signer.sign("一\n二\n")
    assert read_note(note.written()) == note
    assert read_verifier(signer.verifier.written()) == signer.verifier
    signer.verifier.verify(note)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name AAAA\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n— AAAAAAAA\n",
        "text\n\n— na+me AAAAAAAA\n",
        "text\n\n— name AAAAAAAA",
        "text\n\n— name AAAAAAA\n",
        "text\n\n— name AAAAAAB=\n",
        "te\txt\n\n— name AAAAAAAA\n",
        "text\n\n" + "— name AAAAAAAA\n" * 65,
    ],
)
def test_what_is_no_note_is_refused(written: str) -> None:
    with pytest.raises(NoteMalformed):
        read_note(written)


@pytest.mark.parametrize(
    "text",
    [
        "origin\n7\n",
        "origin\n7\nAAAA\n",
        f"origin\n07\n{b64encode(bytes(32)).decode()}\n",
        f"origin\n-7\n{b64encode(bytes(32)).decode()}\n",
        f"\n7\n{b64encode(bytes(32)).decode()}\n",
        f"origin\n7\n{b64encode(bytes(32)).decode()}\n\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteMalformed):
        checkpoint_of(Note(text, ()))


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "PeterNeumann",
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("PeterNeumann", "Peter Neumann"),
        GO_KEY[:-4],
        "name+00000000+" + b64encode(b"\x02" + bytes(32)).decode(),
    ],
)
def test_what_is_no_key_is_refused(vkey: str) -> None:
    with pytest.raises(NoteMalformed):
        read_verifier(vkey)


def test_a_text_that_cannot_be_a_note_is_not_signed() -> None:
    for text in ("no newline", "tab\t\n", ""):
        with pytest.raises(NoteMalformed):
            Signer("name", SEED).sign(text)
