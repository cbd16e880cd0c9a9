"""Rules of the worker: what deadlines ended is written down, once, by whichever worker is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from eventsourcing.persistence import OperationalError

from api.composition import Service
from api.settings import Settings
from api.sweep import Sweeper
from api.worker import Worker
from domain.orders import ContactInput, Order
from eventstore.connections import Database
from projections.agenda import due_deadlines
from tests.application.house import MONDAY, Clock, House, a_house
from tests.waiting import wait_until

TERM = timedelta(days=30)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def moved_in(database_url: str) -> Iterator[House]:
    clock = Clock()
    with closing(Database(database_url, clock=clock)) as database:
        house = a_house(database, clock)
        house.move_in()
        yield house


@pytest.fixture
def house(moved_in: House) -> House:
    """The module's house; its clock only goes forward, as the log it writes does."""
    moved_in.clock.at = max(moved_in.clock.at, MONDAY) + MINUTE
    return moved_in


def service_of(house: House) -> Service:
    settings = Settings(database=house.database.url)
    return Service(settings, house.database, house.tenure, None)


@contextmanager
def working(service: Service) -> Iterator[Worker]:
    """A worker that runs in a thread, and has ended properly afterwards."""
    worker, stop = Worker(service), threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def following(service: Service) -> Iterator[None]:
    """The views follow, and nothing is swept."""
    stop = threading.Event()
    thread = threading.Thread(target=service.engine.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def due(house: House) -> list[UUID]:
    with house.database.autocommit() as cursor:
        return due_deadlines(cursor, now=house.clock.at)[0]


def lapses(house: House, customer_id: UUID) -> list[datetime]:
    """The instants at which the customer's protections lapsed, as recorded."""
    return house.column(
        "SELECT (convert_from(state, 'UTF8')::jsonb ->> 'timestamp')::timestamptz"
        " FROM tenure.events WHERE originator_id = %s AND topic = 'customer.lapsed'",
        customer_id,
    )


@pytest.mark.clause("S1-035")
def test_a_worker_that_starts_late_records_what_ended_meanwhile_at_its_deadline(
    house: House,
) -> None:
    customer_id = house.potential()
    deadline = house.clock.at + TERM
    house.clock.at = deadline + timedelta(days=1)
    with working(service_of(house)):
        wait_until(lambda: lapses(house, customer_id), what="the lapse")
    assert lapses(house, customer_id) == [deadline]


def test_a_running_worker_records_an_end_as_soon_as_the_clock_passes_it(house: House) -> None:
    customer_id = house.potential()
    deadline = house.clock.at + TERM
    with working(service_of(house)):
        house.clock.at = deadline - timedelta(microseconds=1)
        assert lapses(house, customer_id) == []
        house.clock.at = deadline
        wait_until(lambda: lapses(house, customer_id), what="the lapse")
    assert lapses(house, customer_id) == [deadline]


@pytest.mark.clause("S1-318")
def test_the_follower_of_a_refused_claim_is_removed(house: House) -> None:
    customer_id = house.register()
    house.claim("li", customer_id)
    due = house.refuse_review("zhao", customer_id).until
    assert due is not None
    house.clock.at = due
    with working(service_of(house)):
        wait_until(
            lambda: "customer.holder_removed" in house.topics(customer_id), what="the removal"
        )


def test_workers_that_run_at_once_record_each_end_once(house: House) -> None:
    held = [house.potential() for _ in range(60)]
    house.clock.at += TERM
    services = [service_of(house) for _ in range(3)]
    with working(services[0]), working(services[1]), working(services[2]):
        wait_until(lambda: all(lapses(house, one) for one in held), what="every lapse")
    assert [len(lapses(house, one)) for one in held] == [1] * len(held)


def test_ends_are_recorded_once_even_when_two_sweep_the_same(house: House) -> None:
    held = [house.potential() for _ in range(40)]
    house.clock.at += TERM
    go = threading.Barrier(4)
    recorded = []

    def sweep() -> None:
        go.wait()
        recorded.append(house.tenure.sweep(held))

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(recorded) == len(held)
    assert [len(lapses(house, one)) for one in held] == [1] * len(held)


def test_another_worker_leads_the_sweep_when_the_leader_is_gone(house: House) -> None:
    service, stop = service_of(house), threading.Event()
    first, second = (
        Sweeper(service.application, service.database, service.engine) for _ in range(2)
    )

    def one_is_due() -> None:
        customer_id = house.potential()
        house.clock.at += TERM
        wait_until(lambda: customer_id in due(house), what="the agenda")

    with following(service), closing(first), closing(second):
        one_is_due()
        assert first.step(stop) == 1
        one_is_due()
        assert second.step(stop) == 0
        first.close()
        # The server ends the closed session, and its lock, a moment later.
        assert wait_until(lambda: second.step(stop), what="the lead") == 1


def test_a_sweep_that_failed_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer_id = house.potential()
    house.clock.at += TERM
    sweep, failures = house.tenure.sweep, iter([OperationalError("gone"), OperationalError("gone")])

    def failing(candidates: list[UUID]) -> int:
        for failure in failures:
            raise failure
        return sweep(candidates)

    monkeypatch.setattr(house.tenure, "sweep", failing)
    with working(service_of(house)):
        wait_until(lambda: lapses(house, customer_id), what="the lapse")


def test_idempotency_keys_are_forgotten_after_thirty_days(house: House) -> None:
    customer_id = house.register()
    contact = ContactInput("王芳", "总经理", "13800138001")
    order = Order(house.credentials["li"], key="once", request=b"same")
    first = house.tenure.add_contact(order, customer_id, contact=contact)
    assert house.tenure.add_contact(order, customer_id, contact=contact).replayed
    house.clock.at += TERM + MINUTE

    def keys() -> list[str]:
        return house.column("SELECT key FROM tenure.commands WHERE key = 'once'")

    with working(service_of(house)):
        wait_until(lambda: not keys(), what="forgetting")
    again = house.tenure.add_contact(
        Order(house.credentials["li"], key="once", request=b"other"), customer_id, contact=contact
    )
    assert again.position > first.position


def test_the_views_follow_while_a_worker_runs(house: House) -> None:
    service = service_of(house)
    with working(service):
        receipt = house.tenure.release(
            house.order("li"), house.potential(), reason="对方今年没有预算"
        )
        service.engine.wait_for(["pool", "audit"], receipt.position, 10)
