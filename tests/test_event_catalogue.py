"""docs/events.md tells what the event classes are."""

from pathlib import Path

from tests.event_catalogue import catalogue

PAGE = Path(__file__).parent.parent / "docs" / "events.md"


def test_the_event_catalogue_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == catalogue(), "run `make docs`"
