"""A page that stays open asks for itself again whenever something has moved. What it is told once
more, word for word, is the same look and no second entry of the access log (S0-25).

Entries are left out only where all of this is so: the page asks by itself; the same session had the
same answers to the same questions at the same address, by the same right; that look was kept in
this process, less than a quarter of an hour ago. Whatever differs by a word is kept, and so is the
first page of every process.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from api.access.entries import Entry
from api.answers import Answer, json_bytes

LOOK: Final = timedelta(minutes=15)
"""After so long an open page is a new look, so that the log tells how long it was open."""
KEPT_MAX: Final = 20_000
_WHEN: Final = frozenset(("at", "position"))
"""When and where in the log an answer is true is no part of what it shows."""


class Looks:
    """The looks that were kept of late, by who asked what; of each, what was shown and when."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[bytes, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def are_the_same(self, key: Hashable, shown: bytes, at: datetime) -> bool:
        """True where this very answer was kept as a look that still lasts at `at`."""
        with self._lock:
            known = self._kept.get(key)
        return known is not None and known[0] == shown and at - known[1] < LOOK

    def keep(self, key: Hashable, shown: bytes, at: datetime) -> None:
        """From now on this is what was shown last. Called once its entries are on the disk."""
        with self._lock:
            self._kept[key] = (shown, at)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)


def digest_of(answers: Iterable[Answer], entries: Iterable[Entry]) -> bytes:
    """Of everything that a page's answers show, and of what their entries say."""
    digest = sha256()
    for answer in answers:
        # An answer whose JSON was there already has nothing else to tell.
        told = answer.told
        digest.update(bytes(answer.body) if told is None else json_bytes(_shown(told)))
    said = [
        (one.kind, one.right, _shown(one.facts), one.customer_id, one.customer_ids)
        for one in entries
    ]
    digest.update(json_bytes(said))
    return digest.digest()


def _shown(told: Any) -> Any:
    if not isinstance(told, Mapping):
        return told
    return {name: value for name, value in told.items() if name not in _WHEN}
