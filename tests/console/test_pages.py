"""Pages as answers: the language, the policy, the place in the log, and nothing that is hidden."""

import re
from html import escape

import pytest

from api.console.shown import rule_title
from tests.api.http.guests import CONTACT, DAY, Guests, trade_name
from tests.console.pages_known import FURTHER, PAGES, places
from tests.console.reading import Reader, words

HTML_BYTES_MAX = 60_000
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)
ELSEWHERE = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//""")
HOSTILE = "\"><script>alert(1)</script><b a='"


@pytest.fixture
def paths(guests: Guests) -> list[str]:
    """Every page, on a customer that has something to show."""
    customer = guests.intent()
    guests.write_contract(customer)
    return [
        "/",
        "/collisions",
        "/collisions?name=空调",
        "/register",
        "/pool",
        "/rules",
        "/rules/versions/2026-1",
        "/rules/versions/2026-1?against=2026-1",
        "/people",
        "/people/li",
        "/board",
        f"/customers/{customer}",
        f"/customers/{customer}/time",
        f"/customers/{customer}/actions/follow-up",
        f"/customers/{customer}/actions/detail-contract",
    ]


def test_every_page_is_there_in_both_languages(reader: Reader, paths: list[str]) -> None:
    for path in paths:
        for language, code in (("zh-CN,zh;q=0.9", "zh-CN"), ("en-GB", "en")):
            answer = reader.get(path, Accept_Language=language)
            assert answer.status_code == 200, path
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.headers["content-language"] == code
            assert f'<html lang="{code}"' in answer.text


def test_a_page_is_small_and_holds_no_inline_script_or_style_and_no_address_outside(
    reader: Reader, paths: list[str]
) -> None:
    for path in paths:
        answer = reader.get(path)
        assert len(answer.content) <= HTML_BYTES_MAX, path
        assert INLINE.findall(answer.text) == [], path
        assert ELSEWHERE.findall(answer.text) == [], path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"


def test_every_page_says_when_and_where_in_the_log_it_is_true(
    reader: Reader, guests: Guests
) -> None:
    found = places(guests)
    for known in (*PAGES, *FURTHER):
        path = known.path.format(**found)
        answer = reader.get(path, known.member, Accept="text/html")
        assert f"As of {guests.now:%Y-%m-%d %H:%M:%S} UTC" in words(answer.text), path
        assert len(answer.content) <= HTML_BYTES_MAX, path
        if known.member is not None:
            assert answer.status_code == 200, path
            assert f'<data value="{guests.settled()}">' in answer.text, path
            assert answer.headers["tenure-position"] == str(guests.settled())


def test_a_problem_page_says_when_it_was_told_and_names_no_place_in_the_log(
    reader: Reader, guests: Guests
) -> None:
    for path, member in (
        ("/customers/rubbish", "li"),
        ("/rules/change", "li"),
        ("/no/such/page", None),
    ):
        answer = reader.get(path, member, Accept="text/html")
        assert answer.status_code >= 400, path
        assert f"As of {guests.now:%Y-%m-%d %H:%M:%S} UTC" in words(answer.text), path
        assert "tenure-position" not in answer.headers


def test_a_choice_of_language_and_colours_is_remembered(reader: Reader) -> None:
    answer = reader.get("/pool?lang=zh&theme=dark")
    assert answer.headers["content-language"] == "zh-CN"
    assert 'data-theme="dark"' in answer.text
    kept = {cookie.name: cookie.value for cookie in answer.cookies.jar}
    assert kept == {"lang": "zh", "theme": "dark"}
    cookies = "; ".join(f"{name}={value}" for name, value in kept.items())
    reader.guests.client.cookies.clear()
    again = reader.get("/pool", Cookie=cookies)
    assert again.headers["content-language"] == "zh-CN"
    assert 'data-theme="dark"' in again.text
    assert reader.get("/pool?lang=xx&theme=pink").headers["content-language"] == "en"


def test_problems_are_pages_in_the_readers_language(reader: Reader) -> None:
    unknown = "/customers/0198f2a4-7c3e-7b61-9d52-3f0a8e6c1b47"
    for language, title in (("zh", "找不到"), ("en", "Not found")):
        answer = reader.get(unknown, Accept_Language=language)
        assert answer.status_code == 404
        assert title in answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert reader.get("/customers/rubbish").status_code == 422
    assert reader.get("/pool?after=rubbish").status_code == 422


def test_what_was_typed_by_somebody_hostile_is_shown_and_does_nothing(reader: Reader) -> None:
    for path in ("/collisions", "/register", "/pool"):
        answer = reader.get(f"{path}?name={HOSTILE}&phone={HOSTILE}")
        assert "<script>alert" not in answer.text, path
        assert escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in answer.text


@pytest.mark.clause("S1-021", "S1-025")
def test_the_check_shows_who_has_it_and_leads_on(reader: Reader, guests: Guests) -> None:
    held, free = guests.potential(), guests.register()
    page = reader.get("/collisions?name=空调", "chen").text
    assert "<mark>空调</mark>" in page
    assert f'href="/customers/{held}"' in page
    assert f'href="/customers/{free}/actions/claim"' in page
    assert f'href="/customers/{held}/actions/claim"' not in page
    nothing = reader.get("/collisions?name=绝无此家&phone=").text
    assert "Nobody has registered it." in nothing
    assert 'href="/register?name=' in nothing


def test_the_check_says_that_there_may_be_more_and_leads_those_to_a_claim_who_may(
    reader: Reader, guests: Guests
) -> None:
    name = guests.get(f"/v1/customers/{guests.register()}").json()["name"]
    few = reader.get(f"/collisions?name={name}", "chen").text
    assert "There may be more" not in few
    assert "/actions/claim" in few
    assert "/actions/claim" not in reader.get(f"/collisions?name={name}", "feng").text
    for number in range(20):
        guests.register(name=f"靖江市{trade_name(5_000 + number)}螺旋桨有限公司")
    many = reader.get("/collisions?name=螺旋桨", "chen").text
    assert many.count("<tr>") == 21
    assert "There may be more" in many


def test_a_stranger_sees_no_contact_on_a_page_and_a_holder_does(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    secrets = (CONTACT["name"], "+8613800138000", "有意向，下周再联系")
    for secret in secrets[:2]:
        assert secret in reader.get(f"/customers/{customer}", "li").text
    for path in (f"/customers/{customer}", f"/customers/{customer}/actions/claim"):
        page = reader.get(path, "chen").text
        for secret in secrets:
            assert secret not in page, path


def test_what_one_may_do_leads_to_its_form_and_the_rest_says_which_rule_forbids_it(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    holder = reader.get(f"/customers/{customer}", "li").text
    assert f'href="/customers/{customer}/actions/follow-up"' in holder
    assert f'href="/customers/{customer}/actions/claim"' not in holder
    stranger = reader.get(f"/customers/{customer}", "chen").text
    assert f'href="/customers/{customer}/actions/follow-up"' not in stranger
    assert "Note a follow-up : " in words(stranger)
    assert rule_title("not-the-holder", "en") in stranger


def test_half_a_phone_number_is_no_fault_while_it_is_typed(reader: Reader) -> None:
    whole = reader.get("/collisions?phone=138")
    assert whole.status_code == 422
    typing = reader.get("/collisions?phone=138", HX_Request_Type="partial")
    assert typing.status_code == 200
    assert typing.text.lstrip().startswith('<section id="matches"')
    assert 'role="alert"' in typing.text


@pytest.mark.clause("S1-050")
def test_the_pool_goes_on_from_page_to_page_under_its_filters(
    reader: Reader, guests: Guests
) -> None:
    registered = {guests.register(industry="分页业") for _ in range(45)}
    seen: list[str] = []
    address = "/pool?industry=分页业&sort=since"
    while address:
        page = reader.get(address).text
        seen += re.findall(r'<th scope="row"><a href="/customers/([0-9a-f-]{36})"', page)
        onward = re.search(r'class="button plain" href="(/pool\?[^"]*after=[^"]*)"', page)
        address = onward[1].replace("&amp;", "&") if onward else ""
    assert len(seen) == len(registered)
    assert set(seen) == registered


@pytest.mark.clause("S1-050")
def test_the_pool_is_sorted_by_each_column_in_both_directions_from_its_heading(
    reader: Reader, guests: Guests
) -> None:
    """The order lives in the address, also of the next page and of the file."""
    for name in ("丙排序业", "甲排序业", "乙排序业"):
        guests.register(industry=name, address="排序路")
    address = "/pool?region=排序路"
    for column, shown in (("industry", 2), ("name", 1), ("last_holder", 4)):
        for asked, other, told in (
            (column, f"-{column}", "ascending"),
            (f"-{column}", column, "descending"),
        ):
            page = reader.get(f"{address}&sort={asked}").text
            headings = re.findall(r'<th scope="col"[^>]*>.*?</th>', page)
            (sorted_by,) = [heading for heading in headings if "aria-sort" in heading]
            assert f'aria-sort="{told}"' in sorted_by
            assert headings.index(sorted_by) == shown
            assert f"sort={other}&" in sorted_by + "&" or f'sort={other}"' in sorted_by
            assert f"sort={asked}" in re.search(r'href="(/pool\.csv[^"]*)"', page)[1]  # type: ignore[index]
            assert f'<option value="{asked}" selected>' in page
            if column == "industry":
                found = re.findall(r">(.)排序业<", page)
                assert found == sorted(found, reverse=told == "descending")
                assert len(found) == 3
    assert reader.get("/pool?sort=address").status_code == 422


@pytest.mark.clause("S1-032")
def test_the_start_page_tells_what_falls_due_what_waits_and_what_one_holds(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.register()
    guests.claim(customer)
    assert f'href="/approvals?open={customer}%2Freview"' in reader.get("/", "zhao").text
    mine = reader.get("/", "li").text
    assert "My customers" in mine
    assert f'href="/customers/{customer}"' in mine
    assert "Waits for my decision" not in words(mine)


@pytest.mark.clause("S0-25")
def test_what_a_page_shows_is_in_the_access_log_as_over_http(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()

    def looks() -> list[tuple[str, str]]:
        with guests.service.database.autocommit() as cursor:
            cursor.execute("SELECT kind, member FROM access.entries ORDER BY position")
            return [(kind, member) for kind, member in cursor.fetchall()]

    before = len(looks())
    reader.get(f"/customers/{customer}", "wu")
    assert ("details-read", "wu") in looks()[before:]
    before = len(looks())
    reader.get("/collisions?name=空调", "chen")
    assert looks()[before:] == [("collision-asked", "chen")]


def test_a_page_stays_small_however_long_the_life(reader: Reader, guests: Guests) -> None:
    customer = guests.potential()
    for day in range(60):
        guests.at(guests.now + DAY / 24)
        note = f"第{day}次跟踪，" + "说了很多" * 100
        guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up(note))
    first = reader.get(f"/customers/{customer}", "wu").text
    elsewhere = re.findall(r'<a href="(\?before=(\d+)#event-(\d+))"', first)
    assert elsewhere
    for address, _, position in elsewhere[:2]:
        page = reader.get(f"/customers/{customer}{address}", "wu").text
        assert f'id="event-{position}"' in page
    for path in (f"/customers/{customer}", f"/customers/{customer}/time?rulebook=2026-1"):
        answer = reader.get(path, "wu", Accept_Language="zh")
        assert answer.status_code == 200
        assert len(answer.content) <= HTML_BYTES_MAX, path


@pytest.mark.long
def test_every_page_of_a_customer_stays_small_after_500_events_and_60_tenures(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.register()
    reason = "客户换了采购负责人，" * 20
    for turn in range(62):
        holder = ("li", "chen")[turn % 2]
        assert guests.claim(customer, holder).status_code == 201
        assert guests.review(customer).status_code == 200
        for _ in range(6):
            guests.at(guests.now + DAY / 4)
            note = guests.follow_up("说了很多" * 100)
            assert guests.post(f"/v1/customers/{customer}/follow-ups", note, holder).is_success
        body = {"reason": reason}
        assert guests.post(f"/v1/customers/{customer}/release", body, holder).is_success
        guests.at(guests.now + 4 * DAY)
    life = guests.get(f"/v1/customers/{customer}/replay", "wu").json()["steps"]
    assert len(life) > 500
    first = reader.get(f"/customers/{customer}", "wu").text
    zoomed = re.findall(r'<a href="(/customers/[^"?]*\?from=[^"#]*)#events"', first)
    assert zoomed
    paths = [
        f"/customers/{customer}",
        zoomed[0].replace("&amp;", "&"),
        f"/customers/{customer}?before={life[300]['event']['position']}",
        f"/customers/{customer}/time",
        f"/customers/{customer}/time?rulebook=2026-1",
        f"/customers/{customer}/time?at=2026-06-01T00:00&other=2026-09-01T00:00",
    ]
    for path in paths:
        for language in ("zh", "en"):
            answer = reader.get(path, "wu", Accept_Language=language)
            assert answer.status_code == 200, path
            assert len(answer.content) <= HTML_BYTES_MAX, (path, len(answer.content))


def test_a_span_of_the_life_shows_its_events_alone_and_leads_back(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    for day in range(3):
        guests.at(guests.now + DAY)
        guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up(f"第{day}次"))
    steps = guests.get(f"/v1/customers/{customer}/replay", "wu").json()["steps"]
    one, other = steps[-2]["event"], steps[-1]["event"]
    address = f"/customers/{customer}?from={one['at']}&to={other['at']}"
    page = reader.get(address, "wu").text
    assert re.findall(r'<li id="event-(\d+)"', page) == [str(one["position"])]
    assert 'href="?"' in page
    assert f'id="event-{other["position"]}"' in reader.get(f"/customers/{customer}", "wu").text
    assert reader.get(f"/customers/{customer}?from=yesterday", "wu").status_code == 422
    turned = f"/customers/{customer}?from={other['at']}&to={one['at']}"
    assert reader.get(turned, "wu").status_code == 422
    time = reader.get(f"/customers/{customer}/time?from={one['at']}&rulebook=2026-1", "wu").text
    assert 'name="from"' in time
    assert 'href="?rulebook=2026-1"' in time
