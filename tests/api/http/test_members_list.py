"""Members as a list: by name, department, role and standing, as of now."""

from typing import Any

import pytest

from tests.api.http.guests import DAY, MONDAY, Guests


def listed(guests: Guests, by: str = "li", **asked: Any) -> list[str]:
    answer = guests.get("/v1/members", by, **asked)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def add(guests: Guests, member: str, *, department: str, roles: list[str], name: str) -> None:
    body = {"id": member, "name": name, "roles": roles, "department": department}
    assert guests.post("/v1/members", body, "root").status_code == 201


@pytest.mark.clause("S1-271", "S1-272")
def test_members_are_found_by_name_department_and_role(guests: Guests) -> None:
    add(guests, "sun-li", department="列表部", roles=["seller"], name="孙丽")
    add(guests, "sun-wu", department="列表部", roles=["seller", "manager"], name="孙武")
    assert listed(guests, department="列表部") == ["sun-li", "sun-wu"]
    assert listed(guests, department="列表部", role="manager") == ["sun-wu"]
    assert listed(guests, name="孙") == ["sun-li", "sun-wu"]
    assert listed(guests, name="SUN-w") == ["sun-wu"]
    assert listed(guests, department="列表部", role="none") == []
    guests.patch("/v1/members/sun-li", {"roles": ["finance"], "department": "他部"}, "root")
    assert listed(guests, department="列表部") == ["sun-wu"]
    (line,) = guests.get("/v1/members", department="他部").json()["items"]
    assert (line["roles"], line["name"]) == (["finance"], "孙丽")
    assert line["leaves_at"] is None


@pytest.mark.clause("S1-271")
def test_who_has_left_has_no_roles_and_stands_among_those_who_left(guests: Guests) -> None:
    add(guests, "gone", department="一部", roles=["seller"], name="钱行")
    later = MONDAY + DAY
    body = {"leaves_at": later.isoformat(), "reason": "离职"}
    assert guests.post("/v1/members/gone/leave", body, "shen").status_code == 200
    assert listed(guests, name="gone", standing="leaving") == ["gone"]
    assert listed(guests, name="gone", standing="active") == ["gone"]
    counts = {
        one["department"]: one["members"] for one in guests.get("/v1/members").json()["departments"]
    }
    guests.at(later)
    assert listed(guests, name="gone", standing="active") == []
    (line,) = guests.get("/v1/members", name="gone", standing="left").json()["items"]
    assert line["roles"] == []
    assert listed(guests, name="gone", role="seller") == []
    now = guests.get("/v1/members").json()["departments"]
    assert {one["department"]: one["members"] for one in now}["一部"] == counts["一部"] - 1


def test_the_list_goes_on_from_page_to_page(guests: Guests) -> None:
    for number in range(5):
        add(guests, f"page-{number}", department="分页部", roles=["seller"], name="周")
    seen: list[str] = []
    asked: dict[str, Any] = {"department": "分页部", "limit": 2}
    while True:
        told = guests.get("/v1/members", **asked).json()
        seen += [item["id"] for item in told["items"]]
        if told["next"] is None:
            break
        asked["after"] = told["next"]
    assert seen == [f"page-{number}" for number in range(5)]


@pytest.mark.clause("S4-36")
def test_a_stranger_sees_to_the_day_when_somebody_leaves(guests: Guests) -> None:
    add(guests, "leaver", department="一部", roles=["seller"], name="吴去")
    at = (guests.now + 3 * DAY).isoformat()
    guests.post("/v1/members/leaver/leave", {"leaves_at": at, "reason": "离职"}, "shen")
    (exact,) = guests.get("/v1/members", "wang", name="leaver").json()["items"]
    (rough,) = guests.get("/v1/members", "chen", name="leaver").json()["items"]
    one = guests.get("/v1/members/leaver", "chen").json()
    assert exact["leaves_at"] != rough["leaves_at"] == one["leaves_at"]
