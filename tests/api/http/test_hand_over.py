"""A customer in other hands, over HTTP: transfer, removal, after-sales, leaving."""

from collections.abc import Iterator
from itertools import count

import pytest

from projections.engine import ViewLagging
from tests.api.http.guests import CONTACT, DAY, MONDAY, Guests, assert_problem, invalid_fields

NAMES = count(1)
DEADLINE = "2026-04-01T01:00:00.000000Z"


@pytest.fixture
def leaver(guests: Guests) -> Iterator[str]:
    """A seller whom no other test knows."""
    member = f"leaver-{next(NAMES)}"
    guests.move_in({member: "seller"})
    return member


def transfer(guests: Guests, customer: str, to: str = "chen", member: str = "wang"):
    body = {"to": to, "reason": "调岗"}
    return guests.post(f"/v1/customers/{customer}/transfer", body, member)


def name(guests: Guests, customer: str, to: str = "han", member: str = "jiang"):
    return guests.post(f"/v1/customers/{customer}/after-sales", {"to": to}, member)


def leave(guests: Guests, leaver: str, member: str = "wang", **body):
    return guests.post(f"/v1/members/{leaver}/leave", {"reason": "离职", **body}, member)


@pytest.mark.clause("S1-284")
def test_a_transferred_customer_keeps_deadline_and_application(guests: Guests) -> None:
    customer = guests.potential()
    guests.apply(customer)
    answer = transfer(guests, customer)
    told = answer.json()
    assert answer.status_code == 200
    assert (told["holder"], told["state"], told["until"]) == ("chen", "potential", DEADLINE)
    assert told["held_over_by"] == "intent"
    assert guests.decide(customer, member="shen").json()["holder"] == "chen"


def test_nobody_transfers_to_himself_or_what_he_had_part_in(guests: Guests) -> None:
    customer = guests.potential()
    assert_problem(transfer(guests, customer, to="wang"), 403, "own-decision")
    own = guests.potential("wang")
    assert_problem(transfer(guests, own), 403, "own-decision")
    assert_problem(transfer(guests, customer, member="chen"), 403, "not-allowed")


def test_a_transfer_needs_a_receiver_who_may_claim(guests: Guests) -> None:
    customer = guests.potential()
    for to, code in (
        ("nobody", "unknown-member"),
        ("feng", "role"),
        ("li", "same-holder"),
        (5, "wrong-type"),
    ):
        assert invalid_fields(transfer(guests, customer, to=to)) == {"to": code}  # type: ignore[arg-type]
    body = {"to": "chen", "reason": " "}
    answer = guests.post(f"/v1/customers/{customer}/transfer", body, "wang")
    assert invalid_fields(answer) == {"reason": "empty"}


@pytest.mark.clause("S1-037")
def test_a_transfer_does_not_get_around_a_bar(guests: Guests) -> None:
    customer = guests.potential("chen")
    guests.post(f"/v1/customers/{customer}/release", {"reason": "无需求"}, "chen")
    guests.claim(customer)
    guests.review(customer)
    problem = assert_problem(transfer(guests, customer), 409, "barred")
    assert problem["until"] == "2026-03-05T01:00:00.000000Z"


def test_what_nobody_holds_or_what_is_formal_is_not_transferred(guests: Guests) -> None:
    assert_problem(transfer(guests, guests.register()), 409, "not-the-holder")
    problem = assert_problem(transfer(guests, guests.formal(), member="shen"), 409, "wrong-stage")
    assert problem["stage"] == "formal"


def test_a_manager_removes_the_holder_with_a_reason(guests: Guests) -> None:
    customer = guests.potential()
    path = f"/v1/customers/{customer}/removal"
    assert_problem(guests.post(path, {"reason": "x"}, "chen"), 403, "not-allowed")
    assert invalid_fields(guests.post(path, {"reason": ""}, "wang")) == {"reason": "empty"}
    answer = guests.post(path, {"reason": "久未跟进"}, "wang")
    assert (answer.status_code, answer.json()["state"]) == (200, "pool")
    assert_problem(guests.post(path, {"reason": "x"}, "wang"), 409, "not-the-holder")
    own = guests.potential("wang")
    path = f"/v1/customers/{own}/removal"
    assert_problem(guests.post(path, {"reason": "x"}, "wang"), 403, "own-decision")
    path = f"/v1/customers/{guests.formal()}/removal"
    assert_problem(guests.post(path, {"reason": "x"}, "shen"), 409, "wrong-stage")


@pytest.mark.clause("S1-048", "S1-049")
def test_a_person_of_after_sales_is_named_and_follows_up(guests: Guests) -> None:
    customer = guests.formal()
    answer = name(guests, customer)
    told = answer.json()
    assert (answer.status_code, told["state"], told["holder"]) == (200, "formal", "han")
    assert "group" not in told
    path = f"/v1/customers/{customer}/follow-ups"
    assert guests.post(path, guests.follow_up(), "han").status_code == 201
    assert_problem(guests.post(path, guests.follow_up(), "li"), 409, "not-the-holder")


def test_only_after_sales_is_named_and_only_for_formal_customers(guests: Guests) -> None:
    customer = guests.formal()
    assert invalid_fields(name(guests, customer, "chen")) == {"to": "role"}
    assert invalid_fields(name(guests, customer, "nobody")) == {"to": "unknown-member"}
    assert_problem(name(guests, customer, "jiang"), 403, "own-decision")
    assert_problem(name(guests, customer, member="wang"), 403, "not-allowed")
    assert_problem(name(guests, guests.intent()), 409, "wrong-stage")
    assert_problem(name(guests, guests.register()), 409, "not-the-holder")


@pytest.mark.clause("S1-283")
def test_who_leaves_has_no_rights_and_no_customers_from_that_instant(
    guests: Guests, leaver: str
) -> None:
    kept, handed = guests.potential(leaver), guests.potential(leaver)
    leaves_at = MONDAY + 2 * DAY
    answer = leave(
        guests,
        leaver,
        leaves_at=leaves_at.isoformat(),
        hand_over=[{"customer_id": handed, "to": "chen"}],
    )
    told = answer.json()
    assert answer.status_code == 200
    assert (told["leaves_at"], told["customers"]) == ("2026-03-04T01:00:00.000000Z", 2)
    assert answer.headers["etag"] == f'"{told["version"]}"'
    assert answer.headers["tenure-position"] == str(told["position"])
    assert (
        guests.post(f"/v1/customers/{kept}/follow-ups", guests.follow_up(), leaver).status_code
        == 201
    )
    guests.at(leaves_at)
    assert_problem(guests.send("GET", "/v1/pool", leaver), 401, "not-signed-in")
    guests.tokens.pop(leaver)
    follow_up = guests.post(f"/v1/customers/{handed}/follow-ups", guests.follow_up(), "chen")
    assert (follow_up.json()["holder"], follow_up.json()["until"]) == ("chen", DEADLINE)
    assert guests.claim(kept, "chen").status_code == 201


@pytest.mark.clause("S1-283")
def test_who_leaves_now_is_gone_now(guests: Guests, leaver: str) -> None:
    customers = [guests.potential(leaver) for _ in range(3)]
    told = leave(guests, leaver).json()
    assert (told["leaves_at"], told["customers"]) == ("2026-03-02T01:00:00.000000Z", 3)
    for customer in customers:
        assert guests.topics(customer)[-1] == "customer.holder_removed"
        assert guests.get(f"/v1/customers/{customer}", "wang").json()["state"] == "pool"


def test_everything_that_is_written_counts_for_a_leaving_at_once(
    guests: Guests, leaver: str
) -> None:
    for number in range(3):
        member = f"{leaver}-{number}"
        guests.move_in({member: "seller"})
        guests.potential(member)
        assert leave(guests, member).json()["customers"] == 1


def test_a_leaving_is_a_managers_and_not_his_own(guests: Guests, leaver: str) -> None:
    assert_problem(leave(guests, leaver, "chen"), 403, "not-allowed")
    assert_problem(leave(guests, "wang", "wang"), 403, "not-allowed")
    assert_problem(leave(guests, "nobody"), 404, "not-found")


def test_a_malformed_leaving_names_its_fields(guests: Guests, leaver: str) -> None:
    held, foreign = guests.potential(leaver), guests.potential()

    def fields(*hand_over: tuple[str, str], **body: object) -> dict[str, str]:
        entries = [{"customer_id": customer, "to": to} for customer, to in hand_over]
        return invalid_fields(leave(guests, leaver, hand_over=entries, **body))

    past = (MONDAY - DAY).isoformat()
    assert fields(reason="") == {"reason": "empty"}
    assert fields(leaves_at=past) == {"leaves_at": "out-of-range"}
    assert fields(leaves_at="tomorrow") == {"leaves_at": "malformed"}
    assert fields((held, "chen"), (held, "li")) == {"hand_over": "twice"}
    assert fields((foreign, "chen")) == {"hand_over.0.customer_id": "not-held"}
    assert fields((held, "nobody")) == {"hand_over.0.to": "unknown-member"}
    assert fields((held, "feng")) == {"hand_over.0.to": "role"}
    assert fields((held, leaver)) == {"hand_over.0.to": "same-holder"}
    assert fields(("x", "chen")) == {"hand_over.0.customer_id": "malformed"}
    assert leave(guests, leaver).status_code == 200
    again = leave(guests, leaver)
    assert invalid_fields(again) == {"leaves_at": "already-leaving"}


def test_a_customer_is_handed_over_to_nobody_who_decides_or_is_barred(
    guests: Guests, leaver: str
) -> None:
    customer = guests.potential("chen")
    guests.post(f"/v1/customers/{customer}/release", {"reason": "无需求"}, "chen")
    guests.claim(customer, leaver)
    guests.review(customer)
    to_oneself = [{"customer_id": customer, "to": "wang"}]
    assert_problem(leave(guests, leaver, hand_over=to_oneself), 403, "own-decision")
    to_the_barred = [{"customer_id": customer, "to": "chen"}]
    assert_problem(leave(guests, leaver, hand_over=to_the_barred), 409, "barred")
    own = guests.register("wang")
    guests.claim(own, "wang")
    guests.post(f"/v1/customers/{own}/withdrawal", {"what": "claim", "reason": "误"}, "wang")
    body = {"contact": CONTACT, "follow_up": guests.follow_up()}
    guests.post(f"/v1/customers/{own}/claim", body, leaver)
    guests.review(own)
    decided_own = [{"customer_id": own, "to": "li"}]
    assert_problem(leave(guests, leaver, hand_over=decided_own), 403, "own-decision")
    rejected = guests.register(leaver)
    guests.claim(rejected, leaver)
    guests.review(rejected, "refuse", reason="电话有误")
    handed = [{"customer_id": rejected, "to": "li"}]
    assert_problem(leave(guests, leaver, "shen", hand_over=handed), 409, "wrong-stage")


def test_a_repeated_leaving_under_its_key_gets_the_first_answer(
    guests: Guests, leaver: str
) -> None:
    guests.potential(leaver)
    path, body = f"/v1/members/{leaver}/leave", {"reason": "离职"}
    assert_problem(guests.post(path, body, "wang", If_Match='"9"'), 412, "version-conflict")
    first = guests.post(path, body, "wang", Idempotency_Key=leaver)
    again = guests.post(path, body, "wang", Idempotency_Key=leaver)
    assert (first.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotent-replayed"] == "true"


def test_a_leaving_says_when_the_view_of_customers_is_behind(
    guests: Guests, leaver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, asked = guests.service.engine, []

    def late(views: tuple[str, ...], position: int, timeout_seconds: float) -> None:
        asked.append((views, position))
        raise ViewLagging("customers", 12)

    monkeypatch.setattr(engine, "wait_for", late)
    settled = guests.settled()
    problem = assert_problem(leave(guests, leaver), 503, "view-behind")
    assert (problem["view"], problem["lag"]) == ("customers", 12)
    assert set(asked) == {(("customers",), settled)}
    assert_problem(leave(guests, leaver, "chen"), 403, "not-allowed")
    monkeypatch.undo()
    assert leave(guests, leaver).status_code == 200
