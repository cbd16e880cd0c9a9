"""Approvals in a real Chromium: decided by keyboard alone, beside others, and on a phone."""

from typing import Any

import pytest

from tests.api.http.guests import DAY, Guests
from tests.api.sign_in.browser import GOOD, signed_in
from tests.console.windows import Windows, scrolls_sideways, serious_faults

TABS_MAX = 80
REVIEWS = "/approvals?kind=review"
SAME_COMPANY = "与在先的申请是同一家公司；p r x 只是字"


@pytest.fixture(autouse=True)
def nothing_waits(guests: Guests) -> None:
    """Whatever another test left is decided."""
    waiting = guests.get("/v1/approvals", "wu", kind="review", limit=500).json()["items"]
    for line in waiting:
        answer = guests.review(line["customer_id"], "refuse", reason="不属于本项测试")
        assert answer.status_code == 200, answer.text


def claimed(guests: Guests, member: str = "li", **changes: Any) -> str:
    customer = guests.register(member, **changes)
    assert guests.claim(customer, member).status_code == 201
    guests.at(guests.now + DAY / 240)
    return customer


def tab_to(page: Any, selector: str) -> None:
    """Go on by the tabulator until what fits the selector has the focus."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if page.evaluate("found => document.activeElement.matches(found)", selector):
            return
    raise AssertionError(f"the tabulator does not lead to {selector}")


def ready(page: Any, opened: str | None = None) -> None:
    """The list takes keys; `opened` is the name of the one that is open, and has the focus."""
    page.locator("[data-keys=ready]").wait_for()
    if opened is not None:
        page.locator("a[data-ref][aria-current]:focus", has_text=opened).wait_for()


def name_of(guests: Guests, customer: str) -> str:
    return str(guests.get(f"/v1/customers/{customer}", "wu").json()["name"])


def decisions(guests: Guests, customer: str) -> list[tuple[str, str | None]]:
    """What the service centre decided about it, with the reason."""
    return [
        (event["topic"], event["facts"].get("reason"))
        for event in guests.events(customer)
        if event["actor"] == "zhao"
    ]


def sign_in(page: Any, member: str) -> None:
    page.keyboard.type(member)
    page.keyboard.press("Tab")
    page.keyboard.type(GOOD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Approvals").wait_for()


def read_the_keys(page: Any) -> None:
    """The first line has the focus, and the keys were shown and put away."""
    tab_to(page, "a[data-ref]")
    page.locator("[data-keys=ready]").wait_for()
    page.keyboard.press("?")
    assert page.get_by_text("refuse it: go to the reason").is_visible()
    page.keyboard.press("?")


def refuse_forgetting_the_reason_once(page: Any) -> None:
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.name") == "reason"
    tab_to(page, "[data-key=n]")
    page.keyboard.press("Enter")
    page.locator("#field-reason-wrong").wait_for()
    page.locator("textarea#field-reason:focus").wait_for()
    page.keyboard.type(SAME_COMPANY)
    page.keyboard.press("Escape")
    page.locator("a[data-ref][aria-current]:focus").wait_for()
    page.keyboard.press("r")
    tab_to(page, "[data-key=n]")
    page.keyboard.press("Enter")


def pass_at_once(page: Any, count: int) -> None:
    page.keyboard.press("k")
    for _ in range(count):
        page.keyboard.press("x")
        page.keyboard.press("j")
    assert page.locator("input[type=checkbox]:checked").count() == count
    tab_to(page, "button[name=way][value=yes]")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing waits.").wait_for()
    assert page.locator("#results li").count() == count


@pytest.mark.clause("S1-309", "S1-312", "S1-313", "S1-317")
def test_a_reviewers_whole_morning_by_keyboard_alone(windows: Windows, guests: Guests) -> None:
    signed_in(guests, "zhao")
    trade = guests.company()["name"].removeprefix("靖江市")
    first, second = claimed(guests), claimed(guests)
    third = claimed(guests, name=f"靖江市{trade}")
    alike = claimed(guests, "chen", name=f"泰州市{trade}", override_reason="注册地不同")
    fifth = claimed(guests)
    names = {one: name_of(guests, one) for one in (first, second, third, alike, fifth)}
    page = windows.open("/approvals", None)
    sign_in(page, "zhao")
    assert page.locator("a[data-ref]").count() == len(names)
    assert page.get_by_text("similar to an earlier claim").count() == 1
    read_the_keys(page)
    page.keyboard.press("Enter")
    for passed, following in ((first, second), (second, third), (third, alike)):
        ready(page, names[passed])
        assert "+8613800138000" in page.locator("#facts").inner_text()
        page.keyboard.press("p")
        ready(page, names[following])
    assert "its claim came first" in page.locator("#facts").inner_text()
    later = [claimed(guests), claimed(guests)]
    refuse_forgetting_the_reason_once(page)
    ready(page, names[fifth])
    pass_at_once(page, 1 + len(later))
    for customer in (first, second, third, fifth, *later):
        assert decisions(guests, customer) == [("customer.review_passed", None)]
    assert decisions(guests, alike) == [("customer.review_refused", SAME_COMPANY)]


def test_keys_act_only_in_the_list_and_never_while_something_is_typed(
    windows: Windows, guests: Guests
) -> None:
    customer, other = claimed(guests), claimed(guests)
    page = windows.open(f"{REVIEWS}&open={customer}/review", "zhao")
    ready(page, name_of(guests, customer))
    page.keyboard.press("Escape")
    page.locator("h1:focus").wait_for()
    for key in ("p", "x", "r", "?"):
        page.keyboard.press(key)
    assert page.locator("h1:focus").count() == 1
    page.locator("#several-reason").focus()
    page.keyboard.type("pxrjk?")
    assert page.locator("#several-reason").input_value() == "pxrjk?"
    assert page.locator("input[type=checkbox]:checked").count() == 0
    page.locator("input[type=checkbox]").last.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    ready(page, name_of(guests, other))
    for one in (customer, other):
        assert decisions(guests, one) == []


def test_what_is_not_open_is_opened_and_not_decided(windows: Windows, guests: Guests) -> None:
    first, second = claimed(guests), claimed(guests)
    page = windows.open(f"{REVIEWS}&open={first}/review", "zhao")
    ready(page, name_of(guests, first))
    page.keyboard.press("j")
    page.keyboard.press("p")
    ready(page, name_of(guests, second))
    for customer in (first, second):
        assert decisions(guests, customer) == []
    assert serious_faults(page) == []


def test_everything_is_done_without_scripts_too(windows: Windows, guests: Guests) -> None:
    first, second = claimed(guests), claimed(guests)
    page = windows.open(REVIEWS, "zhao", scripts=False)
    page.get_by_role("link", name=name_of(guests, first)).click()
    page.get_by_role("button", name="Refuse", exact=True).click()
    page.locator("#field-reason-wrong").wait_for()
    page.get_by_label("Reason").last.fill("电话无人接听")
    page.get_by_role("button", name="Refuse", exact=True).click()
    page.locator("#done").wait_for()
    page.get_by_role("checkbox").check()
    page.keyboard.press("Enter")
    page.get_by_text("Say what becomes of the chosen").wait_for()
    assert decisions(guests, second) == []
    assert page.get_by_role("checkbox").is_checked()
    page.get_by_role("button", name="Pass or grant the chosen").click()
    page.locator("#results").wait_for()
    assert decisions(guests, first) == [("customer.review_refused", "电话无人接听")]
    assert guests.topics(second)[-1] == "customer.review_passed"


def test_on_a_phone_the_open_one_stands_alone_and_leads_back(
    windows: Windows, guests: Guests
) -> None:
    first, second = claimed(guests), claimed(guests)
    page = windows.open(f"{REVIEWS}&open={first}/review", "zhao", width=360)
    assert not scrolls_sideways(page)
    other = page.get_by_role("link", name=name_of(guests, second))
    assert not other.is_visible()
    page.get_by_role("link", name="Back to the list").click()
    other.wait_for()
