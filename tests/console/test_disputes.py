"""Disputes on pages: the case on one screen, statements, rulings, precedents, and the evidence."""

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest

from api.console.shown import rule_title
from domain.orders import CONSOLE, Order
from tests.api.http.guests import CONTACT, Guests
from tests.api.proof.serving import sealed, sealed_house
from tests.console.pages_known import contested
from tests.console.reading import Reader, hidden, typed_in, words
from tests.console.test_pages import HTML_BYTES_MAX
from tests.console.windows import Windows, scrolls_sideways, serious_faults

HOSTILE = "\"><script>alert(1)</script><b a='"
OPENED, ANSWERED = "早在三月一日已拜访该客户", "跟踪记录在先，客户可以证明"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def module_guests(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guests]:
    """Members of a house whose logs are sealed and signed, so that there is evidence."""
    with sealed_house(database_url, tmp_path_factory.mktemp("disputes")) as guests:
        application = guests.service.application
        application.add_member(
            Order(CONSOLE), member="fan", name="fan", roles=["seller"], department="二部"
        )
        guests.tokens["fan"] = application.issue_token(Order(CONSOLE), "fan").extra["token"]
        yield guests


def case_of(customer: str, number: int = 1) -> str:
    return f"/customers/{customer}/disputes/{number}"


def send(
    reader: Reader, customer: str, command: str, typed: dict[str, str], member: str, **more: str
) -> Any:
    """Fill in a form of the case page and send it. more: hidden fields, instead."""
    form = form_of(reader.get(case_of(customer), member).text, command)
    return reader.post(f"{case_of(customer)}/{command}", hidden(form) | typed | more, member)


def form_of(page: str, command: str) -> str:
    """The form of a command on the page."""
    found = re.search(rf'<form[^>]*/{command}">.*?</form>', page, re.DOTALL)
    assert found, command
    return found[0]


@pytest.mark.clause("S1-053")
def test_a_case_shows_both_sides_the_replay_and_who_rules(reader: Reader, guests: Guests) -> None:
    customer = contested(guests)
    page = reader.get(case_of(customer), "shen").text
    for told in (OPENED, ANSWERED, "The contested instant", '<line class="now"'):
        assert told in page
    text = words(page)
    assert "chen contests who held the customer at 2026-03-02 01:00:00" in text
    assert "with no part in the matter: director" in text
    for side in ("li held what is contested", "chen opened the dispute , was refused it meanwhile"):
        assert side in text.replace("dispute,", "dispute ,")
    assert rule_title("already-protected", "en") in page
    assert form_of(page, "rule-dispute")
    assert "Refused in that time" in page
    chinese = reader.get(case_of(customer), "shen", Accept_Language="zh").text
    for told in ("各方当事人", "等待裁决", "受争议的时刻", "作出裁决"):
        assert told in chinese


def test_who_has_a_part_states_a_side_and_reads_why_he_may_not_rule(
    reader: Reader, guests: Guests
) -> None:
    opener = f"d{next(guests.numbers)}"
    guests.move_in({opener: "director"})
    customer = guests.potential()
    body = {"contested_at": guests.now.isoformat(), "statement": OPENED}
    guests.post(f"/v1/customers/{customer}/disputes", body, opener)
    page = reader.get(case_of(customer), opener).text
    assert form_of(page, "state-in-dispute")
    assert rule_title("own-decision", "en") in page
    assert 'action="/customers/{customer}/disputes/1/rule-dispute"' not in page
    answer = send(reader, customer, "state-in-dispute", {"statement": ANSWERED}, "li")
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (
        303,
        case_of(customer),
    )
    assert ANSWERED in reader.get(case_of(customer), opener).text
    stranger = reader.get(case_of(customer), "zhao").text
    assert rule_title("not-a-party", "en") in stranger
    assert "/state-in-dispute" not in stranger


@pytest.mark.clause("S1-271")
@pytest.mark.parametrize("member", ["fan", "zhao", "chen", "li", "shen", "wu"])
def test_what_is_hidden_from_a_role_stays_hidden_on_the_case(
    reader: Reader, guests: Guests, member: str
) -> None:
    customer = contested(guests)
    told = guests.get(f"/v1/customers/{customer}/disputes/1", member).json()
    page = reader.get(case_of(customer), member).text
    sees = told["statement"] is not None
    assert sees is (member not in ("fan", "zhao"))
    for said in (OPENED, ANSWERED):
        assert (said in page) is sees
    assert ("(hidden: for the parties and those who rule)" in page) is not sees
    notes = "有意向，下周再联系" in page
    assert notes is (told["details_hidden"] is None)
    assert CONTACT["name"] not in page
    assert ("<button>Download the evidence</button>" in page) is (member in ("shen", "wu"))


def test_what_a_hostile_party_said_is_shown_and_does_nothing(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    body = {"contested_at": guests.now.isoformat(), "statement": HOSTILE}
    guests.post(f"/v1/customers/{customer}/disputes", body, "chen")
    send(reader, customer, "state-in-dispute", {"statement": HOSTILE}, "li")
    refused = send(reader, customer, "rule-dispute", {"reason": HOSTILE, "to": HOSTILE}, "shen")
    assert refused.status_code == 422
    shown = escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    pages = (
        reader.get(case_of(customer), "shen").text,
        reader.get(f"/disputes?customer={customer}", "shen").text,
        reader.get(f"/customers/{customer}", "shen").text,
        refused.text,
    )
    for page in pages:
        assert "<script>alert" not in page
        assert shown in page
    filters = reader.get("/disputes", "shen").text
    assert "<script>alert" not in filters
    assert shown in reader.get(f"/disputes?party={HOSTILE}", "shen").text


def test_a_dispute_that_is_opened_on_a_page_goes_on_to_its_case(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    typed = {"contested_at": "2026-03-02T01:00:00", "statement": OPENED, "rule": "S1-053"}
    answer = reader.act(customer, "open-dispute", typed, "chen")
    assert answer.headers["location"].startswith(f"{case_of(customer)}?position=")
    page = reader.get(answer.headers["location"], "chen").text
    assert "Done: open a dispute" in page
    assert f'href="{case_of(customer)}"' in reader.get(f"/customers/{customer}", "chen").text
    waiting = reader.get("/", "shen").text
    assert f'href="/approvals?open={customer}%2Fdispute%2F1"' in waiting
    assert reader.get(f"{case_of(customer)}/rule-dispute", "shen").status_code == 200
    assert reader.get(f"{case_of(customer)}/erase", "shen").status_code == 404


@pytest.mark.clause("S1-053")
def test_a_ruling_moves_the_customer_and_is_a_precedent(reader: Reader, guests: Guests) -> None:
    customer, later = contested(guests), contested(guests)
    typed = {"ruling": "move", "to": "chen", "stage": "intent", "rule": "A-27", "reason": "属实"}
    assert send(reader, customer, "rule-dispute", typed, "shen").status_code == 303
    page = reader.get(case_of(customer), "li").text
    text = words(page)
    for told in ("The ruling", "moved to another member", "What it did", "属实"):
        assert told in text
    ruled = guests.get(f"/v1/customers/{customer}/disputes/1", "wu").json()["ruling"]["position"]
    assert f"#event-{ruled}" in page
    assert "/rule-dispute" not in page
    assert "/state-in-dispute" not in page
    assert guests.get(f"/v1/customers/{customer}", "wu").json()["holder"] == "chen"
    typed = {"ruling": "uphold", "rule": "A-27", "reason": "与前案相同"}
    assert send(reader, later, "rule-dispute", typed, "shen").status_code == 303
    page = reader.get(case_of(later), "shen").text
    assert "Nothing moved." in page
    precedents = page[page.index("Rulings by the same rule") :]
    assert f'href="{case_of(customer)}"' in precedents
    found = reader.get("/disputes?rule=A-27&open=false", "wu").text
    for case in (customer, later):
        assert f'href="{case_of(case)}"' in found


def test_a_ruling_in_vain_keeps_what_was_typed(reader: Reader, guests: Guests) -> None:
    customer = contested(guests)
    form = form_of(reader.get(case_of(customer), "shen").text, "rule-dispute")
    typed = {"ruling": "uphold", "to": "chen", "reason": "须核对的理由"}
    address = f"{case_of(customer)}/rule-dispute"
    wrong = reader.post(address, hidden(form) | typed, "shen")
    assert wrong.status_code == 422
    assert 'id="field-to-wrong"' in wrong.text
    kept = form_of(wrong.text, "rule-dispute")
    assert "须核对的理由" in kept
    assert typed_in(kept, "to") == "chen"
    send(reader, customer, "state-in-dispute", {"statement": "又有新的证据"}, "li")
    typed = {"ruling": "uphold", "reason": "须核对的理由"}
    late = reader.post(address, hidden(kept) | typed, "shen")
    assert late.status_code == 412
    assert "又有新的证据" in late.text
    again = form_of(late.text, "rule-dispute")
    assert "须核对的理由" in again
    assert reader.post(address, hidden(again) | typed, "shen").status_code == 303
    topics = guests.topics(customer)
    assert topics.count("customer.dispute_ruled") == 1
    twice = reader.post(address, hidden(again) | typed, "shen")
    assert twice.status_code == 303
    assert guests.topics(customer) == topics
    over = reader.post(address, hidden(form) | typed | {"_version": ""}, "shen")
    assert over.status_code in (409, 422)
    assert "须核对的理由" in over.text


def test_cases_are_found_by_state_rule_and_party_from_page_to_page(
    reader: Reader, guests: Guests
) -> None:
    opener = f"s{next(guests.numbers)}"
    guests.move_in({opener: "seller"})
    body = {"contested_at": guests.now.isoformat(), "statement": OPENED}
    customers = [guests.register() for _ in range(43)]
    for customer in customers:
        guests.post(f"/v1/customers/{customer}/disputes", body, opener)
    seen: list[str] = []
    address = f"/disputes?party={opener}&open=true"
    while address:
        page = reader.get(address, "wu").text
        seen += re.findall(r'<th scope="row"><a href="/customers/([0-9a-f-]{36})/disputes/1"', page)
        onward = re.search(r'class="button plain" href="(/disputes\?[^"]*after=[^"]*)"', page)
        address = onward[1].replace("&amp;", "&") if onward else ""
    assert seen == customers[::-1]
    for nothing in (f"party={opener}&open=false", f"party={opener}&rule=S1-053"):
        assert "Nothing here fits." in reader.get(f"/disputes?{nothing}", "wu").text
    assert reader.get("/disputes?open=perhaps", "wu").status_code == 422


def test_a_case_stays_one_page_however_much_is_said(reader: Reader, guests: Guests) -> None:
    customer = contested(guests)
    path = f"/v1/customers/{customer}/disputes/1/statements"
    for number in range(14):
        guests.post(path, {"statement": f"第{number}次，" + "说了很多" * 480}, "li")
    for number in range(30):
        guests.at(guests.now + MINUTE)
        note = f"第{number}次跟踪，" + "说了很多" * 100
        guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up(note))
    answer = reader.get(case_of(customer), "shen", Accept_Language="zh")
    assert len(answer.content) <= HTML_BYTES_MAX
    address = re.search(r'href="(\?whole=(\d+)#said-\d+)"', answer.text)
    assert address
    whole = reader.get(f"{case_of(customer)}{address[1]}", "shen")
    assert len(whole.content) <= HTML_BYTES_MAX
    assert whole.text.count("说了很多" * 480) == 1
    onward = re.search(r'href="(\?from=\d+)#replay"', answer.text)
    assert onward
    assert "没有" not in reader.get(f"{case_of(customer)}{onward[1]}", "shen").text


def test_evidence_is_for_whom_it_is_and_its_making_is_kept(reader: Reader, guests: Guests) -> None:
    customer = contested(guests)
    sealed(guests)
    path = f"/customers/{customer}/evidence"

    def exports() -> list[str]:
        with guests.service.database.autocommit() as cursor:
            cursor.execute(
                "SELECT member FROM access.entries WHERE kind = 'exported' AND customer_id = %s",
                (customer,),
            )
            return [member for (member,) in cursor.fetchall()]

    refused = reader.post(path, {"dispute": "1"}, "li")
    assert refused.status_code == 403
    assert rule_title("not-allowed", "en") in refused.text
    assert "auditor" in words(reader.get(path, "li").text)
    assert exports() == []
    unknown = reader.post(path, {"dispute": "9"}, "wu")
    assert (unknown.status_code, typed_in(unknown.text, "dispute")) == (404, "9")
    malformed = reader.post(path, {"from_checkpoint": "kein Checkpoint"}, "wu")
    assert malformed.status_code == 422
    assert "kein Checkpoint" in malformed.text
    made = reader.post(path, {"dispute": "1"}, "wu")
    assert made.headers["content-type"] == "application/zip"
    assert made.headers["content-disposition"].startswith("attachment; filename=")
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert "verify.py" in archive.namelist()
    assert exports() == ["wu"]


@pytest.mark.clause("S1-053")
def test_a_dispute_from_opening_to_ruling_to_bundle(
    windows: Windows, guests: Guests, tmp_path: Path
) -> None:
    customer = guests.potential()
    opening = windows.open(f"/customers/{customer}/actions/claim", "chen")
    opening.get_by_label("Contact person", exact=True).fill("王敏")
    opening.get_by_label("Position").fill("采购经理")
    opening.get_by_label("Phone of the contact person").fill("13800138000")
    opening.get_by_role("button", name="Claim the customer").click()
    opening.get_by_role("alert").get_by_text("li").first.wait_for()
    opening.goto(f"/customers/{customer}/actions/open-dispute")
    opening.get_by_label("Contested instant").fill("2026-03-02T01:00:00")
    opening.get_by_label("Statement").fill(OPENED)
    opening.get_by_role("button", name="Open a dispute").click()
    opening.get_by_text("Done: open a dispute").wait_for()
    assert opening.url.split("?")[0].endswith(case_of(customer))

    answering = windows.open(case_of(customer), "li")
    answering.get_by_text(OPENED).first.wait_for()
    answering.get_by_label("Statement").fill(ANSWERED)
    answering.get_by_role("button", name="State it").click()
    answering.locator("blockquote").get_by_text(ANSWERED).wait_for()

    ruling = windows.open(case_of(customer), "shen")
    assert serious_faults(ruling) == []
    ruling.locator("#replay .moment").wait_for()
    ruling.locator("#replay").get_by_text("passed the review").first.wait_for()
    ruling.locator("svg.band line.now").wait_for(state="attached")
    ruling.get_by_role("link", name="Rule it").click()
    ruling.get_by_label("Ruling").select_option("move")
    ruling.get_by_label("Member").fill("chen")
    ruling.get_by_label("Reason").fill("客户书面说明属实")
    ruling.get_by_role("button", name="Rule the dispute").click()
    ruling.get_by_text("Done: rule the dispute").wait_for()
    for member in ("li", "chen"):
        outcome = windows.open(case_of(customer), member)
        verdict = outcome.locator("#ruled")
        verdict.get_by_text("客户书面说明属实").wait_for()
        verdict.get_by_text("From then on it was held by chen").wait_for()
        assert not scrolls_sideways(outcome)

    sealed(guests)
    guests.service.engine.wait_for(["audit"], guests.settled(), 30)
    auditing = windows.open(case_of(customer), "wu")
    with auditing.expect_download() as download:
        auditing.get_by_role("button", name="Download the evidence").click()
    bundle = tmp_path / "bundle.zip"
    download.value.save_as(bundle)
    with zipfile.ZipFile(bundle) as archive:
        (tmp_path / "verify.py").write_bytes(archive.read("verify.py"))
    done = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "verify.py"), str(bundle)],
        cwd=tmp_path,
        env={"PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "VERIFIED" in done.stdout
    assert " chen " in done.stdout
