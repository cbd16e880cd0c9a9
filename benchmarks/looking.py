"""Pages of the console among many customers: what each costs its reader, and how large it is."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random
from typing import Final
from urllib.parse import quote, urlencode

from benchmarks.children import ChildFailed
from benchmarks.figures import Need, Section, at_most, percentile, timed
from benchmarks.finding import Asked, count_of, questions, tidy
from benchmarks.ground import Ground
from benchmarks.houses import House, tenure_house, token_of
from benchmarks.load.people import People, Person
from benchmarks.load.place import Place, loaded
from benchmarks.scales import Scale

NAME = "pages"
_LOOKS = 10
"""How many times fewer pages are looked at than questions are asked: a page asks several."""
_WARM_UP = 3
_P95_MS, _PAGE_KB = 50, 60
_SECONDS_MAX = 60.0
_REMARKS = (
    "One reader, one page at a time, from the request to the last byte, so that the way over the "
    "loopback counts too. Sellers, managers, customers, instants and characters at random.",
    "Size: the largest of the page's HTML, as it goes over the wire uncompressed.",
)
_LISTS: Final = {
    "start of a seller": ("seller", ["/"]),
    "start of a manager": ("manager", ["/"]),
    "start of a director": ("director", ["/"]),
    "pool": ("seller", ["/pool"]),
    "board of a seller": ("seller", ["/board"]),
    "board of a manager": ("manager", ["/board"]),
    "board of a director": ("director", ["/board"]),
    "board of after-sales' manager": ("after-sales-manager", ["/board"]),
    "approvals": ("reviewer", ["/approvals"]),
    "approvals, one open": ("reviewer", ["/approvals?open=first"]),
    "disputes": ("auditor", ["/disputes"]),
    "figures": ("manager", ["/figures"]),
    "audit": ("auditor", ["/audit"]),
    "habits": ("manager", ["/figures/habits"]),
    "rules": ("seller", ["/rules"]),
    "people": ("manager", ["/people"]),
    "a member": ("administrator", ["/people/seller-1", "/people/seller-2"]),
}
"""Pages that are nobody's in particular: by whom, and where."""


@dataclass(frozen=True, slots=True)
class Look:
    """A kind of page. looks: who looks at it, and its address."""

    page: str
    looks: Sequence[tuple[str, str]]


@dataclass(slots=True)
class _Seen:
    """What came of the looks at one kind of page."""

    latencies_ms: list[float]
    bytes_max: int
    seconds: float


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Pages of the console", remarks=list(_REMARKS))
    with loaded(
        ground,
        customers=scale.names,
        events=scale.names * scale.events_a_customer,
        data=ground.data,
        figures=section.figures,
        database="pages_tenure",
    ) as place:
        section.title = f"Pages of the console among {count_of(place):,} customers"
        ground.tell("pages: tidying up behind the load")
        tidy(place)
        count = max(_WARM_UP + 1, scale.searches // _LOOKS)
        kinds = list(_kinds(place, questions(place, count), count))
        people = {member for kind in kinds for member, _ in kind.looks}
        tokens = {member: token_of(place.service, member) for member in sorted(people)}
        with tenure_house(
            ground, "--no-worker", *place.serve, environment=place.environment
        ) as house:
            for kind in kinds:
                ground.tell(f"pages: {kind.page}")
                _report(section, kind, _looked(house, kind, tokens))
    return section


def _kinds(place: Place, asked: Asked, count: int) -> Iterator[Look]:
    """Every main page, with those who work with it."""
    random = Random(2)
    readers = {
        role: [random.choice(people).member for _ in range(count)]
        for role, people in _people(place).items()
    }
    for page, (role, addresses) in {**_of_customers(asked), **_LISTS}.items():
        looks = islice(cycle(addresses), count)
        yield Look(page, list(zip(readers[role], looks, strict=True)))


def _people(place: Place) -> dict[str, Sequence[Person]]:
    """Those who look, by role."""
    people = People(count_of(place))
    return {"seller": people.sellers, "manager": list(people.managers.values()), **people.others}


def _of_customers(asked: Asked) -> dict[str, tuple[str, Sequence[str]]]:
    """Pages about the customers, names and instants that are asked for: by whom, and where."""
    customers = [f"/customers/{customer_id}" for customer_id in asked.customers]
    names = [
        f"/collisions?{urlencode({'name': pair})}" for pair in asked.pairs["two-character search"]
    ]
    moments = [
        f"{address}/time?at={quote(f'{at:%Y-%m-%dT%H:%M:%SZ}')}"
        for address, at in zip(customers, asked.instants, strict=True)
    ]
    return {
        "collision check": ("seller", names),
        "customer": ("seller", customers),
        "customer, for an auditor": ("auditor", customers),
        "time machine": ("auditor", moments),
    }


def _looked(house: House, kind: Look, tokens: dict[str, str]) -> _Seen:
    """Every look in turn over one connection, after some to warm up. Raises ChildFailed."""
    seen = _Seen([], 0, 0.0)
    with closing(http.client.HTTPConnection(house.host, house.port, timeout=_SECONDS_MAX)) as line:
        for number, (member, address) in enumerate([*kind.looks[:_WARM_UP], *kind.looks]):
            began = time.perf_counter()
            line.request(
                "GET",
                address,
                headers={"Authorization": f"Bearer {tokens[member]}", "Accept": "text/html"},
            )
            answer = line.getresponse()
            body = answer.read()
            took = time.perf_counter() - began
            if answer.status != http.HTTPStatus.OK:
                raise ChildFailed(f"GET {address} answered {answer.status}: {body[:300]!r}")
            if number >= _WARM_UP:
                seen.latencies_ms.append(1000 * took)
                seen.bytes_max = max(seen.bytes_max, len(body))
                seen.seconds += took
    return seen


def _report(section: Section, kind: Look, seen: _Seen) -> None:
    p95, kilobytes = percentile(seen.latencies_ms, 0.95), seen.bytes_max / 1000
    section.figures.append(
        timed(
            kind.page,
            "tenure",
            seen.latencies_ms,
            seconds=seen.seconds,
            unit="pages/s",
            remark=f"p95 {p95:.1f} ms, at most {kilobytes:.0f} kB",
        )
    )
    section.verdicts += [
        at_most(f"{kind.page}, p95", Need.MUST, _P95_MS, p95, "ms"),
        at_most(f"{kind.page}, size", Need.MUST, _PAGE_KB, kilobytes, "kB"),
    ]
