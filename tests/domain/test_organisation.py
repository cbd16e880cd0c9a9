"""Departments as a tree: who stands above whom, at any instant, and never above itself."""

import pytest

from domain.errors import Invalid
from domain.events import DepartmentPlaced, OrganisationOpened
from domain.organisation import NO_TREE, Organisation
from tests.domain.stories import DAY, MONDAY


def company(**placed: str | None) -> Organisation:
    found = Organisation.open(actor="root", at=MONDAY)
    for department, parent in placed.items():
        found.place(department, parent, actor="root", at=MONDAY)
    return found


def sales() -> Organisation:
    return company(销售部="公司", 一部="销售部", 二部="销售部", 财务部="公司")


@pytest.mark.clause("S1-272")
def test_a_department_and_all_below_it() -> None:
    tree = sales().departments_at()
    assert set(tree.with_all_below("公司")) == {"公司", "销售部", "一部", "二部", "财务部"}
    assert set(tree.with_all_below("销售部")) == {"销售部", "一部", "二部"}
    assert tree.with_all_below("一部") == ("一部",)
    assert tree.above("一部") == ("销售部", "公司")
    assert tree.in_order() == ("公司", "销售部", "一部", "二部", "财务部")


def test_a_department_that_nobody_placed_is_a_root_with_nothing_below_it() -> None:
    assert sales().departments_at().with_all_below("新部门") == ("新部门",)
    assert sales().departments_at().above("新部门") == ()
    assert NO_TREE.with_all_below("一部") == ("一部",)


@pytest.mark.parametrize(("department", "parent"), [("公司", "一部"), ("销售部", "销售部")])
def test_no_department_stands_above_itself(department: str, parent: str) -> None:
    with pytest.raises(Invalid) as refusal:
        sales().place(department, parent, actor="root", at=MONDAY)
    (problem,) = refusal.value.problems
    assert (problem.field, problem.code) == ("parent", "cycle")


def test_a_department_moves_with_all_below_it_and_the_past_stays() -> None:
    organisation = sales()
    organisation.place("一组", "一部", actor="root", at=MONDAY)
    organisation.place("一部", "财务部", actor="root", at=MONDAY + DAY)
    assert "一组" in organisation.departments_at().with_all_below("财务部")
    assert "一组" not in organisation.departments_at().with_all_below("销售部")
    assert "一组" in organisation.departments_at(MONDAY).with_all_below("销售部")


def test_a_department_stands_under_none_again() -> None:
    organisation = sales()
    organisation.place("一部", None, actor="root", at=MONDAY)
    assert organisation.departments_at().above("一部") == ()


def test_a_placing_that_changes_nothing_is_no_event() -> None:
    organisation = company(一部="销售部")
    events = organisation.collect_events()
    assert [type(event) for event in events] == [OrganisationOpened, DepartmentPlaced]
    organisation.place("一部", "销售部", actor="root", at=MONDAY + DAY)
    assert organisation.collect_events() == []


@pytest.mark.parametrize("name", ["", " ", "部" * 101, "一\n部"])
def test_a_department_has_a_name_of_one_line(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        company().place(name, None, actor="root", at=MONDAY)
    assert refusal.value.problems[0].field == "name"
    with pytest.raises(Invalid) as refusal:
        company().place("一部", name, actor="root", at=MONDAY)
    assert refusal.value.problems[0].field == "parent"
