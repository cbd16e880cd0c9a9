"""Streams of the log: from any position, in order, no gap, no duplicate; they end with a right."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from uuid import UUID

import httpx

from domain.orders import CONSOLE, Order
from tests.api.http.guests import MONDAY, Guests, assert_problem, invalid_fields
from tests.api.outside.conftest import STREAMS_MAX
from tests.api.outside.listening import STREAM, listening
from tests.waiting import wait_until

TOPICS = ["customer.claimed", "customer.review_passed"]


def told(guests: Guests, after: int = 0) -> list[int]:
    """Positions of everything that is told outside, from the tables themselves."""
    with guests.service.database.autocommit() as cursor:
        cursor.execute(
            "SELECT position FROM tenure.events WHERE position > %s"
            " AND topic !~ '^(identity|party)\\.' ORDER BY position",
            (after,),
        )
        return [int(position) for (position,) in cursor.fetchall()]


def no_streams(guests: Guests) -> bool:
    text = guests.send("GET", "/metrics", "wu").text
    return "tenure_streams 0.0" in text


def test_a_stream_tells_the_past_and_goes_on_with_what_happens(guests: Guests) -> None:
    guests.potential()
    with listening(guests, after=0) as listener:
        wait_until(lambda: listener.positions == told(guests), what="the past")
        guests.potential()
        wait_until(lambda: listener.positions == told(guests), what="the present")
    assert listener.status == 200
    assert listener.headers["content-type"].startswith(STREAM)
    assert listener.headers["cache-control"] == "no-store"
    assert listener.retry_ms == 2_000
    assert [int(event["id"]) for event in listener.events] == listener.positions
    assert [event["type"] for event in listener.events] == listener.topics


def test_last_event_id_goes_on_exactly_there_and_wins_over_after(guests: Guests) -> None:
    guests.potential()
    everything = told(guests)
    last = everything[-4]
    with listening(guests, last_event_id=last, after=0) as listener:
        wait_until(lambda: listener.positions == everything[-3:], what="what came after")
        guests.register()
        wait_until(lambda: listener.positions == told(guests, last), what="what happens")


def test_a_stream_tells_only_what_was_asked_for(guests: Guests) -> None:
    customer, other = guests.register(), guests.register()
    asked = {"after": "now", "customer": customer, "topic": TOPICS}
    with listening(guests, **asked) as listener:
        guests.claim(other)
        guests.claim(customer)
        guests.claim(customer, "chen")
        wait_until(lambda: listener.topics, what="the claim")
        guests.review(customer)
        wait_until(lambda: len(listener.topics) > 1, what="the review")
    assert listener.topics == TOPICS


def test_an_idle_stream_says_that_it_is_alive(guests: Guests) -> None:
    with listening(guests, after="now") as listener:
        wait_until(lambda: listener.alive >= 2, what="two heartbeats")
    assert listener.positions == []


def test_no_event_is_missed_or_told_twice_while_four_write(guests: Guests) -> None:
    after = guests.settled()
    with ExitStack() as stack:
        listeners = [stack.enter_context(listening(guests, after=after)) for _ in range(5)]
        writers = [
            threading.Thread(target=lambda: [guests.register() for _ in range(12)])
            for _ in range(4)
        ]
        for writer in writers:
            writer.start()
        late = stack.enter_context(listening(guests, last_event_id=after))
        for writer in writers:
            writer.join()
        written = told(guests, after)
        for listener in [*listeners, late]:
            wait_until(lambda one=listener: len(one.positions) >= len(written), what="all")  # type: ignore[misc]
            assert listener.positions == written


def test_a_hundred_idle_streams_do_not_stop_commands_and_one_too_many_is_turned_away(
    guests: Guests,
) -> None:
    wait_until(lambda: no_streams(guests), what="an empty house")
    with ExitStack() as stack:
        listeners = [
            stack.enter_context(listening(guests, after="now")) for _ in range(STREAMS_MAX)
        ]
        headers = {"Accept": STREAM, "Authorization": f"Bearer {guests.tokens['wu']}"}
        refused = guests.client.get("/v1/events", headers=headers)
        assert_problem(refused, 503, "unavailable")
        assert int(refused.headers["retry-after"]) >= 1
        customer = guests.potential()
        wait_until(
            lambda: all(
                customer in {event.get("subject") for event in one.events} for one in listeners
            ),
            what="the news everywhere",
        )
        assert guests.service.database.connections_in_use < guests.service.database.size
    wait_until(lambda: no_streams(guests), what="an empty house")


def test_a_client_that_does_not_read_is_not_queued_for_and_holds_nobody_up(
    guests: Guests,
) -> None:
    headers = {"Accept": STREAM, "Authorization": f"Bearer {guests.tokens['wu']}"}
    with (
        httpx.Client(base_url=guests.client.base_url, verify=False, trust_env=False) as client,
        client.stream("GET", "/v1/events", headers=headers, params={"after": 0}) as idle,
    ):
        assert idle.status_code == 200
        after = guests.settled()
        with listening(guests, after=after) as listener:
            guests.potential()
            wait_until(lambda: listener.positions == told(guests, after), what="the news")


def test_a_stream_ends_soon_after_its_token_is_revoked(guests: Guests) -> None:
    tenure = guests.service.application
    tenure.add_member(
        Order(CONSOLE), member="spy", name="spy", roles=["auditor"], department="一部"
    )
    issued = tenure.issue_token(Order(CONSOLE), "spy")
    guests.tokens["spy"] = issued.extra["token"]
    with listening(guests, "spy", after="now") as listener, listening(guests) as other:
        tenure.revoke_token(Order(CONSOLE), "spy", UUID(issued.extra["token_id"]))
        wait_until(listener.ended.is_set, what="the end of the stream")
        assert not other.ended.is_set()


def test_a_stream_ends_when_the_member_may_not_follow_any_more(guests: Guests) -> None:
    tenure = guests.service.application
    for member in ("ex-auditor", "leaver", "guest"):
        tenure.add_member(
            Order(CONSOLE), member=member, name=member, roles=["auditor"], department="一部"
        )
        until = MONDAY.replace(hour=3) if member == "guest" else None
        issued = tenure.issue_token(Order(CONSOLE), member, expires_at=until)
        guests.tokens[member] = issued.extra["token"]
    with (
        listening(guests, "ex-auditor", after="now") as moved,
        listening(guests, "leaver", after="now") as left,
        listening(guests, "guest", after="now") as expired,
    ):
        tenure.change_member(Order(CONSOLE), "ex-auditor", roles=["seller"])
        leaves = {"leaves_at": guests.now.isoformat(), "reason": "离职", "hand_over": []}
        assert guests.post("/v1/members/leaver/leave", leaves, "wang").status_code == 200
        guests.at(MONDAY.replace(hour=4))
        for listener in (moved, left, expired):
            wait_until(listener.ended.is_set, what="the end of the stream")


def test_a_last_event_id_beyond_the_end_is_no_silence(guests: Guests) -> None:
    headers = {"Accept": STREAM, "Last-Event-ID": str(10**15)}
    answer = guests.send("GET", "/v1/events", "wu", headers=headers)
    assert invalid_fields(answer) == {"Last-Event-ID": "beyond-the-end"}
    headers["Last-Event-ID"] = "yesterday"
    answer = guests.send("GET", "/v1/events", "wu", headers=headers)
    assert invalid_fields(answer) == {"Last-Event-ID": "malformed"}
