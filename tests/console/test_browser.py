"""The pages in a real Chromium, before a real service on a real database."""

from typing import Any

import pytest

from tests.api.http.guests import DAY, MONDAY, Guests
from tests.api.sign_in.browser import GOOD, one_time
from tests.console.pages_known import FURTHER, PAGES, places
from tests.console.windows import Windows, scrolls_sideways, serious_faults

PHONE, SCREEN = 360, 1920


def fill_in_claim(page: Any) -> None:
    page.get_by_label("Contact person", exact=True).fill("王敏")
    page.get_by_label("Position").fill("采购经理")
    page.get_by_label("Phone of the contact person").fill("13800138000")


@pytest.mark.clause("S1-021", "S1-023")
def test_who_has_it_shows_while_the_name_is_typed(windows: Windows, guests: Guests) -> None:
    customer = guests.potential()
    page = windows.open("/collisions", "chen")
    page.get_by_label("Name or part of it").press_sequentially("空调")
    page.locator(f'#matches a[href="/customers/{customer}"] mark').wait_for()
    assert page.get_by_label("Name or part of it").input_value() == "空调"
    assert serious_faults(page) == []
    page.get_by_label("Name or part of it").fill("绝无此家")
    page.get_by_role("link", name="Register it").click()
    assert page.get_by_label("Full name").input_value() == "绝无此家"


@pytest.mark.clause("S1-053")
def test_of_two_windows_that_claim_at_once_one_wins_and_the_other_keeps_its_words(
    windows: Windows, guests: Guests
) -> None:
    customer = guests.register()
    path = f"/customers/{customer}/actions/claim"
    both = {member: windows.open(path, member) for member in ("li", "chen")}
    for page in both.values():
        fill_in_claim(page)
    for page in both.values():
        page.evaluate("setTimeout(() => document.querySelector('form.fill').requestSubmit())")
    for page in both.values():
        page.locator(".done, .trouble").first.wait_for()
    assert guests.topics(customer).count("customer.claimed") == 1
    winner = str(guests.events(customer)[-1]["actor"])
    loser = next(member for member in both if member != winner)
    both[winner].get_by_text("Done: claim the customer").wait_for()
    page = both[loser]
    page.get_by_text(f"Holder: {winner}").wait_for()
    assert page.get_by_label("Contact person", exact=True).input_value() == "王敏"
    page.get_by_role("button", name="Claim the customer").click()
    page.get_by_role("alert").get_by_text(winner).first.wait_for()
    assert guests.topics(customer).count("customer.claimed") == 1


def test_the_band_is_read_by_keyboard_and_leads_to_its_events(
    windows: Windows, guests: Guests
) -> None:
    customer = guests.intent()
    page = windows.open(f"/customers/{customer}")
    # What was gathered leads to the list of all of it.
    marks = page.locator("svg.band a", has=page.locator(".mark"))
    alone = marks.filter(has_not=page.locator(".count"))
    alone.first.focus()
    assert "li" in (
        page.evaluate("document.activeElement.querySelector('title').textContent") or ""
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**#event-*")
    assert page.locator("li:target").count() == 1
    assert serious_faults(page) == []


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_what_is_focused_pointed_at_or_touched_is_told_whole_below_the_band(
    windows: Windows, guests: Guests, width: int
) -> None:
    customer = guests.potential()
    guests.at(guests.now + DAY)
    guests.claim(customer, "chen")
    page = windows.open(f"/customers/{customer}", width=width)
    line = page.locator(".band-line")
    marks = page.locator("svg.band a")
    marks.last.focus()
    assert line.inner_text() == marks.last.locator("title").text_content()
    assert "chen" in line.inner_text()
    marks.first.hover(force=True)
    assert line.inner_text() == marks.first.locator("title").text_content()
    bar = page.locator("svg.band rect[class=bar-potential]").first
    bar.dispatch_event("pointerdown", {"bubbles": True})
    assert "li · potential" in line.inner_text()
    assert serious_faults(page) == []


def test_an_action_opens_in_its_page_and_is_done(windows: Windows, guests: Guests) -> None:
    customer = guests.potential()
    page = windows.open(f"/customers/{customer}")
    page.get_by_role("link", name="Note a follow-up").click()
    page.get_by_label("Channel").select_option("phone")
    page.locator("#action").get_by_label("Next contact").fill("2026-03-09T10:00")
    page.get_by_label("Notes").fill("对方周三开会")
    page.get_by_role("button", name="Note a follow-up").click()
    page.get_by_text("Done: note a follow-up").wait_for()
    assert page.url.split("?")[0].endswith(customer)


def test_the_slider_looks_at_any_instant_of_the_life(windows: Windows, guests: Guests) -> None:
    customer = guests.register()
    guests.at(MONDAY + 10 * DAY)
    guests.claim(customer)
    page = windows.open(f"/customers/{customer}/time")
    page.locator("#then .state.waiting").wait_for()
    slider = page.get_by_label("From the first event to now")
    slider.focus()
    page.keyboard.press("Home")
    page.locator("#then .state.pool").wait_for()
    assert slider.input_value() == "0"
    page.get_by_role("link", name="One event forth").click()
    page.locator("#then .state.waiting").wait_for()
    assert serious_faults(page) == []


def test_signing_in_and_a_session_that_ends_while_somebody_types(
    windows: Windows, guests: Guests
) -> None:
    customer = guests.potential()
    page = windows.open(f"/customers/{customer}/actions/release", None)
    page.get_by_label("Sign-in name").fill("li")
    page.get_by_label("Password").fill(one_time(guests, "li"))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Password", exact=True).fill(one_time(guests, "li"))
    page.get_by_label("New password").fill(GOOD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Reason").fill("客户已无采购计划")
    page.context.clear_cookies()
    page.get_by_role("button", name="Give the customer up").click()
    page.get_by_text("What you typed is kept").wait_for()
    page.get_by_label("Sign-in name").fill("li")
    page.get_by_label("Password").fill(GOOD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Send it now").click()
    page.get_by_text("Done: give the customer up").wait_for()
    assert guests.topics(customer)[-1] == "customer.released"


def test_markup_that_is_typed_comes_back_as_text_and_never_runs(
    windows: Windows, guests: Guests
) -> None:
    customer = guests.potential()
    typed = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>\u202e{{7*7}}"
    forms = {
        "/register": ("Full name", "form.fill"),
        f"/customers/{customer}/actions/follow-up": ("Notes", "form.fill"),
        "/collisions": ("Name or part of it", "form.search"),
        "/pool": ("Region", "form.search"),
    }
    for path, (label, form) in forms.items():
        page = windows.open(path)
        page.on("dialog", lambda dialog: windows.faults.append(f"dialog: {dialog.message}"))
        page.get_by_label(label).fill(typed)
        with page.expect_navigation():
            page.evaluate(
                "name => HTMLFormElement.prototype.submit.call(document.querySelector(name))", form
            )
        assert page.locator("main img, main script").count() == 0, path
        assert page.get_by_label(label).input_value() == typed, path
    assert windows.faults == []


def test_pages_work_without_scripts(windows: Windows, guests: Guests) -> None:
    customer = guests.potential()
    page = windows.open("/collisions", scripts=False)
    page.get_by_label("Name or part of it").fill("空调")
    page.get_by_role("button", name="Look it up").click()
    page.locator(f'a[href="/customers/{customer}"]').click()
    page.get_by_role("link", name="Note a follow-up").click()
    page.get_by_role("button", name="Note a follow-up").wait_for()


@pytest.mark.parametrize("member", ["zhao", "wang"])
def test_a_print_of_approvals_shows_what_waits_and_nothing_to_press_or_fill_in(
    windows: Windows, guests: Guests, member: str
) -> None:
    customer = guests.register()
    guests.claim(customer)
    guests.apply(guests.potential(), "intent")
    page = windows.open("/approvals", member)
    page.emulate_media(media="print")
    assert page.locator("#waiting table.rows th a").first.is_visible()
    pressed_or_filled = page.locator("button, input, textarea, select, a.button")
    assert [one for one in pressed_or_filled.all() if one.is_visible()] == []


def test_a_print_of_a_change_of_rules_shows_its_values_and_no_button(windows: Windows) -> None:
    page = windows.open("/rules/change", "wang")
    page.emulate_media(media="print")
    assert page.locator(".chapter .field label").first.is_visible()
    assert page.locator(".chapter input[type=number]").first.is_visible()
    assert [one for one in page.locator("button").all() if one.is_visible()] == []


@pytest.mark.long
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_fit_for_everybody_in_both_languages_themes_and_widths(
    windows: Windows, guests: Guests, language: str, theme: str
) -> None:
    found = places(guests)
    for known in (*PAGES, *FURTHER):
        path = known.path.format(**found)
        page = windows.open(path, known.member, language=language, theme=theme, width=PHONE)
        assert_fit(page, path)
        page.context.close()


def assert_fit(page: Any, path: str) -> None:
    """Nothing serious for axe, and nothing sideways, on a phone and on a wide screen."""
    for width in (PHONE, SCREEN):
        page.set_viewport_size({"width": width, "height": 800})
        assert serious_faults(page) == [], (path, width)
        assert not scrolls_sideways(page), (path, width)
