"""One well-formed request of every command, on a customer or member of its own."""

import copy
from collections.abc import Callable
from typing import Any

from domain.rulebook import default_text
from tests.api.http.guests import CONTACT, DAY, STEPS, Guests

Body = dict[str, Any]
Request = tuple[str, str, str, Body]
"""Method, path, sender and body."""
Command = Callable[[Guests], Request]


def registration(guests: Guests) -> Request:
    body = guests.company(contacts=[CONTACT], override_reason="另一家", profile="enterprise")
    return "POST", "/v1/customers", "li", body


def claim(guests: Guests) -> Request:
    body = {"contact": CONTACT, "follow_up": {**guests.follow_up(), "contacted_at": None}}
    return "POST", f"/v1/customers/{guests.register()}/claim", "li", body


def withdrawal(guests: Guests) -> Request:
    customer = guests.register()
    guests.claim(customer)
    return "POST", f"/v1/customers/{customer}/withdrawal", "li", {"what": "claim", "reason": "误"}


def review(guests: Guests) -> Request:
    customer = guests.register()
    guests.claim(customer)
    body = {"decision": "refuse", "reason": "电话有误", "different_company": "两家"}
    return "POST", f"/v1/customers/{customer}/review", "zhao", body


def follow_up(guests: Guests) -> Request:
    body = {**guests.follow_up(), "contact": None, "contacted_at": guests.now.isoformat()}
    return "POST", f"/v1/customers/{guests.potential()}/follow-ups", "li", body


def release(guests: Guests) -> Request:
    return "POST", f"/v1/customers/{guests.potential()}/release", "li", {"reason": "无需求"}


def contact(guests: Guests) -> Request:
    return "POST", f"/v1/customers/{guests.potential()}/contacts", "li", dict(CONTACT)


def profile(guests: Guests) -> Request:
    body = guests.company(override_reason="另一家")
    return "PATCH", f"/v1/customers/{guests.potential()}", "li", body


def member(guests: Guests) -> Request:
    name = f"m{next(guests.numbers)}"
    body = {"id": name, "name": "孙丽", "roles": ["seller"], "department": "二部"}
    return "POST", "/v1/members", "root", body


def member_changes(_: Guests) -> Request:
    body = {"roles": ["seller"], "department": "二部"}
    return "PATCH", "/v1/members/chen", "root", body


def token(guests: Guests) -> Request:
    later = guests.now.replace(year=2030).isoformat()
    return "POST", "/v1/members/chen/tokens", "root", {"expires_at": later}


def rulebook(guests: Guests) -> Request:
    version = f"test-{next(guests.numbers)}"
    toml = default_text().replace('version = "2026-1"', f'version = "{version}"')
    body = {"toml": toml, "effective_from": guests.now.isoformat(), "reason": "试行"}
    return "POST", "/v1/rulebooks", "root", body


def dry_run(guests: Guests) -> Request:
    """A question with a body."""
    body = {
        "based_on": "2026-1",
        "changes": {"potential.days": 20, "bar.after": ["release"], "pool.opens_at": None},
        "toml": None,
        "from": guests.now.isoformat(),
        "to": (guests.now + 30 * DAY).isoformat(),
        "department": "一部",
        "member": "li",
        "limit": 50,
        "after": None,
        "seconds_max": 5,
    }
    return "POST", "/v1/rulebooks/dry-run", "root", body


def intent(guests: Guests) -> Request:
    return "POST", f"/v1/customers/{guests.potential()}/intent", "li", {"reason": "已有预算"}


def extension(guests: Guests) -> Request:
    path = f"/v1/customers/{guests.potential()}/extension"
    return "POST", path, "li", {"reason": "月底定案", "days": 10}


def extension_decision(guests: Guests) -> Request:
    customer = guests.potential()
    guests.apply(customer, "extension")
    body = {"decision": "grant", "days": 10, "reason": "同意"}
    return "POST", f"/v1/customers/{customer}/extension/decision", "wang", body


def transfer(guests: Guests) -> Request:
    body = {"to": "chen", "reason": "调岗"}
    return "POST", f"/v1/customers/{guests.potential()}/transfer", "wang", body


def draw(guests: Guests) -> Request:
    body = {"number": f"HT-{next(guests.numbers)}"}
    return "POST", f"/v1/customers/{guests.intent()}/contracts", "li", body


def steps(guests: Guests) -> Request:
    customer = guests.intent()
    number = guests.draw(customer).json()["number"]
    return "PATCH", f"/v1/customers/{customer}/contracts/{number}", "li", copy.deepcopy(STEPS)


def duplicate(guests: Guests) -> Request:
    body = {"of": guests.register(), "statement": "同一公司"}
    return "POST", f"/v1/customers/{guests.register()}/duplicates", "chen", body


def leaving(guests: Guests) -> Request:
    member = f"m{next(guests.numbers)}"
    guests.move_in({member: "seller"})
    hand_over = [{"customer_id": guests.potential(member), "to": "chen"}]
    body = {"leaves_at": guests.now.isoformat(), "hand_over": hand_over, "reason": "离职"}
    return "POST", f"/v1/members/{member}/leave", "wang", body


def intent_decision(guests: Guests) -> Request:
    customer = guests.potential()
    guests.apply(customer)
    body = {"decision": "refuse", "reason": "尚无采购计划"}
    return "POST", f"/v1/customers/{customer}/intent/decision", "wang", body


def removal(guests: Guests) -> Request:
    path = f"/v1/customers/{guests.potential()}/removal"
    return "POST", path, "wang", {"reason": "久未跟进"}


def after_sales(guests: Guests) -> Request:
    return "POST", f"/v1/customers/{guests.formal()}/after-sales", "jiang", {"to": "han"}


def confirmation(guests: Guests) -> Request:
    customer = guests.intent()
    number = guests.write_contract(customer)
    return "POST", f"/v1/customers/{customer}/contracts/{number}/confirm", "feng", {}


def voiding(guests: Guests) -> Request:
    customer = guests.intent()
    number = guests.write_contract(customer)
    path = f"/v1/customers/{customer}/contracts/{number}/void"
    return "POST", path, "li", {"reason": "金额写错"}


def resolution(guests: Guests) -> Request:
    customer = guests.register()
    statement = {"of": guests.register(), "statement": "同一公司"}
    guests.post(f"/v1/customers/{customer}/duplicates", statement)
    path = f"/v1/customers/{customer}/duplicates/1/resolution"
    return "POST", path, "zhao", {"resolution": "merge", "reason": "已核实"}


def dispute(guests: Guests) -> Request:
    body = {"contested_at": guests.now.isoformat(), "statement": "先联系", "rule": "S1-053"}
    return "POST", f"/v1/customers/{guests.potential()}/disputes", "chen", body


def side(guests: Guests) -> Request:
    _, path, member, body = dispute(guests)
    guests.post(path, body, member)
    return "POST", f"{path}/1/statements", "li", {"statement": "当日已联系"}


def ruling(guests: Guests) -> Request:
    customer = guests.potential()
    opened = {"contested_at": guests.now.isoformat(), "statement": "先联系"}
    guests.post(f"/v1/customers/{customer}/disputes", opened, "chen")
    body = {
        "ruling": "move",
        "to": "chen",
        "stage": "intent",
        "until": (guests.now + DAY).isoformat(),
        "rule": "already-protected",
        "reason": "先申请者有效",
    }
    return "POST", f"/v1/customers/{customer}/disputes/1/ruling", "shen", body


def erasure(guests: Guests) -> Request:
    """Of the phone of a company, which is a data subject."""
    body = {"ground": "consent-withdrawn", "reason": "本人要求删除"}
    return "POST", f"/v1/subjects/{guests.register()}/erase", "zhao", body


def erasure_confirmation(guests: Guests) -> Request:
    method, path, member, body = erasure(guests)
    guests.send(method, path, member, json=body)
    return "POST", f"{path}/confirm", "shen", {}


def lifting(guests: Guests) -> Request:
    method, path, member, body = erasure(guests)
    guests.send(method, path, member, json=body)
    return "POST", path.replace("/erase", "/restriction/lift"), "zhao", {"reason": "本人撤回"}


COMMANDS: tuple[Command, ...] = (
    registration,
    claim,
    withdrawal,
    review,
    follow_up,
    release,
    contact,
    profile,
    member,
    member_changes,
    token,
    rulebook,
    intent,
    extension,
    extension_decision,
    transfer,
    draw,
    steps,
    duplicate,
    leaving,
    intent_decision,
    removal,
    after_sales,
    confirmation,
    voiding,
    resolution,
    dispute,
    side,
    ruling,
    erasure,
    erasure_confirmation,
    lifting,
)
WITHOUT_A_BODY = (confirmation, erasure_confirmation)
WITH_FIELDS = (*(command for command in COMMANDS if command not in WITHOUT_A_BODY), dry_run)
"""Those with something in their body."""
