"""Claims over HTTP: Tenure against a hand-written claim on the same stack; import and memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from uuid import UUID

from benchmarks import crud_claim
from benchmarks.children import ChildFailed
from benchmarks.companies import companies, write_csv
from benchmarks.figures import Figure, Need, Section, at_least, at_most, timed
from benchmarks.ground import Ground
from benchmarks.houses import (
    House,
    Member,
    crud_house,
    joined,
    migrated_database,
    opened,
    require_only,
    send,
    tenure_command,
    tenure_house,
)
from benchmarks.resources import processor_seconds, processor_seconds_below, resident_mb
from benchmarks.scales import Scale

NAME = "claim"
CONNECTIONS = 16
SELLERS = 20
_WARM_UP = 64
_SECONDS_MAX = 600.0
_REMARKS = (
    f"{CONNECTIONS} keep-alive connections of one client process, each claim on a customer that "
    "nobody has claimed; every 201 is durable. One server process each, the same uvicorn settings, "
    "ten database connections, fsync on; the sides take turns.",
    "The peer looks the token up, locks the row, updates it, adds an audit row, commits "
    "(benchmarks/crud_claim.py). Tenure also seals the contact, checks for collisions, keeps the "
    "command and writes a log line a request. The views are not followed meanwhile.",
    "Import: `tenure import`, every row through the application, from start to end of the command.",
)
_CONTACT = {"name": "王敏", "position": "采购经理", "phone": "13800138000"}
Customers = Sequence[tuple[UUID, str]]


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Claims over HTTP, and import", remarks=list(_REMARKS))
    url = migrated_database(ground, "claim_tenure")
    wanted = _WARM_UP + scale.rounds * scale.claims
    customers, rate = imported(ground, "claim_tenure", url, wanted)
    section.figures.append(Figure("import", "tenure", rate, "rows/s"))
    with opened(ground, url) as service:
        members = joined(service, [f"seller-{number}" for number in range(1, SELLERS + 1)])
    peer_url = ground.database("claim_crud")
    crud_claim.prepare(peer_url, customers, [(found.member, found.token) for found in members])
    ground.run_sql("claim_tenure", "VACUUM ANALYZE")
    with (
        tenure_house(ground, "--no-worker", "--database", url) as own,
        crud_house(ground, peer_url) as peer,
    ):
        houses = {"tenure": own, "crud": peer}
        _claim_in_turns(ground, scale, section, houses, customers, members)
        memory = resident_mb(own.child.process_id)
    section.figures.append(Figure("memory of the API process", "tenure", memory, "MB"))
    section.verdicts.append(at_most("memory of the API process", Need.MUST, 150, memory, "MB"))
    return section


def claim_of(
    customer_id: UUID, member: Member, contact: dict[str, str] = _CONTACT
) -> tuple[str, str, str, Any]:
    """One claim as a request."""
    path = f"/v1/customers/{customer_id}/claim"
    return ("POST", path, member.token, {"contact": contact})


def imported(ground: Ground, name: str, url: str, wanted: int) -> tuple[Customers, float]:
    """Customers registered by `tenure import`: at least as many as wanted, but for lookalikes.

    And rows a second. name: of the database.
    """
    rows = wanted + wanted // 500 + 5
    file = ground.folder / f"{name}.csv"
    write_csv(file, companies(rows))
    ground.tell(f"import: {rows} rows through the application")
    began = time.monotonic()
    child = tenure_command(ground, "import", str(file), "--database", url, "--json")
    status = child.wait(seconds_max=_SECONDS_MAX)
    seconds = time.monotonic() - began
    if status != 0:
        raise child.failure(f"ended with status {status}")
    registered = ground.run_sql(
        name,
        "SELECT originator_id, convert_from(state, 'UTF8') FROM tenure.events"
        " WHERE topic = 'customer.registered' ORDER BY position",
    )
    if len(registered) < wanted:
        raise ChildFailed(f"of {rows} rows only {len(registered)} were registered")
    customers = [
        (UUID(str(customer_id)), json.loads(state)["name"]) for customer_id, state in registered
    ]
    return customers, rows / seconds


@dataclass(slots=True)
class Turns:
    """What one side needed for its turns so far, in seconds but for the latencies."""

    latencies_ms: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    server: float = 0.0
    database: float = 0.0

    def figure(self, work: str, side: str) -> Figure:
        """The rate; and the processor time a claim, which a busy machine disturbs less."""
        server, database = (
            1000 * seconds / len(self.latencies_ms) for seconds in (self.server, self.database)
        )
        remark = f"processor a claim: server {server:.2f} ms, PostgreSQL {database:.2f} ms"
        return timed(
            work, side, self.latencies_ms, seconds=self.elapsed, unit="claims/s", remark=remark
        )


def _claim_in_turns(
    ground: Ground,
    scale: Scale,
    section: Section,
    houses: dict[str, House],
    customers: Customers,
    members: list[Member],
) -> None:
    turns = {side: Turns() for side in houses}
    sellers = cycle(members)
    for number in range(scale.rounds + 1):
        # Round 0 warms both sides up and is not counted.
        start = _WARM_UP + (number - 1) * scale.claims if number else 0
        chosen = customers[start : start + (scale.claims if number else _WARM_UP)]
        requests = [claim_of(customer_id, next(sellers)) for customer_id, _ in chosen]
        for side, house in houses.items():
            ground.tell(f"claim, round {number}/{scale.rounds}: {side}")
            take_turn(ground, house, requests, turns[side] if number else Turns())
    work = f"claim over HTTP, {CONNECTIONS} connections"
    figures = {side: turns[side].figure(work, side) for side in houses}
    section.figures += figures.values()
    share = 100 * figures["tenure"].value / figures["crud"].value
    section.verdicts += [
        at_least(work, Need.MUST, 50.0, share, "% of CRUD"),
        at_least(work, Need.AIM, 100.0, share, "% of CRUD"),
    ]


def take_turn(
    ground: Ground,
    house: House,
    requests: Sequence[Any],
    turns: Turns,
    *,
    before_the_end: Callable[[], None] = lambda: None,
) -> None:
    """Send the requests. before_the_end: what belongs to the processor time of the turn, not to its
    rate."""
    process_id, postmaster = house.child.process_id, ground.server.server_pid() or 0
    server, database = processor_seconds(process_id), processor_seconds_below(postmaster)
    answer = send(ground, house, requests, connections=CONNECTIONS, seconds_max=_SECONDS_MAX)
    require_only(answer, 201)
    before_the_end()
    turns.latencies_ms += answer["latencies_ms"]
    turns.elapsed += answer["seconds"]
    turns.server += processor_seconds(process_id) - server
    turns.database += processor_seconds_below(postmaster) - database
