"""Addresses that nobody serves, and faults: a page for people, the problem itself for programs."""

import anyio
import httpx
import pytest
from starlette.types import Receive, Scope, Send

from api.console.strays import for_reader
from api.envelope import Envelope
from api.metrics import Metrics
from api.sign_in.limiting import Limits
from tests.api.http.guests import Guests, assert_problem, settings_for
from tests.console.reading import Reader, words

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_unknown_address_is_told_to_people_in_their_language(
    reader: Reader, guests: Guests, language: str
) -> None:
    path = '/nowhere/"><script>alert(1)</script>'
    told = guests.client.get(path, headers={"Accept-Language": language}).json()
    for member in (None, "li"):
        page = reader.get(path, member, Accept=BROWSER, Accept_Language=language)
        assert page.status_code == 404
        assert page.headers["content-type"].startswith("text/html")
        assert told["title"] in words(page.text)
        assert "<script>alert" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_cookie_chooses_the_language_of_an_unknown_address(guests: Guests) -> None:
    headers = {"Accept": BROWSER, "Accept-Language": "en", "Cookie": "lang=zh"}
    page = guests.client.get("/nowhere", headers=headers)
    assert 'lang="zh' in page.text
    assert page.headers["content-language"].startswith("zh")


def test_programs_get_the_problem_whatever_they_accept(guests: Guests) -> None:
    for path in ("/v1/nowhere", "/health/nowhere", "/v1/"):
        answer = guests.client.get(path, headers={"Accept": BROWSER})
        assert_problem(answer, 404, "not-found")
    assert_problem(guests.client.get("/nowhere"), 404, "not-found")


def test_a_method_that_a_page_does_not_know_is_told_with_those_that_it_does(
    guests: Guests,
) -> None:
    page = guests.client.get("/sign-out", headers={"Accept": BROWSER, "Accept-Language": "en"})
    assert page.status_code == 405
    assert page.headers["allow"] == "POST"
    assert page.headers["content-type"].startswith("text/html")
    assert_problem(guests.client.get("/sign-out"), 405, "method-not-allowed")


def test_a_page_says_when_to_come_again(reader: Reader) -> None:
    page = reader.get("/pool?position=999999999999")
    assert page.status_code == 503
    assert int(page.headers["retry-after"]) >= 1
    assert page.headers["content-type"].startswith("text/html")


def test_a_part_that_fails_stays_in_its_page_for_the_next_answer(reader: Reader) -> None:
    asked = {"HX_Request_Type": "partial", "Accept": BROWSER}
    long = "/pool?name=" + "x" * 300
    own = reader.get(long, HX_Current_URL="http://here/pool?name=x", **asked)
    assert own.status_code == 422
    assert own.headers["hx-reswap"] == "innerHTML"
    others = reader.get(long, HX_Current_URL="http://here/customers/1", **asked)
    assert "hx-reswap" not in others.headers


def test_a_form_that_is_too_long_is_told_so_on_a_page(reader: Reader, guests: Guests) -> None:
    page = reader.post("/register", {"name": "长" * 10**6})
    assert page.status_code == 413
    assert page.headers["content-type"].startswith("text/html")
    kept = reader.post("/register", {"name": "长" * 10**5})
    assert kept.status_code == 422
    assert "长" * 10**5 in kept.text


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("a defect")


@pytest.mark.parametrize(
    ("limits", "status"),
    [(None, 500), (Limits(settings_for("", None, client_requests_per_minute=1)), 429)],
)
def test_a_fault_and_a_limit_are_pages_for_people_and_problems_for_programs(
    limits: Limits | None, status: int
) -> None:
    app = Envelope(failing, metrics=Metrics(), limits=limits, for_reader=for_reader)

    async def ask(accept: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            headers = {"Accept": accept, "Accept-Language": "en", "Cookie": "lang=zh"}
            return await client.get("/pool", headers=headers)

    anyio.run(ask, "*/*")
    page, problem = anyio.run(ask, BROWSER), anyio.run(ask, "*/*")
    assert page.status_code == problem.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert 'lang="zh' in page.text
    assert problem.headers["content-type"] == "application/problem+json"
    assert page.headers.get("retry-after") == problem.headers.get("retry-after")
    assert ("retry-after" in page.headers) is (status == 429)
