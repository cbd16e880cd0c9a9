"""The OpenAPI document: complete enough to write a client from it without asking anybody."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.problems import BY_SLUG
from tests.api.http.guests import Guests

Found = Iterator[tuple[str, dict[str, Any]]]
METHODS = {"get", "post", "patch", "put", "delete"}
ASKING_WITH_A_BODY = {"POST /v1/rulebooks/dry-run", "POST /v1/customers/{customer_id}/evidence"}
"""Questions that are too long for an address; everything else that is sent is a command."""
SIGN_IN = {"POST /v1/sign-in", "/v1/sign-in/oidc", "/v1/sign-in/oidc/callback"}
PUBLIC = {"/health/live", "/health/ready", "/problems/{slug}"} | SIGN_IN
BESIDE_THE_LOG = {
    "POST /v1/sign-in",
    "POST /v1/sign-out",
    "PUT /v1/password",
    "POST /v1/members/{member}/password",
    "DELETE /v1/sessions/{session_id}",
}
"""Commands that are no events, so that they have no version and no key (decision 0021)."""


@pytest.fixture(scope="module")
def document(module_guests: Guests) -> dict[str, Any]:
    answer = module_guests.send("GET", "/openapi.json", None)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def operations(document: dict[str, Any]) -> Found:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert method in METHODS
            yield f"{method.upper()} {path}", operation


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def test_every_route_of_the_surface_is_there(document: dict[str, Any]) -> None:
    assert {name for name, _ in operations(document)} == {
        "POST /v1/customers",
        "GET /v1/customers",
        "GET /v1/customers/{customer_id}",
        "PATCH /v1/customers/{customer_id}",
        "POST /v1/customers/{customer_id}/contacts",
        "POST /v1/customers/{customer_id}/claim",
        "POST /v1/customers/{customer_id}/withdrawal",
        "POST /v1/customers/{customer_id}/review",
        "POST /v1/customers/{customer_id}/follow-ups",
        "POST /v1/customers/{customer_id}/release",
        "POST /v1/customers/{customer_id}/intent",
        "POST /v1/customers/{customer_id}/intent/decision",
        "POST /v1/customers/{customer_id}/extension",
        "POST /v1/customers/{customer_id}/extension/decision",
        "POST /v1/customers/{customer_id}/transfer",
        "POST /v1/customers/{customer_id}/removal",
        "POST /v1/customers/{customer_id}/after-sales",
        "POST /v1/customers/{customer_id}/contracts",
        "PATCH /v1/customers/{customer_id}/contracts/{number}",
        "POST /v1/customers/{customer_id}/contracts/{number}/confirm",
        "POST /v1/customers/{customer_id}/contracts/{number}/void",
        "POST /v1/customers/{customer_id}/class",
        "POST /v1/customers/{customer_id}/details-requests",
        "POST /v1/customers/{customer_id}/details-requests/{member}/decision",
        "GET /v1/details-requests",
        "POST /v1/customers/{customer_id}/duplicates",
        "POST /v1/customers/{customer_id}/duplicates/{report}/resolution",
        "GET /v1/subjects",
        "GET /v1/subjects/{subject_id}",
        "POST /v1/subjects/{subject_id}/erase",
        "POST /v1/subjects/{subject_id}/erase/confirm",
        "POST /v1/subjects/{subject_id}/restriction/lift",
        "POST /v1/customers/{customer_id}/disputes",
        "GET /v1/customers/{customer_id}/disputes/{number}",
        "POST /v1/customers/{customer_id}/disputes/{number}/statements",
        "POST /v1/customers/{customer_id}/disputes/{number}/ruling",
        "GET /v1/disputes",
        "GET /v1/customers/{customer_id}/history",
        "GET /v1/customers/{customer_id}/holder",
        "GET /v1/customers/{customer_id}/may",
        "GET /v1/customers/{customer_id}/replay",
        "GET /v1/customers/{customer_id}/what-if",
        "GET /v1/collisions",
        "GET /v1/pool",
        "GET /v1/pool/export",
        "GET /v1/board",
        "GET /v1/board/load",
        "GET /v1/board/export",
        "GET /v1/tenures",
        "POST /v1/members",
        "GET /v1/members/{member}",
        "GET /v1/members/{member}/rights",
        "GET /v1/departments",
        "PUT /v1/departments/{name}",
        "PATCH /v1/members/{member}",
        "GET /v1/members/{member}/portfolio",
        "POST /v1/members/{member}/password",
        "PUT /v1/password",
        "POST /v1/sign-in",
        "GET /v1/sign-in/oidc",
        "GET /v1/sign-in/oidc/callback",
        "POST /v1/sign-out",
        "GET /v1/session",
        "GET /v1/sessions",
        "DELETE /v1/sessions/{session_id}",
        "GET /v1/members",
        "POST /v1/members/{member}/leave",
        "GET /v1/members/{member}/tokens",
        "POST /v1/members/{member}/tokens",
        "DELETE /v1/members/{member}/tokens/{token_id}",
        "GET /v1/agenda",
        "GET /v1/approvals",
        "GET /v1/briefing",
        "GET /v1/address-book",
        "POST /v1/customers/{customer_id}/evidence",
        "GET /v1/audit/checkpoint",
        "GET /v1/audit/key",
        "GET /v1/audit/seals",
        "GET /v1/audit/proofs/consistency",
        "GET /v1/audit/proofs/inclusion",
        "GET /v1/audit",
        "GET /v1/audit/export",
        "GET /v1/access",
        "GET /v1/access/export",
        "GET /v1/access/searches",
        "GET /v1/access/bursts",
        "GET /v1/statistics",
        "GET /v1/statistics/events",
        "GET /v1/statistics/habits",
        "GET /v1/events",
        "GET /v1/rulebooks",
        "POST /v1/rulebooks",
        "GET /v1/rulebooks/{version}",
        "POST /v1/rulebooks/dry-run",
        "GET /health/live",
        "GET /health/ready",
        "GET /metrics",
        "GET /problems/{slug}",
    }


def test_every_server_has_the_same_document(
    module_guests: Guests, document: dict[str, Any]
) -> None:
    """Other tests hold answers against what the first server of their process told."""
    service = module_guests.service
    changed = {
        "oidc_issuer": "https://id.example.cn",
        "oidc_client_id": "tenure",
        "oidc_redirect_url": "https://tenure.example.cn/v1/sign-in/oidc/callback",
        "behind_tls": True,
        "test_clock": None,
        "signing_key": SecretStr(bytes(32).hex()),
    }
    other = replace(service, settings=service.settings.model_copy(update=changed))
    told = json.loads(json.dumps(create_app(other).openapi()))
    assert told == document
    assert module_guests.contract.document == document


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}
    identifiers = []
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        assert set(operation["tags"]) <= tags, name
        identifiers.append(operation["operationId"])
    assert len(identifiers) == len(set(identifiers))


def test_every_operation_needs_a_token_but_the_open_ones(document: dict[str, Any]) -> None:
    scheme = document["components"]["securitySchemes"]["token"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for name, operation in operations(document):
        is_public = name.removeprefix("GET ") in PUBLIC
        assert operation["security"] == ([] if is_public else [{"token": []}, {"session": []}]), (
            name
        )
        assert ("401" in operation["responses"]) is not is_public or name.removeprefix(
            "GET "
        ) in SIGN_IN


def test_every_command_in_a_session_may_lack_its_csrf_token(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        is_open = name.startswith("GET") or not operation["security"]
        told = operation["responses"].get("403", {}).get("content", {})
        examples = told.get("application/problem+json", {}).get("examples", {})
        assert ("csrf" in examples) is not is_open, name


def test_every_operation_but_the_open_ones_is_limited(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        is_open = name.removeprefix("GET ") in PUBLIC - SIGN_IN
        assert ("429" in operation["responses"]) is not is_open, name


def test_every_operation_lists_its_errors_as_problems(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) < 400 or name == "GET /health/ready":
                continue
            assert set(response["content"]) == {"application/problem+json"}, (name, status)
            examples = response["content"]["application/problem+json"]["examples"]
            assert {BY_SLUG[slug].status for slug in examples} == {int(status)}, name
        if name in BESIDE_THE_LOG:
            continue
        if name in ASKING_WITH_A_BODY:
            assert {"401", "403", "413", "415", "422", "503"} <= set(operation["responses"])
        elif name.startswith(("POST /v1", "PUT /v1", "PATCH /v1")):
            assert {"401", "403", "412", "413", "415", "422", "503"} <= set(operation["responses"])


def test_every_command_on_a_customer_may_find_it_merged(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        is_question = name.startswith("GET") or name in ASKING_WITH_A_BODY
        if not is_question and "{customer_id}" in name:
            conflicts = operation["responses"]["409"]["content"]["application/problem+json"]
            assert "merged" in conflicts["examples"], name


def test_every_parameter_has_a_meaning_and_an_example(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            parameter = resolved(document, parameter)
            where = f"{name} {parameter['name']}"
            assert parameter["description"], where
            schema = parameter["schema"]
            assert "example" in parameter or "examples" in parameter or "examples" in schema, where


def test_commands_take_keys_and_versions_and_view_queries_a_position(
    document: dict[str, Any],
) -> None:
    for name, operation in operations(document):
        named = {
            resolved(document, parameter)["name"] for parameter in operation.get("parameters", ())
        }
        is_question = name.startswith("GET") or name in ASKING_WITH_A_BODY | BESIDE_THE_LOG
        if name.startswith(("POST /v1", "PUT /v1", "PATCH /v1", "DELETE /v1")) and not is_question:
            assert {"Idempotency-Key", "If-Match"} <= named, name
        if is_question and "view-behind" in json.dumps(operation["responses"]):
            assert "Tenure-Min-Position" in named, name


def test_every_field_has_a_meaning_and_an_example(document: dict[str, Any]) -> None:
    for title, schema in document["components"]["schemas"].items():
        assert schema.get("description"), title
        for name, field in schema.get("properties", {}).items():
            assert field.get("description"), f"{title}.{name}"
            assert field.get("examples") or "$ref" in field, f"{title}.{name}"


def test_every_body_and_answer_has_an_example_that_fits_its_schema(
    document: dict[str, Any],
) -> None:
    for name, operation in operations(document):
        told = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (content for part in told for content in part.get("content", {}).items()):
            media_type, described = content
            examples = [described["example"]] if "example" in described else []
            examples += [found["value"] for found in described.get("examples", {}).values()]
            assert examples, f"{name} {media_type}"
            if media_type == "text/plain":
                continue
            schema = described["schema"] | {"components": document["components"]}
            for example in examples:
                jsonschema.Draft202012Validator(schema).validate(example)


def test_no_schema_of_the_framework_is_left(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    assert "HTTPValidationError" not in text
    assert "#/components/schemas/ValidationError" not in text


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for child in node.values():
                yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    for reference in set(references(document)):
        assert resolved(document, {"$ref": reference})
