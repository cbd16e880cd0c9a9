"""What grows with the number of customers: bytes, answers, claims, appends, sweeps.

The base of docs/scale.md. Beside times, which tell of a machine, it counts what does not: pages of
the database that an answer touches, bytes that a claim writes to the write-ahead log.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import psycopg2

from api.credentials import credentials_of
from api.sweep import Sweeper
from benchmarks.append_shape import claim_with_follow_up
from benchmarks.figures import Figure, Section, percentile
from benchmarks.finding import Asked, questions, tidy
from benchmarks.ground import Ground
from benchmarks.houses import token_of
from benchmarks.load.place import Place, loaded
from benchmarks.resources import processor_seconds
from benchmarks.scales import Scale
from domain.orders import ContactInput, FollowUpInput, Order
from projections.agenda import agenda
from projections.approvals import approvals
from projections.audit import audit, history
from projections.briefing import briefing
from projections.customer_search import card, collisions, customers
from projections.pool import in_pool
from projections.tenures import tenures

NAME = "grow"
PAGES = ", pages"
"""Behind the name of a kind of answer: the figure of its pages."""
WRITERS = (1, 2, 4, 8, 16)
EVENTS_A_CUSTOMER = 10
_CLAIMS = 300
_APPEND_SECONDS = 3.0
_READY_SECONDS = 120.0
_REMARKS = (
    "Every size is a load of its own, all views folded, vacuumed. Answers: in the database, one "
    "after another, at random. Processor: of this process and of PostgreSQL. Pages: those of 8 KB "
    "that PostgreSQL looked at for one answer, cached or not.",
    "Claims: through the application in this process, one after another, each durable when it "
    "returns. Log: what a claim wrote to the write-ahead log, images of whole pages included.",
    "Appends: of two events each, writers that are processes; not measured on a load that is kept, "
    "which they would spoil.",
)


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Growth", remarks=list(_REMARKS))
    for count in scale.grown:
        data = ground.data / str(count) if ground.data is not None else None
        measure_one(ground, count, scale, section, data)
    return section


def measure_one(
    ground: Ground, count: int, scale: Scale, section: Section, data: Path | None
) -> None:
    """One size. data: where its load is kept; None: nowhere."""
    side = f"{count:,} customers"
    figures: list[Figure] = []
    name = f"grow_{count}"
    with loaded(
        ground,
        customers=count,
        events=count * EVENTS_A_CUSTOMER,
        data=data,
        figures=figures,
        database=name,
    ) as place:
        tidy(place)
        ground.tell(f"grow: {side}, bytes")
        figures += sizes(place)
        ground.tell(f"grow: {side}, answers")
        figures += answers(place, questions(place, scale.searches))
        ground.tell(f"grow: {side}, claims")
        figures += claims(place)
        ground.tell(f"grow: {side}, sweep")
        figures += sweep(place)
        if data is None:
            for writers in WRITERS:
                ground.tell(f"grow: {side}, {writers} writers")
                figures.append(appends(ground, place, writers))
    if data is None:
        ground.run_sql("postgres", f"DROP DATABASE {name} WITH (FORCE)")
    section.figures += [
        Figure(f.work, side, f.value, f.unit, f.p50_ms, f.p99_ms, f.remark) for f in figures
    ]


def sizes(place: Place) -> list[Figure]:
    """Bytes of the log an event, and of each view a customer, indexes told apart."""
    events = place.rows("SELECT count(*) FROM tenure.events")[0][0]
    people = place.rows("SELECT count(*) FROM views.customer_names")[0][0]
    tables = place.rows(
        "SELECT relnamespace::regnamespace::text, relname, pg_table_size(oid),"
        " pg_indexes_size(oid) FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace::regnamespace::text IN ('tenure', 'tenure_keys', 'views')"
        " ORDER BY 1, 2"
    )
    found = []
    for schema, table, heap, indexes in tables:
        if heap + indexes < 100 * people:
            continue  # Tables that do not grow with the customers.
        per, unit = (
            (events, "bytes/event") if table in ("events", "audit") else (people, "bytes/customer")
        )
        remark = f"{heap / 1e6:,.0f} MB and {indexes / 1e6:,.0f} MB of indexes"
        found.append(Figure(f"{schema}.{table}", "", (heap + indexes) / per, unit, remark=remark))
    whole = place.rows("SELECT pg_database_size(current_database())")[0][0]
    found.append(
        Figure("whole database", "", whole / events, "bytes/event", remark=f"{whole / 1e9:.2f} GB")
    )
    return found


def answers(place: Place, asked: Asked) -> list[Figure]:
    """Every kind of question, as the routes ask it."""
    now = place.service.application.now()
    holders = cycle([person for (person,) in place.rows(_HOLDERS)] or ["seller-1"])
    with closing(psycopg2.connect(place.owner_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            kinds = _kinds(place, cursor, asked, holders, now)
            return [
                figure
                for work, asks in kinds.items()
                for figure in _answered(place, cursor, work, asks)
            ]


def claims(place: Place) -> list[Figure]:
    """Claims of customers in the pool, and what each writes to the write-ahead log."""
    application = place.service.application
    seller = Order(credentials_of(token_of(place.service, "seller-1")))
    contact = ContactInput("王敏", "采购经理", "13800138000")
    note = FollowUpInput("phone", "电话沟通采购计划", application.now() + timedelta(days=5))
    free = place.rows(_FREE, application.now() - timedelta(days=10), _CLAIMS)
    with closing(psycopg2.connect(place.owner_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")  # From now on every page goes whole to the log once.
            before = _log_bytes(cursor)
            took = _milliseconds(
                lambda found=found: application.claim(
                    seller, found, contact=contact, follow_up=note
                )
                for (found,) in free
            )
            written = [
                after - first for after, first in zip(_log_bytes(cursor), before, strict=True)
            ]
    count = max(1, len(took))
    return [
        _figure("claim", took),
        Figure(
            "claim, log",
            "",
            written[0] / count,
            "bytes",
            remark=f"{written[1] / count:.1f} whole pages",
        ),
    ]


def sweep(place: Place) -> list[Figure]:
    """Ends that are due since the load's history ended."""
    service, stop = place.service, threading.Event()
    following = threading.Thread(target=service.engine.run, args=(stop,))
    following.start()
    try:
        with closing(Sweeper(service.application, service.database, service.engine)) as sweeper:
            recorded = sweeper.step(stop)
    finally:
        stop.set()
        following.join()
    if not recorded:
        return []
    return [Figure("sweep", "", recorded / sweeper.seconds, "ends/s", remark=f"{recorded:,} ends")]


def appends(ground: Ground, place: Place, writers: int) -> Figure:
    """Two events an append, each on a stream of its own, on top of the load."""
    with ground.children.module(
        "benchmarks.append_writers", environment=ground.environment()
    ) as child:
        order = {"side": "tenure", "url": place.owner_url, "writers": writers}
        child.ask({**order, "arrangement": "processes"}, seconds_max=_READY_SECONDS)
        turn = {"seconds": _APPEND_SECONDS}
        found = child.ask(turn, seconds_max=_APPEND_SECONDS + _READY_SECONDS)["latencies_ms"]
    bytes_each = sum(len(state) for state in claim_with_follow_up().states)
    return Figure(
        f"append, {writers} writers",
        "",
        len(found) / _APPEND_SECONDS,
        "appends/s",
        percentile(found, 0.5),
        percentile(found, 0.99),
        f"{bytes_each} bytes of states",
    )


def _kinds(
    place: Place, cursor: Any, asked: Asked, holders: Iterator[str], now: datetime
) -> dict[str, Iterator[Callable[[], Any]]]:
    holder_at, few = place.service.application.holder_at, asked.customers[::4]

    def each(ask: Callable[[Any], Any], values: Sequence[Any]) -> Iterator[Callable[[], Any]]:
        return (lambda value=value: ask(value) for value in values)  # type: ignore[misc]

    pairs = {
        f"{kind}, search": each(lambda pair: collisions(cursor, now=now, name=pair), found)
        for kind, found in zip(
            ("any pair", "common pair", "rare pair"), asked.pairs.values(), strict=True
        )
    }
    when = dict(zip(asked.customers, asked.instants, strict=True))
    return {
        **pairs,
        "holder at an instant": each(lambda who: holder_at(who, at=when[who]), asked.customers),
        "card": each(lambda who: card(cursor, who, now=now), asked.customers),
        "history": each(lambda who: history(cursor, who), few),
        "tenures of a customer": each(lambda who: tenures(cursor, now=now, customer_id=who), few),
        "tenures at an instant": each(lambda who: tenures(cursor, now=now, at=when[who]), few[:20]),
        "portfolio": each(
            lambda _: customers(cursor, now=now, holder=next(holders), sort="until"), few
        ),
        "agenda": each(lambda _: agenda(cursor, now=now, member=next(holders)), few),
        "approvals": each(lambda _: approvals(cursor, now=now, decider="reviewer-1"), few),
        "briefing of a department": each(
            lambda number: _morning(cursor, now, f"销售{number}部"), [1, 2] * 10
        ),
        "briefing of all": each(lambda department: _morning(cursor, now, department), [None] * 10),
        "pool, first page": each(lambda _: in_pool(cursor, now=now), few),
        "audit, newest page": each(lambda _: audit(cursor, newest_first=True), few),
        "audit of an actor": each(lambda _: audit(cursor, actor=next(holders)), few),
    }


def _morning(cursor: Any, now: datetime, department: str | None) -> Any:
    return briefing(
        cursor,
        now=now,
        since=now - timedelta(hours=14),
        department=department,
        member="manager-1",
        no_contact_days=14,
    )


def _answered(
    place: Place, cursor: Any, work: str, asks: Iterator[Callable[[], Any]]
) -> list[Figure]:
    """How long it takes, and what it takes of the processors and of the database's pages."""
    backends = [cursor.connection.get_backend_pid(), place.rows("SELECT pg_backend_pid()")[0][0]]
    pages, own, theirs = _pages(cursor, place), time.process_time(), _processor(backends)
    took = _milliseconds(asks)
    own, theirs = time.process_time() - own, _processor(backends) - theirs
    pages = _pages(cursor, place) - pages
    count = max(1, len(took))
    remark = f"{1000 * own / count:.2f} + {1000 * theirs / count:.2f} ms of processor"
    return [
        _figure(work, took, remark=remark),
        Figure(f"{work}{PAGES}", "", pages / count, "pages"),
    ]


def _processor(backends: Sequence[int]) -> float:
    return sum(processor_seconds(backend) for backend in backends)


def _milliseconds(asks: Iterator[Callable[[], Any]]) -> list[float]:
    took = []
    for ask in asks:
        before = time.perf_counter()
        ask()
        took.append((time.perf_counter() - before) * 1000)
    return took


def _figure(work: str, took_ms: list[float], remark: str = "") -> Figure:
    p50, p99 = percentile(took_ms, 0.5), percentile(took_ms, 0.99)
    rate = 1000 * len(took_ms) / sum(took_ms)
    return Figure(work, "", rate, "/s", p50, p99, remark)


def _pages(cursor: Any, place: Place) -> int:
    """Pages that the database's sessions have looked at so far; both sessions tell theirs first."""
    for ask in (cursor.execute, place.rows):
        ask("SELECT pg_stat_force_next_flush()")
        ask("SELECT 1")
    cursor.execute(
        "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()"
    )
    return int(cursor.fetchone()[0])


def _log_bytes(cursor: Any) -> tuple[int, int]:
    """Bytes and images of whole pages that went to the write-ahead log so far."""
    cursor.execute("SELECT pg_stat_force_next_flush()")
    cursor.execute("SELECT wal_bytes::bigint, wal_fpi FROM pg_stat_wal")
    written, images = cursor.fetchone()
    return int(written), int(images)


_HOLDERS = (
    "SELECT DISTINCT holder FROM views.customer_holdings WHERE holder LIKE 'seller-%'"
    " ORDER BY holder LIMIT 200"
)
_FREE = (
    "SELECT customer_id FROM views.pool WHERE pool_from < %s"
    " ORDER BY md5(customer_id::text) LIMIT %s"
)
