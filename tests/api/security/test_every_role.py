"""The document against the server as every role: whoever asks, in whatever order, is answered as
declared, and never by a failure.

One test asks each operation as one role after another; the other takes what it was answered (ids
of customers, contracts, tokens, sessions) into its next requests, as any role.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.schemas import APIOperation

from domain.permissions import ROLES
from tests.api.http.guests import CONTACT, Guests
from tests.api.http.test_contract import CHECKS, WAITS
from tests.api.proof.serving import sealed, sealed_house

Asked = APIOperation[Any, Any, Any, Any]
QUIET = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
A_ROLE = settings(QUIET, max_examples=4)
A_ROLE_LONG = settings(QUIET, max_examples=4 * len(ROLES))
LIVES = settings(QUIET, max_examples=3, stateful_step_count=30)
LIVES_LONG = settings(QUIET, max_examples=25, stateful_step_count=60)
REMEMBERED = ("customer_id", "number", "report", "token_id", "session_id", "subject_id", "version")
"""Members of answers that are parameters of other addresses; a list's `id` is its customer's."""
KEPT_MAX = 20


@pytest.fixture(scope="module")
def by_role(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guests]:
    """One member a role, and something of each kind to ask for, in a house that seals its log."""
    load_all_checks()
    with sealed_house(database_url, tmp_path_factory.mktemp("house")) as guests:
        guests.move_in({f"only-{role}": role for role in ROLES})
        guests.move_in({"victim": "seller"})
        with sealing(guests):
            yield guests


@pytest.fixture(scope="module")
def operations(by_role: Guests) -> list[Asked]:
    document = by_role.send("GET", "/openapi.json", None).json()
    schema = schemathesis.openapi.from_dict(document)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture(scope="module")
def known(by_role: Guests) -> dict[str, list[Any]]:
    """Ids that exist, by the parameter that takes them."""
    guests = by_role
    customer = guests.register(contacts=[CONTACT])
    guests.claim(customer)
    guests.review(customer)
    guests.apply(customer)
    guests.decide(customer)
    number = guests.draw(customer).json()["number"]
    found: dict[str, list[Any]] = defaultdict(list)
    found |= {"customer_id": [customer], "number": [number, 1], "report": [1], "slug": ["barred"]}
    found |= {"member": ["victim"], "version": ["2026-1"]}
    sealed(guests)
    return found


@contextmanager
def sealing(guests: Guests) -> Iterator[None]:
    """What is written is sealed soon, as the worker does it."""
    over = threading.Event()

    def seal() -> None:
        while not over.wait(0.2):
            sealed(guests)

    sealer = threading.Thread(target=seal)
    sealer.start()
    try:
        yield
    finally:
        over.set()
        sealer.join()


def send(guests: Guests, case: Any, role: str) -> Any:
    """Send a case as the role's member, and hold the answer against the document."""
    case.headers = {name: text for name, text in (case.headers or {}).items() if name != WAITS}
    # Of what was written a moment ago there is no evidence yet, which 503 says.
    is_soon = case.path.endswith("/evidence")
    answer = case.call_and_validate(
        base_url=str(guests.client.base_url),
        headers={"Authorization": f"Bearer {guests.tokens[f'only-{role}']}"},
        checks=[check for check in CHECKS if not (is_soon and check is not_a_server_error)],
    )
    assert answer.status_code < 500 or (is_soon and answer.headers["Retry-After"])
    return answer


def each_as_every_role(
    guests: Guests, operations: list[Asked], known: dict[str, list[Any]], how_long: settings
) -> None:
    for operation in operations:
        as_every_role(guests, operation, known, how_long)


def as_every_role(
    guests: Guests, operation: Asked, known: dict[str, list[Any]], how_long: settings
) -> None:
    @how_long
    @given(data=st.data(), role=st.sampled_from(ROLES))
    def conforms(data: st.DataObject, role: str) -> None:
        send(guests, _case(data, operation, known), role)

    conforms()


def _case(data: st.DataObject, operation: Asked, known: dict[str, list[Any]]) -> Any:
    """A request of the operation; mostly on what exists, often with the document's own body."""
    case = data.draw(operation.as_strategy())
    parameters = dict(case.path_parameters or {})
    for name in parameters:
        # The same draws however much is known by now: Hypothesis goes through them again.
        wanted, place = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 999))
        if wanted and known.get(name):
            parameters[name] = known[name][place % len(known[name])]
    if parameters:
        case.path_parameters = parameters
    example = _example_body(operation)
    if example is not None and data.draw(st.booleans()):
        case.body, case.media_type = example, "application/json"
    return case


def _example_body(operation: Asked) -> Any:
    raw = operation.definition.raw
    content = raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    return content.get("example")


def live(
    guests: Guests, operations: list[Asked], known: dict[str, list[Any]], how_long: settings
) -> None:
    """Lives of a house in which any role does anything, each step on what those before told."""

    class House(RuleBasedStateMachine):
        remembered: ClassVar[dict[str, list[Any]]] = known

        @rule(data=st.data(), operation=st.sampled_from(operations), role=st.sampled_from(ROLES))
        def ask(self, data: st.DataObject, operation: Asked, role: str) -> None:
            answer = send(guests, _case(data, operation, self.remembered), role)
            if answer.status_code < 300 and answer.content:
                self.remember(answer)

        def remember(self, answer: Any) -> None:
            try:
                told = answer.json()
            except ValueError:
                return
            for node in _objects(told):
                for name in REMEMBERED:
                    value = node.get(name)
                    kept = self.remembered.setdefault(name, [])
                    if value is not None and value not in kept and len(kept) < KEPT_MAX:
                        kept.append(value)

    run_state_machine_as_test(House, settings=how_long)


def _objects(node: Any) -> list[dict[str, Any]]:
    """An answer's object and the items of its list."""
    if not isinstance(node, dict):
        return []
    items = node.get("items")
    return [node, *(one for one in items if isinstance(one, dict))] if items else [node]


def test_each_operation_answers_every_role_as_declared(
    by_role: Guests, operations: list[Asked], known: dict[str, list[Any]]
) -> None:
    each_as_every_role(by_role, operations, known, A_ROLE)


def test_whatever_roles_do_in_whatever_order_is_answered_as_declared(
    by_role: Guests, operations: list[Asked], known: dict[str, list[Any]]
) -> None:
    live(by_role, operations, known, LIVES)


@pytest.mark.long
def test_each_operation_answers_every_role_as_declared_however_long_it_is_tried(
    by_role: Guests, operations: list[Asked], known: dict[str, list[Any]]
) -> None:
    each_as_every_role(by_role, operations, known, A_ROLE_LONG)


@pytest.mark.long
def test_whatever_roles_do_is_answered_as_declared_however_long_they_live(
    by_role: Guests, operations: list[Asked], known: dict[str, list[Any]]
) -> None:
    live(by_role, operations, known, LIVES_LONG)


def test_the_views_have_folded_all_of_it(by_role: Guests) -> None:
    """Last in the module: whatever was accepted above has set no view aside."""
    by_role.get("/v1/pool")
    told = by_role.send("GET", "/health/ready", None).json()
    assert {view["failed"] for view in told["views"].values()} == {None}
