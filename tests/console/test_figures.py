"""Figures as pages: sums that lead to their events, for whom they are, in few bytes."""

import re
from datetime import date, timedelta
from html import escape, unescape
from urllib.parse import quote

import pytest

from api.console.figure_tables import Stretch, by_whom, stretches
from api.console.figure_words import FIGURE_NAMES, PARTS_OF_LEADS
from projections import habit_queries
from projections.figures import FIGURES, Line
from projections.habits import KINDS
from tests.api.http.guests import DAY, MONDAY, Guests
from tests.console.reading import Reader, words

HTML_BYTES_MAX = 60_000
HOSTILE = "\"><script>alert(1)</script><b a='"


def table(page: str, plot: str) -> dict[str, list[str]]:
    """The numbers of a plot's table by the name of their row."""
    found = page.partition(f'<h2 id="plot-{plot}">')[2].partition("</table>")[0]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", found, re.DOTALL)
    told = {}
    for row in rows:
        name, *cells = re.split(r"</th>|</td>", row)
        told[words(name).strip()] = [words(cell).strip() for cell in cells if cell.strip()]
    return told


def addresses(page: str, figure: str) -> list[str]:
    found = re.findall(rf'href="(/figures/{figure}\?[^"]*)"', page)
    return [address.replace("&amp;", "&") for address in found]


@pytest.fixture
def month(guests: Guests) -> str:
    """A customer that li got, rivals tried, and li lost: days 0 to 40 from Monday on."""
    customer = guests.register()
    guests.claim(customer)
    guests.at(MONDAY + DAY)
    guests.review(customer)
    guests.at(MONDAY + 2 * DAY)
    for _ in range(2):
        guests.claim(customer, "chen")
    guests.at(MONDAY + 3 * DAY)
    return customer


def test_every_figure_and_every_number_of_a_habit_has_its_name() -> None:
    assert set(FIGURE_NAMES) == set(FIGURES)
    built = "".join(str(value) for value in vars(habit_queries).values())
    for figures in re.findall(r"jsonb_build_object\((.*?)\) AS figures", built, re.DOTALL):
        for name in re.findall(r"'([a-z_]+)',", figures):
            assert name in PARTS_OF_LEADS, name


@pytest.mark.parametrize(
    ("start", "end", "count", "first"),
    [
        ("2026-03-01", "2026-03-31", 30, "2026-03-02"),
        ("2026-03-01", "2026-03-01", 0, None),
        ("2026-03-01", "2026-05-31", 13, "2026-03-08"),
        ("2026-01-15", "2026-12-31", 12, "2026-02-01"),
        ("2025-12-31", "2027-01-01", 13, "2026-01-01"),
        ("9999-12-01", "9999-12-31", 30, "9999-12-02"),
        ("9999-01-01", "9999-12-31", 12, "9999-02-01"),
    ],
)
def test_a_span_falls_into_few_stretches_without_a_gap(
    start: str, end: str, count: int, first: str | None
) -> None:
    found = stretches(date.fromisoformat(start), date.fromisoformat(end))
    assert len(found) == count
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]
    if found:
        assert found[0] == Stretch(date.fromisoformat(start), date.fromisoformat(first or ""))
        assert found[-1].end == date.fromisoformat(end)


def test_what_is_nobodys_leads_nowhere() -> None:
    line = Line(member=None)
    line.figures["lapses"] = 2
    (row,) = by_whom([line], "member", {"from": "2026-03-01"}, {})
    assert (row.count("lapses").value, row.count("lapses").address, row.link) == (2, "", "")


@pytest.mark.clause("S1-066", "S1-071", "S1-145")
def test_each_number_leads_to_exactly_its_events(
    reader: Reader, guests: Guests, month: str
) -> None:
    query = "from=2026-03-01&to=2026-03-31&department=一部"
    page = reader.get(f"/figures?{query}", "wang").text
    told = guests.get(
        "/v1/statistics", "wang", **{"from": "2026-03-01", "to": "2026-03-31", "department": "一部"}
    ).json()["total"]
    for figure in ("claims", "refusals", "reviews_passed", "intents_granted"):
        plot = {"reviews_passed": "waiting", "intents_granted": "conversions"}.get(figure, figure)
        assert str(told["figures"][figure]) in table(page, plot)["In all"]
    assert len(table(page, "claims")) == 31
    counted = 0
    for address in dict.fromkeys(addresses(page, "refusals")):
        number = re.search(rf'href="{re.escape(escape(address))}">(\d+)</a>', page)
        assert number, address
        events = reader.get(address, "wang").text
        assert len(re.findall(r"/time\?at=", events)) == int(number[1]), address
        counted += 1
    assert counted >= 3
    claims = reader.get(f"/figures/claims?{query}", "wang").text
    assert f'href="/customers/{month}/time?at=2026-03-02T01:00:00.000000Z"' in claims


def test_waiting_is_told_in_hours(reader: Reader, guests: Guests, month: str) -> None:
    page = reader.get("/figures?member=li&from=2026-03-01&to=2026-03-31", "wang").text
    passed, refused, mean, longest = table(page, "waiting")["03-03"]
    assert int(passed) >= 1
    assert refused == "0"
    assert (float(mean), float(longest)) == (24.0, 24.0)
    assert table(page, "waiting")["03-04"][2:] == ["—", "—"]
    assert "waited 1 d 0 h 0 min at most" in words(page)


@pytest.mark.clause("S1-272")
def test_the_page_of_a_figure_tells_a_reviewer_no_instant_that_the_card_hides(
    reader: Reader, guests: Guests
) -> None:
    guests.at(MONDAY + 60 * DAY + timedelta(minutes=37, seconds=41))
    customer = guests.register()
    guests.claim(customer)
    guests.at(MONDAY + 60 * DAY + timedelta(minutes=48, seconds=53))
    guests.review(customer)
    guests.at(MONDAY + 61 * DAY)
    for figure, secret in (("claims", "37:41"), ("reviews_passed", "48:53")):
        page = f"/figures/{figure}?from=2026-05-01&to=2026-05-02"
        assert secret in reader.get(page, "wu").text
        told = reader.get(page, "qian").text
        assert customer in told
        assert secret not in told
        assert "11 min" not in words(told)


def test_members_and_departments_stand_side_by_side(
    reader: Reader, guests: Guests, month: str
) -> None:
    span = "from=2026-03-01&to=2026-03-31"
    by_member = reader.get(f"/figures?{span}&by=member", "wang").text
    assert int(table(by_member, "claims")["li"][0]) >= 1
    assert int(table(by_member, "refusals")["chen"][0]) >= 2
    onward = "/figures?from=2026-03-01&amp;to=2026-03-31&amp;member=li"
    assert f'href="{onward}"' in by_member
    by_department = reader.get(f"/figures?{span}&by=department", "wang").text
    assert "一部" in table(by_department, "claims")
    assert reader.get(f"/figures?{span}&by=colour", "wang").status_code == 422


@pytest.mark.clause("S1-272")
def test_everybody_sees_his_own_and_a_manager_his_departments(
    reader: Reader, guests: Guests, month: str
) -> None:
    own = reader.get("/figures?from=2026-03-01&to=2026-03-31", "chen").text
    assert 'name="member"' not in own
    assert table(own, "claims")["In all"] == ["0"]
    assert reader.get("/figures?member=li", "chen").status_code == 403
    assert reader.get("/figures/claims?member=li", "chen").status_code == 403
    assert reader.get("/figures?department=他部", "wang").status_code == 403
    assert "/figures/habits" not in own
    assert reader.get("/figures/habits", "chen").status_code == 403


def test_events_of_a_figure_lead_to_the_audit_for_those_who_audit(
    reader: Reader, month: str
) -> None:
    path = "/figures/claims?from=2026-03-01&to=2026-03-31"
    for member in ("wu", "wang"):
        found = re.search(r'href="(/audit\?position=\d+[^"]*)"', reader.get(path, member).text)
        assert found is not None
        assert reader.get(unescape(found[1]), member).status_code == 200
    assert "/audit?" not in reader.get(path, "li").text
    assert reader.get("/figures/nonsense", "wu").status_code == 404
    one = reader.get("/figures/claims?day=2026-03-02", "wu").text
    assert "2026-03-02" in words(one)
    assert reader.get("/figures/claims?day=yesterday", "wu").status_code == 422
    assert reader.get("/figures/claims?day=9999-12-31", "wu").status_code == 200


def test_habits_are_all_there_with_their_leads(
    reader: Reader, guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        guests.claim(guests.register())
    page = reader.get("/figures/habits?from=2026-03-01&to=2026-03-31", "wu")
    assert page.status_code == 200
    for kind in KINDS:
        assert f'id="{kind}"' in page.text
    notes = page.text.partition('id="equal-notes"')[2].partition("</section>")[0]
    assert "<strong>li</strong>" in notes
    assert re.search(r'href="/audit\?position=', notes)
    monkeypatch.setattr("api.console.pages.figures.POSITIONS_MAX", 2)
    address, seen = "/figures/habits?from=2026-03-01&to=2026-03-31&kind=equal-notes&member=li", []
    for _ in range(100):
        page = reader.get(address, "wu")
        (audited,) = re.findall(r'href="/audit\?([^"]*position=[^"]*)"', page.text)
        seen += re.findall(r"position=(\d+)", audited)
        further = re.search(r'href="(/figures/habits\?[^"]+)">Further events', page.text)
        if further is None:
            break
        address = unescape(further[1])
    (total,) = re.findall(r"of (\d+) events", page.text)
    assert len(seen) == len(set(seen)) == int(total) >= 3
    one = reader.get("/figures/habits?kind=equal-notes", "wang")
    assert one.status_code == 200
    assert 'id="taking-turns"' not in one.text
    assert reader.get("/figures/habits?kind=nonsense", "wang").status_code == 422


def test_an_empty_span_says_so(reader: Reader) -> None:
    page = reader.get("/figures?from=1999-01-01&to=1999-01-01", "wang")
    assert "Nothing happened in these days." in words(page.text)
    nothing = reader.get("/figures/claims?day=1999-01-01", "wang").text
    assert "No event fits." in words(nothing)


def test_figures_in_both_languages(reader: Reader, month: str) -> None:
    for path in ("/figures", "/figures?by=member", "/figures/claims", "/figures/habits"):
        page = reader.get(path, "wang", Accept_Language="zh")
        assert page.headers["content-language"] == "zh-CN"
        assert page.status_code == 200
    assert "按规则统计的拒绝" in reader.get("/figures", "wang", Accept_Language="zh").text


def test_what_somebody_hostile_typed_is_shown_and_does_nothing(reader: Reader) -> None:
    typed = quote(HOSTILE)
    shown = escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    for path in (f"/figures?member={typed}", f"/figures/claims?member={typed}&rule={typed}"):
        page = reader.get(path, "wu").text
        assert "<script>alert" not in page, path
        assert shown in page, path


def test_a_month_of_everything_stays_small(reader: Reader, guests: Guests) -> None:
    customers = [guests.register() for _ in range(3)]
    for day in range(28):
        guests.at(MONDAY + timedelta(days=day))
        for customer in customers:
            guests.claim(customer, "chen" if day % 2 else "li")
            guests.claim(customer, "chen")
    query = f"from=2026-03-01&to=2026-04-01&department={quote('一部')}"
    for language in ("zh", "en"):
        page = reader.get(f"/figures?{query}", "wang", Accept_Language=language)
        assert len(page.content) <= HTML_BYTES_MAX
