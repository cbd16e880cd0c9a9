"""A hundred clients that want one customer, and thousands of deadlines at one instant."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from eventsourcing.persistence import JSONTranscoder

from api.composition import Service
from benchmarks.children import ChildFailed
from benchmarks.claiming import claim_of
from benchmarks.companies import companies
from benchmarks.figures import Figure, Need, Section, at_most, exactly
from benchmarks.ground import Ground
from benchmarks.houses import (
    joined,
    migrated_database,
    opened,
    send,
    tenure_command,
    tenure_house,
)
from benchmarks.lives import DAY, Author, Written, fill_log, written
from benchmarks.resources import processor_seconds
from benchmarks.scales import Scale
from eventstore.mapper import Mapper

NAME = "race"
_RACES = 3
_SECONDS_MAX = 900.0
_POLL_SECONDS = 0.01
_WANTED = 100_000
_SAMPLES = 20
_REMARKS = (
    "Race: every client is a member of its own with a connection of its own; all connections are "
    "open before the first claim goes out. The worst of the races is shown.",
    "Sweep: `tenure worker` is started when the deadlines have passed; from its start until the "
    "last end is recorded. Before, a sample of customers must be free by log and view alike.",
)


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Races and deadlines", remarks=list(_REMARKS))
    _race(ground, scale, section)
    _sweep(ground, scale, section)
    return section


def _race(ground: Ground, scale: Scale, section: Section) -> None:
    ground.tell(f"race: {scale.clients} clients claim one customer")
    url = migrated_database(ground, "race_tenure")
    author, now = Author(ground.sealer()), datetime.now(UTC)
    mapper: Mapper[UUID] = Mapper(JSONTranscoder())
    lives = [author.registered(company, now - DAY) for company in companies(_RACES + 1)]
    fill_log(url, [written(life, mapper) for life in lives])
    # The first race warms the server up and is not counted.
    _, *customers = [life.customer.id for life in lives]
    with opened(ground, url) as service:
        members = joined(service, [f"racer-{number}" for number in range(scale.clients)])
    seconds, statuses = [], []
    with tenure_house(ground, "--no-worker", "--database", url) as house:
        for number, life in enumerate(lives):
            requests = [claim_of(life.customer.id, member) for member in members]
            answer = send(
                ground, house, requests, connections=len(members), seconds_max=_SECONDS_MAX
            )
            if number > 0:
                seconds.append(answer["seconds"])
                statuses.append(Counter(answer["statuses"]))
    _judge_race(ground, section, customers, seconds, statuses, scale.clients)


def _judge_race(
    ground: Ground,
    section: Section,
    customers: list[UUID],
    seconds: list[float],
    statuses: list[Counter[str]],
    clients: int,
) -> None:
    work = f"{clients} clients claim one customer"
    told = "; ".join(
        ", ".join(f"{count} x {status}" for status, count in sorted(found.items()))
        for found in statuses
    )
    section.figures.append(Figure(work, "tenure", max(seconds), "s", remark=told))
    refused = Counter(_refused_customers(ground))
    refusals = [refused[str(customer_id)] for customer_id in customers]
    failures = sum(
        count for found in statuses for status, count in found.items() if status.startswith("5")
    )
    winners = max((found["201"] for found in statuses), key=lambda count: abs(count - 1))
    losers = min(found["409"] for found in statuses)
    section.verdicts += [
        exactly(work, Need.MUST, 1, winners, "winner"),
        exactly(work, Need.MUST, clients - 1, losers, "answers 409"),
        exactly(work, Need.MUST, clients - 1, min(refusals), "refusals recorded"),
        exactly(work, Need.MUST, 0, failures, "answers 5xx"),
    ]


def _refused_customers(ground: Ground) -> list[str]:
    """The customer of every recorded refusal."""
    rows = ground.run_sql(
        "race_tenure",
        "SELECT convert_from(state, 'UTF8')::jsonb ->> 'customer_id' FROM tenure.events"
        " WHERE topic = 'refusal.recorded'",
    )
    return [row[0] for row in rows]


def _sweep(ground: Ground, scale: Scale, section: Section) -> None:
    url = migrated_database(ground, "sweep_tenure")
    with opened(ground, url) as service:
        ground.tell(f"sweep: {scale.deadlines:,} protections that end at one instant")
        customers: list[UUID] = []
        fill_log(url, _ending_at_once(ground, scale, service.application.now(), customers))
        with ground.children.module(
            "benchmarks.own_views", environment=ground.environment()
        ) as child:
            child.ask({"url": url}, seconds_max=_SECONDS_MAX)
        ground.run_sql("sweep_tenure", "VACUUM ANALYZE")
        free = _count_free(service, customers[:: max(1, len(customers) // _SAMPLES)][:_SAMPLES])
        ground.tell(f"sweep: recording {scale.deadlines:,} ends")
        seconds, rate, worked = _swept(ground, service, url, scale.deadlines)
    work = f"{scale.deadlines:,} deadlines at one instant"
    told = f"{rate:,.0f} ends/s once begun; the worker used {worked:.1f} s of processor"
    section.figures.append(Figure(f"{work}, swept", "tenure", seconds, "s", remark=told))
    projected = seconds if scale.deadlines == _WANTED else _WANTED / rate
    remark = "" if scale.deadlines == _WANTED else ", at the rate of fewer"
    section.verdicts += [
        exactly(f"{work}, free before any sweep", Need.MUST, _SAMPLES, free, "of the sample"),
        at_most(f"{_WANTED:,} deadlines, swept{remark}", Need.MUST, 60, projected, "s"),
    ]


def _ending_at_once(
    ground: Ground, scale: Scale, now: datetime, customers: list[UUID]
) -> Iterator[Written]:
    """Protections whose deadline is one and the same, a minute ago; ids go into `customers`."""
    author = Author(ground.sealer())
    mapper: Mapper[UUID] = Mapper(JSONTranscoder())
    passed = now - timedelta(days=author.rules.potential_days, minutes=1)
    for company in companies(scale.deadlines):
        life = author.registered(company, passed - 30 * DAY)
        life, _ = author.claimed(life, company, passed - DAY)
        author.passed(life, passed)
        customers.append(life.customer.id)
        yield written(life, mapper)


def _count_free(service: Service, customers: list[UUID]) -> int:
    """How many are held by nobody: in the answer from the log and on the card."""
    from projections.customer_search import card

    free = 0
    for customer_id in customers:
        with service.database.autocommit() as cursor:
            found, _ = card(cursor, customer_id, now=service.application.now())
        answer = service.application.holder_at(customer_id)
        free += answer.holder is None and found is not None and found.state == "pool"
    return free


def _swept(ground: Ground, service: Service, url: str, count: int) -> tuple[float, float, float]:
    """Seconds from the worker's start to the last end, ends a second since the first, and the
    processor seconds that the worker used, views included."""
    reader = service.application.reader
    before = reader.settled_position()
    began = time.monotonic()
    first: tuple[float, int] | None = None
    worker = tenure_command(ground, "worker", "--database", url)
    try:
        while (recorded := reader.settled_position() - before) < count:
            now = time.monotonic()
            if worker.has_ended() or now - began > _SECONDS_MAX:
                raise worker.failure("did not sweep")
            if first is None and recorded:
                first = now, recorded
            time.sleep(_POLL_SECONDS)
        ended, worked = time.monotonic(), processor_seconds(worker.process_id)
    finally:
        ground.children.end(worker)
    _require_lapses(ground, count)
    since, already = first or (began, 0)
    return ended - began, (count - already) / (ended - since), worked


def _require_lapses(ground: Ground, count: int) -> None:
    rows: list[tuple[Any, ...]] = ground.run_sql(
        "sweep_tenure", "SELECT count(*) FROM tenure.events WHERE topic = 'customer.lapsed'"
    )
    if rows[0][0] != count:
        raise ChildFailed(f"{rows[0][0]} ends were recorded, not {count}")
