"""A page that stays open asks for itself again whenever something has moved. What it is told once
more, word for word, is the same look and no second entry of the access log (S0-25).

An entry is left out only where all of this is so: the page asks by itself; the same session had the
same answer to the same question at the same address, by the same right; that look was kept in this
process, less than a quarter of an hour ago. Whatever differs by a word is kept, and so is the first
answer of every process.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from api.answers import Answer, json_bytes

if TYPE_CHECKING:
    from api.access.looks import Look

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


def digest_of(answer: Answer, looks: Sequence[Look]) -> bytes:
    """Of everything that an answer shows, and of what its entries say."""
    told = answer.told
    if isinstance(told, dict):
        told = {name: value for name, value in told.items() if name not in _WHEN}
    # An answer whose JSON was there already has nothing else to tell.
    shown = json_bytes(told) if told is not None else bytes(answer.body)
    entries = [look.entry for look in looks]
    said = [(one.kind, one.right, one.facts, one.customer_id, one.customer_ids) for one in entries]
    return sha256(shown + json_bytes(said)).digest()
