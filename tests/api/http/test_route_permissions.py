"""Each route says in one place which permission it needs, and asks for that one."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from api.app import ROUTERS
from api.openapi import PERMISSION
from domain.permissions import PERMISSIONS, PUBLIC, ROLES, condition_of
from tests.api.http.guests import Guests

SHOWN = ("get", "post", "put", "patch", "delete")


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, found in document["paths"].items()
        for method, operation in found.items()
        if method in SHOWN
    ]


@pytest.fixture(scope="module")
def document(module_guests: Guests) -> dict[str, Any]:
    found: dict[str, Any] = module_guests.send("GET", "/openapi.json", None).json()
    return found


@pytest.fixture(scope="module")
def by_role(module_guests: Guests) -> Guests:
    """One member a role, who has no other."""
    module_guests.move_in({f"only-{role}": role for role in ROLES})
    return module_guests


@pytest.mark.clause("S1-271")
def test_every_route_says_which_permission_it_needs(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        permission = operation.get(PERMISSION)
        assert permission == PUBLIC or permission in PERMISSIONS, f"{method} {path}: {permission}"
        assert (operation["security"] == []) is (permission == PUBLIC), f"{method} {path}"


def test_every_route_that_is_not_shown_in_the_document_says_it_as_well() -> None:
    for router in ROUTERS:
        for route in router.routes:
            assert route.openapi_extra[PERMISSION]  # type: ignore[attr-defined]


@pytest.mark.clause("S1-271", "S1-272")
def test_every_route_refuses_the_roles_that_its_row_does_not_name(
    document: dict[str, Any], by_role: Guests
) -> None:
    """Each role is sent to each route; only those without the permission get to hear so."""
    customer = by_role.register()
    for method, path, operation in operations(document):
        permission = operation[PERMISSION]
        if permission == PUBLIC:
            continue
        filled = _filled(path, customer)
        body = _body(operation, document)
        for role in ROLES:
            if condition_of({role}, PERMISSIONS[permission]) is not None:
                continue
            answer = by_role.client.request(
                method,
                filled,
                headers={"Authorization": f"Bearer {by_role.tokens[f'only-{role}']}"},
                **body,
            )
            assert answer.status_code == 403, (method, path, role, answer.text)
            assert answer.json()["command"] == permission, (method, path)


def _filled(path: str, customer: str) -> str:
    named = {
        "customer_id": customer,
        "member": "li",
        "number": "1",
        "report": "1",
        "version": "1",
    }
    for name, value in named.items():
        path = path.replace(f"{{{name}}}", value)
    return re.sub(r"\{\w+_id\}", str(uuid4()), path)


def _body(operation: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return {} if content is None else {"json": content["example"]}
