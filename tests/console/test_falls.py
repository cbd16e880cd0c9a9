"""Pictures of the rules' pages: pure functions of told values, small, and safe against any text."""

from datetime import date, timedelta
from typing import Any

from api.console.falls import falls, stretches
from api.console.terms_picture import terms_picture

HOSTILE = '"><script>alert(1)</script>'
WORDS = {"title": HOSTILE, "fell": HOSTILE, "would": "would"}
FIRST = date(2026, 3, 2)


def counted(days: int) -> list[dict[str, Any]]:
    return [
        {"day": FIRST + timedelta(days=day), "fell": day, "would_have_fallen": day % 3}
        for day in range(days)
    ]


def test_every_fall_is_in_a_bar_and_a_long_time_is_drawn_by_weeks() -> None:
    for days in (1, 30, 70, 71, 366):
        found = stretches(counted(days), FIRST, FIRST + timedelta(days=days - 1))
        assert sum(one.fell for one in found) == sum(range(days))
        assert sum(one.would_have_fallen for one in found) == sum(day % 3 for day in range(days))
        assert {one.days for one in found} == {1 if days <= 70 else 7}
        drawn = falls(found, WORDS)
        assert len(drawn) < 22_000
        assert "<script" not in drawn


def test_days_without_falls_are_there_and_empty() -> None:
    drawn = falls(stretches([], FIRST, FIRST + timedelta(days=6)), WORDS)
    assert "<rect" not in drawn
    assert "03-02" in drawn


def test_the_terms_are_drawn_whatever_their_values() -> None:
    for days, extensions, bar in ((30, 1, 3), (1, 0, 0), (3650, 100, 3650)):
        values: dict[str, Any] = {"bar.days": bar}
        for stage in ("potential", "intent"):
            values |= {f"{stage}.days": days, f"{stage}.extensions": extensions}
            values[f"{stage}.extension_days_max"] = days
        words = {
            "title": "t",
            "potential": HOSTILE,
            "intent": "i",
            "bar": "b",
            "days": "{number} d",
        }
        drawn = terms_picture(values, words)
        assert "<script" not in drawn
        assert f"{days} d" in drawn
        assert len(drawn) < 8_000
