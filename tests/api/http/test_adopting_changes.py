"""What was tried in a dry run is adopted with the same words: a version and changed values."""

from typing import Any

import httpx
import pytest

from domain.rulebook import default_text
from domain.rulebook_text import changed, parse
from tests.api.http.guests import Guests, assert_problem, invalid_fields


def adopt(guests: Guests, changes: Any, by: str = "root", **more: Any) -> httpx.Response:
    return guests.post("/v1/rulebooks", {"changes": changes, "reason": "试行", **more}, by)


@pytest.mark.clause("S3-02")
def test_changed_values_are_adopted_as_a_version_of_their_own(guests: Guests) -> None:
    changes = {"potential.days": 20, "bar.days": 0, "version": "chg-1"}
    answer = adopt(guests, changes, based_on="2026-1")
    assert answer.status_code == 201, answer.text
    told = guests.get("/v1/rulebooks/chg-1").json()
    assert told["in_force"]
    assert told["values"]["potential"]["days"] == 20
    assert parse(told["toml"]) == changed(default_text(), changes)
    further = adopt(guests, {"intent.days": 20, "version": "chg-2"}, based_on="chg-1")
    assert further.status_code == 201
    values = guests.get("/v1/rulebooks/chg-2").json()["values"]
    assert (values["potential"]["days"], values["intent"]["days"]) == (20, 20)
    back = {"version": "chg-3", "potential.days": 30, "intent.days": 15, "bar.days": 3}
    assert adopt(guests, back).status_code == 201


def test_a_change_that_is_no_rule_is_told_by_its_value(guests: Guests) -> None:
    before = guests.log_length()
    wrong = adopt(guests, {"potential.days": 0, "bar.colour": "red", "version": "x"})
    assert invalid_fields(wrong) == {
        "changes.potential.days": "rulebook",
        "changes.bar.colour": "rulebook",
    }
    unnamed = adopt(guests, {"potential.days": 20}, based_on="2026-1")
    assert invalid_fields(unnamed) == {"changes.version": "version-taken"}
    assert invalid_fields(adopt(guests, {})) == {"changes": "too-short"}
    both = adopt(guests, {"version": "x"}, toml=default_text())
    assert invalid_fields(both) == {"changes": "one-of"}
    assert invalid_fields(guests.post("/v1/rulebooks", {"reason": "试行"}, "root")) == {
        "changes": "one-of"
    }
    assert_problem(adopt(guests, {"version": "x"}, based_on="none"), 404, "not-found")
    assert guests.log_length() == before


def test_who_may_adopt_nothing_is_told_nothing_of_his_values(guests: Guests) -> None:
    assert_problem(adopt(guests, {"potential.days": 0}, "wang"), 403, "not-allowed")


def test_a_version_that_was_adopted_meanwhile_is_not_passed_over(guests: Guests) -> None:
    seen = guests.get("/v1/rulebooks").headers["etag"]
    assert adopt(guests, {"version": "race-1"}).status_code == 201
    late = guests.post(
        "/v1/rulebooks",
        {"changes": {"version": "race-2"}, "reason": "试行"},
        "root",
        if_match=seen,
    )
    assert_problem(late, 412, "version-conflict")
    again = guests.post(
        "/v1/rulebooks",
        {"changes": {"version": "race-2"}, "reason": "试行"},
        "root",
        if_match=guests.get("/v1/rulebooks").headers["etag"],
    )
    assert again.status_code == 201
