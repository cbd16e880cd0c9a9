"""Every page of the console, for the tests that hold for all of them: one line a page."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.console.actions import BY_COMMAND
from tests.api.http.guests import Guests
from tests.api.sign_in.browser import GOOD, one_time


@dataclass(frozen=True, slots=True)
class Known:
    """A page. path: `{customer}` and the like stand for what `places` prepared. member: who looks;
    None: nobody yet."""

    path: str
    member: str | None = "li"


PAGES = (
    Known("/"),
    Known("/", "wang"),
    Known("/?list=agenda"),
    Known("/collisions?name=空调"),
    Known("/register"),
    Known("/pool"),
    Known("/approvals", "zhao"),
    Known("/approvals?open=first", "zhao"),
    Known("/approvals?open={customer}/review", "wang"),
    Known("/pool/claim?customer={free}"),
    Known("/board"),
    Known("/board", "wang"),
    Known("/customers/{customer}"),
    Known("/customers/{customer}/time"),
    Known("/customers/{customer}/actions/follow-up"),
    Known("/rules"),
    Known("/rules/versions/2026-1?against=2026-1"),
    Known("/rules/change", "wang"),
    Known("/rules/change", "root"),
    Known("/people"),
    Known("/people", "root"),
    Known("/people/{newcomer}"),
    Known("/people/{newcomer}", "root"),
    Known("/people/{newcomer}/change-member", "root"),
    Known("/people/{newcomer}/leave", "wang"),
    Known("/people/wang", "wang"),
    Known("/add-member", "root"),
    Known("/place-department", "root"),
    Known("/figures", "wang"),
    Known("/figures?by=member", "wang"),
    Known("/figures/claims", "wang"),
    Known("/figures/habits", "wang"),
    Known("/audit", "wang"),
    Known("/audit?words=li", "wu"),
    Known("/audit/access", "wu"),
    Known("/audit/proof", "wu"),
    Known("/disputes", "shen"),
    Known("/customers/{contested}/disputes/1", "chen"),
    Known("/customers/{contested}/disputes/1", "shen"),
    Known("/customers/{contested}/evidence", "wu"),
    Known("/sign-in", None),
    Known("/no/such/page", None),
)


FURTHER = (
    Known("/password"),
    Known("/collisions"),
    Known("/pool/claim"),
    Known("/people/{newcomer}/set-password", "root"),
    Known("/people/{newcomer}/issue-token", "root"),
    Known("/customers/{customer}/notes/{note}"),
    Known(
        "/customers/{customer}/time?at=2026-03-02T01:00&other=2026-03-01T01:00"
        "&known_at=2026-03-02T02:00&rulebook=2026-1"
    ),
    *(
        Known(f"/customers/{{customer}}/actions/{command}")
        for command in BY_COMMAND
        if command != "follow-up"
    ),
)
"""Pages that one comes to from those above, and forms of what is not allowed just now."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A page that answers a form. path: where the form stands; action: where it is sent; shown:
    what of the answer there must be."""

    path: str
    member: str | None
    action: str
    typed: Mapping[str, str]
    shown: str


SAID: Mapping[str, str] = {
    "contact.name": "王敏",
    "contact.position": "采购经理",
    "contact.phone": "13800138000",
    "follow_up.channel": "phone",
    "follow_up.note": "有意向",
}
ANSWERED = (
    Answered(
        "/people/{newcomer}/set-password",
        "root",
        "/people/{newcomer}/set-password",
        {},
        "input.secret",
    ),
    Answered(
        "/people/{newcomer}/issue-token",
        "root",
        "/people/{newcomer}/issue-token",
        {},
        "input.secret",
    ),
    Answered("/rules/change", "wang", "/rules/change/try", {}, "#tried"),
    Answered("/rules/change", "wang", "/rules/change/try", {"from": "2099-01-01"}, ".trouble"),
    Answered("/pool/claim?customer={free}&customer={customer}", "li", "/pool/claim", SAID, "main"),
    Answered(
        "/approvals", "zhao", "/approvals/several", {"chosen.1": "", "way": "yes"}, "#results"
    ),
    Answered("/approvals", "zhao", "/approvals/several", {"chosen.1": "", "way": "no"}, ".wrong"),
    Answered("/customers/{customer}/actions/release", "li", "/customers/", {}, ".trouble"),
    Answered(
        "/sign-in",
        None,
        "/sign-in",
        {
            "member": "han",
            "password": "{password}",
            "new_password": GOOD,
            "_next": "/customers/{customer}/actions/release",
            "_carried.reason": "预算取消",
        },
        "button",
    ),
)


def places(guests: Guests) -> dict[str, str]:
    """A house in which every page has something to show."""
    customer = guests.intent()
    guests.write_contract(customer)
    guests.claim(customer, "chen")
    free = guests.register()
    guests.claim(guests.register())
    events = guests.events(customer)
    newcomer = f"newcomer-{next(guests.numbers)}"
    guests.move_in({newcomer: "seller"})
    guests.potential(newcomer)
    return {
        "customer": customer,
        "note": str(next(one["position"] for one in events if one["facts"].get("note"))),
        "password": one_time(guests, "han"),
        "free": free,
        "contested": contested(guests),
        "newcomer": newcomer,
    }


def contested(guests: Guests) -> str:
    """A customer of `li` that `chen` was refused and contests, with what both say."""
    customer = guests.potential()
    guests.post(f"/v1/customers/{customer}/follow-ups", guests.follow_up())
    guests.claim(customer, "chen")
    body = {"contested_at": guests.now.isoformat(), "statement": "早在三月一日已拜访该客户"}
    guests.post(f"/v1/customers/{customer}/disputes", {**body, "rule": "already-protected"}, "chen")
    said = {"statement": "跟踪记录在先，客户可以证明"}
    guests.post(f"/v1/customers/{customer}/disputes/1/statements", said)
    return customer
