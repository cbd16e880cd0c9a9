"""Known vulnerabilities of the pinned packages: `make audit`.

Asks OSV, which gathers the advisories of PyPA and GitHub, about each pin of `constraints.txt`; only
names and versions leave the house. Exit status: 0 none known, 1 some, 2 the database could not be
asked. `TENURE_AUDIT_DATABASE` names a mirror, for machines that reach no other.
Source: OSV API v1, `POST /v1/querybatch`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

PINS = Path(__file__).parent.parent / "constraints.txt"
DATABASE = "https://api.osv.dev"
AT_ONCE = 500
SECONDS_MAX = 20
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^\s;#]+)", re.MULTILINE)


class Unreachable(Exception):
    """The database could not be asked, or did not answer as it should."""


def pins_of(text: str) -> list[tuple[str, str]]:
    """Name and version of each pinned package."""
    return [(pin["name"], pin["version"]) for pin in _PIN.finditer(text)]


def known_of(pins: list[tuple[str, str]], database: str) -> dict[tuple[str, str], list[str]]:
    """The ids of known vulnerabilities, by package. Raises Unreachable."""
    found: dict[tuple[str, str], list[str]] = {}
    for start in range(0, len(pins), AT_ONCE):
        asked = pins[start : start + AT_ONCE]
        for pin, result in zip(asked, _answered(asked, database), strict=True):
            if ids := [vulnerability["id"] for vulnerability in result.get("vulns", ())]:
                found[pin] = sorted(ids)
    return found


def _answered(pins: list[tuple[str, str]], database: str) -> list[dict[str, Any]]:
    queries = [
        {"package": {"name": name, "ecosystem": "PyPI"}, "version": version}
        for name, version in pins
    ]
    request = Request(
        f"{database}/v1/querybatch",
        json.dumps({"queries": queries}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=SECONDS_MAX) as answer:
            results: list[dict[str, Any]] = json.load(answer)["results"]
    except (OSError, HTTPException, ValueError, KeyError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error
    if len(results) != len(pins):
        raise Unreachable(f"{len(results)} answers to {len(pins)} questions")
    return results


def main() -> int:
    """Print what is known; the exit status."""
    database = os.environ.get("TENURE_AUDIT_DATABASE", DATABASE).rstrip("/")
    if not database.startswith(("https://", "http://127.0.0.1:")):
        print(f"TENURE_AUDIT_DATABASE must begin with https://: {database}", file=sys.stderr)
        return 2
    pins = pins_of(PINS.read_text("utf-8"))
    try:
        known = known_of(pins, database)
    except Unreachable as unreachable:
        print(f"NOT audited: {database} cannot be asked ({unreachable}).", file=sys.stderr)
        print(f"未审计：无法查询 {database}。", file=sys.stderr)
        return 2
    for (name, version), ids in known.items():
        print(f"{name} {version}: {', '.join(ids)}")
    print(f"{len(known)} of {len(pins)} pinned packages have known vulnerabilities.")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
