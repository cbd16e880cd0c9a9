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


@pytest.mark.clause("S1-066")
def test_whoever_holds_nearly_as_many_as_one_may_is_found(limited: Guests) -> None:
    limited.move_in({"full": "seller", "roomy": "seller"})
    for member, held in (("full", HELD_MAX), ("roomy", HELD_MAX - 1)):
        for _ in range(held):
            limited.potential(member)
    asked = {"kind": "quota-use", "from": "2026-03-01", "to": "2026-04-01"}
    leads = limited.get("/v1/statistics/habits", "wang", **asked).json()["items"]
    told = {lead["members"][0]: lead for lead in leads}
    assert "roomy" not in told
    assert told["full"]["figures"] == {
        "claims": 1,
        "held_most": HELD_MAX,
        "held_max": HELD_MAX,
        "share": 1,
    }
    audited = limited.get("/v1/audit", "wu", position=told["full"]["positions"]).json()["items"]
    assert [item["topic"] for item in audited] == ["member.claim_counted"]
