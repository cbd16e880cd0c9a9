"""The sealer: what it costs claims over HTTP, how fast it is, how far it lags behind appends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from statistics import median
from typing import Any

from benchmarks.children import Child
from benchmarks.claiming import CONNECTIONS, SELLERS, Turns, claim_of, imported, take_turn
from benchmarks.figures import Figure, Need, Section, at_most
from benchmarks.ground import Ground
from benchmarks.houses import House, house, joined, migrated_database, opened, signing_settings
from benchmarks.scales import Scale

NAME = "seal"
ALONE, SEALED = "without sealer", "with sealer"
EXISTING = 100_000
_WARM_UP = 64
_READY_SECONDS = 120.0
_SEAL_SECONDS = 600.0
_MODULE = "benchmarks.seal_when_told"
_STATE_CHARACTERS = 480
_REMARKS = (
    "One server process; the sealer runs in a thread of it, as the worker of `tenure serve` does, "
    "and signs checkpoints. Turns with and without it alternate, also in who goes first; the views "
    "are not followed meanwhile. The cost is the median over the pairs of turns.",
    "What is left to be sealed at the end of a turn is sealed before the processor time is read.",
    f"Appends: {CONNECTIONS} writers as in section append; the sealer is a process of its own.",
)
_FILL = """
INSERT INTO tenure.events (position, originator_id, originator_version, topic, state, recorded_at)
SELECT nextval('tenure.positions'), gen_random_uuid(), 1, 'customer.followed_up',
    convert_to(rpad('{{"n":' || n || ',"note":"', {characters}, 'x') || '"}}', 'UTF8'), now()
FROM generate_series(1, {events}) AS n
"""


@dataclass(slots=True)
class _Side:
    """Turns of one side. rates: claims a second, of each turn. lags: events, at its end."""

    turns: Turns = field(default_factory=Turns)
    rates: list[float] = field(default_factory=list)
    lags: list[int] = field(default_factory=list)


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Sealing the log", remarks=list(_REMARKS))
    _claims(ground, scale, section)
    _appends(ground, scale, section)
    return section


def _claims(ground: Ground, scale: Scale, section: Section) -> None:
    pairs = scale.rounds
    url = migrated_database(ground, "seal_claims")
    customers, _ = imported(ground, "seal_claims", url, _WARM_UP + 2 * pairs * scale.claims)
    with opened(ground, url) as service:
        members = joined(service, [f"seller-{number}" for number in range(1, SELLERS + 1)])
    ground.run_sql("seal_claims", "VACUUM ANALYZE")
    sellers = cycle(members)
    requests = [claim_of(customer_id, next(sellers)) for customer_id, _ in customers]
    sides = {side: _Side() for side in (ALONE, SEALED)}
    with _sealing_house(ground, url) as served:
        take_turn(ground, served, requests[:_WARM_UP], Turns())
        start = _WARM_UP
        for pair in range(pairs):
            for side in (ALONE, SEALED) if pair % 2 else (SEALED, ALONE):
                ground.tell(f"seal, pair {pair + 1}/{pairs}: claims {side}")
                chosen = requests[start : start + scale.claims]
                _take_turn(ground, served, chosen, sides[side], is_sealed=side == SEALED)
                start += scale.claims
    _judge_claims(section, sides)


def _take_turn(
    ground: Ground, served: House, requests: list[Any], side: _Side, *, is_sealed: bool
) -> None:
    count, elapsed = len(side.turns.latencies_ms), side.turns.elapsed
    child = served.child
    # Either way the turn begins with everything sealed.
    child.ask(True, seconds_max=_SEAL_SECONDS)
    if not is_sealed:
        child.ask(False, seconds_max=_SEAL_SECONDS)

    def seal_the_rest() -> None:
        if is_sealed:
            side.lags.append(int(child.ask(False, seconds_max=_SEAL_SECONDS)["lag"]))

    take_turn(ground, served, requests, side.turns, before_the_end=seal_the_rest)
    claims = len(side.turns.latencies_ms) - count
    side.rates.append(claims / (side.turns.elapsed - elapsed))


def _judge_claims(section: Section, sides: dict[str, _Side]) -> None:
    work = f"claim over HTTP, {CONNECTIONS} connections"
    section.figures += [one.turns.figure(work, side) for side, one in sides.items()]
    pairs = zip(sides[ALONE].rates, sides[SEALED].rates, strict=True)
    costs = [100 * (1 - sealed / alone) for alone, sealed in pairs]
    processor = {side: one.turns.server + one.turns.database for side, one in sides.items()}
    share = 100 * (processor[SEALED] / processor[ALONE] - 1)
    remark = f"from {min(costs):.1f} to {max(costs):.1f}; processor time a claim {share:+.1f} %"
    section.figures += [
        Figure("cost to claims", SEALED, median(costs), "% of the rate", remark=remark),
        Figure("lag behind claims, at most", SEALED, float(max(sides[SEALED].lags)), "events"),
    ]
    section.verdicts.append(
        at_most("cost of the sealer to claims", Need.MUST, 5.0, median(costs), "% of the rate")
    )


def _appends(ground: Ground, scale: Scale, section: Section) -> None:
    url = migrated_database(ground, "seal_appends")
    ground.tell(f"seal: a log of {EXISTING} events")
    ground.run_sql("seal_appends", _FILL.format(characters=_STATE_CHARACTERS, events=EXISTING))
    order = {"side": "tenure", "url": url, "writers": CONNECTIONS, "arrangement": "processes"}
    with (
        ground.children.module(_MODULE, environment=_environment(ground, url)) as sealer,
        ground.children.module(
            "benchmarks.append_writers", environment=ground.environment()
        ) as writers,
    ):
        found = sealer.ask(True, seconds_max=_SEAL_SECONDS)
        rate = found["sealed"] / found["seconds"]
        section.figures.append(Figure("sealing a log that is there", "sealer", rate, "events/s"))
        sealer.ask(False, seconds_max=_SEAL_SECONDS)
        writers.ask(order, seconds_max=_READY_SECONDS)
        counts = {ALONE: 0, SEALED: 0}
        lags: list[dict[str, float]] = []
        for number in range(scale.rounds):
            for side in (ALONE, SEALED):
                ground.tell(f"seal, round {number + 1}/{scale.rounds}: appends {side}")
                sealer.ask(True, seconds_max=_SEAL_SECONDS)
                if side == ALONE:
                    sealer.ask(False, seconds_max=_SEAL_SECONDS)
                counts[side] += _appended(writers, scale.append_seconds)
                if side == SEALED:
                    lags.append(sealer.ask(False, seconds_max=_SEAL_SECONDS))
    _tell_appends(section, scale, counts, lags)


def _appended(writers: Child, seconds: float) -> int:
    """Appends of all writers in one turn."""
    answer = writers.ask({"seconds": seconds}, seconds_max=seconds + _READY_SECONDS)
    return len(answer["latencies_ms"])


def _tell_appends(
    section: Section, scale: Scale, counts: dict[str, int], lags: list[dict[str, float]]
) -> None:
    work = f"append, {CONNECTIONS} writers"
    seconds = scale.rounds * scale.append_seconds
    section.figures += [
        Figure(work, side, count / seconds, "appends/s") for side, count in counts.items()
    ]
    worst = max(lags, key=lambda lag: lag["lag"])
    remark = f"caught up {worst['seconds']:.2f} s after {scale.append_seconds:g} s of appends"
    section.figures.append(
        Figure("lag behind appends, at most", SEALED, worst["lag"], "events", remark=remark)
    )


@contextmanager
def _sealing_house(ground: Ground, url: str) -> Iterator[House]:
    """`tenure serve` without a worker, and the sealer when it is told to."""
    environment = _environment(ground, url)
    arguments = ("serve", "--port", "0", "--no-worker")
    yield from house(
        ground,
        lambda: ground.children.start_module(_MODULE, *arguments, environment=environment),
        begins_with="Tenure is ready",
    )


def _environment(ground: Ground, url: str) -> dict[str, str]:
    """With all that a checkpoint is signed with."""
    name = url.rpartition("/")[2].partition("?")[0]
    return dict(ground.environment(TENURE_DATABASE=url, **signing_settings(ground, name)))
