"""A rulebook may limit how many customers one holds (A-35); no document sets a number."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.rulebook import default_text
from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem

HELD_MAX = 3


@pytest.fixture(scope="module")
def limited(module_guests: Guests) -> Guests:
    """A house in which one holds three customers at most."""
    text = default_text().replace('version = "2026-1"', 'version = "limited"')
    text = text.replace("[claims]", f"[claims]\nheld_max = {HELD_MAX}")
    body = {"toml": text, "reason": "每人最多保护三个客户"}
    assert module_guests.post("/v1/rulebooks", body, "root").status_code == 201
    return module_guests


def test_one_holds_no_more_than_the_rulebook_allows(limited: Guests) -> None:
    held = [limited.potential("chen") for _ in range(HELD_MAX)]
    one_more = limited.register("chen")
    problem = assert_problem(limited.claim(one_more, "chen"), 409, "portfolio-full")
    assert (problem["held"], problem["held_max"]) == (HELD_MAX, HELD_MAX)
    # What ends makes room, also where no sweep has written it down.
    limited.at(MONDAY + 30 * DAY)
    assert limited.claim(one_more, "chen").status_code == 201
    for customer in held:
        assert limited.get(f"/v1/customers/{customer}", "wu").json()["state"] == "pool"
    limited.at(MONDAY)


def test_of_claims_at_once_no_more_are_won_than_there_is_room_for(limited: Guests) -> None:
    limited.move_in({"eager": "seller"})
    customers = [limited.register("eager") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda customer: limited.claim(customer, "eager"), customers))
    assert sorted(answer.status_code for answer in answers) == [201] * HELD_MAX + [409] * 5
    for answer in answers:
        if answer.status_code == 409:
            assert_problem(answer, 409, "portfolio-full")
