"""The start page: what is near, told exactly, and where the rest of every list is."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from api.console import shown
from api.console.pages import start
from tests.api.http.guests import DAY, Guests
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


@pytest.mark.clause("S1-032")
def test_what_is_still_to_come_is_seen_however_much_is_overdue(
    reader: Reader, guests: Guests, seller: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "ROWS", 2)
    monkeypatch.setattr(start, "WHOLE_ROWS", 2)
    late = [guests.potential(seller) for _ in range(3)]
    for customer in late:
        contact = guests.follow_up() | {"next_contact_at": (guests.now + DAY).isoformat()}
        path = f"/v1/customers/{customer}/follow-ups"
        assert guests.post(path, contact, seller).status_code == 201
    guests.at(guests.now + 2 * DAY)
    coming = guests.potential(seller)
    contact = guests.follow_up() | {"next_contact_at": (guests.now + DAY).isoformat()}
    guests.post(f"/v1/customers/{coming}/follow-ups", contact, seller)
    page = reader.get("/", seller).text
    assert f"/customers/{coming}" in section(page, "Falls due")
    overdue = section(page, "Overdue")
    assert coming not in overdue
    assert "and 1 more" in overdue
    address = re.findall(r'href="(/\?list=agenda[^"]*)"', overdue)[0]
    found: list[str] = []
    while address:
        whole = reader.get(address.replace("&amp;", "&"), seller)
        assert whole.status_code == 200, whole.text
        assert 'id="agenda" data-follows' in whole.text
        found += re.findall(r'<th scope="row"><a href="/customers/([0-9a-f-]{36})"', whole.text)
        onward = re.search(r'class="button plain" href="(/\?[^"]*after=[^"]*)"', whole.text)
        address = onward[1] if onward else ""
    assert sorted(found) == sorted(late)
    assert f'href="/board?member={seller}"' in section(page, "My customers")


@pytest.mark.clause("S1-032")
def test_a_manager_sees_on_start_whose_protection_ends_first_in_his_departments(
    reader: Reader, guests: Guests, seller: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "TEAM_ROWS", 1)
    lead, department = f"lead-{seller}", f"东部{seller}"
    guests.move_in({lead: "manager"})
    for member in (seller, lead):
        guests.patch(f"/v1/members/{member}", {"department": department}, "root")
    first = guests.potential(seller)
    guests.at(guests.now + DAY / 24)
    second = guests.potential(seller)
    heading = "Protection of the team ends"
    assert heading not in reader.get("/", lead).text
    until = guests.get(f"/v1/customers/{first}", seller).json()["until"]
    guests.at(datetime.fromisoformat(until) - DAY - timedelta(minutes=5))
    told = section(reader.get("/", lead).text, heading)
    assert (f"/customers/{first}" in told) is not (f"/customers/{second}" in told)
    assert seller in told
    assert "1 d 0 h 5 min" in told
    assert "There are more." in told
    address = re.findall(r'href="(/board\?[^"]*)"', told)[0].replace("&amp;", "&")
    board = reader.get(address, lead).text
    assert f"/customers/{first}" in board
    assert f"/customers/{second}" in board
    assert heading not in reader.get("/", seller).text


@pytest.mark.clause("S1-032")
def test_a_manager_sees_on_start_the_next_contacts_of_his_departments_and_no_other(
    reader: Reader, guests: Guests, seller: str
) -> None:
    lead, department = f"lead-{seller}", f"南部{seller}"
    guests.move_in({lead: "manager"})
    for member in (seller, lead):
        guests.patch(f"/v1/members/{member}", {"department": department}, "root")
    soon, late, other = guests.potential(seller), guests.potential(seller), guests.potential("chen")
    for customer, holder, days in ((soon, seller, 1), (late, seller, 30), (other, "chen", 1)):
        contact = guests.follow_up() | {
            "next_contact_at": (guests.now + days * DAY + timedelta(minutes=5)).isoformat()
        }
        answer = guests.post(f"/v1/customers/{customer}/follow-ups", contact, holder)
        assert answer.status_code == 201, answer.text
    told = section(reader.get("/", lead).text, "Next contacts of the team")
    assert re.findall(r"/customers/([0-9a-f-]{36})", told) == [soon]
    assert "1 d 0 h 5 min" in told
    assert 'href="/board"' in told
    assert "Next contacts of the team" not in reader.get("/", seller).text
