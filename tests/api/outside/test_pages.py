"""The log in pages: settled events as CloudEvents, from any position, nothing missing."""

import json
from typing import Any

import httpx
import pytest

from api.outside.following import teller_of
from api.outside.teller import Wanted
from domain.telling import Topics
from tests.api.http.guests import Guests, assert_problem, invalid_fields


def page(guests: Guests, member: str = "wu", **asked: Any) -> dict[str, Any]:
    answer = guests.send("GET", "/v1/events", member, params=asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert int(answer.headers["tenure-position"]) == told["position"]
    return told


def everything(guests: Guests, **asked: Any) -> list[dict[str, Any]]:
    """All pages, one after the other."""
    after, found = 0, []
    while True:
        told = page(guests, after=after, **asked)
        found += told["items"]
        after = told["next"]
        if after == told["position"]:
            return found


def stored(guests: Guests) -> list[tuple[int, str]]:
    with guests.service.database.autocommit() as cursor:
        cursor.execute("SELECT position, topic FROM tenure.events ORDER BY position")
        return [(int(position), topic) for position, topic in cursor.fetchall()]


def test_pages_tell_every_event_that_is_told_outside_in_the_order_of_the_log(
    guests: Guests,
) -> None:
    guests.potential()
    told = [(int(event["position"]), event["type"]) for event in everything(guests, limit=7)]
    assert told == [
        (position, topic)
        for position, topic in stored(guests)
        if not topic.startswith(("identity.", "party."))
    ]


def test_an_event_is_a_cloud_event_with_facts_and_words(guests: Guests) -> None:
    customer = guests.potential()
    (claimed,) = everything(guests, customer=customer, topic="customer.claimed")
    (audited,) = guests.get("/v1/audit", "wu", customer=customer, topic="customer.claimed").json()[
        "items"
    ]
    assert claimed == {
        "specversion": "1.0",
        "id": str(audited["position"]),
        "source": "/tenure",
        "type": "customer.claimed",
        "subject": customer,
        "time": audited["at"],
        "datacontenttype": "application/json",
        "position": str(audited["position"]),
        "recordedtime": audited["recorded_at"],
        "streamid": customer,
        "streamversion": audited["version"],
        "actor": "li",
        "rulebook": "2026-1",
        "data": {
            "facts": audited["facts"],
            "words": {"en": audited["words"], "zh": claimed["data"]["words"]["zh"]},
        },
    }
    assert "li" in claimed["data"]["words"]["zh"]


def test_topics_and_a_customer_choose(guests: Guests) -> None:
    customer = guests.potential()
    guests.claim(customer, "chen")
    topics = [event["type"] for event in everything(guests, customer=customer)]
    assert topics[0] == "customer.registered"
    assert topics[-1] == "refusal.recorded"
    of_a_kind = [event["type"] for event in everything(guests, topic="member.*")]
    assert set(of_a_kind) == {"member.joined", "member.token_issued"}
    two = everything(guests, topic=["customer.claimed", "refusal.recorded"], customer=customer)
    assert [event["type"] for event in two] == ["customer.claimed", "refusal.recorded"]


def test_the_end_of_the_log_is_an_empty_page(guests: Guests) -> None:
    told = page(guests, after="now")
    assert told["items"] == []
    assert told["next"] == told["position"] == guests.settled()


def test_the_whole_text_of_a_rulebook_is_left_out(guests: Guests) -> None:
    (adopted,) = everything(guests, topic="rulebook.version_adopted")
    assert adopted["data"]["facts"].keys() == {"version", "effective_from", "reason"}


@pytest.mark.parametrize("member", ["wu", "shen", "root"])
def test_auditors_directors_and_administrators_may_follow(guests: Guests, member: str) -> None:
    assert page(guests, member, limit=1)["items"]


@pytest.mark.parametrize("member", ["li", "wang", "zhao", "feng", "han"])
def test_nobody_else_may_follow_as_strangers_must_not_see_everything(
    guests: Guests, member: str
) -> None:
    for accept in ("application/json", "text/event-stream"):
        answer = guests.send("GET", "/v1/events", member, headers={"Accept": accept})
        problem = assert_problem(answer, 403, "not-allowed")
        assert problem["needs"] == ["director", "auditor", "administrator"]


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({"after": "-1"}, "after", "malformed"),
        ({"after": "yesterday"}, "after", "malformed"),
        ({"after": 10**17}, "after", "beyond-the-end"),
        ({"topic": "customer.loved"}, "topic", "unknown-topic"),
        ({"topic": "identity.reserved"}, "topic", "unknown-topic"),
        ({"topic": "*"}, "topic", "unknown-topic"),
        ({"customer": "x"}, "customer", "malformed"),
        ({"limit": 501}, "limit", "out-of-range"),
        ({"since": "1"}, "since", "unknown"),
    ],
)
def test_what_is_malformed_is_named(
    guests: Guests, asked: dict[str, Any], field: str, code: str
) -> None:
    answer = guests.send("GET", "/v1/events", "wu", params=asked)
    assert invalid_fields(answer) == {field: code}


def test_a_page_looks_at_a_bounded_number_of_events_and_says_how_far(guests: Guests) -> None:
    upto, opened = guests.settled(), Wanted(Topics.chosen(["rulebook.opened"]))
    stretch = teller_of(guests.service).stretch(after=1, upto=upto, wanted=opened, scan_max=5)
    assert stretch.events == []
    assert 1 < stretch.reached < upto


def test_accept_chooses_between_page_and_stream(guests: Guests) -> None:
    def media_type(accept: str) -> str:
        with guests.client.stream(
            "GET",
            "/v1/events",
            params={"after": "now"},
            headers={"Accept": accept, "Authorization": f"Bearer {guests.tokens['wu']}"},
        ) as answer:
            return answer.headers["content-type"].partition(";")[0]

    assert media_type("*/*") == "application/json"
    assert media_type("text/html") == "application/json"
    assert media_type("text/event-stream") == "text/event-stream"
    assert media_type("application/json, text/event-stream;q=0.5") == "application/json"
    assert media_type("application/json;q=0.5, text/event-stream") == "text/event-stream"


def test_a_head_of_the_stream_ends(guests: Guests) -> None:
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {guests.tokens['wu']}"}
    answer: httpx.Response = guests.client.head("/v1/events", headers=headers)
    assert answer.status_code == 200
    assert json.loads(guests.client.get("/health/live").text) == {"status": "live"}
