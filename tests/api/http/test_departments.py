"""The tree of departments over HTTP, as of any instant."""

from urllib.parse import quote

import pytest

from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem, invalid_fields

PATH = "/v1/departments"


def place(guests: Guests, name: str, parent: str | None, member: str = "root"):
    return guests.send("PUT", f"{PATH}/{quote(name)}", member, json={"parent": parent})


def names(guests: Guests, **asked: str) -> dict[str, list[str]]:
    items = guests.get(PATH, "li", **asked).json()["items"]
    return {item["name"]: item["above"] for item in items}


@pytest.mark.clause("S1-272")
def test_an_administrator_draws_the_tree_and_anybody_reads_it(guests: Guests) -> None:
    answer = place(guests, "甲部", "甲中心")
    assert answer.status_code == 200
    assert set(answer.json()) == {"version", "position"}
    assert place(guests, "甲中心", "总部").status_code == 200
    found = names(guests)
    assert found["甲部"] == ["甲中心", "总部"]
    assert list(found).index("总部") < list(found).index("甲中心") < list(found).index("甲部")


def test_the_tree_is_told_as_of_any_instant(guests: Guests) -> None:
    place(guests, "乙部", "乙中心")
    guests.at(MONDAY + DAY)
    place(guests, "乙部", None)
    assert names(guests)["乙部"] == []
    assert names(guests, at=MONDAY.isoformat())["乙部"] == ["乙中心"]
    assert "乙部" not in names(guests, at=(MONDAY - DAY).isoformat())


def test_a_member_tells_how_far_his_department_reaches_at_an_instant(guests: Guests) -> None:
    guests.post(
        "/v1/members",
        {"id": "bing", "name": "丙", "roles": ["manager"], "department": "丙中心"},
        "root",
    )
    guests.at(MONDAY + DAY)
    place(guests, "丙一部", "丙中心")
    assert guests.get("/v1/members/bing").json()["departments"] == ["丙中心", "丙一部"]
    before = guests.get("/v1/members/bing", at=MONDAY.isoformat()).json()
    assert before["departments"] == ["丙中心"]


def test_no_department_stands_above_itself(guests: Guests) -> None:
    place(guests, "丁部", "丁中心")
    assert invalid_fields(place(guests, "丁中心", "丁部")) == {"parent": "cycle"}
    assert invalid_fields(place(guests, "丁部", "丁部")) == {"parent": "cycle"}
    assert invalid_fields(place(guests, "丁部", "")) == {"parent": "empty"}


def test_only_administrators_draw_the_tree(guests: Guests) -> None:
    for member in ("li", "wang", "shen", "wu"):
        assert_problem(place(guests, "戊部", None, member), 403, "not-allowed")


def test_a_retried_placing_is_done_once(guests: Guests) -> None:
    def send():
        return guests.send(
            "PUT",
            f"{PATH}/{quote('己部')}",
            "root",
            json={"parent": "己中心"},
            headers={"Idempotency-Key": "place-ji"},
        )

    first, second = send(), send()
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
