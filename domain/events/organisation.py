"""The departments as a tree: facts, because who stood above whom is an audit question."""

from __future__ import annotations

from typing import Any

from eventsourcing.domain import Aggregate


class OrganisationEvent(Aggregate.Event):
    """A fact on the one stream of the organisation."""

    actor: str


class OrganisationOpened(OrganisationEvent, Aggregate.Created):
    """The organisation's stream begins; every department is a root."""

    TOPIC = "organisation.opened"

    def apply(self, aggregate: Any) -> None:
        aggregate.placed = ()


class DepartmentPlaced(OrganisationEvent):
    """A department stands directly under another from now on. parent: None: under none."""

    TOPIC = "organisation.department_placed"

    department: str
    parent: str | None

    def apply(self, aggregate: Any) -> None:
        aggregate.placed = (*aggregate.placed, self)
