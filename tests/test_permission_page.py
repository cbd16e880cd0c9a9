"""docs/permissions.md, which a reviewer reads, tells what the one table and the routes are."""

from pathlib import Path

import pytest

from domain.permissions import PERMISSIONS, PUBLIC, ROLES, condition_of
from tests.permission_page import SIGNS, page, routes

PAGE = Path(__file__).parent.parent / "docs" / "permissions.md"
TOLD = {sign: condition for condition, sign in SIGNS.items()}


def told() -> dict[str, dict[str, str | None]]:
    """The matrix as the page has it: permission, role, condition."""
    text = PAGE.read_text(encoding="utf-8").partition("## The table\n\n")[2]
    header, _, *lines = text.partition("\n\n")[0].splitlines()
    roles = [cell.strip() for cell in header.strip("|").split("|")][1:]
    rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {
        name.strip("`"): dict(zip(roles, (TOLD[cell] for cell in cells), strict=True))
        for name, *cells in rows
    }


@pytest.mark.clause("S1-271", "S1-272")
def test_the_page_of_permissions_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`, and read what changed"


def test_every_role_has_the_permissions_that_the_page_tells_and_no_others() -> None:
    matrix = told()
    assert set(matrix) == set(PERMISSIONS)
    for name, row in matrix.items():
        assert set(row) == set(ROLES), name
        for role, condition in row.items():
            assert condition_of({role}, PERMISSIONS[name]) == condition, (name, role)


def test_every_permission_that_a_route_names_is_in_the_table() -> None:
    assert set(routes()) - set(PERMISSIONS) == {PUBLIC}
