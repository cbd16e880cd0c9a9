"""A version of the rules is told in words, in the language of the request."""

from typing import Any

from domain.rulebook_values import VALUES
from tests.api.http.guests import MONDAY, Guests


def told(guests: Guests, version: str, language: str = "zh") -> dict[str, Any]:
    answer = guests.send("GET", f"/v1/rulebooks/{version}", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    rulebook: dict[str, Any] = answer.json()
    return rulebook


def by_key(rulebook: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["key"]: entry for entry in rulebook["words"]}


def test_every_value_is_told_in_words_with_its_source(guests: Guests) -> None:
    words = by_key(told(guests, "2026-1"))
    assert list(words) == [value.key for value in VALUES]
    assert words["potential.days"] == {
        "key": "potential.days",
        "value": 30,
        "words": "潜在客户的保护期为 30 天（S1-033）。",
        "source": "S1-033",
        "says": "潜在客户的保护期为 30 天",
    }
    assert (
        words["contracts.drawn_days"]["source"] == "文件未规定；因编号不应被永久占用而定；见 S1-057"
    )


def test_the_words_are_in_the_language_of_the_request(guests: Guests) -> None:
    words = by_key(told(guests, "2026-1", "en"))
    assert words["bar.days"]["words"] == (
        "A customer given up may not be claimed again for 3 days (S1-037, S1-045)."
    )
    assert words["contracts.drawn_days"]["source"] == (
        "not stated; chosen because a number should not be kept for ever; see S1-057"
    )


def test_lists_hours_and_days_are_told_as_json(guests: Guests) -> None:
    toml = told(guests, "2026-1")["toml"]
    for old, new in {
        'version = "2026-1"': 'version = "2026-2"',
        "# opens_at": "opens_at",
        "# closes_at": "closes_at",
        "holidays = []": "holidays = [2026-10-08]",
    }.items():
        assert old in toml
        toml = toml.replace(old, new)
    body = {"toml": toml, "effective_from": MONDAY.isoformat(), "reason": "试行"}
    assert guests.post("/v1/rulebooks", body, "root").status_code == 201
    rulebook = told(guests, "2026-2")
    words = by_key(rulebook)
    assert words["pool.opens_at"]["value"] == "09:00:00"
    assert words["calendar.holidays"]["value"] == ["2026-10-08"]
    assert words["claims.held_max"]["value"] is None
    assert words["applications.decided_by"]["value"] == ["manager", "director"]
    assert rulebook["values"]["pool"]["closes_at"] == "18:00:00"
    assert rulebook["values"]["calendar"] == {"holidays": ["2026-10-08"], "make_up_days": []}
    assert rulebook["values"]["intent"]["counts_from"] == "grant"
