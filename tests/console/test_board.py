"""Pool and board as pages: sorting, going on, files, pictures, and what each may see."""

from __future__ import annotations

import csv
import io
import re
from uuid import uuid4

import pytest

from tests.api.http.guests import DAY, MONDAY, Guests
from tests.console.reading import Reader, words
from tests.console.test_pages import HTML_BYTES_MAX
from tests.console.windows import Windows, serious_faults

HOSTILE = "\"><script>alert(1)</script><b a='"
ROW = re.compile(r'<th scope="row"><a href="/customers/([0-9a-f-]{36})"')


@pytest.fixture
def team(guests: Guests) -> dict[str, str]:
    """A seller and a manager in a department of their own."""
    mark = uuid4().hex[:6]
    people = {"one": f"one-{mark}", "lead": f"lead-{mark}", "department": f"西部{mark}"}
    guests.move_in({people["one"]: "seller", people["lead"]: "manager"})
    for name in ("one", "lead"):
        body = {"department": people["department"]}
        guests.patch(f"/v1/members/{people[name]}", body, "root")
    return people


def rows_through(reader: Reader, address: str, member: str) -> list[str]:
    """The customers of every page, by their links to the next."""
    found: list[str] = []
    while address:
        page = reader.get(address, member)
        assert page.status_code == 200, page.text
        found += ROW.findall(page.text)
        onward = re.search(
            r'class="button plain" href="(/[^"]*[?&](?:amp;)?after=[^"]*)"', page.text
        )
        address = onward[1].replace("&amp;", "&") if onward else ""
    return found


@pytest.mark.clause("S1-271", "S1-032")
def test_the_board_shows_a_seller_his_own_and_a_manager_his_department(
    reader: Reader, guests: Guests, team: dict[str, str]
) -> None:
    one, lead = team["one"], team["lead"]
    mine, other = guests.potential(one), guests.potential("chen")
    for member in (one, lead):
        page = reader.get("/board", member).text
        assert f'href="/customers/{mine}"' in page
        assert f'href="/customers/{other}"' not in page
        assert f'<a href="/board?member={one}">{one}</a>' in page
    assert f'href="/customers/{mine}/actions/follow-up"' in reader.get("/board", one).text
    assert 'name="department"' not in reader.get("/board", one).text
    assert reader.get("/board?member=chen", one).status_code == 403
    assert f'href="/customers/{other}"' in reader.get("/board?member=chen", "shen").text
    assert "Nothing here fits." in reader.get("/board", "zhao").text


@pytest.mark.clause("S1-048", "S1-032")
def test_an_after_sales_manager_sees_on_start_and_board_what_waits_for_a_person(
    reader: Reader, guests: Guests
) -> None:
    mark = uuid4().hex[:6]
    lead, one, department = f"care-{mark}", f"an-{mark}", f"售后{mark}"
    guests.move_in({lead: "after-sales-manager", one: "after-sales"})
    for member in (lead, one):
        guests.patch(f"/v1/members/{member}", {"department": department}, "root")
    waits, named, of_seller = guests.formal(), guests.formal(), guests.potential()
    guests.post(f"/v1/customers/{named}/after-sales", {"to": one}, lead)
    shown = rows_through(reader, "/board?sort=-ends_at", lead)
    assert {waits, named} <= set(shown)
    assert of_seller not in shown
    page = reader.get("/board", lead).text
    assert f'<a href="/board?member={one}">{one}</a>' in page
    assert 'name="department"' in page
    assert rows_through(reader, f"/board?member={one}", lead) == [named]
    start = reader.get("/", lead).text
    assert "Formal, without a person" in start
    assert f"/customers/{waits}" in start
    assert f'href="/people/{one}/leave"' in reader.get(f"/people/{one}", lead).text
    assert reader.get(f"/people/{one}/leave", lead).status_code == 200
    assert "Formal, without a person" not in reader.get("/", one).text


def test_a_full_board_of_many_members_is_small(guests: Guests, reader: Reader) -> None:
    for number in range(21):
        member = f"crowd-{number:02}-{'x' * 30}"
        guests.move_in({member: "seller"})
        for _ in range(2):
            guests.claim(guests.register(member), member)
    page = reader.get("/board?department=一部&sort=ends_at", "wang")
    assert page.text.count('class="load"') == 20
    assert "More members" in page.text
    assert len(page.content) <= HTML_BYTES_MAX
    onward = re.search(r'href="(/board\?[^"]*members_after=[^"]*)"', page.text)
    assert onward is not None
    rest = reader.get(onward[1].replace("&amp;", "&"), "wang").text
    assert rest.count('class="load"') >= 1


def test_pages_of_the_board_are_what_is_held_once_each(
    reader: Reader, guests: Guests, team: dict[str, str]
) -> None:
    held = set()
    for number in range(34):
        guests.at(MONDAY + number * DAY / 48)
        held.add(guests.potential(team["one"]))
    for address in ("/board", "/board?sort=-ends_at", "/board?within=30&state=potential"):
        guests.at(MONDAY + DAY)
        found = rows_through(reader, address, team["one"])
        assert len(found) == len(held)
        assert set(found) == held, address


def test_the_board_pictures_load_week_and_time_left(
    reader: Reader, guests: Guests, team: dict[str, str]
) -> None:
    one, lead = team["one"], team["lead"]
    customer = guests.potential(one)
    waiting = guests.register(one)
    guests.claim(waiting, one)
    guests.at(MONDAY + 27 * DAY)
    page = reader.get("/board", lead)
    assert 'aria-label="waiting for review 1, potential 1"' in page.text
    assert page.text.count('class="column"') == 7
    assert "<b>1</b>" in page.text
    assert "3 d" in words(page.text)
    onward = re.findall(r'href="(/board\?[^"]*until=[^"]*)"', page.text)
    last = reader.get(onward[-1].replace("&amp;", "&"), lead)
    assert ROW.findall(last.text) == [customer]
    assert "Over by" in last.text
    chinese = reader.get("/board", lead, Accept_Language="zh").text
    assert "未来七天到期" in chinese
    assert 'aria-label="待审核 1, 潜在客户 1"' in chinese


def test_lists_are_sorted_by_the_heads_of_their_columns(
    reader: Reader, guests: Guests, team: dict[str, str]
) -> None:
    for address, first, then in (
        ("/pool", 'aria-sort="descending"', "sort=since"),
        ("/pool?sort=since", 'aria-sort="ascending"', "sort=-since"),
        ("/board", 'aria-sort="ascending"', "sort=-ends_at"),
        ("/board?sort=-ends_at", 'aria-sort="descending"', "sort=ends_at"),
    ):
        guests.register()
        guests.potential(team["one"])
        page = reader.get(address, team["one"]).text
        head = page[page.index(first) :]
        assert f"{then}" in head[: head.index("</th>")], address


@pytest.mark.parametrize("page", ["pool", "board"])
def test_a_page_is_downloaded_whole_in_the_language_of_its_reader(
    reader: Reader, guests: Guests, team: dict[str, str], page: str
) -> None:
    industry = f"下载{uuid4().hex[:6]}"
    made = [guests.register(team["one"], industry=industry) for _ in range(3)]
    if page == "board":
        for customer in made:
            guests.claim(customer, team["one"])
    query = f"?industry={industry}" if page == "pool" else "?state=waiting"
    shown = reader.get(f"/{page}{query}", team["one"]).text
    found = re.search(rf'href="(/{page}\.csv\?[^"]*)"', shown)
    assert found is not None
    for language, header in (("zh", "客户编号"), ("en", "customer_id")):
        address = found[1].replace("&amp;", "&")
        answer = reader.get(address, team["one"], Accept_Language=language)
        assert answer.headers["content-type"].startswith("text/csv")
        rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
        assert {row[header] for row in rows} == set(made)
    entries = guests.get(f"/v1/access?member={team['one']}&sort=at&limit=500", "wu").json()["items"]
    kinds = [entry["kind"] for entry in entries if entry["facts"].get("view") == page]
    assert kinds == ["exported", "export-ended"] * 2


def test_hostile_filters_are_shown_and_do_nothing(reader: Reader) -> None:
    for path in ("/pool", "/board"):
        answer = reader.get(path, "shen", Accept_Language="en")
        assert answer.status_code == 200
        for name in ("name", "member", "department", "industry", "state", "until", "sort"):
            told = reader.get(f"{path}?{name}={HOSTILE}", "shen")
            assert "<script>alert" not in told.text, (path, name)


def test_the_board_is_filtered_while_it_is_open(
    windows: Windows, guests: Guests, team: dict[str, str]
) -> None:
    customer = guests.potential(team["one"])
    waiting = guests.register(team["one"])
    guests.claim(waiting, team["one"])
    page = windows.open("/board", team["lead"])
    page.get_by_label("State").select_option("waiting")
    page.locator(f'#rows a[href="/customers/{customer}"]').first.wait_for(state="detached")
    page.locator(f'#rows a[href="/customers/{waiting}"]').first.wait_for()
    page.wait_for_url("**/board?*state=waiting*")
    assert serious_faults(page) == []
    page.get_by_role("link", name=team["one"]).click()
    page.locator(f'#rows a[href="/customers/{waiting}"]').first.wait_for()
    assert page.get_by_label("Holder").input_value() == team["one"]


@pytest.mark.clause("S1-050")
def test_a_choice_in_the_pool_stays_while_others_claim_and_the_board_shows_what_they_claimed(
    windows: Windows, guests: Guests, team: dict[str, str]
) -> None:
    industry = f"跟随{uuid4().hex[:6]}"
    chosen, taken = (guests.register(industry=industry) for _ in range(2))
    pool = windows.open(f"/pool?industry={industry}", "li")
    board = windows.open("/board", team["lead"])
    for page in (pool, board):
        page.locator("#live").get_by_text("Live, updated").wait_for()
    box = pool.locator(f'input[value="{chosen}"]')
    box.check()
    pool.locator("h1").click()
    assert guests.claim(taken, team["one"]).status_code == 201
    board.locator(f'#rows a[href="/customers/{taken}"]').first.wait_for()
    pool.locator("#live").get_by_text("Something has changed").wait_for()
    assert box.is_checked()
    box.uncheck()
    pool.locator("h1").click()
    pool.locator(f'#rows a[href="/customers/{taken}"]').first.wait_for(state="detached")
    assert "industry=" in pool.url
