"""Whatever finds a customer by name, phone or words is kept with what it showed (S1-021, A-34).

Generated over the OpenAPI document: a text that is looked for, and for which nobody has decided
whether it searches, fails here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.http.guests import CONTACT, Guests
from tests.api.http.test_access_log import entries, last_position

NUMBER = "13912345678"
CUSTOMERS, WORDS = "collision-asked", "words-asked"
SEARCHES = {
    "GET /v1/collisions name": CUSTOMERS,
    "GET /v1/collisions phone": CUSTOMERS,
    "GET /v1/customers name": CUSTOMERS,
    "GET /v1/customers region": CUSTOMERS,
    "GET /v1/pool name": CUSTOMERS,
    "GET /v1/pool region": CUSTOMERS,
    "GET /v1/pool/export name": CUSTOMERS,
    "GET /v1/pool/export region": CUSTOMERS,
    "GET /v1/audit words": WORDS,
    "GET /v1/audit/export words": WORDS,
}
"""Parameters that find a customer by a text; the kind of the entry that keeps it."""
WHOLE = {
    **dict.fromkeys(("member", "holder", "actor", "party", "ruled_by"), "a whole sign-in name"),
    **dict.fromkeys(("department", "role", "industry"), "the whole word, of many customers"),
    **dict.fromkeys(("rule", "topic", "rulebook"), "a word of the program's own"),
    "after": "a cursor that an earlier answer gave",
    "GET /v1/members name": "colleagues, whom everybody sees: no customer is found by it",
    "GET /v1/access/searches phone": "searches for it; asking about others' is an entry itself",
}
"""Parameters that are no search, by their name or with their operation, and why."""


def texts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Operation and name of every parameter into which anything may be typed."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                if parameter.get("in") == "query" and _takes_text(parameter["schema"]):
                    yield f"{method.upper()} {path}", parameter["name"]


def _takes_text(schema: Mapping[str, Any]) -> bool:
    choices = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())]
    if choices:
        return any(map(_takes_text, choices))
    return schema.get("type") == "string" and not {"enum", "const", "format"} & set(schema)


def test_every_text_that_a_query_takes_is_a_search_or_said_to_be_none(guests: Guests) -> None:
    found = list(texts(guests.client.get("/openapi.json").json()))
    undecided = [
        f"{operation} {name}"
        for operation, name in found
        if not {name, f"{operation} {name}"} & {*WHOLE, *SEARCHES}
    ]
    assert undecided == [], "does it find customers by a text? Then it is to be kept as a search"
    known = {name for _, name in found} | {" ".join(one) for one in found}
    assert {*WHOLE, *SEARCHES} <= known, "of a parameter that is gone"


@pytest.mark.clause("S1-021", "S0-25")
@pytest.mark.parametrize("search", SEARCHES)
def test_every_search_is_kept_with_what_it_showed(guests: Guests, search: str) -> None:
    company = guests.company()
    customer = str(guests.post("/v1/customers", company).json()["customer_id"])
    _, path, parameter = search.split()
    sought = company["phone"] if parameter == "phone" else company["name"]
    before = last_position(guests)
    answer = guests.get(path, "shen" if "audit" in path else "chen", **{parameter: sought})
    kept = [entry for entry in entries(guests, before) if entry["kind"] == SEARCHES[search]]
    (entry,) = kept
    assert shown_by(answer) == {customer}, "the search finds it, by its whole name alone"
    assert {entry["customer_id"], *entry.get("customer_ids", ())} - {None} == {customer}
    facts = entry["facts"]
    if parameter != "phone":
        assert facts[parameter] == sought
    if SEARCHES[search] == WORDS:
        assert facts["events"]
        return
    (shown,) = facts["shown"]
    assert (shown["customer_id"], shown["state"], shown["holder"]) == (customer, "pool", None)
    (line,) = guests.get("/v1/access/searches", "chen", customer=customer).json()["items"]
    assert (line["name"], line["region"]) == (facts.get("name"), facts.get("region"))
    assert line["shown"][0]["customer_id"] == customer
    assert (company["name"] in line["words"]) is True


def shown_by(answer: httpx.Response) -> set[str]:
    """The customers in an answer or a file."""
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"].startswith("text/csv"):
        lines: Any = csv.DictReader(answer.text.splitlines())
        found = [line.get("customer_id") or line.get("客户编号") for line in lines]
    else:
        found = [item["customer_id"] for item in answer.json()["items"]]
    return {str(UUID(one)) for one in found if one}


@pytest.mark.parametrize("search", [one for one in SEARCHES if not one.endswith("phone")])
def test_a_number_in_any_search_is_kept_as_its_keyed_hash_alone(
    guests: Guests, search: str
) -> None:
    _, path, parameter = search.split()
    before = last_position(guests)
    guests.get(path, "shen" if "audit" in path else "chen", **{parameter: f"前台 {NUMBER}"})
    kept = entries(guests, before)
    hashed = guests.service.application.phone_hash(f"+86{NUMBER}")
    assert kept
    assert all(entry["facts"]["numbers"] == [hashed] for entry in kept)
    assert NUMBER not in str(kept)
    told = guests.get("/v1/access", "wu", sort="-at", limit=5).text
    assert hashed not in told


def test_a_file_of_the_pool_is_kept_page_by_page_where_it_was_searched(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.pool.LIMIT_MAX", 2)
    customers = {guests.register(address="南极洲第一站") for _ in range(3)}
    before = last_position(guests)
    answer = guests.get("/v1/pool/export", "chen", region="南极洲")
    assert shown_by(answer) == customers
    kept = [entry["facts"] for entry in entries(guests, before) if entry["kind"] == CUSTOMERS]
    assert [len(facts["shown"]) for facts in kept] == [2, 1]
    assert {shown["match"] for facts in kept for shown in facts["shown"]} == {"region"}
    before = last_position(guests)
    assert guests.send("HEAD", "/v1/pool/export?region=南极洲", "chen").status_code == 200
    assert entries(guests, before) == [], "nothing was shown"


def test_what_is_said_to_be_no_search_finds_nothing_by_a_part(guests: Guests) -> None:
    guests.potential()
    for parameters in ({"industry": "空"}, {"holder": "l"}):
        assert guests.get("/v1/customers", "chen", **parameters).json()["items"] == []
    assert guests.get("/v1/pool", "chen", industry="空").json()["items"] == []


@pytest.mark.clause("S1-021")
@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("/collisions?name={}", CUSTOMERS),
        ("/pool?name={}", CUSTOMERS),
        ("/pool?region={}", CUSTOMERS),
        ("/pool.csv?name={}", CUSTOMERS),
        ("/audit?words={}", WORDS),
        ("/audit?customer={}", CUSTOMERS),
        ("/audit/access?customer={}", CUSTOMERS),
    ],
)
def test_every_page_that_searches_keeps_it_as_its_route_does(
    guests: Guests, page: str, kind: str
) -> None:
    company = guests.company(contacts=[CONTACT])
    customer = str(guests.post("/v1/customers", company).json()["customer_id"])
    before = last_position(guests)
    headers = {"Accept": "text/html", "Tenure-Min-Position": str(guests.settled())}
    member = "wu" if "audit" in page else "chen"
    answer = guests.send("GET", page.format(company["name"]), member, headers=headers)
    assert answer.status_code == 200, answer.text
    kept = [entry for entry in entries(guests, before) if entry["kind"] == kind]
    assert [entry["customer_id"] for entry in kept] == [customer]
