"""Who acts in a load: sellers in departments, and those who decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from benchmarks.companies import random_name
from domain.member import Member

SELLERS_A_DEPARTMENT = 25
_CUSTOMERS_A_SELLER = 500
_DEPARTMENTS_MIN = 2
_OTHERS = {
    "director": (2, "销售中心"),
    "reviewer": (8, "客户服务中心"),
    "finance": (4, "财务部"),
    "risk": (1, "风控部"),
    "after-sales-manager": (1, "售后部"),
    "after-sales": (12, "售后部"),
    "auditor": (2, "审计部"),
    "administrator": (1, "信息部"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """One member: the name to sign in with, and where."""

    member: str
    role: str
    department: str


class People:
    """Everybody in a load of so many customers."""

    def __init__(self, customers: int) -> None:
        wanted = max(1, customers // _CUSTOMERS_A_SELLER)
        count = max(_DEPARTMENTS_MIN, -(-wanted // SELLERS_A_DEPARTMENT))
        departments = [f"销售{number}部" for number in range(1, count + 1)]
        self.sellers = [
            Person(f"seller-{number}", "seller", departments[(number - 1) % count])
            for number in range(1, count * SELLERS_A_DEPARTMENT + 1)
        ]
        self.managers = {
            department: Person(f"manager-{number}", "manager", department)
            for number, department in enumerate(departments, start=1)
        }
        self.others = {
            role: [Person(f"{role}-{number}", role, place) for number in range(1, count + 1)]
            for role, (count, place) in _OTHERS.items()
        }

    def everybody(self) -> list[Person]:
        others = [person for people in self.others.values() for person in people]
        return [*self.sellers, *self.managers.values(), *others]

    def joined(self, at: datetime, *, seed: int) -> list[Member]:
        """Everybody as a member since `at`."""
        random = Random(f"{seed} people")
        return [
            Member.join(
                person.member,
                name=random_name(random),
                roles=[person.role],
                department=person.department,
                actor="console",
                at=at,
            )
            for person in self.everybody()
        ]
