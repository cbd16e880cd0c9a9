"""Rights and looks: what the permission filter adds to questions, and what an entry of the access
log costs the answer that waits for it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Final
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
_PAIRS_MIN = 600
"""Pairs of answers to each kind of question, whatever the scale."""
_STRETCH = 50
"""Pairs whose medians are held against each other."""
_WARM_UP = 20
_LOOKS_MAX = 1_000
_SECONDS_MAX = 3_600.0
_REMARKS = (
    "Each question by a director, for whom nothing is left out, and by a seller, to whom most of "
    "it is, one right after the other in turns; one connection, over HTTP, each search with its "
    "entry of the access log.",
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
    """Each question by both readers, one right after the other, who take turns in who is first."""
    people = People(count_of(place))
    director, seller = people.others["director"][0].member, people.sellers[0].member
    tokens = {OPEN: token_of(place.service, director), FILTERED: token_of(place.service, seller)}
    for work, paths in _questions(asked).items():
        ground.tell(f"rights: {work}")
        _in_turns(ground, house, paths[:_WARM_UP], tokens)
        count = max(_PAIRS_MIN, scale.rounds * len(paths))
        latencies = _in_turns(ground, house, list(islice(cycle(paths), count)), tokens)
        section.figures += [
            timed(work, side, taken, seconds=sum(taken) / 1000, unit="answers/s")
            for side, taken in latencies.items()
        ]
        more = _more(latencies)
        section.figures.append(_spread(work, more))
        verdict = at_most(
            f"permission filter, {work}, p50",
            Need.MUST,
            _FILTER_PERCENT,
            percentile(more, 0.5),
            "%",
        )
        section.verdicts.append(verdict)


def _questions(asked: Asked) -> dict[str, Sequence[str]]:
    names = [quote(pair) for pair in asked.pairs["two-character search"]]
    return {
        "pool": [f"/v1/pool?limit={_PAGE_ITEMS}"] * len(names),
        "collision check": [f"/v1/collisions?name={name}" for name in names],
        "customers by name": [f"/v1/customers?limit={_PAGE_ITEMS}&name={name}" for name in names],
    }


def _in_turns(
    ground: Ground, house: House, paths: Sequence[str], tokens: Mapping[str, str]
) -> dict[str, list[float]]:
    """The milliseconds of every answer by who asked. Both ask a path before the next one is asked,
    so that whatever else the machine does meets both alike; who is second finds the pages of the
    database warm, so each is that as often as the other."""
    sides = tuple(tokens)
    asked = [
        (path, side)
        for number, path in enumerate(paths)
        for side in (sides if number % 2 else sides[::-1])
    ]
    requests = [("GET", path, tokens[side], None) for path, side in asked]
    answer = send(ground, house, requests, connections=1, seconds_max=_SECONDS_MAX)
    require_only(answer, 200)
    # Over one connection the answers come in the order of the requests.
    found: dict[str, list[float]] = {side: [] for side in sides}
    for (_, side), taken in zip(asked, answer["latencies_ms"], strict=True):
        found[side].append(taken)
    return found


def _more(latencies: Mapping[str, Sequence[float]]) -> list[float]:
    """By how many per cent the p50 of who sees less is above that of who sees everything, in every
    stretch of so many pairs: while the machine is faster or slower for a time, both are."""
    p50 = {
        side: [percentile(stretch, 0.5) for stretch in _stretches(taken)]
        for side, taken in latencies.items()
    }
    return [
        100 * (filtered / unfiltered - 1)
        for filtered, unfiltered in zip(p50[FILTERED], p50[OPEN], strict=True)
    ]


def _stretches(taken: Sequence[float]) -> list[Sequence[float]]:
    """A rest too short for a median of its own is left out."""
    whole = range(0, len(taken) - _STRETCH + 1, _STRETCH)
    return [taken[start : start + _STRETCH] for start in whole]


def _spread(work: str, more: Sequence[float]) -> Figure:
    """How far the stretches lie apart: what lies within that is no difference."""
    remark = f"{len(more)} stretches of {_STRETCH} pairs, {min(more):+.1f} to {max(more):+.1f} %"
    return Figure(f"filter, {work}", FILTERED, percentile(more, 0.5), "% on p50", remark=remark)


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
