"""A stranger sees a deadline that still runs to the day, wherever it is told (A-34)."""

from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.http.guests import CONTACT, MONDAY, Guests

CLAIMED = MONDAY + timedelta(minutes=23, seconds=45, microseconds=678901)
SECRETS = ("2026-04-01T01:23:45.678901", "2026-04-01 01:23:45.678901", "2026-04-01T01:23")
ROUTES = (
    "/v1/customers/{0}",
    "/v1/customers/{0}/history",
    "/v1/customers/{0}/replay",
    "/v1/customers/{0}/holder",
    "/v1/customers/{0}/holder?at=2026-03-20T00:00:00Z",
    "/v1/customers/{0}/may",
    "/v1/customers/{0}/may?member=li",
    "/v1/customers/{0}/what-if?rulebook=2026-1",
    "/v1/customers/{0}/disputes/1",
    "/v1/disputes?customer={0}",
    "/v1/tenures?customer={0}",
    "/v1/tenures?holder=li",
    "/v1/customers?holder=li",
    "/v1/customers?sort=until&limit=1",
    "/v1/collisions?name={1}",
    "/v1/access",
    "/v1/access/searches",
    "/v1/access/export",
    "/v1/access/export?format=jsonl",
    "/v1/agenda",
    "/v1/address-book",
    "/v1/pool",
    "/v1/pool/export",
    "/v1/board",
    "/v1/board/load",
    "/v1/statistics",
)


@pytest.fixture
def held(guests: Guests) -> tuple[str, str]:
    """Id and name of a customer that li holds until 01:23:45.678901 of a day."""
    guests.at(CLAIMED)
    customer = guests.potential()
    guests.potential()
    card = guests.get(f"/v1/customers/{customer}").json()
    assert card["until"] == "2026-04-01T01:23:45.678901Z"
    opened = {"contested_at": CLAIMED.isoformat(), "statement": "我先联系的客户"}
    assert guests.post(f"/v1/customers/{customer}/disputes", opened, "chen").status_code == 201
    guests.at(CLAIMED + timedelta(days=3))
    return customer, card["name"]


def told(guests: Guests, member: str, path: str, language: str = "en") -> str:
    """The whole answer, its cursor read as far as anybody can read it."""
    position = {"Tenure-Min-Position": str(guests.settled()), "Accept-Language": language}
    answer = guests.send("GET", path, member, headers=position)
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] != "application/json":
        return answer.text
    following = answer.json().get("next") or ""
    opened = urlsafe_b64decode(following + "=" * (-len(following) % 4)).decode("latin-1")
    return answer.text + opened


@pytest.mark.clause("S1-021")
def test_no_answer_tells_a_stranger_the_instant_at_which_a_protection_ends(
    guests: Guests, held: tuple[str, str]
) -> None:
    told(guests, "chen", "/v1/collisions?name=" + held[1])
    for route in ROUTES:
        for language in ("zh", "en"):
            text = told(guests, "chen", route.format(*held), language)
            assert not [secret for secret in SECRETS if secret in text], route
    # The holder himself is told the instant, so the test would see it.
    assert SECRETS[0] in told(guests, "li", ROUTES[0].format(*held))


def test_a_refusal_tells_a_stranger_the_day_alone_at_first_and_again(
    guests: Guests, held: tuple[str, str]
) -> None:
    body = {"contact": CONTACT, "follow_up": guests.follow_up()}
    for _ in range(2):
        answer = guests.post(f"/v1/customers/{held[0]}/claim", body, "chen", Idempotency_Key="k-1")
        assert answer.status_code == 409, answer.text
        assert answer.json()["until"] == "2026-04-01T16:00:00.000000Z"
        assert not [secret for secret in SECRETS if secret in answer.text]


def test_what_is_kept_of_a_search_tells_no_more_than_was_shown(
    guests: Guests, held: tuple[str, str]
) -> None:
    guests.get("/v1/collisions", "chen", name=held[1])
    lines = guests.get("/v1/access/searches", "wu", customer=held[0]).json()["items"]
    until = datetime.fromisoformat(lines[0]["shown"][0]["protected_until"])
    assert until == datetime(2026, 4, 1, 16, tzinfo=UTC)


def test_under_no_version_does_a_stranger_see_when_a_running_protection_would_have_ended(
    guests: Guests,
) -> None:
    """Its term under that version is known, and so would be the instant from which it runs."""
    changes = {"potential.days": 20, "version": "short-1"}
    body = {"changes": changes, "reason": "试行", "effective_from": "2036-01-01T00:00:00Z"}
    assert guests.post("/v1/rulebooks", body, "root").status_code == 201
    guests.at(CLAIMED)
    customer = guests.potential()
    path = f"/v1/customers/{customer}/what-if?rulebook=short-1"
    seen: dict[str, list[dict[str, object]]] = {"chen": [], "li": []}
    for moment in (timedelta(seconds=-1), timedelta(), timedelta(seconds=1)):
        guests.at(CLAIMED + timedelta(days=20) + moment)
        assert guests.claim(customer, "chen").status_code == 409
        for member, answers in seen.items():
            answer = guests.get(path, member).json()
            del answer["position"]
            answers.append(answer)
    first, *others = seen["chen"]
    assert others == [first, first]
    assert [step["event"]["topic"] for step in first["steps"]] == ["customer.registered"]
    assert first["details_hidden"] is not None
    states = [answer["would_be"]["state"] for answer in seen["li"]]
    assert states == ["potential", "pool", "pool"], "Whoever holds it sees what would have been."
