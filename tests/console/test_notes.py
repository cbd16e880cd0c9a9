"""Notes of follow-ups: on the pages of those who may read them, whole, and of nobody else."""

import re

import pytest

from tests.api.http.guests import CONTACT, Guests
from tests.console.reading import Reader, words
from tests.console.test_pages import HTML_BYTES_MAX

NOTE = "预算三十万，月底定案"


@pytest.fixture
def customer(guests: Guests) -> str:
    """A customer of `li`, whom he has visited."""
    found = guests.potential()
    contact = guests.get(f"/v1/customers/{found}").json()["contacts"][0]["id"]
    visit = {"channel": "visit", "contact": contact, "contacted_at": guests.now.isoformat()}
    answer = guests.post(f"/v1/customers/{found}/follow-ups", guests.follow_up(NOTE) | visit)
    assert answer.status_code == 201, answer.text
    return found


@pytest.mark.clause("S1-030")
@pytest.mark.parametrize("page", ["", "/time"])
def test_the_holder_reads_the_note_with_its_channel_contact_and_next_contact(
    reader: Reader, customer: str, page: str
) -> None:
    told = words(reader.get(f"/customers/{customer}{page}", "li").text)
    told = told.partition("What happened" if page == "" else "The last that happened")[2]
    assert NOTE in told
    assert f"visit · Contact person: {CONTACT['name']} · Contacted: 2026-03-02 01:00:00" in told
    assert "Next contact: 2026-03-09 01:00:00" in told


@pytest.mark.clause("S1-030")
def test_whoever_reviews_reads_the_note_where_he_decides(
    reader: Reader, guests: Guests, customer: str
) -> None:
    guests.apply(customer)
    assert NOTE in reader.get(f"/approvals?open={customer}/intent", "wang").text


@pytest.mark.parametrize("page", ["", "/time", "/time?at=2026-03-02T01:00"])
def test_a_stranger_reads_no_note_and_not_whom_it_was_with(
    reader: Reader, customer: str, page: str
) -> None:
    told = reader.get(f"/customers/{customer}{page}", "chen")
    assert told.status_code == 200
    assert "the holder noted a contact" in told.text
    assert NOTE not in told.text
    assert CONTACT["name"] not in told.text


def test_a_long_note_is_read_whole_on_pages_of_its_own(reader: Reader, guests: Guests) -> None:
    customer, said = guests.potential(), "".join(f"'{number}<" for number in range(3000))
    guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up(said))
    first = reader.get(f"/customers/{customer}").text
    address = re.search(r'href="(/customers/\S+/notes/\d+)">The whole note', first)
    assert address
    assert reader.get(address[1], "chen").status_code == 404
    read, onward = "", "?part=1"
    while onward:
        page = reader.get(f"{address[1]}{onward}")
        assert len(page.content) <= HTML_BYTES_MAX
        read += re.findall(r'<blockquote class="said">(.*)</blockquote>', page.text)[0]
        found = re.search(r'rel="next" href="(\?part=\d+)"', page.text)
        onward = found[1] if found else ""
    assert read.replace("&#39;", "'").replace("&lt;", "<") == said


def test_long_notes_make_pages_of_fewer_events_and_none_is_lost(
    reader: Reader, guests: Guests
) -> None:
    customer = guests.potential()
    for number in range(30):
        note = f"第{number}次，" + "说" * 590
        guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up(note))
    seen: list[str] = []
    onward: str | None = ""
    while onward is not None:
        page = reader.get(f"/customers/{customer}{onward}")
        assert len(page.content) <= HTML_BYTES_MAX
        seen += re.findall(r"第(\d+)次", page.text.partition('id="events"')[2])
        found = re.search(r'href="(\?before=\d+)#events"', page.text)
        onward = found[1] if found else None
    assert seen == [str(number) for number in reversed(range(30))]
