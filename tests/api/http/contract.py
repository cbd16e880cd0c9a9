"""Every answer of every test is held against the OpenAPI document."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import httpx
import jsonschema_rs

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_told: list[Contract] = []
_DEFECT = 500
_NO_JSON = {"text/plain", "text/csv", "application/jsonl", "application/zip"}


def _is_our_instant(text: str) -> bool:
    return INSTANT.fullmatch(text) is not None


class Contract:
    """What the document allows the server to answer. document: as a server told it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._validators: dict[int, Any] = {}

    def check(self, answer: httpx.Response) -> None:
        """Status, content type and body are declared. Addresses it does not know are let pass."""
        request = answer.request
        operation = self._operation(request.method.lower(), request.url.path)
        if operation is None or answer.status_code == _DEFECT:
            return
        where = f"{request.method} {request.url.path}: {answer.status_code}"
        declared = operation["responses"].get(str(answer.status_code))
        assert declared is not None, f"{where} is not declared"
        if answer.is_redirect:
            return
        media_type = answer.headers["content-type"].partition(";")[0]
        if media_type == "text/html":
            return
        assert media_type in declared["content"], f"{where} is {media_type}"
        if media_type not in _NO_JSON:
            self._validator(declared["content"][media_type]["schema"]).validate(answer.json())

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for pattern, operations in self._paths:
            if pattern.fullmatch(path):
                found: dict[str, Any] | None = operations.get(method)
                return found
        return None

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], dict[str, Any]]]:
        return [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operations)
            for path, operations in self.document["paths"].items()
        ]

    def _validator(self, schema: dict[str, Any]) -> Any:
        found = self._validators.get(id(schema))
        if found is None:
            whole = schema | {"components": self.document["components"]}
            # In Rust: in Python this takes a third of the time of every request of every test.
            found = jsonschema_rs.Draft202012Validator(
                whole, validate_formats=True, formats={"date-time": _is_our_instant}
            )
            self._validators[id(schema)] = found
        return found


def contract_of(client: httpx.Client) -> Contract:
    """What the server behind `client` promises.

    The first server of a process is asked: to write the document takes one long (1.7 s), and
    `test_every_server_has_the_same_document` holds that another would tell no other.
    """
    if not _told:
        _told.append(Contract(client.get("/openapi.json").json()))
    return _told[0]
