"""Departments as a tree (design §4): which ones lie below which, at any instant.

A department that nobody has placed is a root with nothing below it, so members may join one before
anybody draws the tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.errors import Invalid
from domain.events import organisation as events
from domain.identity import NAMESPACE
from domain.texts import line

DEPARTMENT_CHARACTERS_MAX = 100
_THE_ID = uuid5(NAMESPACE, "organisation")


@dataclass(frozen=True)
class Departments:
    """The tree at an instant. parents: of each department that was placed."""

    parents: Mapping[str, str | None]

    @cached_property
    def _below(self) -> Mapping[str, list[str]]:
        below: dict[str, list[str]] = {}
        for department, parent in self.parents.items():
            if parent is not None:
                below.setdefault(parent, []).append(department)
        return below

    @cached_property
    def _walked(self) -> dict[str, tuple[str, ...]]:
        return {}

    def with_all_below(self, department: str) -> tuple[str, ...]:
        """The department itself, then all below it, each before those below itself."""
        if department not in self._below:
            return (department,)
        if department not in self._walked:
            self._walked[department] = tuple(self._walk(department))
        return self._walked[department]

    def above(self, department: str) -> tuple[str, ...]:
        """Those above it, the nearest first."""
        found = []
        parent = self.parents.get(department)
        while parent is not None:
            found.append(parent)
            parent = self.parents.get(parent)
        return tuple(found)

    def in_order(self) -> tuple[str, ...]:
        """Every department that has a place, each before those below it."""
        known = dict.fromkeys((*self.parents, *filter(None, self.parents.values())))
        roots = [department for department in known if self.parents.get(department) is None]
        return tuple(found for root in roots for found in self._walk(root))

    def _walk(self, department: str) -> Iterator[str]:
        yield department
        for below in self._below.get(department, ()):
            yield from self._walk(below)


NO_TREE = Departments({})
"""Before anybody placed anything, every department is a root."""


def _drawn(placed: Iterable[events.DepartmentPlaced]) -> Departments:
    return Departments({one.department: one.parent for one in placed})


class Organisation(Aggregate):
    """The one stream of the departments. Invariant: no department stands above itself."""

    TOPIC = "organisation"
    Event = events.OrganisationEvent
    Created = events.OrganisationOpened
    DepartmentPlaced = events.DepartmentPlaced

    if TYPE_CHECKING:  # annotations at run time would make the library write an __init__
        placed: tuple[events.DepartmentPlaced, ...]
        drawn: tuple[int, Departments]

    @staticmethod
    def the_id() -> UUID:
        """The id of the one stream."""
        return _THE_ID

    @classmethod
    def open(cls, *, actor: str, at: datetime) -> Organisation:
        """Begin, with no department placed."""
        return cls._create(events.OrganisationOpened, id=cls.the_id(), timestamp=at, actor=actor)

    def departments_at(self, at: datetime | None = None) -> Departments:
        """The tree as of an instant; None: as it stands, drawn once for all who ask."""
        if at is not None:
            return _drawn([one for one in self.placed if one.timestamp <= at])
        drawn: tuple[int, Departments] | None = self.__dict__.get("drawn")
        if drawn is None or drawn[0] != len(self.placed):
            drawn = self.drawn = len(self.placed), _drawn(self.placed)
        return drawn[1]

    def place(self, department: str, parent: str | None, *, actor: str, at: datetime) -> None:
        """Put a department, with all below it, under another; nothing is recorded where it is.

        parent: None for none. Raises Invalid where it would stand above itself.
        """
        department = line("name", department, characters_max=DEPARTMENT_CHARACTERS_MAX)
        if parent is not None:
            parent = line("parent", parent, characters_max=DEPARTMENT_CHARACTERS_MAX)
        tree = self.departments_at()
        if parent is not None and parent in tree.with_all_below(department):
            raise Invalid.field(
                "parent",
                "cycle",
                zh=f"{parent} 就是该部门或在其之下，不能作为它的上级部门",
                en=f"{parent} is this department or lies below it, so it cannot stand above it",
            )
        if department not in tree.parents or tree.parents[department] != parent:
            self.trigger_event(
                events.DepartmentPlaced,
                timestamp=at,
                actor=actor,
                department=department,
                parent=parent,
            )
