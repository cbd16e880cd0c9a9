"""Pages that are open follow the log, in a real Chromium, and leave alone what is being typed."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.api.http.guests import MICROSECOND, Guests
from tests.api.sign_in.browser import GOOD, one_time
from tests.console.windows import Windows, serious_faults
from tests.waiting import wait_until

MOMENT = timedelta(seconds=2)


def row_of(page: Any, customer: str) -> Any:
    return page.locator(f'#main a[href="/customers/{customer}"]').first


def says(page: Any, text: str) -> None:
    page.locator("#live").get_by_text(text).wait_for()


def listeners(guests: Guests) -> int:
    text = guests.send("GET", "/metrics", "wu").text
    return int(float(text.partition("\ntenure_open_pages ")[2].split()[0]))


def test_the_pool_shows_what_comes_while_somebody_types_a_filter(
    windows: Windows, guests: Guests
) -> None:
    page = windows.open("/pool", "chen")
    says(page, "Live, updated")
    before = page.locator("#as-of data").text_content()
    page.get_by_label("Industry").press_sequentially("空")
    page.wait_for_url("**industry=*")
    customer = guests.register(industry="空")
    row_of(page, customer).wait_for()
    field = page.get_by_label("Industry")
    assert field.input_value() == "空"
    assert field.evaluate("field => field === document.activeElement")
    field.press_sequentially("调")
    page.wait_for_url(lambda url: "空调" in unquote(url))
    row_of(page, customer).wait_for(state="detached")
    assert int(page.locator("#as-of data").text_content() or 0) > int(before or 0)
    assert serious_faults(page) == []
    page.reload()
    assert page.get_by_label("Industry").input_value() == "空调"


def test_a_part_in_which_somebody_types_or_chooses_is_left_as_it_is(
    windows: Windows, guests: Guests
) -> None:
    page = windows.open("/pool?sort=-since", "chen")
    says(page, "Live, updated")
    page.evaluate(
        """document.getElementById("rows").insertAdjacentHTML("afterbegin", `
          <label>Note <input id="note"></label>
          <label><input type="checkbox" id="box"> all</label>`)"""
    )
    page.locator("#note").fill("half a sent")
    page.locator("h1").click()
    customer = guests.register()
    says(page, "Something has changed")
    assert page.locator("#note").input_value() == "half a sent"
    assert row_of(page, customer).count() == 0
    page.locator("#note").fill("")
    page.locator("#box").check()
    page.locator("h1").click()
    other = guests.register()
    says(page, "Something has changed")
    assert page.locator("#box").is_checked()
    page.locator("#box").uncheck()
    page.locator("h1").click()
    row_of(page, other).wait_for()
    says(page, "Live, updated")


def test_a_deadline_that_passes_shows_on_an_open_page_without_any_event(
    windows: Windows, guests: Guests
) -> None:
    customer = guests.potential()
    until = guests.get(f"/v1/customers/{customer}").json()["until"]
    end = guests.now.fromisoformat(until)
    guests.at(end - MOMENT)
    holder, rival = windows.open("/", "li"), windows.open("/pool", "chen")
    row_of(holder, customer).wait_for()
    assert row_of(rival, customer).count() == 0
    written = guests.log_length()
    guests.at(end + MICROSECOND)
    row_of(rival, customer).wait_for()
    row_of(holder, customer).wait_for(state="detached")
    assert guests.log_length() == written


def test_a_review_becomes_overdue_on_an_open_page(windows: Windows, guests: Guests) -> None:
    customer = guests.register()
    guests.claim(customer)
    waiting = guests.get("/v1/approvals", "zhao", limit=500).json()["items"]
    due = next(item["due_at"] for item in waiting if item["customer_id"] == customer)
    end = guests.now.fromisoformat(due)
    guests.at(end - MOMENT)
    page = windows.open("/", "zhao")
    row = page.locator("tr", has=page.locator(f'a[href="/customers/{customer}"]')).first
    row.wait_for()
    assert row.locator(".late").count() == 0
    guests.at(end + MICROSECOND)
    row.locator(".late").first.wait_for()


def test_a_page_in_the_background_rests_and_is_right_again_when_it_is_looked_at(
    windows: Windows, guests: Guests
) -> None:
    page = windows.open("/pool", "chen")
    says(page, "Live, updated")
    look_at(page, is_hidden=True)
    wait_until(lambda: listeners(guests) == 0, what="nobody who listens")
    customer = guests.register()
    assert row_of(page, customer).count() == 0
    look_at(page, is_hidden=False)
    row_of(page, customer).wait_for()


def test_a_lost_connection_is_said_and_found_again(windows: Windows, guests: Guests) -> None:
    page = windows.open("/collisions", "chen")
    page.route("**/live?*", lambda route: route.abort())
    page.goto("/pool")
    says(page, "Connection lost")
    customer = guests.register()
    page.unroute("**/live?*")
    row_of(page, customer).wait_for()
    says(page, "Live, updated")
    windows.faults.clear()  # Chromium writes down that the connection was lost.


def test_a_session_that_ends_elsewhere_is_said_and_takes_nothing_away(
    windows: Windows, guests: Guests
) -> None:
    page = windows.open("/pool", None)
    page.get_by_label("Sign-in name").fill("li")
    password = one_time(guests, "li")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("New password").fill(GOOD)
    page.get_by_role("button", name="Sign in").click()
    says(page, "Live, updated")
    page.get_by_label("Region").fill("靖")
    page.wait_for_url("**region=*")
    for session in guests.service.sessions.of("li", guests.now):
        guests.service.sessions.end(session.session_id)
    says(page, "The session is over")
    assert page.get_by_label("Region").input_value() == "靖"
    page.locator("#live").get_by_role("link", name="Sign in").click()
    page.get_by_label("Sign-in name").fill("li")
    page.get_by_label("Password").fill(GOOD)
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_label("Region").input_value() == "靖"


def test_what_is_typed_waits_while_another_window_signs_in_again(
    windows: Windows, guests: Guests
) -> None:
    guests.claim(guests.register())
    page = windows.open("/approvals?open=first", None)
    page.get_by_label("Sign-in name").fill("zhao")
    password = one_time(guests, "zhao")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("New password").fill(GOOD)
    page.get_by_role("button", name="Sign in").click()
    says(page, "Live, updated")
    page.locator("#facts [name=reason]").first.fill("电话号码无法接通")
    for session in guests.service.sessions.of("zhao", guests.now):
        guests.service.sessions.end(session.session_id)
    says(page, "The session is over")
    with page.context.expect_page() as opened:
        page.locator("#live").get_by_role("link", name="Sign in").click()
    other = opened.value
    other.get_by_label("Sign-in name").fill("zhao")
    other.get_by_label("Password").fill(GOOD)
    other.get_by_role("button", name="Sign in").click()
    other.locator("#waiting").wait_for()
    other.close()
    look_at(page, is_hidden=True)
    look_at(page, is_hidden=False)
    assert page.locator("#facts [name=reason]").first.input_value() == "电话号码无法接通"
    page.locator("#live").get_by_text("The session is over").wait_for(state="detached")


def test_new_work_comes_to_a_reviewer_whose_focus_is_on_the_list(
    windows: Windows, guests: Guests
) -> None:
    first = guests.register()
    guests.claim(first)
    page = windows.open("/approvals?open=first", "zhao")
    says(page, "Live, updated")
    kept = page.evaluate("document.activeElement.dataset.ref")
    # Whatever comes, and be it more urgent, what is being read stays open.
    assert parse_qs(urlsplit(page.url).query)["open"] == [kept]
    for _ in range(2):
        customer = guests.register()
        guests.claim(customer)
        page.locator(f'#waiting a[data-ref*="{customer}"]').wait_for()
        says(page, "Live, updated")
        assert page.evaluate("document.activeElement.dataset.ref") == kept


@pytest.mark.parametrize("path", ["/pool", "/"])
def test_a_page_that_follows_is_the_same_page_without_scripts(
    windows: Windows, guests: Guests, path: str
) -> None:
    customer = guests.register() if path == "/pool" else guests.potential()
    page = windows.open(path, scripts=False)
    row_of(page, customer).wait_for()
    assert page.locator("#live").is_hidden()


def look_at(page: Any, *, is_hidden: bool) -> None:
    """As if the window were put in the background, or brought back."""
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )
