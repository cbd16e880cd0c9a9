"""Answers: JSON with UTC instants to the microsecond, and the headers that every client reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from starlette.responses import Response

from domain.orders import Receipt

POSITION = "Tenure-Position"
REPLAYED = "Idempotent-Replayed"
_AT_TIMES = ("group", "held_over_by", "held_over_until")
"""Members of a receipt that are there only where they apply."""


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, always with microseconds: `2026-03-05T06:03:00.000000Z`."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat(timespec="microseconds")[:26] + "Z"


def json_bytes(value: Any) -> bytes:
    """`value` as UTF-8 JSON. Dataclasses are objects, UUIDs and decimals strings."""
    return _ENCODER.encode(value).encode("utf-8", "replace")


class Answer(Response):
    """A JSON answer. version makes the ETag, position the header of the same name.

    told: what it says, for a page that says the same.
    """

    media_type = "application/json"

    def __init__(
        self,
        content: Any,
        *,
        status: int = 200,
        position: int | None = None,
        version: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        named = dict(headers or {})
        if position is not None:
            named[POSITION] = str(position)
        if version is not None:
            named["ETag"] = f'"{version}"'
        self.told = content
        super().__init__(json_bytes(content), status, named)

    @classmethod
    def for_page(cls, told: Any, *, version: int | None) -> Self:
        """An answer that a page tells in its own way, so that nobody writes it as JSON."""
        made = cls(None, version=version)
        made.told = told
        return made

    @classmethod
    def of_bytes(cls, body: bytes, *, position: int) -> Self:
        """An answer whose JSON is there already."""
        made = cls(None, position=position)
        made.body = body
        made.headers["Content-Length"] = str(len(body))
        return made


def receipt_answer(
    receipt: Receipt,
    *,
    status: int = 200,
    told: Mapping[str, Any] | None = None,
    location: str | None = None,
) -> Answer:
    """What a command answers: where the customer stands now, and what only this command gives.

    told: instead of that, for a command that is about no customer and no member.
    """
    headers = {}
    if receipt.replayed:
        headers[REPLAYED] = "true"
    if location is not None:
        headers["Location"] = location
    return Answer(
        _told(receipt) if told is None else told,
        status=status,
        position=receipt.position,
        version=receipt.version,
        headers=headers,
    )


def _told(receipt: Receipt) -> dict[str, Any]:
    told: dict[str, Any] = {"version": receipt.version, "position": receipt.position}
    if receipt.customer_id is not None:
        told = {
            "customer_id": receipt.customer_id,
            **told,
            "state": receipt.state,
            "holder": receipt.holder,
            "until": receipt.until,
            **{field: found for field in _AT_TIMES if (found := getattr(receipt, field))},
        }
    return told | dict(receipt.extra)


def _plain(value: Any) -> Any:
    """What the JSON encoder does not know by itself."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
)
