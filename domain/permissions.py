"""Who may do what: one table, command x role (design §4, Appendix 1 of the clauses).

Conditions that rest on the case itself (not the claimant, only the holder) are rules of the
aggregate; this table answers what the member's roles at an instant permit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from domain.rulebook_text import Rulebook

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

DECIDERS: Final = ("manager", "director", "customer-manager", "administrator")
"""Roles that the rulebook may let decide applications (`applications.decided_by`) and rule disputes
(`disputes.ruled_by`)."""
CONFIRMERS: Final = ("finance", "manager", "director", "risk")
"""Roles that the rulebook may let confirm contracts (`contracts.confirmed_by`)."""

PERMISSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    # Customers. S1-050, S1-051: pre-sales claims for itself; S1-309: designated staff reviews.
    "register": (*_PRE_SALES, "customer-manager", "marketing-manager", "administrator"),
    "claim": _PRE_SALES,
    "withdraw": _PRE_SALES,
    "review": ("reviewer",),
    "follow-up": (*_PRE_SALES, *_AFTER_SALES),
    "release": _PRE_SALES,
    # S1-041, A-04: the documents name no decider; the rulebook chooses among these.
    "intent": _PRE_SALES,
    "decide-intent": DECIDERS,
    "extension": _PRE_SALES,
    "decide-extension": DECIDERS,
    # S1-054, A-31: a further contract of a formal customer is its after-sales holder's.
    "draw-contract": (*_PRE_SALES, *_AFTER_SALES),
    "detail-contract": (*_PRE_SALES, *_AFTER_SALES),
    "confirm-contract": CONFIRMERS,
    "void-contract": (*_PRE_SALES, *_AFTER_SALES, "risk", "finance"),
    # S1-283, S1-284, A-31: people who move.
    "transfer": ("manager", "director"),
    "remove-holder": ("manager", "director"),
    "name-after-sales": ("after-sales-manager",),
    "receive-formal": _AFTER_SALES,
    "leave": ("manager", "director"),
    # S1-020: reported by anybody, resolved by the service centre.
    "report-duplicate": _EVERYBODY,
    "resolve-duplicate": ("reviewer",),
    # contested by anybody; the documents name nobody who rules; the rulebook chooses.
    "open-dispute": _EVERYBODY,
    "rule-dispute": DECIDERS,
    "add-contact": (*_PRE_SALES, *_AFTER_SALES, "customer-manager"),
    "change-profile": (*_PRE_SALES, *_AFTER_SALES, "customer-manager", "administrator"),
    # People and rules.
    "add-member": ("administrator",),
    "change-member": ("administrator",),
    "issue-token": ("administrator",),
    "revoke-token": ("administrator",),
    "set-password": ("administrator",),
    "end-session": ("administrator",),
    "add-webhook": ("administrator",),
    "disable-webhook": ("administrator",),
    "enable-webhook": ("administrator",),
    "remove-webhook": ("administrator",),
    "resend-webhook": ("administrator",),
    "adopt-rulebook": ("administrator",),
    # Questions.
    "see-sessions": ("administrator",),
    "see-customers": _EVERYBODY,
    "see-audit": ("auditor", "manager", "director", "risk", "administrator"),
    # Whoever follows the log from outside sees all of it, so only who may read the whole audit.
    "follow-events": ("auditor", "director", "administrator"),
    "see-any-portfolio": ("manager", "director", "auditor", "administrator"),
    "see-any-details": ("manager", "director", "reviewer", "auditor"),
    "see-any-approvals": (
        "reviewer",
        "manager",
        "director",
        "auditor",
        "finance",
        "after-sales-manager",
    ),
    "see-briefing": ("manager", "director", "auditor"),
    # Whoever may adopt rules, and those whose sellers they concern, try them first.
    "see-dry-run": ("manager", "director", "administrator"),
    # S1-066, S1-071, S1-145: figures are read by those who lead or review; one's own by anybody.
    "see-any-statistics": ("manager", "director", "reviewer", "auditor"),
    "see-habits": ("manager", "director", "auditor"),
}


DECISIONS: Final = frozenset(
    (
        "review",
        "decide-intent",
        "decide-extension",
        "confirm-contract",
        "void-contract",
        "transfer",
        "remove-holder",
        "resolve-duplicate",
        "rule-dispute",
    )
)
"""Commands that decide somebody's case: whoever has a part in it may not (design §4)."""


def permitted(command: str, rules: Rulebook) -> tuple[str, ...]:
    """The roles that permit `command` under a rulebook, which may choose some of the table's.

    Raises KeyError for a command that the table lacks.
    """
    chosen: Mapping[str, tuple[str, ...]] = {
        "decide-intent": rules.applications.decided_by,
        "decide-extension": rules.applications.decided_by,
        "confirm-contract": rules.contracts.confirmed_by,
        "rule-dispute": rules.disputes.ruled_by,
    }
    among = chosen.get(command)
    return tuple(role for role in needs(command) if among is None or role in among)


def needs(command: str) -> tuple[str, ...]:
    """The roles that permit `command`. Raises KeyError for a command that the table lacks."""
    return PERMISSIONS[command]


def may(roles: Iterable[str], command: str) -> bool:
    """True where one of `roles` permits `command`."""
    return not frozenset(PERMISSIONS[command]).isdisjoint(roles)


def groups(roles: Iterable[str]) -> frozenset[str]:
    """The groups that a member belongs to by his roles: so far after-sales alone (A-31)."""
    return frozenset() if frozenset(roles).isdisjoint(_AFTER_SALES) else frozenset(("after-sales",))


def may_see_details(
    roles: Iterable[str],
    member: str,
    *,
    holder: str | None,
    state: str,
    signers: Iterable[str] = (),
) -> bool:
    """True where `member` may read contacts, phones and notes (A-34).

    That is the holder, those whose task is to look at any customer, after-sales once the customer
    is formal, who signed its contract (A-31), and for a customer in the pool all of pre-sales, who
    may contact it (S1-050). Everybody else sees name, state, holder and deadline.
    """
    roles = frozenset(roles)
    if holder is not None and holder == member:
        return True
    if state == "formal" and member in signers:
        return True
    if state == "formal" and not roles.isdisjoint(_AFTER_SALES):
        return True
    if state == "pool" and may(roles, "claim"):
        return True
    return may(roles, "see-any-details")
