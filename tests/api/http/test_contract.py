"""The OpenAPI document against the server: schemathesis sends what it allows and forbids."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.api.http.guests import CONTACT, Guests

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
WAITS = "Tenure-Min-Position"
"""Not sent here: a position beyond the log's end is answered 503, and has tests of its own."""
# `test_every_role` holds as many more of each operation to the same, as every role.
BOUNDED = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(BOUNDED, max_examples=150)


@pytest.fixture
def operations(guests: Guests) -> list[APIOperation[Any, Any, Any, Any]]:
    """Every operation, on a log that has something to answer with."""
    load_all_checks()
    customer = guests.register(contacts=[CONTACT])
    guests.claim(customer)
    guests.review(customer)
    guests.claim(customer, "chen")
    guests.apply(customer)
    guests.decide(customer)
    number = guests.draw(customer).json()["number"]
    statement = {"of": guests.register(), "statement": "同一公司"}
    guests.post(f"/v1/customers/{customer}/duplicates", statement, "chen")
    document = guests.send("GET", "/openapi.json").json()
    known: dict[str, Any] = {
        "customer_id": customer,
        "member": "li",
        "number": number,
        "report": 1,
        "version": "2026-1",
        "slug": "barred",
    }
    _use_known_ids(document, known)
    schema = schemathesis.openapi.from_dict(document)
    return [found.ok() for found in schema.get_all_operations()]


def test_what_the_document_says_is_what_the_server_does(
    guests: Guests, operations: list[APIOperation[Any, Any, Any, Any]]
) -> None:
    for operation in operations:
        check(guests, operation, BOUNDED)


@pytest.mark.long
def test_what_the_document_says_is_what_the_server_does_however_long_it_is_tried(
    guests: Guests, operations: list[APIOperation[Any, Any, Any, Any]]
) -> None:
    for operation in operations:
        check(guests, operation, LONG)


def check(guests: Guests, operation: APIOperation[Any, Any, Any, Any], how_long: settings) -> None:
    of_the_root = ("members", "rulebooks", "events")
    member = "root" if any(part in operation.path for part in of_the_root) else "wang"

    @how_long
    @given(case=operation.as_strategy())
    def conforms(case: Any) -> None:
        case.headers = {name: text for name, text in (case.headers or {}).items() if name != WAITS}
        case.call_and_validate(
            base_url=str(guests.client.base_url),
            headers={"Authorization": f"Bearer {guests.tokens[member]}"},
            checks=CHECKS,
        )

    conforms()


def _use_known_ids(document: dict[str, Any], known: dict[str, Any]) -> None:
    """Half of the path parameters that are made shall be ids that exist."""
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter.get("in") == "path" and parameter["name"] in known:
                schema = parameter["schema"]
                parameter["schema"] = {"anyOf": [{"const": known[parameter["name"]]}, schema]}


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        yield from operations.values()
