"""Rights and looks: what the permission filter adds to questions, and what an entry of the access
log costs the answer that waits for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from api.access.entries import Entry
from api.access.log import AccessLog
from benchmarks.figures import Figure, Need, Section, at_most, percentile, timed
from benchmarks.finding import Asked, count_of, questions, tidy
from benchmarks.ground import Ground
from benchmarks.houses import House, require_only, send, tenure_house, token_of
from benchmarks.load.people import People
from benchmarks.load.place import Place, loaded
from benchmarks.scales import Scale

NAME = "rights"
OPEN, FILTERED = "sees everything", "stranger to most"
READERS: Final = (1, 16)
"""How many look at once."""
_PAGE_ITEMS = 50
_FILTER_PERCENT = 10.0
_LOOKS_MAX = 1_000
_SECONDS_MAX = 3_600.0
_REMARKS = (
    "The same questions, in turns, by a director, for whom nothing is left out, and by a seller, "
    "to whom most of it is; one connection, over HTTP, each search with its entry of the access "
    "log.",
    "An entry: from handing it over until it is on the disk, for which its answer waits; readers "
    "at once share commits.",
)


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Rights and looks", remarks=list(_REMARKS))
    with loaded(
        ground,
        customers=scale.names,
        events=scale.names * scale.events_a_customer,
        data=ground.data,
        figures=section.figures,
        database="rights_tenure",
    ) as place:
        ground.tell("rights: tidying up behind the load")
        tidy(place)
        asked = questions(place, max(20, scale.searches // 4))
        with tenure_house(
            ground, "--no-worker", *place.serve, environment=place.environment
        ) as house:
            _filtered(ground, house, place, scale, asked, section)
        for readers in READERS:
            ground.tell(f"rights: entries of {readers} at once")
            section.figures.append(_entries(place, asked.customers, scale, readers))
    return section


def _filtered(
    ground: Ground, house: House, place: Place, scale: Scale, asked: Asked, section: Section
) -> None:
    """Each question by both readers, who take turns in who goes first."""
    people = People(count_of(place))
    director, seller = people.others["director"][0].member, people.sellers[0].member
    tokens = {OPEN: token_of(place.service, director), FILTERED: token_of(place.service, seller)}
    for work, paths in _questions(asked).items():
        latencies: dict[str, list[float]] = {side: [] for side in tokens}
        seconds = dict.fromkeys(tokens, 0.0)
        for side in tokens:
            _sent(ground, house, paths[:20], tokens[side])
        for turn in range(scale.rounds):
            for side in (OPEN, FILTERED) if turn % 2 else (FILTERED, OPEN):
                ground.tell(f"rights: {work}, {side}, {turn + 1}/{scale.rounds}")
                answer = _sent(ground, house, paths, tokens[side])
                latencies[side] += answer["latencies_ms"]
                seconds[side] += answer["seconds"]
        section.figures += [
            timed(work, side, found, seconds=seconds[side], unit="answers/s")
            for side, found in latencies.items()
        ]
        p50 = {side: percentile(found, 0.5) for side, found in latencies.items()}
        more = 100 * (p50[FILTERED] / p50[OPEN] - 1)
        verdict = at_most(f"permission filter, {work}, p50", Need.MUST, _FILTER_PERCENT, more, "%")
        section.verdicts.append(verdict)


def _questions(asked: Asked) -> dict[str, Sequence[str]]:
    names = [quote(pair) for pair in asked.pairs["two-character search"]]
    return {
        "pool": [f"/v1/pool?limit={_PAGE_ITEMS}"] * len(names),
        "collision check": [f"/v1/collisions?name={name}" for name in names],
        "customers by name": [f"/v1/customers?limit={_PAGE_ITEMS}&name={name}" for name in names],
    }


def _sent(ground: Ground, house: House, paths: Sequence[str], token: str) -> dict[str, Any]:
    requests = [("GET", path, token, None) for path in paths]
    answer = send(ground, house, requests, connections=1, seconds_max=_SECONDS_MAX)
    require_only(answer, 200)
    return answer


def _entries(place: Place, customers: Sequence[UUID], scale: Scale, readers: int) -> Figure:
    """What each of so many threads waits for its entries."""
    count = min(_LOOKS_MAX, scale.searches)
    log = AccessLog(place.service.database, lambda: datetime.now(UTC))

    def look(number: int) -> float:
        facts = {"view": "card", "fields": ["phone", "notes"]}
        whose = customers[number % len(customers)]
        entry = Entry("details-read", "auditor-1", "role", whose, facts)
        began = time.perf_counter()
        log.record(entry)
        return (time.perf_counter() - began) * 1000

    began = time.perf_counter()
    with ThreadPoolExecutor(readers) as pool:
        latencies = list(pool.map(look, range(count)))
    seconds = time.perf_counter() - began
    work = f"entry of a look, {readers} at once"
    return timed(work, "access log", latencies, seconds=seconds, unit="entries/s")
