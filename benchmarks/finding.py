"""Questions among many customers: two characters of a name, who held one at an instant, pages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

import psycopg2

from benchmarks.figures import Figure, Need, Section, at_most, timed
from benchmarks.ground import Ground
from benchmarks.houses import House, fetch, require_only, send, tenure_house
from benchmarks.load.place import Place, loaded
from benchmarks.resources import processor_seconds
from benchmarks.scales import Scale
from domain.replay import Answer
from projections.audit import audit
from projections.customer_search import collisions
from projections.pool import in_pool

NAME = "find"
PAGES = 100
"""The last of which costs as much as the first."""
_PAGE_ITEMS = 50
_SECONDS_MAX = 3_600.0
_SAMPLE = 20_000
_COMMONEST = 50
_ALIKE = 1.5
_HOLDER_MS, _SEARCH_MS, _SEARCH_DATABASE_MS = 10, 20, 5
_REMARKS = (
    "A load of `tenure bench load`: customers with a past of about ten events, some of hundreds. "
    "One connection, one question at a time; customers, instants and characters at random.",
    "Two neighbouring characters of some name's core; common: those that most names hold; rare: "
    f"those that one of {_SAMPLE:,} names holds.",
    "What is asked is in the server's memory as far as `shared_buffers` hold it, as in a house "
    "that has been at work for a while.",
    f"A page has {_PAGE_ITEMS} items and goes on behind the last one of the page before.",
)


_WARM: Final = """
WITH sized AS (
    SELECT relation.oid, sum(pg_relation_size(relation.oid)) OVER (
        ORDER BY place.nth, pg_relation_size(relation.oid), relation.oid
    ) AS bytes
    FROM unnest(ARRAY['customer_names', 'customer_holdings', 'customers', 'pool', 'events'])
        WITH ORDINALITY AS place (name, nth)
    JOIN pg_class AS asked ON asked.relname = place.name AND asked.relkind = 'r'
    JOIN pg_class AS relation ON relation.oid = asked.oid OR relation.oid IN (
        SELECT indexrelid FROM pg_index WHERE indrelid = asked.oid
    )
)
SELECT public.pg_prewarm(oid) FROM sized
WHERE bytes < 0.9 * pg_size_bytes(current_setting('shared_buffers'))
"""
"""The tables that are asked first, whole, while there is room."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. pairs: two characters, by how many names hold them."""

    customers: list[UUID]
    instants: list[datetime]
    pairs: dict[str, list[str]]


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Questions among many customers", remarks=list(_REMARKS))
    with loaded(
        ground,
        customers=scale.names,
        events=scale.names * scale.events_a_customer,
        data=ground.data,
        figures=section.figures,
    ) as place:
        ground.tell("find: tidying up behind the load")
        tidy(place)
        asked = questions(place, scale.searches)
        section.title = f"Questions among {count_of(place):,} customers"
        ground.tell("find: in the database")
        in_database(place, asked, section)
        with tenure_house(
            ground, "--no-worker", *place.serve, environment=place.environment
        ) as house:
            over_http(ground, house, place, asked, section)
    return section


def tidy(place: Place) -> None:
    """As a server is that has been up for a while after a load: autovacuum was there, and what is
    asked for is in memory as far as `shared_buffers` hold it."""
    with closing(psycopg2.connect(place.owner_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            with suppress(psycopg2.Error):
                # Not every server has the extension, nor lets everybody make it.
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm SCHEMA public")
                cursor.execute(_WARM)


def questions(place: Place, count: int) -> Asked:
    """The same ones of the same load."""
    random = Random(1)
    share = 100.0 * min(1.0, _SAMPLE / max(1, count_of(place)))
    sample = place.rows(
        "SELECT customer_id, core FROM views.customer_names TABLESAMPLE BERNOULLI (%s)"
        " REPEATABLE (1) ORDER BY customer_id",
        share,
    )
    now = place.service.application.now()
    held = Counter(
        pair for _, core in sample for pair in {core[at : at + 2] for at in range(len(core) - 1)}
    )
    rare = sorted(pair for pair, times in held.items() if times == 1)
    common = [pair for pair, _ in held.most_common(_COMMONEST)]
    any_pair = [_two_characters(random.choice(sample)[1], random) for _ in range(count)]
    return Asked(
        [random.choice(sample)[0] for _ in range(count)],
        [now - timedelta(days=random.uniform(0, 1_000)) for _ in range(count)],
        {
            "two-character search": any_pair,
            "of common characters": [random.choice(common) for _ in range(count)],
            "of rare characters": [random.choice(rare or common) for _ in range(count)],
        },
    )


def in_database(place: Place, asked: Asked, section: Section) -> None:
    """Without HTTP: what PostgreSQL and the folding of an answer take."""
    with closing(psycopg2.connect(place.owner_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            now = datetime.now(UTC)
            for kind, pairs in asked.pairs.items():
                figure = _timed(
                    f"{_work(kind)}, database",
                    [lambda pair=pair: collisions(cursor, now=now, name=pair) for pair in pairs],
                )
                section.figures.append(figure)
                _judge(section, figure, _SEARCH_DATABASE_MS)
            for work, page in _database_pages(cursor, now).items():
                first, hundredth = _both(page)
                repeats = len(asked.customers) // 4
                section.figures += [
                    _timed(f"{work}, first page, database", [first] * repeats),
                    _timed(f"{work}, page {PAGES}, database", [hundredth] * repeats),
                ]
    holder = place.service.application.holder_at
    section.figures.append(
        _timed(
            "holder at an instant, database",
            [lambda who=who, at=at: _held(holder, who, at) for who, at in _pairs(asked)],
        )
    )


def over_http(ground: Ground, house: House, place: Place, asked: Asked, section: Section) -> None:
    """As a client sees it."""
    token = place.auditor.token

    def ask(work: str, paths: Sequence[str]) -> Figure:
        ground.tell(f"find: {work}, over HTTP")
        requests = [("GET", path, token, None) for path in paths]
        before = processor_seconds(house.child.process_id)
        answer = send(ground, house, requests, connections=1, seconds_max=_SECONDS_MAX)
        spent_ms = 1000 * (processor_seconds(house.child.process_id) - before) / len(paths)
        require_only(answer, 200)
        figure = timed(
            f"{work}, HTTP",
            "tenure",
            answer["latencies_ms"],
            seconds=answer["seconds"],
            unit="answers/s",
            remark=f"{spent_ms:.1f} ms of the API's processor",
        )
        section.figures.append(figure)
        return figure

    ask("warming up", _holder_paths(asked)[:100])
    section.figures.pop()
    _judge(section, ask("holder at an instant", _holder_paths(asked)), _HOLDER_MS)
    for kind, pairs in asked.pairs.items():
        paths = [f"/v1/collisions?name={quote(pair)}" for pair in pairs]
        _judge(section, ask(_work(kind), paths), _SEARCH_MS)
    for what in ("pool", "audit"):
        repeats = len(asked.customers) // 4
        first = f"/v1/{what}?limit={_PAGE_ITEMS}"
        last = _last_path(house, first, token)
        figures = [
            ask(f"{what}, first page", [first] * repeats),
            ask(f"{what}, page {PAGES}", [last] * repeats),
        ]
        _judge_pages(section, what, *figures)


def _judge(section: Section, figure: Figure, bound_ms: float) -> None:
    work = f"{figure.work}, p99"
    section.verdicts.append(at_most(work, Need.MUST, bound_ms, figure.p99_ms or 0.0, "ms"))


def _judge_pages(section: Section, what: str, first: Figure, last: Figure) -> None:
    """By the middle of many: at the end of the scale stands whatever else the machine did."""
    ratio = (last.p50_ms or 0.0) / (first.p50_ms or 1.0)
    work = f"{what}, page {PAGES}, p50"
    section.verdicts.append(at_most(work, Need.MUST, _ALIKE, ratio, "x the first"))


def _timed(work: str, asks: Sequence[Callable[[], Any]]) -> Figure:
    latencies = []
    for ask in asks:
        before = time.perf_counter()
        ask()
        latencies.append((time.perf_counter() - before) * 1000)
    return timed(work, "tenure", latencies, seconds=sum(latencies) / 1000, unit="answers/s")


def _held(holder: Callable[..., Answer], customer_id: UUID, at: datetime) -> Answer:
    return holder(customer_id, at=at)


def _pairs(asked: Asked) -> Iterator[tuple[UUID, datetime]]:
    return zip(asked.customers, asked.instants, strict=True)


def _database_pages(cursor: Any, now: datetime) -> dict[str, Callable[..., Any]]:
    return {
        "pool": lambda after: in_pool(cursor, now=now, limit=_PAGE_ITEMS, after=after),
        "audit": lambda after: audit(cursor, limit=_PAGE_ITEMS, after=after),
    }


def _both(page: Callable[..., Any]) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """How to ask for the first page, and for the last of `PAGES` or the last there is."""
    after = None
    for _ in range(PAGES - 1):
        following = page(after).next
        if following is None:
            break
        after = following
    return lambda: page(None), lambda: page(after)


def _last_path(house: House, first: str, token: str) -> str:
    """The path of page `PAGES`, or of the last there is."""
    path = first
    for _ in range(PAGES - 1):
        following = fetch(house, path, token)["next"]
        if following is None:
            break
        path = f"{first}&{urlencode({'after': following})}"
    return path


def _holder_paths(asked: Asked) -> list[str]:
    return [
        f"/v1/customers/{customer_id}/holder?at={at:%Y-%m-%dT%H:%M:%SZ}"
        for customer_id, at in _pairs(asked)
    ]


def count_of(place: Place) -> int:
    """How many customers there are."""
    return int(place.rows("SELECT count(*) FROM views.customer_names")[0][0])


def _work(kind: str) -> str:
    return kind if kind.startswith("two") else f"two-character search {kind}"


def _two_characters(name: str, random: Random) -> str:
    """Two neighbouring characters out of the front of a name, where the trade name stands."""
    start = random.randrange(max(1, min(3, len(name) - 1)))
    return name[start : start + 2]
