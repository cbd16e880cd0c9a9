"""An open page that asks again leaves an entry of the access log where it shows something new."""

from datetime import timedelta
from typing import Any

import pytest

from api.access.same_look import LOOK
from tests.api.http.guests import Guests
from tests.console.reading import Reader

BY_ITSELF = {"Tenure_By_Itself": "1"}


def written(guests: Guests) -> int:
    return int(asked(guests, "SELECT coalesce(max(position), 0) FROM access.entries"))


def counted(guests: Guests, member: str) -> Any:
    counts = "ARRAY[sum(details), sum(searches), sum(exports)]"
    return asked(guests, f"SELECT {counts} FROM access.reads_a_day WHERE member = '{member}'")


def asked(guests: Guests, question: str) -> Any:
    with guests.service.database.autocommit() as cursor:
        cursor.execute(question)
        (found,) = cursor.fetchone() or (None,)
    return found


@pytest.fixture
def customer(guests: Guests) -> str:
    """Held by li as potential, who has applied for intent: wang is to decide."""
    found = guests.potential()
    assert guests.apply(found).status_code == 201
    return found


@pytest.mark.clause("S0-25")
@pytest.mark.parametrize("path", ["/", "/approvals"])
def test_what_an_open_page_is_told_again_word_for_word_is_no_second_entry(
    reader: Reader, guests: Guests, customer: str, path: str
) -> None:
    before = written(guests)
    assert customer in reader.get(path, "wang").text
    shown = written(guests)
    assert shown > before
    counts = counted(guests, "wang")
    for _ in range(3):
        guests.at(guests.now + timedelta(seconds=2))
        assert customer in reader.get(path, "wang", **BY_ITSELF).text
    assert written(guests) == shown
    assert counted(guests, "wang") == counts
    reader.get(path, "wang")
    assert written(guests) > shown, "Whoever asks himself looks once more."


@pytest.mark.clause("S0-25")
@pytest.mark.parametrize("path", ["/", "/approvals"])
def test_what_an_open_page_shows_for_the_first_time_is_kept(
    reader: Reader, guests: Guests, customer: str, path: str
) -> None:
    reader.get(path, "wang")
    other = guests.potential()
    assert guests.apply(other).status_code == 201
    before = written(guests)
    assert other in reader.get(path, "wang", **BY_ITSELF).text
    assert written(guests) > before
    before = written(guests)
    reader.get(path, "wang", **BY_ITSELF)
    assert written(guests) == before


@pytest.mark.clause("S0-25")
def test_a_page_that_stays_open_is_a_new_look_every_quarter_of_an_hour(
    reader: Reader, guests: Guests, customer: str
) -> None:
    reader.get("/approvals", "wang")
    guests.at(guests.now + LOOK - timedelta(seconds=1))
    before = written(guests)
    reader.get("/approvals", "wang", **BY_ITSELF)
    assert written(guests) == before
    guests.at(guests.now + timedelta(seconds=1))
    reader.get("/approvals", "wang", **BY_ITSELF)
    assert written(guests) > before


@pytest.mark.clause("S0-25")
def test_whoever_only_says_that_a_page_asks_by_itself_is_kept(
    reader: Reader, guests: Guests, customer: str
) -> None:
    """Another address, another member, another question: each is a look of its own."""
    reader.get("/approvals", "wang")
    for path, member in (("/approvals?scope=mine", "wang"), (f"/customers/{customer}", "wu")):
        before = written(guests)
        assert reader.get(path, member, **BY_ITSELF).status_code == 200
        assert written(guests) > before, path
