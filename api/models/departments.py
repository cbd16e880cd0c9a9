"""The departments as bodies and answers."""

from __future__ import annotations

from typing import Annotated

from api.models.customers import At
from api.models.fields import Body, Told, described


class DepartmentBody(Body):
    """Where a department is to stand."""

    parent: Annotated[
        str | None, described("The department directly above it; null: none.", "销售部")
    ]


class DepartmentTold(Told):
    """A department and where it stands."""

    name: Annotated[str, described("The department.", "一部")]
    parent: Annotated[str | None, described("The one directly above it; null: none.", "销售部")]
    above: Annotated[list[str], described("All above it, the nearest first.", ["销售部"])]


class DepartmentsTold(Told):
    """The tree as of an instant."""

    items: Annotated[
        list[DepartmentTold], described("Departments, each before those below it.", [])
    ]
    at: At
