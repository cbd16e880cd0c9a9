"""Cursors of paged queries: opaque text that nobody but this service can have made.

A cursor says behind which key the next page begins. It is bound to its query and filters by a
keyed hash, so one that was changed, or sent to another query, is refused instead of answered
with a page that means nothing.
"""

from __future__ import annotations

import binascii
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.answers import json_bytes
from domain.errors import Invalid

KeyedHash = Callable[[str, str], str]
_LENGTH_MAX = 4_000
_SEAL_CHARACTERS = 16


class Cursors:
    """Makes and reads cursors. keyed_hash: of a purpose and a text, alike in every process."""

    def __init__(self, keyed_hash: KeyedHash) -> None:
        self._keyed_hash = keyed_hash

    def made(self, query: str, filters: Mapping[str, Any], key: Sequence[Any] | None) -> str | None:
        """The cursor behind `key`; None on the last page."""
        if key is None:
            return None
        told = json_bytes(list(key)).decode()
        sealed = json_bytes([self._seal(query, filters, told), told])
        return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def key_of(
        self, query: str, filters: Mapping[str, Any], cursor: str | None
    ) -> Sequence[Any] | None:
        """The key behind which the page begins; None for the first page. Raises Invalid."""
        if cursor is None:
            return None
        try:
            padded = cursor[:_LENGTH_MAX] + "=" * (-len(cursor) % 4)
            seal, told = json.loads(urlsafe_b64decode(padded.encode("ascii")))
            if not hmac.compare_digest(seal, self._seal(query, filters, told)):
                raise _foreign()
            key: Sequence[Any] = json.loads(told)
        except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
            raise _foreign() from error
        return key

    def _seal(self, query: str, filters: Mapping[str, Any], told: str) -> str:
        """filters: of the query, less the cursor and the limit."""
        bound = json_bytes([query, sorted(filters.items()), told]).decode()
        return self._keyed_hash("cursor", bound)[:_SEAL_CHARACTERS]


def _foreign() -> Invalid:
    return Invalid.field(
        "after",
        "foreign-cursor",
        zh="须为同一查询上一页给出的 next",
        en="must be the `next` of the previous page of the same query",
    )
