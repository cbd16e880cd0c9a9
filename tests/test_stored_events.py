"""Events are for ever: every version of every class that was ever stored still reads."""

from dataclasses import MISSING, fields

import pytest

import domain.application  # noqa: F401 - makes every topic known
from domain.words import describe
from tests.event_catalogue import event_classes
from tests.stored_events import Sample, samples

EVERY_SAMPLE = [
    pytest.param(sample, id=f"{sample.topic}.v{sample.class_version}") for sample in samples()
]


def test_every_version_of_every_event_class_has_a_stored_sample() -> None:
    wanted = {
        (topic, version)
        for topic, kind in event_classes().items()
        for version in range(1, getattr(kind, "class_version", 1) + 1)
    }
    assert {(sample.topic, sample.class_version) for sample in samples()} == wanted


@pytest.mark.parametrize("sample", EVERY_SAMPLE)
def test_a_stored_event_still_reads(sample: Sample) -> None:
    event = sample.event()
    assert event.originator_id == sample.stream
    assert event.originator_version == sample.version


@pytest.mark.parametrize("sample", EVERY_SAMPLE)
def test_an_event_of_the_present_version_is_stored_as_it_was_read(sample: Sample) -> None:
    kind = event_classes()[sample.topic]
    if sample.class_version == getattr(kind, "class_version", 1):
        again = sample.stored_again()
        optional = {one.name for one in fields(kind) if one.default is not MISSING}
        assert again.keys() - sample.state.keys() <= optional  # A field that came later.
        assert {name: again[name] for name in sample.state} == sample.state


@pytest.mark.parametrize("sample", EVERY_SAMPLE)
def test_a_stored_event_can_be_told_in_both_languages(sample: Sample) -> None:
    words = describe(sample.event())
    assert words.zh
    assert words.en
