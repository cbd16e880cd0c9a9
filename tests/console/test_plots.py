"""Plots and the audit in a real Chromium: drawn from tables, each point leading to its events."""

from typing import Any

import pytest

from tests.api.http.guests import DAY, MONDAY, Guests
from tests.console.windows import Windows, scrolls_sideways, serious_faults

SPAN = "from=2026-03-01&to=2026-03-15"
COLOUR_AT = """([plot, day]) => {
  const canvas = document.querySelectorAll('.plot canvas')[plot];
  const { width, height } = canvas;
  const seen = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  const found = new Set();
  for (let at = 0; at < seen.length; at += 4)
    if (seen[at + 3] === 255) found.add(`${seen[at]},${seen[at + 1]},${seen[at + 2]}`);
  return [...found];
}"""


@pytest.fixture
def busy(guests: Guests) -> str:
    """Claims of li on two days, and what chen tried in vain."""
    customer = guests.potential()
    guests.at(MONDAY + 3 * DAY)
    guests.potential()
    guests.claim(customer, "chen")
    guests.at(MONDAY + 5 * DAY)
    return customer


def point(page: Any, plot: int, day: int, days: int) -> tuple[float, float]:
    """In the middle of a day of a plot."""
    box = page.locator(".plot .u-over").nth(plot).bounding_box()
    return box["x"] + box["width"] * (day + 0.5) / days, box["y"] + box["height"] / 2


def test_a_plot_is_drawn_from_its_table_and_a_point_leads_to_its_events(
    windows: Windows, guests: Guests, busy: str
) -> None:
    page = windows.open(f"/figures?{SPAN}", "wang", width=1280)
    page.locator(".plot canvas").nth(4).wait_for()
    assert page.locator(".plot canvas").count() == 5
    page.locator(".plot").first.scroll_into_view_if_needed()
    page.mouse.move(*point(page, 0, 4, 14))
    page.locator(".plot .told").first.get_by_text("03-05: Claims").wait_for()
    assert page.locator("table.figures tr.here").count() >= 1
    page.mouse.click(*point(page, 0, 4, 14))
    page.wait_for_url("**/figures/claims?day=2026-03-05")
    page.get_by_role("heading", name="Claims of protection").wait_for()
    page.locator("table.rows tbody th a").first.click()
    page.wait_for_url("**/time?at=2026-03-05T01:00:00.000000Z")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_plot_has_the_colours_of_its_theme(
    windows: Windows, guests: Guests, busy: str, theme: str
) -> None:
    page = windows.open(f"/figures?{SPAN}", "wang", theme=theme)
    page.locator(".plot canvas").nth(4).wait_for()
    colour = {"light": "28,91,181", "dark": "138,184,255"}
    assert colour[theme] in page.evaluate(COLOUR_AT, [0, 4])
    other = "dark" if theme == "light" else "light"
    page.emulate_media(color_scheme=other)
    page.wait_for_function(f"([...a]) => ({COLOUR_AT})(a).includes('{colour[other]}')", arg=[0, 4])
    assert serious_faults(page) == []


def test_without_scripts_the_tables_say_it_all(windows: Windows, busy: str) -> None:
    page = windows.open(f"/figures?{SPAN}", "wang", scripts=False)
    assert page.locator(".plot canvas").count() == 0
    page.locator("table.figures a").first.click()
    page.locator("table.rows tbody th a").first.wait_for()


def test_plots_fit_a_phone(windows: Windows, busy: str) -> None:
    page = windows.open(f"/figures?{SPAN}", "wang", width=360)
    page.locator(".plot canvas").nth(4).wait_for()
    assert not scrolls_sideways(page)
    assert page.locator(".plot").first.bounding_box()["width"] <= 360


def test_the_audit_is_looked_through_and_leads_to_the_customer_at_that_instant(
    windows: Windows, guests: Guests, busy: str
) -> None:
    page = windows.open("/audit", "wu")
    page.get_by_label("Broken rule").select_option("already-protected")
    page.get_by_role("button", name="Filter").click()
    page.locator("#rows tr.refused").first.wait_for()
    page.wait_for_url("**/audit?*rule=already-protected*")
    page.get_by_label("Customer").fill(busy)
    page.get_by_label("Customer").press("Enter")
    page.wait_for_url(f"**customer={busy}*")
    page.locator("#rows tr.refused").first.wait_for()
    assert serious_faults(page) == []
    page.locator("#rows tbody th a").first.click()
    page.wait_for_url(f"**/customers/{busy}/time?at=2026-03-05T01:00:00.000000Z")
    page.locator("#then .happened").get_by_text("chen was refused").wait_for()
