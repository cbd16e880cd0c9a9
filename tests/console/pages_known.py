"""Every page of the console, for the tests that hold for all of them: one line a page."""

from dataclasses import dataclass

from tests.api.http.guests import Guests


@dataclass(frozen=True, slots=True)
class Known:
    """A page. path: `{customer}` and the like stand for what `places` prepared. member: who looks;
    None: nobody yet."""

    path: str
    member: str | None = "li"


PAGES = (
    Known("/"),
    Known("/", "wang"),
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


def places(guests: Guests) -> dict[str, str]:
    """A house in which every page has something to show."""
    customer = guests.intent()
    guests.write_contract(customer)
    guests.claim(customer, "chen")
    free = guests.register()
    guests.claim(guests.register())
    newcomer = f"newcomer-{next(guests.numbers)}"
    guests.move_in({newcomer: "seller"})
    guests.potential(newcomer)
    return {
        "customer": customer,
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
