"""Time machine: a page that shows the customer as of any instant, as the interface tells it."""

import re

import pytest

from tests.api.http.guests import CONTACT, DAY, MONDAY, Guests
from tests.console.reading import Reader, words

NOTE = "预算三十万，月底定案"


@pytest.fixture
def customer(guests: Guests) -> str:
    """Registered on Monday, claimed by li on Tuesday, potential on Wednesday, given up on Friday,
    claimed by chen on the Monday after."""
    found = guests.register()
    guests.at(MONDAY + DAY)
    guests.claim(found)
    guests.at(MONDAY + 2 * DAY)
    guests.review(found)
    guests.post(f"/v1/customers/{found}/extension", {"reason": NOTE, "days": 20})
    guests.at(MONDAY + 4 * DAY)
    guests.post(f"/v1/customers/{found}/release", {"reason": NOTE})
    guests.at(MONDAY + 7 * DAY)
    guests.claim(found, "chen")
    return found


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-03-02T00:00", "was not registered"),
        ("2026-03-02T12:00", "in the pool"),
        ("2026-03-03T12:00", "waiting for review"),
        ("2026-03-05T12:00", "potential"),
        ("2026-03-07T12:00", "in the pool"),
        ("2026-03-09T12:00", "waiting for review"),
    ],
)
def test_it_shows_the_customer_as_of_an_instant(
    reader: Reader, customer: str, at: str, told: str
) -> None:
    page = reader.get(f"/customers/{customer}/time?at={at}", "wu")
    assert page.status_code == 200
    shown = page.text.partition('<div class="sheets">')[2]
    assert told in words(shown)


def test_it_shows_what_one_might_have_done_by_the_rules_of_that_instant(
    reader: Reader, customer: str
) -> None:
    on_friday = words(reader.get(f"/customers/{customer}/time?at=2026-03-05T12:00", "li").text)
    assert "give the customer up" in on_friday
    barred = words(reader.get(f"/customers/{customer}/time?at=2026-03-06T12:00", "li").text)
    assert "give the customer up" not in barred.partition("What I might have done")[2]


def test_two_instants_stand_side_by_side_with_what_differs_marked(
    reader: Reader, customer: str
) -> None:
    path = f"/customers/{customer}/time?at=2026-03-05T12:00&other=2026-03-09T12:00"
    page = reader.get(path, "wu").text
    assert page.count("What I might have done") == 2
    assert "<mark>li</mark>" in page
    assert "<mark>chen</mark>" in page


def test_it_goes_from_event_to_event_and_tells_what_changed(reader: Reader, customer: str) -> None:
    forth: list[list[str]] = []
    back: list[list[str]] = []
    for direction, seen in (("next", forth), ("prev", back)):
        address = f"/customers/{customer}/time"
        address += "?at=2026-03-01T01:00:00Z" if direction == "next" else ""
        while address:
            page = reader.get(address, "wu").text
            seen.append(re.findall(r'<div id="event-(\d+)"', page))
            onward = re.search(rf'rel="{direction}" href="([^"]+)"', page)
            query = onward[1].replace("&amp;", "&") if onward else ""
            address = query and f"/customers/{customer}/time{query}"
    life = [[str(event["position"])] for event in reader.guests.events(customer)]
    assert forth == [[], *life]
    assert back[1:] == life[::-1][1:]
    assert "in the pool → <strong>waiting for review" in reader.get(
        f"/customers/{customer}/time?at=2026-03-09T01:00:00Z", "wu"
    ).text.replace("\n", " ")


def test_it_tells_what_was_known_at_an_instant(reader: Reader, customer: str) -> None:
    path = f"/customers/{customer}/time?at=2026-03-09T12:00&known_at=2026-03-02T12:00"
    assert "As known at 2026-03-02 12:00:00 UTC" in words(reader.get(path, "wu").text)


def side_of(page: str) -> str:
    """The first of the sheets: how the customer stood."""
    return words(side_of_markup(page))


def side_of_markup(page: str) -> str:
    return page.partition('<div class="sheets">')[2].partition("</section>")[0]


def test_state_facts_and_actions_are_what_was_known(reader: Reader, customer: str) -> None:
    """On Friday li gave it up; on Thursday nobody knew that he would."""
    at = f"/customers/{customer}/time?at=2026-03-07T12:00"
    today = side_of(reader.get(at, "li").text)
    assert "in the pool Nobody holds it." in today
    assert "give the customer up" not in today
    then = side_of(reader.get(f"{at}&known_at=2026-03-05T12:00", "li").text)
    assert "As known at 2026-03-05 12:00:00" in then
    assert "potential Held by li until" in then
    assert "At 2026-03-07 12:00:00 UTC li held it (potential)" in then
    assert "give the customer up" in then
    assert "in the pool" not in then
    before = side_of(reader.get(f"{at}&known_at=2026-03-01T12:00", "li").text)
    assert "was not registered" in before
    assert "What I might have done Nothing." in before


def test_what_happened_last_is_what_was_known_too(reader: Reader, customer: str) -> None:
    at = f"/customers/{customer}/time?at=2026-03-09T12:00"
    last = "The last that happened by then"
    known = words(reader.get(f"{at}&known_at=2026-03-05T12:00", "wu").text).partition(last)[2]
    assert "2026-03-04 01:00:00" in known
    assert "chen" not in known
    assert "chen" in words(reader.get(at, "wu").text).partition(last)[2]


def test_the_record_is_that_of_the_instant(reader: Reader, guests: Guests, customer: str) -> None:
    changed = {"address": "靖江市新建路9号", "industry": "暖通"}
    answer = guests.patch(f"/v1/customers/{customer}", changed, "chen")
    assert answer.status_code == 200, answer.text
    at = f"/customers/{customer}/time?at="
    early = side_of(reader.get(f"{at}2026-03-02T12:00", "wu").text)
    assert "Industry 空调" in early
    assert CONTACT["name"] not in early
    late = side_of(reader.get(f"{at}2026-03-09T01:00", "wu").text)
    assert "Industry 暖通 Address 靖江市新建路9号" in late
    assert CONTACT["name"] in late
    as_known = f"{at}2026-03-09T01:00&known_at=2026-03-05T12:00"
    assert "Industry 空调" in side_of(reader.get(as_known, "wu").text)
    stranger = side_of(reader.get(f"{at}2026-03-09T01:00", "feng").text)
    assert "新建路" not in stranger
    assert CONTACT["name"] not in stranger


def test_who_had_not_joined_yet_might_have_done_nothing(
    reader: Reader, guests: Guests, customer: str
) -> None:
    late = f"late-{next(guests.numbers)}"
    guests.move_in({late: "auditor"})
    page = reader.get(f"/customers/{customer}/time?at=2026-03-03T12:00", late)
    assert page.status_code == 200
    assert "What I might have done Nothing." in side_of(page.text)


def test_each_event_of_one_instant_has_its_step_and_its_situation(
    reader: Reader, guests: Guests
) -> None:
    """Everything happened in one instant: registered, claimed, followed up, passed."""
    customer = guests.potential()
    events = guests.events(customer)
    assert len({event["at"] for event in events}) == 1
    states = []
    for event in events:
        page = reader.get(f"/customers/{customer}/time?event={event['position']}", "li").text
        assert re.findall(r'<div id="event-(\d+)"', page) == [str(event["position"])]
        states.append(re.findall(r'<span class="state (\w+)">', side_of_markup(page))[0])
    assert states == ["pool", "waiting", "waiting", "potential"]
    first = side_of(reader.get(f"/customers/{customer}/time?event={events[0]['position']}").text)
    assert "claim the customer" in first
    assert "give the customer up" not in first


def test_what_if_is_a_second_band_under_another_version(reader: Reader, customer: str) -> None:
    page = reader.get(f"/customers/{customer}/time?rulebook=2026-1", "wu")
    assert page.status_code == 200
    assert page.text.count('<svg class="band"') == 2
    unknown = reader.get(f"/customers/{customer}/time?rulebook=2099-1", "wu")
    assert unknown.status_code == 404


def test_a_slider_counts_seconds_from_the_first_event_on(reader: Reader, customer: str) -> None:
    page = reader.get(f"/customers/{customer}/time?moment={3 * 86400 + 3600}", "wu")
    assert "2026-03-05 02:00:00" in words(page.text)
    far = reader.get(f"/customers/{customer}/time?moment=999999999999", "wu")
    assert far.status_code == 200


def test_the_slider_goes_over_the_part_of_the_life_that_the_band_shows(
    reader: Reader, customer: str
) -> None:
    def slider(asked: str) -> dict[str, int]:
        page = reader.get(f"/customers/{customer}/time?{asked}", "wu").text
        (found,) = re.findall(r'<input id="moment"[^>]+>', page)
        return {name: int(value) for name, value in re.findall(r'(min|max|step)="(\d+)"', found)}

    whole = slider("")
    assert whole["min"] == 0
    day = 86_400
    part = slider("from=2026-03-03T01:00:00Z&to=2026-03-04T01:00:00Z")
    assert part["max"] - part["min"] == day
    assert part["step"] < whole["step"]
    beyond = slider("from=2020-01-01T00:00:00Z&to=2040-01-01T00:00:00Z")
    assert (beyond["min"], beyond["max"]) == (0, whole["max"])


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01T00:00", "9999999999"])
def test_what_is_no_instant_is_told(reader: Reader, customer: str, at: str) -> None:
    assert reader.get(f"/customers/{customer}/time?at={at}", "wu").status_code == 422


def test_a_stranger_learns_no_reason_from_any_instant(reader: Reader, customer: str) -> None:
    for at in ("2026-03-05T12:00", "2026-03-06T12:00", "2026-03-09T12:00"):
        page = reader.get(f"/customers/{customer}/time?at={at}&rulebook=2026-1", "feng").text
        assert NOTE not in page
