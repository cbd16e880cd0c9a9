"""Commands on the tree of departments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.organisation import Organisation
from domain.work import Decision, Work


@dataclass(frozen=True, slots=True)
class PlaceDepartment:
    """Put a department under another, or under none."""

    department: str
    parent: str | None
    name: str = field(default="place-department", init=False)
    customer_id: UUID | None = field(default=None, init=False)

    @property
    def about(self) -> UUID:
        return Organisation.the_id()

    def check(self) -> None:
        """The organisation checks the names with the tree."""

    def streams(self) -> Iterable[UUID]:
        return (Organisation.the_id(),)

    def decide(self, work: Work) -> Decision:
        found = work.streams.get(Organisation.the_id())
        if not isinstance(found, Organisation):
            found = Organisation.open(actor=work.actor, at=work.at)
        found.place(self.department, self.parent, actor=work.actor, at=work.at)
        return Decision((found,))

    def asserted(self) -> dict[str, Any]:
        return {"department": self.department, "parent": self.parent}
