"""What an open page hears: that something moved, at what the views know, and that it is over."""

import time
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

from api.console.watch import PAGES_OF_MEMBER_MAX
from tests.api.http.guests import DAY, MONDAY, Guests
from tests.api.outside.listening import STREAM, listening
from tests.console.visitor import Visitor, enter
from tests.waiting import wait_until


def watching(guests: Guests, member: str = "li", **more: Any) -> Any:
    """A page that shows what is true now, and listens."""
    asked = {"after": guests.settled(), "at": guests.now.isoformat()} | more
    return listening(guests, member, path="/live", **asked)


def nobody_listens(guests: Guests) -> bool:
    return "tenure_open_pages 0.0" in guests.send("GET", "/metrics", "wu").text


def cookies_of(visitor: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())


def test_a_page_hears_once_the_views_have_what_was_written(guests: Guests) -> None:
    with watching(guests) as listener:
        customer = guests.register()
        wait_until(lambda: listener.topics, what="the news")
        # Asked without waiting for anything.
        pool = guests.send("GET", "/v1/pool", params={"limit": 500}).json()
    assert customer in {entry["customer_id"] for entry in pool["items"]}
    assert listener.topics == ["moved"]
    assert listener.headers["content-type"].startswith(STREAM)
    assert listener.headers["cache-control"] == "no-store"


def test_a_page_that_is_behind_hears_so_at_once(guests: Guests) -> None:
    with watching(guests, after=0) as listener:
        wait_until(lambda: listener.topics, what="the news")


def test_a_deadline_that_passes_is_heard_without_any_event(guests: Guests) -> None:
    guests.potential()
    with watching(guests) as listener:
        written = guests.log_length()
        guests.at(MONDAY + 90 * DAY)
        wait_until(lambda: listener.topics, what="the deadline")
        assert guests.log_length() == written


def test_a_busy_log_is_told_at_most_once_in_two_seconds(guests: Guests) -> None:
    started = time.monotonic()
    with watching(guests) as listener:
        for _ in range(25):
            guests.register()
        settled = guests.settled()
        wait_until(
            lambda: listener.events and listener.events[-1] >= settled,  # type: ignore[operator]
            what="the last news",
        )
    assert len(listener.topics) <= 1 + (time.monotonic() - started) / 2


def test_who_signs_out_hears_that_it_is_over(guests: Guests) -> None:
    visitor = Visitor(guests)
    enter(visitor)
    with watching(guests, cookies=cookies_of(visitor)) as listener:
        out = visitor.post("/sign-out", {"_csrf": csrf_of(visitor)})
        assert out.status_code == 303
        wait_until(listener.ended.is_set, what="the end")
    assert listener.topics[-1] == "over"


def test_a_page_that_asks_by_itself_is_no_use_of_the_session(guests: Guests) -> None:
    visitor = Visitor(guests)
    enter(visitor)
    seen = partial(last_seen, guests)
    before = seen()
    guests.at(guests.now + timedelta(minutes=10))
    headers = {"Cookie": cookies_of(visitor)}
    for path, more in (("/pool", {"Tenure-By-Itself": "1"}), ("/live?after=0", {"Accept": STREAM})):
        with guests.client.stream("GET", path, headers=headers | more) as answer:
            assert answer.status_code == 200
        assert seen() == before
    assert visitor.get("/pool").status_code == 200
    assert seen() > before


def test_nobody_listens_who_is_not_signed_in_and_nobody_is_led_away(guests: Guests) -> None:
    answer = guests.client.get("/live?after=0", headers={"Accept": STREAM})
    assert answer.status_code == 401


def test_one_member_opens_only_so_many_pages_and_they_hold_no_connection(guests: Guests) -> None:
    wait_until(lambda: nobody_listens(guests), what="an empty house")
    with ExitStack() as stack:
        for _ in range(PAGES_OF_MEMBER_MAX):
            stack.enter_context(watching(guests, "chen"))
        headers = {"Accept": STREAM, "Authorization": f"Bearer {guests.tokens['chen']}"}
        refused = guests.client.get("/live?after=0", headers=headers)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        stack.enter_context(watching(guests, "li"))
        wait_until(
            lambda: guests.service.database.connections_in_use == 0, what="connections at rest"
        )
        assert guests.potential()
    wait_until(lambda: nobody_listens(guests), what="an empty house")


def csrf_of(visitor: Visitor) -> str:
    text = visitor.get("/").text
    return text.split('name="_csrf" value="')[1].split('"')[0]


def last_seen(guests: Guests, member: str = "li") -> Any:
    return guests.service.sessions.of(member, guests.now)[0].last_seen_at
