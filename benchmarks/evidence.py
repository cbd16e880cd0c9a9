"""Evidence of a customer with a long life, out of a large log: how long it takes, and that it
convinces a Python that knows nothing of ours."""

from __future__ import annotations

import http.client
import io
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle
from typing import Final
from uuid import UUID

from api.credentials import credentials_of
from api.proof.growing import GrowingTree
from api.proof.logs import EVENTS, Ends
from benchmarks.children import ChildFailed
from benchmarks.figures import Figure, Need, Section, at_least, at_most, exactly, percentile, timed
from benchmarks.finding import tidy
from benchmarks.ground import Ground
from benchmarks.houses import House, require_only, send, signing_settings, tenure_house, token_of
from benchmarks.load.place import Place, loaded
from benchmarks.resources import processor_seconds
from benchmarks.scales import Scale
from domain.orders import Order
from projections import customer_search

NAME = "evidence"
LIFE_EVENTS: Final = 500
"""Of the customer; its bundle holds the rules, and what was refused about it, besides."""
BUNDLES: Final = 40
_BUNDLE_MS = 2_000
_SECONDS_MAX = 600.0
_DIRECTOR = "director-1"
_CHOSEN = """
SELECT customer_id FROM views.customer_holdings WHERE merged_into IS NULL AND version <= %s
ORDER BY version DESC, customer_id LIMIT 1
"""
_REMARKS = (
    f"The longest life of the load up to {LIFE_EVENTS} events; a director changes the customer's "
    "class, through the application, until there are as many. Then the whole log is sealed. "
    "Among a million customers some live so long, and their events lie all over the log; those of "
    "a small load lie at its end for the most part, where fewer tiles prove them.",
    f"{BUNDLES} bundles by one auditor over HTTP, one after another, each with its entry of the "
    "access log; the first one behind the start of the server is told apart.",
    "verify.py of one bundle is run by `python -I`, which sees nothing of Tenure.",
)


@dataclass(frozen=True, slots=True)
class _Bundle:
    """One zip as it came over HTTP, and how long it took."""

    content: bytes
    took_ms: float

    @property
    def events(self) -> int:
        """How many events are proved in it."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            return archive.read("events.ndjson").count(b"\n")


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Evidence", remarks=list(_REMARKS))
    with loaded(
        ground,
        customers=scale.names,
        events=scale.names * scale.events_a_customer,
        data=ground.data,
        figures=section.figures,
        database="evidence_tenure",
    ) as place:
        ground.tell("evidence: tidying up behind the load")
        tidy(place)
        customer_id = _with_a_long_life(ground, place)
        size = _sealed(ground, place, section)
        section.title = f"Evidence out of a log of {size:,} events"
        # A folder has a key and checkpoints of its own, which must go on.
        signing = {} if ground.data is not None else signing_settings(ground, "evidence_tenure")
        with tenure_house(
            ground, "--no-worker", *place.serve, environment={**place.environment, **signing}
        ) as house:
            path = f"/v1/customers/{customer_id}/evidence"
            _report(ground, house, path, place.auditor.token, section)
    return section


def _with_a_long_life(ground: Ground, place: Place) -> UUID:
    """A customer with `LIFE_EVENTS` events; those that it lacks are changes of its class."""
    application = place.service.application
    with place.service.database.autocommit() as cursor:
        cursor.execute(_CHOSEN, (LIFE_EVENTS,))
        (customer_id,) = cursor.fetchone() or (None,)
        card, _ = customer_search.card(cursor, customer_id, now=application.now())
    if card is None:
        raise ValueError("the load has no customer")
    order = Order(credentials_of(token_of(place.service, _DIRECTOR)))
    version = card.version
    for chosen in cycle(("C", "B") if card.customer_class == "B" else ("B", "C")):
        if version >= LIFE_EVENTS:
            break
        done = application.classify(order, card.customer_id, new=chosen, reason="按年采购额调整")
        # An end that was due is recorded on the way, so one command may add two events.
        version = done.version
        if version % 100 == 0:
            ground.tell(f"evidence: {version} of {LIFE_EVENTS} events of one customer")
    return card.customer_id


def _sealed(ground: Ground, place: Place, section: Section) -> int:
    """Seal all that is written; how many events that is. Tells how far it is, and how fast."""
    end = Ends(place.service.database).end(EVENTS)
    tree = GrowingTree(place.service.database, EVENTS)
    sealed, began = 0, time.monotonic()
    while leaves := tree.grow(end):
        sealed += leaves
        position = tree.head.last_position if tree.head else 0
        rate = sealed / (time.monotonic() - began)
        ground.tell(f"evidence: sealed to {position:,} of {end:,}, {rate:,.0f} events/s")
    seconds = time.monotonic() - began
    if tree.head is None or tree.head.last_position < end:
        raise ValueError(f"the log is not sealed as far as {end}")
    if sealed:
        work, remark = "sealing a log that is there", f"{sealed:,} events in {seconds:,.1f} s"
        figure = Figure(work, "sealer", sealed / seconds, "events/s", remark=remark)
        section.figures.append(figure)
    return tree.head.size


def _report(ground: Ground, house: House, path: str, token: str, section: Section) -> None:
    ground.tell("evidence: the first bundle")
    first = _fetched(house, path, token)
    ground.tell(f"evidence: {BUNDLES} bundles over HTTP")
    requests = [("POST", path, token, None)] * BUNDLES
    before = processor_seconds(house.child.process_id)
    answer = send(ground, house, requests, connections=1, seconds_max=_SECONDS_MAX)
    spent_ms = 1000 * (processor_seconds(house.child.process_id) - before) / BUNDLES
    require_only(answer, http.HTTPStatus.OK)
    latencies, events = answer["latencies_ms"], first.events
    work = f"evidence of {events} events, HTTP"
    remark = (
        f"{len(first.content) / 1000:,.0f} kB, {spent_ms:,.0f} ms of the API's processor; "
        f"the first took {first.took_ms:,.0f} ms"
    )
    section.figures.append(
        timed(
            work,
            "tenure",
            latencies,
            seconds=answer["seconds"],
            unit="bundles/s",
            remark=remark,
        )
    )
    ground.tell("evidence: verify.py")
    seconds, is_verified = _verified(ground, first)
    section.figures.append(Figure("verify.py of a bundle", "python -I", seconds, "s"))
    p99 = percentile(latencies, 0.99)
    section.verdicts += [
        at_least("events in the bundle", Need.MUST, LIFE_EVENTS, events, "events"),
        at_most("evidence, p99", Need.MUST, _BUNDLE_MS, p99, "ms"),
        at_most("evidence, the first one", Need.MUST, _BUNDLE_MS, first.took_ms, "ms"),
        exactly("bundles that verify.py finds VERIFIED", Need.MUST, 1, is_verified, "of 1"),
    ]


def _fetched(house: House, path: str, token: str) -> _Bundle:
    """One bundle. Raises ChildFailed where it is refused."""
    with closing(http.client.HTTPConnection(house.host, house.port, timeout=_SECONDS_MAX)) as line:
        began = time.perf_counter()
        line.request("POST", path, headers={"Authorization": f"Bearer {token}"})
        answer = line.getresponse()
        body = answer.read()
        took_ms = 1000 * (time.perf_counter() - began)
    if answer.status != http.HTTPStatus.OK:
        raise ChildFailed(f"POST {path} answered {answer.status}: {body[:300]!r}")
    return _Bundle(body, took_ms)


def _verified(ground: Ground, bundle: _Bundle) -> tuple[float, int]:
    """How many seconds its own script takes, and 1 where that says VERIFIED."""
    folder = ground.folder / "bundle"
    with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
        archive.extractall(folder)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py")],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS_MAX,
    )
    seconds = time.perf_counter() - began
    is_verified = done.returncode == 0 and "VERIFIED" in done.stdout.split()
    return seconds, int(is_verified)
