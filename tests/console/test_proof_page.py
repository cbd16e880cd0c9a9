"""The page of proof, in a house that seals and signs its logs."""

from collections.abc import Iterator

import pytest

from tests.api.http.guests import Guests
from tests.api.proof.serving import sealed, sealed_house
from tests.console.reading import Reader, words


@pytest.fixture(scope="module")
def guests(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guests]:
    """Members of a served house whose logs are sealed and signed."""
    with sealed_house(database_url, tmp_path_factory.mktemp("proof")) as found:
        yield found


def test_the_page_tells_what_is_anchored_and_what_came_since(
    reader: Reader, guests: Guests
) -> None:
    size = sealed(guests)
    page = reader.get("/audit/proof", "li")
    told = words(page.text)
    assert page.status_code == 200
    assert f"Anchored just now: {size} records" in told
    assert guests.get("/v1/audit/key").json()["events"] in page.text
    note = reader.get("/audit/proof/note?log=events", "li")
    assert note.text == guests.get("/v1/audit/checkpoint").text
    assert 'filename="events.checkpoint"' in note.headers["content-disposition"]
    guests.register()
    seals = guests.get("/v1/audit/seals").json()
    assert seals["events"]["checkpoint"] == size
    since = seals["events"]["size"] - size + seals["events"]["lag"]
    assert since > 0
    assert f"{size} records ; {since} since" in words(reader.get("/audit", "wu").text).replace(
        "records;", "records ;"
    )
    assert reader.get("/audit/proof?lang=zh", "li").headers["content-language"] == "zh-CN"
    assert reader.get("/audit/proof/note?log=other", "li").status_code == 422
