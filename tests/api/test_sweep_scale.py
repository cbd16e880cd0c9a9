"""The rules of a bad day: of a hundred thousand deadlines at one instant every view and answer says
"over" at that instant, and they are swept while claims go on. A minute is promised, which is for a
machine with nothing else to do: the test tells how long it took."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import pytest

from api.composition import Service
from api.settings import Settings
from api.sweep import Sweeper
from domain.customer import Customer
from domain.events import Contact, Sealed
from domain.names import NAMES_VERSION, parse
from domain.unique_ids import uuid7
from eventstore.connections import Database
from projections.agenda import agenda
from projections.board import Wanted, held, load
from projections.customer_search import card, collisions, customers, held_count
from projections.figures import figures
from projections.pool import in_pool
from projections.tenures import tenures
from tests.application.house import MICROSECOND, MONDAY, Clock, House, a_house, trade_name
from tests.waiting import wait_until

CUSTOMERS = 100_000
TERM = timedelta(days=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LI = Wanted(member="li")


HELD = {
    "pool": False,
    "customers": ("potential", "li"),
    "card": ("potential", "li"),
    "collisions": ("potential", "li"),
    "tenures": ["li"],
    "holder": "li",
    "may claim": False,
    "may follow up": True,
    "of li": (CUSTOMERS, True, True),
    "potential at all": True,
    "board": (True, CUSTOMERS),
    "implied": 0,
}
OVER = {
    "pool": True,
    "customers": ("pool", None),
    "card": ("pool", None),
    "collisions": ("pool", None),
    "tenures": [],
    "holder": None,
    "may claim": True,
    "may follow up": False,
    "of li": (0, False, False),
    "potential at all": False,
    "board": (False, 0),
    "implied": CUSTOMERS,
}


@pytest.mark.long
@pytest.mark.clause("S1-035")
def test_a_hundred_thousand_deadlines_at_one_instant_are_over_at_once_and_swept_while_claims_go_on(
    database_url: str,
) -> None:
    clock = Clock(MONDAY)
    with closing(Database(database_url, clock=clock)) as database:
        house = a_house(database, clock)
        house.move_in()
        known: list[UUID] = []
        for numbers in _batches(range(CUSTOMERS), 2_000):
            known += _record(house, [_potential(house, number) for number in numbers])
        service = Service(Settings(database=database.url), database, house.tenure, None)
        stop = threading.Event()
        following = threading.Thread(target=service.engine.run, args=(stop,))
        following.start()
        try:
            wait_until(lambda: _lag(service) == 0, seconds_max=300, what="the views")
            with closing(Sweeper(house.tenure, database, service.engine)) as sweeper:
                assert sweeper.step(stop) == 0
                clock.at += TERM - MICROSECOND
                _all_say(service, known, clock.at, HELD)
                clock.at += MICROSECOND
                _all_say(service, known, clock.at, OVER)
                assert _lapsed(house) == []
                _sweep_while_claims_go_on(house, sweeper, stop, known)
            wait_until(lambda: _lag(service) == 0, seconds_max=300, what="the views")
        finally:
            stop.set()
            following.join(60)


def _sweep_while_claims_go_on(
    house: House, sweeper: Sweeper, stop: threading.Event, known: list[UUID]
) -> None:
    """Every end is recorded once, by the sweep or by the claim that came first."""
    claimed: list[UUID] = []
    swept = threading.Event()

    def claim_on() -> None:
        # Against the order of the sweep, so that both come first now and then.
        for customer_id in reversed(known):
            if swept.is_set():
                return
            house.claim("chen", customer_id)
            claimed.append(customer_id)

    claiming = threading.Thread(target=claim_on)
    claiming.start()
    try:
        began = monotonic()
        recorded = sweeper.step(stop)
        seconds = monotonic() - began
    finally:
        swept.set()
        claiming.join(60)
    assert sweeper.step(stop) == 0
    assert CUSTOMERS - len(claimed) <= recorded <= CUSTOMERS
    assert _lapsed(house) == [(MONDAY + TERM, CUSTOMERS)]
    for customer_id in (claimed[0], claimed[-1]):
        answer = house.tenure.holder_at(customer_id)
        assert (answer.holder, answer.stage) == ("chen", "waiting")
    print(
        f"swept in {sweeper.seconds:.1f} s, agenda folded after {seconds:.1f} s;"
        f" meanwhile {len(claimed)} claims, {len(claimed) / seconds:.0f} a second"
    )


def _all_say(
    service: Service, known: list[UUID], at: datetime, expected: dict[str, object]
) -> None:
    """The first, the last and one in the middle, and the lists of all."""
    for number in (0, CUSTOMERS // 2, CUSTOMERS - 1):
        assert _told(service, known[number], _name(number), at) == expected


def _told(service: Service, customer_id: UUID, name: str, at: datetime) -> dict[str, object]:
    """What every view and answer says of one customer, and of all that li held."""
    tenure = service.application
    may = {
        member: {right.command: right.allowed for right in tenure.rights(customer_id, member)[0]}
        for member in ("li", "chen")
    }
    with service.database.autocommit() as cursor:
        (listed,) = customers(cursor, now=at, name=name).items
        shown, _ = card(cursor, customer_id, now=at)
        assert shown is not None
        ((found,), _) = collisions(cursor, now=at, name=name)
        intervals = tenures(cursor, now=at, customer_id=customer_id, at=at).items
        day = (at - DAY).date()
        return {
            "pool": [row.customer_id for row in in_pool(cursor, now=at, name=name).items]
            == [customer_id],
            "customers": (listed.state, listed.holder),
            "card": (shown.state, shown.holder),
            "collisions": (found.state, found.holder),
            "tenures": [interval.holder for interval in intervals],
            "holder": tenure.holder_at(customer_id, at=at).holder,
            "may claim": may["chen"]["claim"],
            "may follow up": may["li"]["follow-up"],
            "of li": (
                held_count(cursor, "li", now=at),
                bool(customers(cursor, now=at, holder="li", limit=1).items),
                bool(agenda(cursor, now=at, member="li", limit=1).items),
            ),
            "potential at all": bool(customers(cursor, now=at, state="potential", limit=1).items),
            "board": (
                bool(held(cursor, LI, now=at, limit=1).items),
                sum(line.held for line in load(cursor, LI, now=at, before=at + DAY).items),
            ),
            "implied": figures(
                cursor, now=at, start=day, end=day + 3 * DAY, by=("member",), member="li"
            ).implied.lapses,
        }


def _lapsed(house: House) -> list[tuple[datetime, int]]:
    """How many lapses are recorded, by the instant that they are dated at."""
    with house.database.autocommit() as cursor:
        cursor.execute(
            "SELECT (state ->> 'timestamp')::timestamptz, count(*) FROM tenure.event_log"
            " WHERE topic = 'customer.lapsed' GROUP BY 1"
        )
        return cursor.fetchall()


def _name(number: int) -> str:
    return f"靖江市{trade_name(number)}{number}空调有限公司"


def _potential(house: House, number: int) -> Customer:
    """A customer in force since Monday, as the application would have recorded it."""
    rules, at = house.tenure.rulebooks().in_force(MONDAY), MONDAY - HOUR
    name = _name(number)
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


def _record(house: House, made: list[Customer]) -> list[UUID]:
    """Append what the customers recorded; their ids."""
    mapper, recorder = house.tenure.mapper, house.tenure.recorder
    events = [event for customer in made for event in customer.collect_events()]
    recorder.insert_events([mapper.to_stored_event(event) for event in events])
    return [customer.id for customer in made]


def _batches(numbers: range, size: int) -> list[range]:
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def _lag(service: Service) -> int:
    return max(view.lag for view in service.engine.lag().values())
