"""Departments as a tree: who stands above whom, and since when."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, Field

from api.answers import Answer
from api.models.departments import DepartmentBody, DepartmentsTold
from api.models.fields import EXAMPLE_INSTANT, searchable
from api.models.receipts import StreamReceipt
from api.openapi import command, query
from api.routes.calls import Asked, Commanded
from api.routes.parameters import QueryInstant, Questions
from api.strict_route import StrictRoute
from domain.organisation import DEPARTMENT_CHARACTERS_MAX

router = APIRouter(route_class=StrictRoute)
DepartmentName = Annotated[
    str,
    AfterValidator(searchable),
    Path(
        description="The department, percent-encoded.",
        examples=["一部"],
        max_length=DEPARTMENT_CHARACTERS_MAX,
    ),
]


@router.put(
    "/v1/departments/{name}",
    **command(
        "people",
        "Put a department under another",
        StreamReceipt,
        permission="place-department",
        without=["not-found"],
    ),
)
def place_department(name: DepartmentName, body: DepartmentBody, call: Commanded) -> Answer:
    """Puts a department, with all below it, under another, from now on (administrators).

    The rights of managers reach their own department and those below it, so this moves rights. A
    department that was never placed stands under none.
    """
    return call.answer(call.application.place_department(call.order, name, parent=body.parent))


class DepartmentQuestions(Questions):
    """As of which instant."""

    at: Annotated[
        QueryInstant | None,
        Field(description="The instant asked about; left out: now.", examples=[EXAMPLE_INSTANT]),
    ] = None


@router.get(
    "/v1/departments",
    **query(
        "people",
        "The departments as of an instant",
        DepartmentsTold,
        permission="see-members",
        is_view=False,
    ),
)
def departments_at(asked: Annotated[DepartmentQuestions, Query()], call: Asked) -> Answer:
    """Every department that had been placed by then, each before those below it."""
    at = asked.at or call.signed().at
    tree = call.application.departments_at(at)
    items = [
        {"name": name, "parent": tree.parents.get(name), "above": tree.above(name)}
        for name in tree.in_order()
    ]
    return call.answer({"items": items, "at": at})
