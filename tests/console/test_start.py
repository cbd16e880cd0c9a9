"""The start page: what is near, told exactly, and where the rest of every list is."""

from __future__ import annotations

import pytest

from api.console import shown


@pytest.mark.clause("S1-032")
@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (30, "less than a minute", "不足一分钟"),
        (3 * 3600 + 300, "3 h 5 min", "3 小时 5 分钟"),
        (2 * 86400 + 300, "2 d 0 h 5 min", "2 天 0 小时 5 分钟"),
        (7 * 86400 + 300, "7 d 0 h", "7 天 0 小时"),
    ],
)
def test_below_a_week_the_time_left_is_told_to_the_minute(
    seconds: int, english: str, chinese: str
) -> None:
    assert shown.lasting(seconds, "en") == english
    assert shown.lasting(seconds, "zh") == chinese
