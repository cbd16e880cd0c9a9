"""Pages of the console among many customers: what each costs its reader, and how large it is."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from random import Random
from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID

from benchmarks.children import ChildFailed
from benchmarks.figures import Need, Section, at_most, percentile, timed
from benchmarks.finding import Asked, count_of, questions, tidy
from benchmarks.ground import Ground
from benchmarks.houses import House, tenure_house, token_of
from benchmarks.load.filling import follow
from benchmarks.load.people import People, Person
from benchmarks.load.place import Place, loaded
from benchmarks.scales import Scale
from domain.events import FollowedUp

NAME = "pages"
_LOOKS = 10
"""How many times fewer pages are looked at than questions are asked: a page asks several."""
_WARM_UP = 3
_LOOKS_MIN = 20
_SECONDS_A_PAGE = 30.0
"""After which no further look at a kind of page is begun, where there were enough."""
_P95_MS, _PAGE_KB = 50, 60
_SECONDS_MAX = 60.0
_REMARKS = (
    "One reader, one page at a time, from the request to the last byte, so that the way over the "
    "loopback counts too. Sellers, managers, customers, instants and characters at random.",
    "Size: the largest of the page's HTML, as it goes over the wire uncompressed.",
)
_STARTS: Final = ("seller", "manager", "director", "reviewer", "auditor", "administrator")
_BOARDS: Final = ("seller", "manager", "director", "after-sales-manager")
_LISTS: Final = {
    **{f"start, {role}": (role, ["/"]) for role in _STARTS},
    "collision check, empty": ("seller", ["/collisions"]),
    "register": ("seller", ["/register"]),
    "pool": ("seller", ["/pool"]),
    **{f"board, {role}": (role, ["/board"]) for role in _BOARDS},
    "approvals": ("reviewer", ["/approvals"]),
    "approvals, one open": ("reviewer", ["/approvals?open=first"]),
    "approvals, manager": ("manager", ["/approvals"]),
    "approvals, director": ("director", ["/approvals"]),
    "disputes": ("auditor", ["/disputes"]),
    "disputes, seller": ("seller", ["/disputes"]),
    **{f"figures, {role}": (role, ["/figures"]) for role in ("seller", "manager", "director")},
    "figures by member": ("manager", ["/figures?by=member"]),
    "figures by member, director": ("director", ["/figures?by=member"]),
    "figures by department, director": ("director", ["/figures?by=department"]),
    "events of a figure": ("manager", ["/figures/claims", "/figures/lapses"]),
    "events of a figure, director": ("director", ["/figures/claims", "/figures/lapses"]),
    "habits": ("manager", ["/figures/habits"]),
    "habits, director": ("director", ["/figures/habits"]),
    "audit": ("auditor", ["/audit"]),
    "audit, of a member": ("auditor", ["/audit?actor=seller-1", "/audit?actor=seller-2"]),
    "access log": ("auditor", ["/audit/access"]),
    "proof": ("auditor", ["/audit/proof"]),
    "rules": ("seller", ["/rules"]),
    "rules, administrator": ("administrator", ["/rules"]),
    "form of changed rules": ("administrator", ["/rules/change"]),
    "people": ("manager", ["/people"]),
    "people, administrator": ("administrator", ["/people"]),
    "a member": ("administrator", ["/people/seller-1", "/people/seller-2"]),
    "a member, to a colleague": ("seller", ["/people/seller-1", "/people/seller-2"]),
    "form of a member": ("administrator", ["/people/seller-1/change-member"]),
    "form of a password": ("administrator", ["/people/seller-1/set-password"]),
    "form of a new member": ("administrator", ["/add-member"]),
    "form of a department": ("administrator", ["/place-department"]),
}
"""Pages that are about no customer: by whom, and where."""
NO_PAGES: Final = frozenset(
    (
        "/static/{name}",
        "/live",
        "/sign-in",
        "/password",
        "/pool.csv",
        "/board.csv",
        "/audit/export",
        "/audit/access/export",
        "/audit/proof/note",
        "/approvals/several",
        "/approvals/{customer_id}/{kind}",
        "/customers/{customer_id}/disputes/{number}/{command}",
    )
)
"""What the console serves beside: files, streams, ways to another page, and what a browser's
session alone opens."""


@dataclass(frozen=True, slots=True)
class Look:
    """A kind of page. looks: who looks at it, and its address."""

    page: str
    looks: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Found:
    """What some pages are about. held: holders and what they hold. free: what nobody holds. cases:
    customers and numbers of their disputes. notes: holders, what they hold, and where in the log a
    follow-up of it is. rulebook: the version that decides."""

    held: Sequence[tuple[str, UUID]]
    free: Sequence[UUID]
    cases: Sequence[tuple[UUID, int]]
    notes: Sequence[tuple[str, UUID, int]]
    rulebook: str


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
        count = max(_LOOKS_MIN, scale.searches // _LOOKS)
        ground.tell("pages: tidying up behind the load")
        tidy(place)
        asked, found = questions(place, count), found_in(place)
        kinds = list(kinds_of(People(count_of(place)), asked, found, count))
        people = {member for kind in kinds for member, _ in kind.looks}
        tokens = {member: token_of(place.service, member) for member in sorted(people)}
        # Forms wait for the end of the log, and nobody else follows it.
        follow(place.service)
        with tenure_house(
            ground, "--no-worker", *place.serve, environment=place.environment
        ) as house:
            for kind in kinds:
                ground.tell(f"pages: {kind.page}")
                _report(section, kind, _looked(house, kind, tokens))
    return section


def kinds_of(people: People, asked: Asked, found: Found, count: int) -> Iterator[Look]:
    """Every page, with those who work with it; one that nothing in the load is about is left out,
    as that of a dispute."""
    random = Random(2)
    those: dict[str, Sequence[Person]] = {
        "seller": people.sellers,
        "manager": list(people.managers.values()),
        **people.others,
    }
    readers = {
        role: [random.choice(some).member for _ in range(count)] for role, some in those.items()
    }
    for page, (role, addresses) in {**_LISTS, **_of_customers(asked), **_of_rules(found)}.items():
        looks = islice(cycle(addresses), count)
        yield Look(page, list(zip(readers[role], looks, strict=True)))
    for page, looked_at in _of_some(found).items():
        if looked_at:
            yield Look(page, list(islice(cycle(looked_at), count)))


def found_in(place: Place) -> Found:
    """Those customers alone that somebody holds for a while yet, that nobody does, and that are
    disputed; and the version of the rules that decides."""
    now = place.service.application.now()
    held = place.rows(
        "SELECT holder, customer_id FROM views.customer_holdings WHERE holder IS NOT NULL"
        " AND stage IN ('potential', 'intent') AND pool_from > %s ORDER BY customer_id LIMIT 500",
        now + timedelta(hours=1),
    )
    free = place.rows(
        "SELECT customer_id FROM views.pool WHERE pool_from <= %s"
        " ORDER BY pool_from DESC, customer_id LIMIT 500",
        now,
    )
    cases = place.rows("SELECT customer_id, number FROM views.disputes ORDER BY 1, 2 LIMIT 500")
    noted = place.rows(
        "SELECT originator_id, max(position) FROM tenure.events"
        " WHERE originator_id = ANY(%s) AND topic = %s GROUP BY originator_id",
        [one for _, one in held],
        FollowedUp.TOPIC,
    )
    holders = {one: who for who, one in held}
    rules = place.service.application.rulebooks().in_force(now)
    return Found(
        [(who, one) for who, one in held],
        [one for (one,) in free],
        [(one, case) for one, case in cases],
        [(holders[one], one, position) for one, position in noted],
        rules.version,
    )


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
        "customer, auditor": ("auditor", customers),
        "time machine": ("auditor", moments),
        "time machine, seller": ("seller", moments),
        "evidence": ("auditor", [f"{address}/evidence" for address in customers]),
    }


def _of_rules(found: Found) -> dict[str, tuple[str, Sequence[str]]]:
    """The version of the rules that decides, beside itself."""
    version = quote(found.rulebook, safe="")
    address = f"/rules/versions/{version}?against={version}"
    return {"two versions of the rules": ("seller", [address])}


def _of_some(found: Found) -> dict[str, list[tuple[str, str]]]:
    """Pages of what was found: by whom, and where."""
    forms = [(who, f"/customers/{one}/actions/follow-up") for who, one in found.held]
    return {
        "customer, its holder": [(who, f"/customers/{one}") for who, one in found.held],
        "form of a command": forms,
        "claim from the pool": [("seller-1", f"/pool/claim?customer={one}") for one in found.free],
        "a dispute": [
            ("auditor-1", f"/customers/{one}/disputes/{case}") for one, case in found.cases
        ],
        "a note": [
            (who, f"/customers/{one}/notes/{position}") for who, one, position in found.notes
        ],
    }


def _looked(house: House, kind: Look, tokens: dict[str, str]) -> _Seen:
    """Every look in turn over one connection, after some to warm up; of a slow page fewer. Raises
    ChildFailed."""
    seen = _Seen([], 0, 0.0)
    with closing(http.client.HTTPConnection(house.host, house.port, timeout=_SECONDS_MAX)) as line:
        for number, (member, address) in enumerate([*kind.looks[:_WARM_UP], *kind.looks]):
            if seen.seconds > _SECONDS_A_PAGE and len(seen.latencies_ms) >= _LOOKS_MIN:
                break
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
