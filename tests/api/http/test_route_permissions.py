"""Each route says in one place which permission it needs, and asks for that one."""

from __future__ import annotations

from typing import Any

import pytest

from api.app import ROUTERS
from api.openapi import PERMISSION
from domain.permissions import PERMISSIONS, PUBLIC
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
