"""Conditions that a request's headers set: idempotency key, version seen, position to wait for."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import msgspec
from starlette.datastructures import Headers

from domain.errors import Invalid

IDEMPOTENCY_KEY = "Idempotency-Key"
IF_MATCH = "If-Match"
MIN_POSITION = "Tenure-Min-Position"

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
_POSITION = re.compile(r"\d{1,18}")
_CANONICAL = msgspec.json.Encoder(order="deterministic")


def idempotency_key(headers: Headers) -> str | None:
    """1 to 255 visible ASCII characters. Raises Invalid."""
    key = _single(headers, IDEMPOTENCY_KEY)
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid.field(
            IDEMPOTENCY_KEY,
            "malformed",
            zh="须为 1 至 255 个可见 ASCII 字符",
            en="must be 1 to 255 visible ASCII characters",
        )
    return key


def expected_version(headers: Headers) -> int | None:
    """The version in If-Match; None without one and for `*`. Raises Invalid.

    A weak tag counts as its version: proxies that compress weaken tags, and a version names one
    state exactly.
    """
    tag = _single(headers, IF_MATCH)
    if tag is None or tag.strip() == "*":
        return None
    found = _ETAG.fullmatch(tag.strip())
    if found is None:
        raise Invalid.field(
            IF_MATCH,
            "malformed",
            zh='须为一个带引号的版本（如 "7"）或 *',
            en='must be one quoted version, such as "7", or *',
        )
    return int(found[1])


def min_position(headers: Headers) -> int | None:
    """The position that a view must have reached. Raises Invalid."""
    position = _single(headers, MIN_POSITION)
    if position is None:
        return None
    if not _POSITION.fullmatch(position.strip()):
        raise Invalid.field(
            MIN_POSITION, "malformed", zh="须为非负整数", en="must be a non-negative integer"
        )
    return int(position)


def request_hash(method: str, path: str, body: Any) -> bytes:
    """SHA-256 of method, path and the body in canonical form: members sorted, no white space."""
    return sha256(
        b"\n".join((method.encode(), path.encode("utf-8", "replace"), _CANONICAL.encode(body)))
    ).digest()


def _single(headers: Headers, name: str) -> str | None:
    """The header's one value. Raises Invalid where it is sent twice."""
    sent = headers.getlist(name)
    if len(sent) > 1:
        raise Invalid.field(name, "repeated", zh="只能出现一次", en="must be sent once")
    return sent[0] if sent else None
