"""Questions among many companies: two characters of a name, and who held one at an instant."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from urllib.parse import quote
from uuid import UUID

import psycopg2
from eventsourcing.persistence import JSONTranscoder

from benchmarks.companies import Company, companies
from benchmarks.figures import Figure, Need, Section, at_most, timed
from benchmarks.ground import Ground
from benchmarks.houses import (
    House,
    Member,
    joined,
    migrated_database,
    opened,
    require_only,
    send,
    tenure_house,
)
from benchmarks.lives import DAY, Author, Written, fill_log, written
from benchmarks.scales import Scale
from domain.names import parse
from eventstore.mapper import Mapper
from projections.customer_search import collisions

NAME = "find"
_SECONDS_MAX = 3_600.0
_KEPT_EVERY = 10
_REMARKS = (
    "Customers with a past (registered, claimed, followed up, lapsed, released), written to the "
    "log in bulk and followed into the views. Two neighbouring characters of some trade name among "
    "them; one connection, one question at a time. In the database: the collision check itself.",
)


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, f"Questions among {scale.names:,} companies", remarks=list(_REMARKS))
    url = migrated_database(ground, "find_tenure")
    with opened(ground, url) as service:
        member = joined(service, ["seller-1"])[0]
    known = _populate(ground, scale, url)
    _follow(ground, scale, section, url)
    random = Random(1)
    pairs = [_two_characters(random.choice(known)[1], random) for _ in range(scale.searches)]
    ground.tell(f"find: two characters among {scale.names:,} names, in the database")
    section.figures.append(_search_in_database(url, pairs))
    with tenure_house(ground, "--no-worker", "--database", url) as house:
        ground.tell("find: two characters, over HTTP")
        found = [
            ("GET", f"/v1/collisions?name={quote(pair)}", member.token, None) for pair in pairs
        ]
        section.figures.append(_ask(ground, house, "two-character search, HTTP", found))
        ground.tell("find: holder at an instant, over HTTP")
        asked = _holder_questions(known, member, scale.searches, random)
        section.figures.append(_ask(ground, house, "holder at an instant, HTTP", asked))
    for figure, bound in zip(section.figures[-3:], (5, 20, 10), strict=True):
        section.verdicts.append(
            at_most(f"{figure.work}, p99", Need.MUST, bound, figure.p99_ms or 0.0, "ms")
        )
    return section


def _populate(ground: Ground, scale: Scale, url: str) -> list[tuple[UUID, str]]:
    """Fill the log; id and trade name of some of the customers."""
    known: list[tuple[UUID, str]] = []

    def lives() -> Iterator[Written]:
        author, now = Author(ground.sealer()), datetime.now(UTC)
        mapper: Mapper[UUID] = Mapper(JSONTranscoder())
        for number, company in enumerate(companies(scale.names)):
            life = author.life(company, now)
            if number % _KEPT_EVERY == 0:
                known.append((life.customer.id, _trade_name(company)))
            yield written(life, mapper)

    fill_log(
        url,
        lives(),
        tell=lambda count: ground.tell(f"find: {count:,} of {scale.names:,} customers"),
    )
    return known


def _follow(ground: Ground, scale: Scale, section: Section, url: str) -> None:
    ground.tell(f"find: following {scale.names:,} customers into the views")
    with ground.children.module("benchmarks.own_views", environment=ground.environment()) as child:
        answer = child.ask({"url": url}, seconds_max=_SECONDS_MAX)
    rate = answer["events"] / answer["seconds"]
    remark = f"{answer['events']:,} events, {answer['views']} views"
    section.figures.append(Figure("following, large", "tenure", rate, "events/s", remark=remark))
    ground.run_sql("find_tenure", "VACUUM ANALYZE")


def _search_in_database(url: str, pairs: list[str]) -> Figure:
    latencies = []
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        now = datetime.now(UTC)
        for pair in pairs:
            before = time.perf_counter()
            collisions(cursor, now=now, name=pair)
            latencies.append((time.perf_counter() - before) * 1000)
    connection.close()
    return timed(
        "two-character search, database",
        "tenure",
        latencies,
        seconds=sum(latencies) / 1000,
        unit="searches/s",
    )


def _ask(
    ground: Ground, house: House, work: str, requests: list[tuple[str, str, str, None]]
) -> Figure:
    answer = send(ground, house, requests, connections=1, seconds_max=_SECONDS_MAX)
    require_only(answer, 200)
    return timed(
        work, "tenure", answer["latencies_ms"], seconds=answer["seconds"], unit="answers/s"
    )


def _holder_questions(
    known: list[tuple[UUID, str]], member: Member, count: int, random: Random
) -> list[tuple[str, str, str, None]]:
    """Some customer, some instant of the last year."""
    now = datetime.now(UTC)
    questions = []
    for _ in range(count):
        customer_id, _ = random.choice(known)
        at = (now - DAY * random.uniform(0, 365)).strftime("%Y-%m-%dT%H:%M:%SZ")
        path = f"/v1/customers/{customer_id}/holder?at={at}"
        questions.append(("GET", path, member.token, None))
    return questions


def _trade_name(company: Company) -> str:
    return parse(company.name).core


def _two_characters(name: str, random: Random) -> str:
    """Two neighbouring characters out of the front of a name, where the trade name stands."""
    start = random.randrange(max(1, min(3, len(name) - 1)))
    return name[start : start + 2]
