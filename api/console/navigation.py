"""Where the pages are: one table, in the order in which people see it.

An entry is shown to whoever has the permission that its page's question needs; the page itself
decides nothing by this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from api.console.catalogue import marked
from api.routes.calls import require
from domain.errors import NotAllowed
from domain.orders import Signed


@dataclass(frozen=True, slots=True)
class Place:
    """One entry. name: before translation. permission: that of the page's question."""

    address: str
    name: str
    permission: str

    def current(self, path: str) -> str | None:
        """As `aria-current` says it: this page, one below it, or neither."""
        if path == self.address:
            return "page"
        is_below = self.address != "/" and path.startswith(f"{self.address}/")
        return "true" if is_below else None


PLACES: Final = (
    Place("/", marked("Start"), "see-session"),
    Place("/collisions", marked("Check"), "see-customers"),
    Place("/pool", marked("Pool"), "see-customers"),
    Place("/board", marked("Board"), "see-portfolio"),
    Place("/approvals", marked("Approvals"), "see-approvals"),
    Place("/disputes", marked("Disputes"), "see-customers"),
    Place("/figures", marked("Figures"), "see-statistics"),
    Place("/audit", marked("Audit"), "see-audit"),
    Place("/rules", marked("Rules"), "see-rulebooks"),
    Place("/people", marked("People"), "see-members"),
)


def places_for(signed: Signed) -> tuple[Place, ...]:
    """The entries that lead somebody to an answer and not to a refusal."""
    return tuple(place for place in PLACES if may_ask(signed, place.permission))


def may_ask(signed: Signed, permission: str) -> bool:
    """True where somebody's roles and scopes give a permission, under whatever condition."""
    try:
        require(signed, permission)
    except NotAllowed:
        return False
    return True
