"""Who may do what: one table, permission x role x condition (design §4, Appendix 1 of the clauses).

A permission is a command or a question. Conditions that rest on the case itself (not the claimant,
not the applicant) are rules of the aggregate; this table answers what a member's roles and
departments at an instant permit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, Protocol

from domain.protection import AFTER_SALES

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
# Appendix 1 has a manager of sales and one of after-sales; each leads his own department.
_MANAGERS = ("manager", "after-sales-manager")
_EVERYBODY = ROLES

DECIDERS: Final = ("manager", "director", "customer-manager", "administrator")
"""Roles that the rulebook may let decide applications (`applications.decided_by`) and rule disputes
(`disputes.ruled_by`)."""
CONFIRMERS: Final = ("finance", "manager", "director", "risk")
"""Roles that the rulebook may let confirm contracts (`contracts.confirmed_by`)."""

Condition = Literal["any", "department", "own"]
CONDITIONS: Final[tuple[Condition, ...]] = ("any", "department", "own")
"""How far a role's permission reaches, the widest first: everything; what belongs to the member's
department or one below it, or to the group that he leads; what is the member's own: himself, or
what he or his group holds.

A narrower one is part of every wider one. Of a command that is the holder's alone, the customer
itself decides who that is, and keeps the refusal as evidence."""
CLASS_A: Final = "A"
"""The class whose details need at least a marketing manager (S4-40)."""
PUBLIC: Final = "public"
"""What a route says that needs nobody to be signed in."""


def _by(
    *everywhere: str, department: Iterable[str] = (), own: Iterable[str] = ()
) -> dict[str, Condition]:
    """A row of the table, its roles in their order; one named twice has the wider condition."""
    row: dict[str, Condition] = dict.fromkeys(own, "own")
    row |= dict.fromkeys(department, "department")
    row |= dict.fromkeys(everywhere, "any")
    return {role: row[role] for role in sorted(row, key=ROLES.index)}


_LED: Final = _by("director", "customer-manager", "administrator", department=("manager",))
"""Who decides for whom he leads: a manager for his department, others for everybody."""
_POOL, _REVIEWED = frozenset(("pool",)), frozenset(("waiting", "rejected", "reported"))
_CONTRACTED, _FORMAL = frozenset(("intent", "formal")), frozenset(("formal",))
TASKS: Final[Mapping[str, frozenset[str]]] = {
    # S1-050: pre-sales contacts customers of the pool.
    **dict.fromkeys(_PRE_SALES, _POOL),
    # S1-309, S1-020: the service centre checks whether a record is complete, and is another.
    "reviewer": _REVIEWED,
    # S1-060: a contract is confirmed against what was agreed.
    **dict.fromkeys(("risk", "finance"), _CONTRACTED),
    # S1-049: after-sales looks after every formal customer.
    **dict.fromkeys(_AFTER_SALES, _FORMAL),
}
"""In which states a role's task needs a customer's details; `reported`: as a duplicate, openly."""


_TABLE: Final[Mapping[str, tuple[str, ...] | dict[str, Condition]]] = {
    # Customers. S1-050, S1-051: pre-sales claims for itself; S1-309: designated staff reviews.
    "register": (*_PRE_SALES, "customer-manager", "marketing-manager", "administrator"),
    "claim": _PRE_SALES,
    "withdraw": _by(own=_PRE_SALES),
    "review": ("reviewer",),
    "follow-up": _by(own=(*_PRE_SALES, *_AFTER_SALES)),
    "release": _by(own=_PRE_SALES),
    # S1-041, A-04: the documents name no decider; the rulebook chooses among these.
    "intent": _by(own=_PRE_SALES),
    "decide-intent": _LED,
    "extension": _by(own=_PRE_SALES),
    "decide-extension": _LED,
    # S1-054, A-31: a further contract of a formal customer is its after-sales holder's.
    "draw-contract": _by(own=(*_PRE_SALES, *_AFTER_SALES)),
    "detail-contract": _by(own=(*_PRE_SALES, *_AFTER_SALES)),
    "confirm-contract": _by("director", "risk", "finance", department=("manager",)),
    # One's own open contract; any other whoever the rulebook lets confirm.
    "void-contract": _by(
        "director", "risk", "finance", department=("manager",), own=("seller", *_AFTER_SALES)
    ),
    # S1-283, S1-284, A-31: people who move.
    "transfer": _by("director", department=("manager",)),
    "remove-holder": _by("director", department=("manager",)),
    "name-after-sales": ("after-sales-manager",),
    "receive-formal": _AFTER_SALES,
    # Whom after-sales looks after is moved by `name-after-sales`, which is its transfer.
    "leave": _by("director", department=_MANAGERS),
    # S1-020: reported by anybody, resolved by the service centre.
    "report-duplicate": _EVERYBODY,
    "resolve-duplicate": ("reviewer",),
    # contested by anybody, stated by whoever has a part in it, which no role gives; the
    # documents name nobody who rules; the rulebook chooses. Most disputes are between departments,
    # so a department is no condition; having no part in it is.
    "open-dispute": _EVERYBODY,
    "state-in-dispute": _EVERYBODY,
    "rule-dispute": DECIDERS,
    # PIPL art. 47: asked by whoever answers people; confirmed by those who answer for the house and
    # look after no contact themselves. Auditors look on: they must not have to audit themselves.
    "ask-erasure": ("reviewer", "customer-manager", "administrator"),
    "confirm-erasure": ("risk", "director", "administrator"),
    "lift-restriction": ("reviewer", "customer-manager", "risk", "director", "administrator"),
    "see-subjects": (
        "reviewer",
        "customer-manager",
        "risk",
        "director",
        "auditor",
        "administrator",
    ),
    # Of a customer that nobody holds; while somebody does, it is the holder's.
    "add-contact": (*_PRE_SALES, *_AFTER_SALES, "customer-manager"),
    "change-profile": (*_PRE_SALES, *_AFTER_SALES, "customer-manager", "administrator"),
    # S4-37: who answers for customers or for the market, not who holds one.
    "classify": ("director", "customer-manager", "marketing-manager"),
    # S4-41: who has no right to details asks; the department that serves customers decides, for
    # class A whoever may read it himself (S4-40). Never one's own.
    "ask-details": _EVERYBODY,
    "decide-details": ("director", "customer-manager", "marketing-manager"),
    "decide-details-of-class-a": ("director", "marketing-manager"),
    "see-details-requests": _by(
        *("director", "customer-manager", "marketing-manager", "auditor"), own=_EVERYBODY
    ),
    # People and rules.
    "add-member": ("administrator",),
    "change-member": ("administrator",),
    "place-department": ("administrator",),
    "issue-token": ("administrator",),
    "revoke-token": ("administrator",),
    "set-password": ("administrator",),
    "change-password": _by(own=_EVERYBODY),
    "end-session": _by("administrator", own=_EVERYBODY),
    "add-webhook": ("administrator",),
    "disable-webhook": ("administrator",),
    "enable-webhook": ("administrator",),
    "remove-webhook": ("administrator",),
    "resend-webhook": ("administrator",),
    "adopt-rulebook": ("administrator",),
    # Questions that anybody signed in may ask; what of the answer he sees is another row.
    "see-customers": _EVERYBODY,
    "see-members": _EVERYBODY,
    "see-rulebooks": _EVERYBODY,
    "see-metrics": _EVERYBODY,
    "see-session": _by(own=_EVERYBODY),
    "see-sessions": _by("administrator", own=_EVERYBODY),
    "see-tokens": _by("administrator", own=_EVERYBODY),
    # Sizes and hashes alone: whoever depends on the log may watch that it is not rewritten.
    "see-checkpoints": _EVERYBODY,
    "see-agenda": _by(own=_EVERYBODY),
    "see-address-book": _by(own=_EVERYBODY),
    # Questions.
    # Of a department: about one of its customers, or by one of its members.
    "see-audit": _by("director", "risk", "auditor", "administrator", department=_MANAGERS),
    # Who looked at what; one's own looks anybody sees. An administrator reads and cannot hide.
    "see-access-log": _by("auditor", "administrator", own=_EVERYBODY),
    # What a search showed decides disputes, which directors rule.
    "see-searches": _by("director", "auditor", "administrator", own=_EVERYBODY),
    # Whoever follows the log from outside sees all of it, so only who may read the whole audit.
    "follow-events": ("auditor", "director", "administrator"),
    # The whole history of a customer as it is stored leaves the house, and nothing in it can be
    # hidden without breaking its proofs: for those who read any customer's details.
    "make-evidence": ("auditor", "director"),
    "see-portfolio": _by(
        "director", "auditor", "administrator", department=_MANAGERS, own=_EVERYBODY
    ),
    # One's own: what one holds; `right_to_details` adds what a signature and a task give.
    "see-details": _by("director", "auditor", department=_MANAGERS, own=_EVERYBODY),
    # S4-40: of class A instead of the row above: needs at least a marketing manager.
    "see-details-of-class-a": _by("director", "marketing-manager", "auditor", own=_EVERYBODY),
    # What the role's task needs of a customer in the state that `TASKS` names.
    "see-details-for-task": tuple(TASKS),
    # Own: what waits for the member's own decision.
    "see-approvals": _by(
        *("director", "auditor"),
        department=_MANAGERS,
        own=(
            *("reviewer", "risk", "finance"),
            *("customer-manager", "marketing-manager", "administrator"),
        ),
    ),
    "see-bursts": _by("director", "auditor", department=_MANAGERS),
    "see-briefing": _by("director", "auditor", department=_MANAGERS),
    # Whoever may adopt rules, and those whose sellers they concern, try them first.
    "see-dry-run": ("manager", "director", "administrator"),
    # S1-066, S1-071, S1-145: figures are read by those who lead or review; one's own by anybody.
    "see-statistics": _by("director", "reviewer", "auditor", department=_MANAGERS, own=_EVERYBODY),
    "see-habits": _by("director", "auditor", department=("manager",)),
}
PERMISSIONS: Final[Mapping[str, Mapping[str, Condition]]] = {
    name: row if isinstance(row, dict) else _by(*row) for name, row in _TABLE.items()
}
"""The one table: permission, role, condition. A role that a row does not name has none."""


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


class Person(Protocol):
    """Whose rights are asked for: the roles and departments of one instant."""

    @property
    def member(self) -> str: ...
    @property
    def roles(self) -> frozenset[str]: ...
    @property
    def departments(self) -> frozenset[str]: ...


def permitted(command: str, rules: Rulebook) -> Mapping[str, Condition]:
    """The roles that permit `command` under a rulebook, which may choose some of the table's.

    Raises KeyError for a command that the table lacks.
    """
    chosen: Mapping[str, tuple[str, ...]] = {
        "decide-intent": rules.applications.decided_by,
        "decide-extension": rules.applications.decided_by,
        "confirm-contract": rules.contracts.confirmed_by,
        "rule-dispute": rules.disputes.ruled_by,
    }
    among, row = chosen.get(command), PERMISSIONS[command]
    return {role: found for role, found in row.items() if among is None or role in among}


def condition_of(roles: Iterable[str], row: Mapping[str, Condition]) -> Condition | None:
    """How far the roles reach, by a row of the table: the widest condition; None: not at all."""
    found = {row[role] for role in roles if role in row}
    return next((condition for condition in CONDITIONS if condition in found), None)


def needs(permission: str) -> tuple[str, ...]:
    """The roles that give a permission. Raises KeyError for one that the table lacks."""
    return tuple(PERMISSIONS[permission])


def may(roles: Iterable[str], permission: str) -> bool:
    """True where one of `roles` gives the permission, under whatever condition."""
    return reach_of(frozenset(roles), permission) is not None


@lru_cache(maxsize=4096)
def reach_of(roles: frozenset[str], permission: str) -> Condition | None:
    """How far a member's roles reach, asked again and again for every row of a page."""
    return condition_of(roles, PERMISSIONS[permission])


def covers(
    who: Person,
    condition: Condition | None,
    *,
    member: str | None = None,
    department: str | None = None,
    group: str | None = None,
) -> bool:
    """True where a condition of `who` takes in what belongs to `member` and to `department`.

    group: what it belongs to while no member has it; that of its leader (S1-048, A-31).
    """
    if condition is None:
        return False
    if condition == "any" or (member is not None and member == who.member):
        return True
    if condition != "department":
        return False
    return department in who.departments or (group is not None and group == group_led(who.roles))


def beyond(row: Mapping[str, Condition], condition: Condition | None) -> tuple[str, ...]:
    """The roles that reach further than `condition`, which was not enough."""
    reached = len(CONDITIONS) if condition is None else CONDITIONS.index(condition)
    return tuple(role for role, found in row.items() if CONDITIONS.index(found) < reached)


def groups(roles: Iterable[str]) -> frozenset[str]:
    """The groups that a member belongs to by his roles: so far after-sales alone (A-31)."""
    return frozenset() if frozenset(roles).isdisjoint(_AFTER_SALES) else frozenset((AFTER_SALES,))


def group_led(roles: Iterable[str]) -> str | None:
    """The group above which a member stands by his roles: he names who of it has what (A-31)."""
    return AFTER_SALES if "after-sales-manager" in roles else None


Right = Literal["holder", "signer", "role", "department", "task", "grant"]
"""Why somebody may read details, as the access log keeps it."""


def right_to_details(
    who: Person,
    *,
    holder: str | None,
    state: str,
    department: str | None = None,
    signers: Iterable[str] = (),
    reporters: Iterable[str] = (),
    customer_class: str | None = None,
    classified_by: str | None = None,
) -> Right | None:
    """By which right `who` reads contacts, phones and notes of a customer (A-34); None: by none.

    That is the holder, the managers above him, who signed its contract (A-31), those whose task it
    is now, and those who look at any. Of class A it is fewer (S4-40). Everybody else sees name,
    state, holder and deadline. department: that of the holder. reporters: who say that it is a
    duplicate. classified_by: who said its class last.
    """
    if holder is not None and holder == who.member:
        return "holder"
    signed = state == "formal" and who.member in signers
    if customer_class == CLASS_A:
        own = classified_by == who.member
        return _right_to_class_a(who, is_held=holder is not None, state=state, own=own) or (
            "signer" if signed else None
        )
    condition = reach_of(who.roles, "see-details")
    # While no person of after-sales is named, the group holds it.
    group = AFTER_SALES if state == "formal" and holder is None else None
    if covers(who, condition, department=department, group=group):
        return "role" if condition == "any" else "department"
    if signed:
        return "signer"
    states = _states_of_tasks(who.roles)
    # Nobody opens himself the details by a report of his own: its decision is not for him.
    is_reported = any(reporter != who.member for reporter in reporters)
    return "task" if state in states or (is_reported and "reported" in states) else None


def _right_to_class_a(who: Person, *, is_held: bool, state: str, own: bool) -> Right | None:
    """By which role a customer of class A is read (S4-40); None: by none.

    own: he said himself that it is of class A, which opens him nothing that was closed before.
    """
    row = "see-details" if own else "see-details-of-class-a"
    if reach_of(who.roles, row) == "any":
        return "role"
    # While no person of after-sales is named, the group holds it.
    is_of_holders = state == "formal" and not is_held and AFTER_SALES in groups(who.roles)
    return "task" if is_of_holders else None


@lru_cache(maxsize=1024)
def _states_of_tasks(roles: frozenset[str]) -> frozenset[str]:
    return frozenset().union(*(TASKS[role] for role in roles if role in TASKS))
