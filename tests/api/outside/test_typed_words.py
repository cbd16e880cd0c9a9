"""What people typed about a customer is told to nobody who may not read its details: not by any
question, page, export or stream, whatever his role (A-34). Generated from table and document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from api.strangers import OPEN_FACTS
from domain.orders import CONSOLE, Order
from domain.permissions import ROLES, reach_of
from tests.api.http.guests import CONTACT, STEPS, Guests, assert_problem
from tests.api.outside.asking import Asked, questions_of
from tests.api.outside.listening import listening
from tests.waiting import wait_until

ELSEWHERE = "别的部门"
WHOLE_LOG = ("/v1/audit", "/v1/audit/export", "/v1/events")
READ_BY_RULERS = "dispute"
READ_BY_DECIDERS = "details-request"
_numbers = count(1)


@dataclass
class Typed:
    """What was typed about customers, by customer and kind: signs that stand nowhere else."""

    words: dict[tuple[str, str], str] = field(default_factory=dict)

    def word(self, customer: str, kind: str) -> str:
        """A new one."""
        made = f"金丝雀{next(_numbers):04d}号"
        self.words[customer, f"{kind}-{made}"] = made
        return made


def sent(answer: Any) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def typed(guests: Guests) -> Typed:
    """Two customers of li's, about whom everything was said that can be said."""
    console, application = Order(CONSOLE), guests.service.application
    for role in ROLES:
        name = f"only-{role}"
        application.add_member(console, member=name, name=name, roles=[role], department=ELSEWHERE)
        guests.tokens[name] = application.issue_token(console, name).extra["token"]
    guests.move_in({"mei": "marketing-manager", "ke": "customer-manager", "lan": "seller"})
    typed = Typed()
    customer = _registered(guests, typed)
    _claimed_and_contested(guests, typed, customer)
    _applied_and_asked(guests, typed, customer)
    other = _registered(guests, typed)
    _given_up_and_contracted(guests, typed, other)
    return typed


def _registered(guests: Guests, typed: Typed) -> str:
    introduction, position, name = (f"金丝雀{next(_numbers):04d}号" for _ in range(3))
    contact = {"name": name, "position": position, "phone": f"138{next(_numbers):08d}"}
    customer = guests.register(introduction=introduction, contacts=[contact])
    for kind, word in (
        ("introduction", introduction),
        ("contact", position),
        ("contact-name", name),
        ("contact-phone", contact["phone"]),
    ):
        typed.words[customer, kind] = word
    return customer


def _claimed_and_contested(guests: Guests, typed: Typed, customer: str) -> None:
    path = f"/v1/customers/{customer}"

    def claim(member: str) -> Any:
        body = {"contact": CONTACT, "follow_up": guests.follow_up(typed.word(customer, "note"))}
        return guests.post(f"{path}/claim", body, member)

    sent(claim("li"))
    assert_problem(claim("chen"), 409, "already-protected")
    sent(guests.review(customer, "refuse", reason=typed.word(customer, "review")))
    sent(claim("li"))
    sent(guests.review(customer, member="qian"))
    note = guests.follow_up(typed.word(customer, "note"))
    sent(guests.post(f"{path}/follow-ups", note))
    contested = {
        "contested_at": guests.now.isoformat(),
        "statement": typed.word(customer, READ_BY_RULERS),
    }
    number = sent(guests.post(f"{path}/disputes", contested, "chen"))["dispute"]
    ruling = {"ruling": "uphold", "reason": typed.word(customer, READ_BY_RULERS)}
    sent(guests.post(f"{path}/disputes/{number}/ruling", ruling, "shen"))


def _applied_and_asked(guests: Guests, typed: Typed, customer: str) -> None:
    path = f"/v1/customers/{customer}"
    for kind in ("extension", "intent"):
        sent(guests.post(f"{path}/{kind}", {"reason": typed.word(customer, kind)}))
        refused = {"decision": "refuse", "reason": typed.word(customer, kind)}
        sent(guests.post(f"{path}/{kind}/decision", refused, "wang"))
    said = {"class": "B", "reason": typed.word(customer, "class")}
    sent(guests.post(f"{path}/class", said, "mei"))
    asked = {"reason": typed.word(customer, READ_BY_DECIDERS), "days": 3}
    sent(guests.post(f"{path}/details-requests", asked, "chen"))
    decided = {"decision": "refuse", "reason": typed.word(customer, READ_BY_DECIDERS)}
    sent(guests.post(f"{path}/details-requests/chen/decision", decided, "ke"))
    body = {"of": guests.register("lan"), "statement": typed.word(customer, "duplicate")}
    report = sent(guests.post(f"{path}/duplicates", body, "lan"))["report"]
    told = {"resolution": "different", "reason": typed.word(customer, "duplicate")}
    sent(guests.post(f"{path}/duplicates/{report}/resolution", told, "zhao"))


def _given_up_and_contracted(guests: Guests, typed: Typed, customer: str) -> None:
    path = f"/v1/customers/{customer}"
    guests.claim(customer, "lan")
    guests.review(customer)
    moved = {"to": "li", "reason": typed.word(customer, "transfer")}
    sent(guests.post(f"{path}/transfer", moved, "wang"))
    sent(guests.apply(customer))
    sent(guests.decide(customer))
    steps = {
        **STEPS,
        "buyer": typed.word(customer, "buyer"),
        "promises": [typed.word(customer, "promise")],
        "payment_method": typed.word(customer, "payment"),
    }
    number = guests.write_contract(customer, **steps)
    void = {"reason": typed.word(customer, "void")}
    sent(guests.post(f"{path}/contracts/{number}/void", void, "feng"))
    leaving = {"reason": typed.word(customer, "leave"), "hand_over": []}
    sent(guests.post("/v1/members/lan/leave", leaving, "wang"))


def questions(guests: Guests, typed: Typed) -> Iterator[Asked]:
    """Every question of the document about each customer, and with each filter that it has."""
    document = sent(guests.send("GET", "/openapi.json", None))
    for customer in dict.fromkeys(customer for customer, _ in typed.words):
        phone = typed.words[customer, "contact-phone"]
        yield from questions_of(document, customer, party="chen", phone=phone)


def reads(guests: Guests, role: str, customer: str) -> bool:
    """Whether the role reads the details of the customer, as its card says."""
    card = sent(guests.get(f"/v1/customers/{customer}", f"only-{role}"))
    return card["details_hidden"] is None


def may_know(role: str, path: str, kind: str, *, reads_card: bool) -> bool:
    """Whether the role may be told what was typed, by this question."""
    if reach_of(frozenset((role,)), "see-details") == "any":
        return True
    if path in WHOLE_LOG:
        return False
    is_ruler = reach_of(frozenset((role,)), "rule-dispute") is not None
    if "/disputes" in path and is_ruler:
        return kind.startswith(READ_BY_RULERS) or reads_card
    if path.startswith("/v1/subjects") and kind == "contact":
        # Whose data is to be erased is found by what he does in the company.
        return reach_of(frozenset((role,)), "see-subjects") == "any"
    if path == "/v1/details-requests":
        return reach_of(frozenset((role,)), "see-details-requests") == "any"
    return reads_card


@pytest.mark.clause("S1-272", "S4-36")
@pytest.mark.parametrize("role", ROLES)
def test_no_answer_tells_a_role_without_details_what_people_typed(
    guests: Guests, typed: Typed, role: str
) -> None:
    seen = {customer: reads(guests, role, customer) for customer, _ in typed.words}
    position = {"Tenure-Min-Position": str(guests.settled())}
    answered = 0
    for asked in questions(guests, typed):
        answer = guests.send(
            "GET", asked.path, f"only-{role}", params=dict(asked.parameters), headers=position
        )
        answered += answer.status_code == 200
        told = [
            (kind, word)
            for (customer, kind), word in typed.words.items()
            if word in answer.text
            # A phone that was asked for is in nobody's answer but by its hash.
            and not may_know(role, asked.path, kind, reads_card=seen[customer])
        ]
        assert not told, (role, asked)
    assert answered > 20


def test_who_reads_details_reads_in_the_whole_log_what_was_typed(
    guests: Guests, typed: Typed
) -> None:
    """So the words of the test above are in the log, and it would see them."""
    text = guests.get("/v1/audit/export", "only-auditor", format="jsonl").text
    kinds = {kind for (_, kind), word in typed.words.items() if word not in text}
    assert kinds == {"contact-name", "contact-phone"}


@pytest.mark.parametrize("role", ["administrator", "director", "auditor"])
def test_a_stream_tells_what_people_typed_to_those_alone_who_read_details(
    guests: Guests, typed: Typed, role: str
) -> None:
    with listening(guests, f"only-{role}", after=0) as listener:
        wait_until(
            lambda: bool(listener.positions) and listener.positions[-1] >= guests.settled() - 1,
            what="the whole log",
        )
        text = str(listener.events)
    told = [kind for (_, kind), word in typed.words.items() if word in text]
    assert bool(told) == (role != "administrator")
    assert "'until': " in text, "facts that nobody typed are told"


@pytest.mark.parametrize("role", ROLES)
def test_evidence_which_holds_everything_as_it_is_stored_is_for_those_who_read_details(
    guests: Guests, typed: Typed, role: str
) -> None:
    customer = next(iter(typed.words))[0]
    answer = guests.post(f"/v1/customers/{customer}/evidence", {}, f"only-{role}")
    if reach_of(frozenset((role,)), "see-details") != "any":
        assert_problem(answer, 403, "not-allowed")
    else:
        assert answer.status_code != 403


def test_no_name_of_a_fact_that_is_told_to_everybody_is_one_that_people_type() -> None:
    typed_names = {"note", "reason", "statement", "override_reason", "different_company"}
    typed_names |= {"introduction", "buyer", "promises", "products", "asserted", "contact"}
    assert not OPEN_FACTS & typed_names
