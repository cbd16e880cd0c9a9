"""The rule of a bad day: a hundred thousand deadlines at one instant are swept within a minute."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from datetime import timedelta
from time import monotonic

import pytest

from api.composition import Service
from api.settings import Settings
from api.sweep import Sweeper
from domain.customer import Customer
from domain.events import Contact, Sealed
from domain.names import NAMES_VERSION, parse
from domain.unique_ids import uuid7
from eventstore.connections import Database
from tests.application.house import MONDAY, Clock, House, a_house, trade_name
from tests.waiting import wait_until

CUSTOMERS = 100_000
SECONDS_MAX = 60.0
TERM = timedelta(days=30)
HOUR = timedelta(hours=1)


@pytest.mark.long
@pytest.mark.clause("S1-035")
def test_a_hundred_thousand_deadlines_at_one_instant_are_swept_within_a_minute(
    database_url: str,
) -> None:
    clock = Clock(MONDAY)
    with closing(Database(database_url, clock=clock)) as database:
        house = a_house(database, clock)
        for numbers in _batches(range(CUSTOMERS), 2_000):
            _record(house, [_potential(house, number) for number in numbers])
        service = Service(Settings(), database, house.tenure, None)
        stop = threading.Event()
        following = threading.Thread(target=service.engine.run, args=(stop,))
        following.start()
        try:
            wait_until(lambda: _lag(service) == 0, seconds_max=300, what="the views")
            with closing(Sweeper(house.tenure, database, service.engine)) as sweeper:
                assert sweeper.step(stop) == 0
                clock.at += TERM
                began = monotonic()
                assert sweeper.step(stop) == CUSTOMERS
                assert sweeper.seconds < SECONDS_MAX
                assert sweeper.step(stop) == 0
            print(f"swept in {sweeper.seconds:.1f} s, folded after {monotonic() - began:.1f} s")
        finally:
            stop.set()
            following.join(60)


def _potential(house: House, number: int) -> Customer:
    """A customer in force since Monday, as the application would have recorded it."""
    rules, at = house.tenure.rulebooks().in_force(MONDAY), MONDAY - HOUR
    name = f"靖江市{trade_name(number)}{number}空调有限公司"
    parts, customer_id = parse(name), uuid7(at, os.urandom)
    sealed = Sealed(customer_id, "")
    contact = Contact(uuid7(at, os.urandom), "采购经理", sealed, sealed, f"{number:064x}")
    customer = Customer.register(
        customer_id,
        actor="li",
        at=at,
        profile=rules.profile,
        name=name,
        name_key=parts.key,
        core=parts.core,
        names_version=NAMES_VERSION,
        address="靖江市人民路",
        industry="空调",
        phone=sealed,
        phone_hash=f"{number:064x}",
        introduction="主营空调",
        contacts=[],
        collision=[],
        override_reason=None,
        warnings=[],
        rulebook=rules.version,
    )
    customer.claim(
        member="li", department="一部", contact=contact, collision=[], at=at, rules=rules
    )
    customer.pass_review(reviewer="zhao", different_company=None, at=MONDAY, rules=rules)
    return customer


def _record(house: House, customers: list[Customer]) -> None:
    mapper, recorder = house.tenure.mapper, house.tenure.recorder
    events = [event for customer in customers for event in customer.collect_events()]
    recorder.insert_events([mapper.to_stored_event(event) for event in events])


def _batches(numbers: range, size: int) -> list[range]:
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def _lag(service: Service) -> int:
    return max(view.lag for view in service.engine.lag().values())
