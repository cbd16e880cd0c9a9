"""The stream of adopted versions: new texts are complete, older ones read for ever."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import Invalid
from domain.events import rulebook as events
from domain.rulebook import RulebookStream, default_text
from domain.rulebook_text import parse
from tests.domain.stories import DAY, MONDAY

FIRST_RELEASE = Path(__file__).with_name("rulebook_of_the_first_release.toml").read_text("utf-8")


def stream_of_the_first_release() -> RulebookStream:
    """What the log of a first installation folds to."""
    stream = RulebookStream._create(
        events.RulebookOpened, id=RulebookStream.the_id(), timestamp=MONDAY, actor="system"
    )
    stream.trigger_event(
        events.VersionAdopted,
        timestamp=MONDAY,
        actor="system",
        version="2026-1",
        toml=FIRST_RELEASE,
        effective_from=MONDAY,
        reason="the rules of a new log",
    )
    return stream


def adopted(stream: RulebookStream, toml: str) -> None:
    stream.adopt(
        toml.replace('"2026-1"', '"2026-2"'),
        effective_from=MONDAY + 2 * DAY,
        reason="试行",
        actor="ma",
        at=MONDAY + DAY,
    )


def test_a_version_of_the_first_release_decides_with_todays_defaults() -> None:
    stream = stream_of_the_first_release()
    assert stream.in_force(MONDAY) == stream.rules_of("2026-1") == parse(default_text())


def test_a_new_version_states_every_value_also_those_that_an_older_one_lacks() -> None:
    stream = stream_of_the_first_release()
    with pytest.raises(Invalid) as caught:
        adopted(stream, FIRST_RELEASE)
    problems = {problem.field: problem for problem in caught.value.problems}
    assert "toml.applications.decided_by" in problems
    assert 'the default is ["manager", "director"]' in problems["toml.applications.decided_by"].en
    adopted(stream, default_text())
    assert stream.in_force(MONDAY + 2 * DAY - timedelta(microseconds=1)).version == "2026-1"
    assert stream.in_force(MONDAY + 2 * DAY).version == "2026-2"
