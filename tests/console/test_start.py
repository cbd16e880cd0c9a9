"""The start page: what is near, told exactly, and where the rest of every list is."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from api.console import shown
from tests.api.http.guests import Guests
from tests.console.reading import Reader


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


def section(page: str, heading: str) -> str:
    """A list of the page, by its heading."""
    found: list[str] = re.findall(r'<section class="sheet.*?</section>', page, re.DOTALL)
    return next(one for one in found if f"<h2>{heading}</h2>" in one)


@pytest.fixture
def seller(guests: Guests) -> str:
    """A seller who holds nothing yet."""
    member = f"seller-{uuid4().hex[:6]}"
    guests.move_in({member: "seller"})
    return member


@pytest.mark.clause("S1-032", "S1-036")
def test_what_one_holds_ends_with_the_hold_over(
    reader: Reader, guests: Guests, seller: str
) -> None:
    customer = guests.potential(seller)
    guests.apply(customer, member=seller)
    told = guests.get(f"/v1/customers/{customer}", seller).json()
    assert told["held_over_until"] > told["until"]
    start = section(reader.get("/", seller).text, "My customers")
    for page in (start, reader.get(f"/people/{seller}", seller).text):
        assert f'datetime="{told["held_over_until"]}"' in page
        assert f'datetime="{told["until"]}"' not in page
