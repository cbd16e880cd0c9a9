"""A rulebook that is written as text reads as the same rules."""

from typing import Any

import pytest

from domain.rulebook import default_text
from domain.rulebook_text import changed, parse
from domain.rulebook_writing import written

CHANGES: tuple[dict[str, Any], ...] = (
    {"version": "2026-2"},
    {"version": "2026-2", "potential.days": 20, "claims.review_required": False},
    {"pool.opens_at": "09:00:00", "pool.closes_at": "18:30:00.5"},
    {"calendar.holidays": ["2026-10-08"], "calendar.make_up_days": ["2026-10-10"]},
    {"disclosure.details_a_day": {"after-sales": 3, "seller": 200}, "claims.held_max": 7},
    {"contracts.types": ['引号"与\\反斜线', "# 注释 = [1]", "𠮷野家 😀", "'''"]},
    {"bar.after": [], "bar.applies_to": "everyone", "bar.days": 0},
    {"applications.decided_by": ["administrator", "manager"]},
)


@pytest.mark.clause("S3-02")
@pytest.mark.parametrize("changes", CHANGES)
def test_a_written_rulebook_states_the_rules_that_it_was_written_from(
    changes: dict[str, Any],
) -> None:
    rules = changed(default_text(), changes)
    assert parse(written(rules, based_on="2026-1")) == rules


def test_a_written_rulebook_says_above_each_value_what_it_means_and_who_asks_for_it() -> None:
    text = written(changed(default_text(), {"potential.days": 20}), based_on="2026-1")
    lines = text.splitlines()
    place = lines.index("days = 20")
    assert lines[place - 2] == "# 潜在客户的保护期为 20 天（S1-033）。"
    assert lines[place - 1] == "# A customer is protected as potential for 20 days (S1-033)."
    assert "# 每人持有的客户数不设上限（S0-26, A-35）。" in lines
    assert not any(line.startswith("held_max") for line in lines)
    assert "2026-1" in lines[0]
