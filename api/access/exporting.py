"""An export on its way out: who takes what is kept before the first byte, and how much of it was
sent behind the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from api.access.looks import record_export
from domain.errors import Unavailable

if TYPE_CHECKING:
    from api.routes.calls import QueryCall
    from domain.orders import Signed


class Taken:
    """One export. facts: what it is of, under which filters, true at which position. customer: that
    it is of alone, if it is."""

    def __init__(
        self,
        call: QueryCall,
        signed: Signed,
        right: str,
        facts: Mapping[str, Any],
        customer: UUID | None = None,
    ) -> None:
        self._call = call
        self._signed = signed
        self._right = right
        self._facts = facts
        self._customer = customer
        self.rows = 0

    def begins(self) -> None:
        """Keep that it begins. Raises Unavailable: then nothing may be sent."""
        self._record("exported", self._facts)

    def counted(
        self, pages: Iterable[Sequence[Mapping[str, Any]]]
    ) -> Iterator[Sequence[Mapping[str, Any]]]:
        """The pages, their rows counted."""
        for page in pages:
            self.rows += len(page)
            yield page

    def told(self, content: Iterator[bytes]) -> Iterator[bytes]:
        """The content, and at its end, or where it is cut off, how far it came."""
        complete = False
        try:
            yield from content
            complete = True
        finally:
            facts = {**self._facts, "rows": self.rows, "complete": complete}
            # Whoever finds no end knows from the beginning what may have been taken.
            with suppress(Unavailable):
                self._record("export-ended", facts)

    def _record(self, kind: Literal["exported", "export-ended"], facts: Mapping[str, Any]) -> None:
        record_export(self._call, self._signed, kind, self._right, facts, self._customer)
