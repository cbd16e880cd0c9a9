"""Every question that the document knows about a customer, with each filter that it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One question with its parameters."""

    path: str
    parameters: Mapping[str, Any]


def questions_of(document: Mapping[str, Any], customer: str, **known: Any) -> Iterator[Asked]:
    """Each GET of the document, alone and with each filter of which a value is known."""
    told = {
        "customer_id": customer,
        "customer": customer,
        "member": "li",
        "holder": "li",
        "actor": "li",
        "number": 1,
        "rulebook": "2026-1",
        "version": "2026-1",
        "subject_id": customer,
        "figure": "claims",
        "format": "jsonl",
        **known,
    }
    for path, methods in document["paths"].items():
        if "get" in methods and path.startswith("/v1") and "oidc" not in path:
            yield from _asked(path, methods["get"], told)


def _asked(path: str, told: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Asked]:
    parameters = [one for one in told.get("parameters", ()) if "in" in one]
    for parameter in parameters:
        if parameter["in"] == "path":
            name = parameter["name"]
            path = path.replace(f"{{{name}}}", str(known.get(name, "x")))
    asked = [one for one in parameters if one["in"] == "query"]
    needed = {one["name"]: known.get(one["name"], 1) for one in asked if one.get("required")}
    whole = {"limit": 500} if any(one["name"] == "limit" for one in asked) else {}
    if path == "/v1/collisions":
        whole["limit"] = 100
    yield Asked(path, whole | needed)
    for one in asked:
        if one["name"] in known:
            yield Asked(path, whole | needed | {one["name"]: known[one["name"]]})
