"""A change of the rules in a real browser: tried, looked at, adopted; and a member added."""

import pytest

from tests.api.http.guests import DAY, MONDAY, Guests
from tests.console.windows import Windows, scrolls_sideways, serious_faults


@pytest.mark.clause("S1-033", "S3-02")
def test_twenty_days_are_tried_instead_of_thirty_and_then_adopted(
    windows: Windows, guests: Guests
) -> None:
    customer = guests.potential()
    guests.at(MONDAY + 25 * DAY)
    page = windows.open("/rules", "root")
    page.get_by_role("link", name="Try a change").click()
    days = page.get_by_label("A customer is protected as potential for … days")
    assert days.input_value() == "30"
    days.fill("20")
    page.get_by_label("Reason").fill("缩短保护期")
    page.get_by_role("button", name="Try it on everybody").click()
    page.locator(f'#tried a[href="/customers/{customer}"]').wait_for()
    assert page.locator("#tried svg.falls rect.would").count() == 1
    assert page.get_by_label("Reason").input_value() == "缩短保护期"
    assert days.input_value() == "20"
    assert serious_faults(page) == []
    assert not scrolls_sideways(page)
    page.get_by_label("Name of the new version").fill("shorter")
    page.get_by_role("button", name="Adopt these rules").click()
    page.get_by_text("Adopted:").wait_for()
    page.get_by_text("A customer is protected as potential for 20 days").wait_for()
    assert page.locator("h1").inner_text().startswith("Rules shorter")
    page.get_by_role("link", name="Beside shorter").last.click()
    assert page.locator("mark").count() == 1
    assert guests.get("/v1/rulebooks/shorter").json()["reason"] == "缩短保护期"


def test_a_change_is_tried_without_scripts(windows: Windows, guests: Guests) -> None:
    customer = guests.potential()
    guests.at(MONDAY + 25 * DAY)
    page = windows.open("/rules/change", "wang", scripts=False)
    page.get_by_label("A customer is protected as potential for … days").fill("21")
    page.get_by_role("button", name="Try it on everybody").click()
    page.locator(f'#tried a[href="/customers/{customer}"]').wait_for()
    assert page.get_by_role("button", name="Adopt these rules").count() == 0


@pytest.mark.clause("S1-271", "S1-295")
def test_a_member_is_added_given_a_token_and_found(windows: Windows, guests: Guests) -> None:
    page = windows.open("/people", "root")
    page.get_by_role("link", name="Add a member").click()
    page.get_by_label("Sign-in name").fill("sun-li")
    page.get_by_label("Name of the person").fill("孙丽")
    page.get_by_label("Department").fill("新部")
    page.get_by_label("seller").check()
    page.get_by_role("button", name="Add a member").click()
    page.get_by_text("Done: add a member").wait_for()
    page.get_by_role("link", name="Issue an access token").click()
    page.get_by_label("What it is for").fill("报表")
    page.get_by_role("button", name="Issue an access token").click()
    guests.tokens["sun-li"] = page.get_by_label("Shown once").input_value()
    assert guests.get("/v1/session", "sun-li").json()["member"] == "sun-li"
    page.get_by_role("link", name="Done").click()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_text("Done: revoke an access token").wait_for()
    page.goto("/people")
    page.get_by_label("Name or sign-in name").press_sequentially("孙")
    page.locator('#rows a[href="/people/sun-li"] mark').wait_for()
    page.locator('#rows a[href="/people/li"]').wait_for(state="detached")
    assert serious_faults(page) == []
