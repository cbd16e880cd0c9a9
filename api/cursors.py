"""Cursors of paged queries: opaque text that nobody but this service can make or read.

A cursor says behind which key the next page begins. The key may be an instant that its reader sees
to the day only, so it is encrypted; and it is bound to its query and filters, so one that was
changed, or sent to another query, is refused instead of answered with a page that means nothing.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from api.answers import json_bytes
from domain.errors import Invalid

KeyedHash = Callable[[str, str], str]
_LENGTH_MAX = 4_000


class Cursors:
    """Makes and reads cursors. keyed_hash: of a purpose and a text, alike in every process.

    The same key always makes the same cursor (RFC 5297), so a question may be asked again.
    """

    def __init__(self, keyed_hash: KeyedHash) -> None:
        self._cipher = AESSIV(bytes.fromhex(keyed_hash("cursor", "")))

    def made(self, query: str, filters: Mapping[str, Any], key: Sequence[Any] | None) -> str | None:
        """The cursor behind `key`; None on the last page."""
        if key is None:
            return None
        sealed = self._cipher.encrypt(json_bytes(list(key)), [_bound(query, filters)])
        return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def key_of(
        self, query: str, filters: Mapping[str, Any], cursor: str | None
    ) -> Sequence[Any] | None:
        """The key behind which the page begins; None for the first page. Raises Invalid."""
        if cursor is None:
            return None
        try:
            padded = cursor[:_LENGTH_MAX] + "=" * (-len(cursor) % 4)
            sealed = urlsafe_b64decode(padded.encode("ascii"))
            key: Sequence[Any] = json.loads(self._cipher.decrypt(sealed, [_bound(query, filters)]))
        except (ValueError, InvalidTag, binascii.Error) as error:
            raise _foreign() from error
        return key


def _bound(query: str, filters: Mapping[str, Any]) -> bytes:
    """What a cursor is good for. filters: of the query, less the cursor and the limit."""
    return json_bytes([query, sorted(filters.items())])


def _foreign() -> Invalid:
    return Invalid.field(
        "after",
        "foreign-cursor",
        zh="须为同一查询上一页给出的 next",
        en="must be the `next` of the previous page of the same query",
    )
