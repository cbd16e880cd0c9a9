"""Who may do what: one table, command x role (design §4, Appendix 1 of the clauses).

Conditions that rest on the case itself (not the claimant, only the holder) are rules of the
aggregate; this table answers what the member's roles at an instant permit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

ROLES: Final[tuple[str, ...]] = (
    "seller",
    "manager",
    "director",
    "reviewer",
    "risk",
    "finance",
    "after-sales",
    "after-sales-manager",
    "customer-manager",
    "marketing-manager",
    "auditor",
    "administrator",
)

_PRE_SALES = ("seller", "manager", "director")
_AFTER_SALES = ("after-sales", "after-sales-manager")
_EVERYBODY = ROLES

PERMISSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    # Customers. S1-050, S1-051: pre-sales claims for itself; S1-309: designated staff reviews.
    "register": (*_PRE_SALES, "customer-manager", "marketing-manager", "administrator"),
    "claim": _PRE_SALES,
    "withdraw": _PRE_SALES,
    "review": ("reviewer",),
    "follow-up": (*_PRE_SALES, *_AFTER_SALES),
    "release": _PRE_SALES,
    "add-contact": (*_PRE_SALES, *_AFTER_SALES, "customer-manager"),
    "change-profile": (*_PRE_SALES, *_AFTER_SALES, "customer-manager", "administrator"),
    # People and rules.
    "add-member": ("administrator",),
    "change-member": ("administrator",),
    "issue-token": ("administrator",),
    "revoke-token": ("administrator",),
    "adopt-rulebook": ("administrator",),
    # Questions.
    "see-customers": _EVERYBODY,
    "see-audit": ("auditor", "manager", "director", "risk", "administrator"),
    "see-any-portfolio": ("manager", "director", "auditor", "administrator"),
    "see-any-details": ("manager", "director", "reviewer", "auditor"),
    "see-any-approvals": ("reviewer", "manager", "director", "auditor"),
}


def needs(command: str) -> tuple[str, ...]:
    """The roles that permit `command`. Raises KeyError for a command that the table lacks."""
    return PERMISSIONS[command]


def may(roles: Iterable[str], command: str) -> bool:
    """True where one of `roles` permits `command`."""
    return not frozenset(PERMISSIONS[command]).isdisjoint(roles)


def may_see_details(roles: Iterable[str], member: str, *, holder: str | None, state: str) -> bool:
    """True where `member` may read contacts, phones and notes (A-34).

    That is the holder, those whose task is to look at any customer, after-sales once the customer
    is formal, and for a customer in the pool all of pre-sales, who may contact it (S1-050).
    Everybody else sees name, state, holder and deadline.
    """
    roles = frozenset(roles)
    if holder is not None and holder == member:
        return True
    if state == "formal" and not roles.isdisjoint(_AFTER_SALES):
        return True
    if state == "pool" and may(roles, "claim"):
        return True
    return may(roles, "see-any-details")
