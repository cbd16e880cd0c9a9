"""The view `members`: who there is, in which roles and department, and who has left."""

from __future__ import annotations

from typing import Any

from domain.events import DepartmentChanged, LeaveArranged, MemberEvent, MemberJoined, RolesChanged
from domain.member import Member
from projections.members import MemberLine, members
from tests.projections.stories import DAY, START, TestLog


def joined(member: str, department: str = "一部") -> MemberJoined:
    return MemberJoined(
        originator_id=Member.id_of(member),
        originator_version=1,
        originator_topic="member",
        timestamp=START,
        actor="root",
        member=member,
        name=f"名{member}",
        roles=["seller"],
        department=department,
    )


def further(kind: type[MemberEvent], member: str, version: int, **facts: Any) -> MemberEvent:
    return kind(
        originator_id=Member.id_of(member),
        originator_version=version,
        timestamp=START + DAY,
        actor="root",
        **facts,
    )


def test_a_member_is_as_the_last_of_its_events_says(log: TestLog, follow: Any, cursor: Any) -> None:
    log.append(joined("ming"), joined("tian"))
    follow()
    log.append(
        further(RolesChanged, "ming", 2, roles=["manager", "seller"]),
        further(DepartmentChanged, "ming", 3, department="二部"),
        further(LeaveArranged, "tian", 2, leaves_at=START + 3 * DAY, reason="离职", customers=0),
        joined("xin"),
        further(DepartmentChanged, "xin", 2, department="二部"),
    )
    follow()

    def found(**asked: Any) -> list[MemberLine]:
        return members(cursor, **{"now": START + 2 * DAY, **asked}).items

    ming = MemberLine("ming", "名ming", ["manager", "seller"], "二部", START, None)
    assert [one for one in found() if one.member == "ming"] == [ming]
    assert [one.member for one in found(department="二部")] == ["ming", "xin"]
    assert [one.member for one in found(standing="leaving")] == ["tian"]
    assert found(standing="left") == []
    later = {"now": START + 3 * DAY}
    (tian,) = found(standing="left", **later)
    assert (tian.member, tian.roles) == ("tian", [])
    assert [one.member for one in found(role="seller", **later)] == ["ming", "xin"]
