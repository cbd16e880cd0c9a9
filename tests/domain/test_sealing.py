"""Sealed fields: they open with their own key, in their own place, and nowhere else."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Sealed
from domain.sealing import SealBroken, Sealer
from domain.unique_ids import uuid7
from tests.domain.stories import MICROSECOND, MONDAY


def counting() -> Sealer:
    """A sealer whose random bytes are a count, so that a failure repeats."""
    state = [0]

    def random(length: int) -> bytes:
        state[0] += 1
        return state[0].to_bytes(length, "big")

    return Sealer(b"k" * 32, b"h" * 32, random=random)


PLACE = {"stream": uuid4(), "topic": "customer.claimed", "field": "contact.1.phone"}


@given(st.text())
def test_a_sealed_text_opens_in_its_place(text: str) -> None:
    sealer, subject = counting(), uuid4()
    bare, wrapped = sealer.new_key(subject)
    sealed = sealer.seal(bare, text, subject=subject, **PLACE)
    assert sealer.unseal(sealer.unwrap(subject, wrapped), sealed, **PLACE) == text
    assert len(text) < 4 or text not in sealed.box


@pytest.mark.parametrize(
    "moved", [{"stream": uuid4()}, {"topic": "customer.registered"}, {"field": "phone"}]
)
def test_a_sealed_text_moved_to_another_place_does_not_open(moved) -> None:
    sealer, subject = counting(), uuid4()
    bare, _ = sealer.new_key(subject)
    sealed = sealer.seal(bare, "13800138000", subject=subject, **PLACE)
    with pytest.raises(SealBroken):
        sealer.unseal(bare, sealed, **{**PLACE, **moved})


def test_another_subjects_key_opens_nothing() -> None:
    sealer, subject, other = counting(), uuid4(), uuid4()
    bare, wrapped = sealer.new_key(subject)
    strange, _ = sealer.new_key(other)
    sealed = sealer.seal(bare, "张伟", subject=subject, **PLACE)
    with pytest.raises(SealBroken):
        sealer.unseal(strange, sealed, **PLACE)
    with pytest.raises(SealBroken):
        sealer.unwrap(other, wrapped)


def test_altered_bytes_do_not_open() -> None:
    sealer, subject = counting(), uuid4()
    bare, _ = sealer.new_key(subject)
    sealed = sealer.seal(bare, "张伟", subject=subject, **PLACE)
    altered = Sealed(subject, sealed.box[:-4] + "AAA=")
    with pytest.raises(SealBroken):
        sealer.unseal(bare, altered, **PLACE)


def test_equal_values_of_one_kind_have_equal_hashes_under_one_key_alone() -> None:
    one, other = counting(), Sealer(b"k" * 32, b"i" * 32, random=lambda n: b"\0" * n)
    assert one.keyed_hash("phone", "1") == one.keyed_hash("phone", "1")
    assert one.keyed_hash("phone", "1") != one.keyed_hash("name", "1")
    assert one.keyed_hash("phone", "1") != other.keyed_hash("phone", "1")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(b"k" * length, b"h" * 32, random=lambda n: b"\0" * n)


def test_ids_sort_by_time_and_are_version_7() -> None:
    early = uuid7(MONDAY, lambda n: b"\xff" * n)
    late = uuid7(MONDAY + 1000 * MICROSECOND, lambda n: b"\0" * n)
    assert early.version == late.version == 7
    assert early.variant == "specified in RFC 4122"
    assert early < late
