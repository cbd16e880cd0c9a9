"""No file of the project holds a secret: none that opens anything, anywhere."""

from __future__ import annotations

import math
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Written so that this file does not hold what it looks for.
KNOWN_FORMS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE K[E]Y-----",
    "an AWS key": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36}",
    "a token of GitLab": r"\bglpat-[A-Za-z0-9_-]{20}",
    "a token of Slack": r"\bxox[abprs]-[A-Za-z0-9-]{10}",
    "a key of Google": r"\bAIza[0-9A-Za-z_-]{35}",
    "a token of a package index": r"\bpypi-[A-Za-z0-9_-]{40}",
    "a signed token (JWT)": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}",
    "a webhook's secret": r"\bwhsec_[A-Za-z0-9+/]{32}",
    "a token of Tenure": r"\btnr\.[a-z0-9_-]+\.[A-Za-z0-9_-]{43}\b",
    "a password in an address": r"\b[a-z]+://[^\s:/@\"'{}<>]+:(?P<value>[^\s/@\"'{}<>]{6,})@",
}
LONG = re.compile(r"(?<![A-Za-z0-9+/_=-])([A-Za-z0-9+/_-]{43}=?|[0-9a-f]{64})(?![A-Za-z0-9+/_=-])")
"""Thirty-two bytes, as keys are written."""
BITS_A_SIGN_MIN = 3.6
"""Of a key of random hexadecimal digits; a pattern such as 3c3c3c has far less."""
EXAMPLES = {
    # Of the OpenAPI document: a token's and a password's form; they open nothing.
    "9pYQm0cV6bW2hT1rX8sK4uE7nL3jA5dF0gZtHyRqMwo",
    # Bytes in a pattern, in the samples of stored events.
    "q83vEjRWeJASNFZ4kKvN7wECAwQFBgcICQoLDA0ODxA=",
    # Standard Webhooks 1.0.0, known answers.
    "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLVOX",
}
PUBLISHED = (
    {"docs/events.md", "docs/decisions/README.md", "constraints.txt"}
    | {
        # Of what is vendored, and the vendored itself.
        "api/console/static/SHA256SUMS",
        "api/console/static/htmx.min.js",
        "tests/console/SHA256SUMS",
        "tests/console/axe.min.js",
    }
    | {f"tests/api/proof/test_{name}.py" for name in ("tree", "notes", "signing", "verify_script")}
)
"""Files of known answers and hashes: what is long in them is no key."""
SHOWN = {"user", "password", "passwort", "secret", "geheim"}
"""Passwords that stand for one in an example."""


def committed() -> Iterator[tuple[str, str]]:
    """Every text that git keeps."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, str]]:
    if not (ROOT / ".git").exists():
        if os.environ.get("CI") == "true":
            pytest.fail("CI tests a clone: without git nothing says what is committed")
        pytest.skip("an unpacked archive: what is committed, only git can list")
    return list(committed())


@pytest.mark.parametrize("what", KNOWN_FORMS)
def test_no_committed_file_holds_a_secret_of_a_known_form(
    texts: list[tuple[str, str]], what: str
) -> None:
    form = re.compile(KNOWN_FORMS[what])
    found = [
        f"{name}: {match[0][:24]}…"
        for name, text in texts
        for match in form.finditer(text)
        if not any(example in match[0] for example in EXAMPLES)
        and match.groupdict().get("value", "") not in SHOWN
    ]
    assert found == [], f"{what}: if it is an example, it belongs into EXAMPLES"


def test_no_committed_file_holds_what_looks_like_a_key(texts: list[tuple[str, str]]) -> None:
    found = [
        f"{name}: {match[0]}"
        for name, text in texts
        if name not in PUBLISHED
        for match in LONG.finditer(text)
        if match[0] not in EXAMPLES and is_random(match[0])
    ]
    assert found == [], "if it is an example, it belongs into EXAMPLES"


def is_random(text: str) -> bool:
    """True where its signs are as evenly spread as those of a key, and it reads as no words."""
    spread = -sum(
        count / len(text) * math.log2(count / len(text)) for count in Counter(text).values()
    )
    is_words = "_" in text.strip("_") or "/" in text or text.isalpha()
    return spread >= BITS_A_SIGN_MIN and not is_words


def test_what_git_ignores_are_the_places_where_secrets_lie() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    assert {".env", ".tenure/"} <= {line.lstrip("/") for line in ignored}
