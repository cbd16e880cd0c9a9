"""Where the customers that are asked about lie: on the run's own server, or in a folder kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.composition import Service, build_service
from api.settings import Settings
from benchmarks.figures import Figure
from benchmarks.ground import UNLIMITED, Ground, environment_without_settings
from benchmarks.houses import Member, migrated_database, settings_of, token_of
from benchmarks.load.filling import fill, follow
from benchmarks.load.plan import Plan, start_of_day

AUDITOR = "auditor-1"
SEED = 1


@dataclass(frozen=True, slots=True)
class Place:
    """A load, its views folded. serve: what `tenure serve` needs to be told to answer from it."""

    service: Service
    owner_url: str
    serve: tuple[str, ...]
    environment: dict[str, str]
    auditor: Member

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of one query."""
        with self.service.database.autocommit() as cursor:
            cursor.execute(query, values or None)
            return list(cursor.fetchall())


@contextmanager
def loaded(
    ground: Ground,
    *,
    customers: int,
    events: int,
    data: Path | None,
    figures: list[Figure],
    database: str = "find_tenure",
) -> Iterator[Place]:
    """A load of that size; in `data` whatever load is there already, else it is made there.

    figures: gets how fast it was written and followed, as far as that was done here. database: its
    name on the run's own server.
    """
    url = None if data is not None else migrated_database(ground, database)
    settings = settings_of(ground, url) if url else Settings(_env_file=None, data=data)  # type: ignore[call-arg]
    with closing(build_service(settings)) as service:
        if not service.application.reader.settled_position():
            plan = Plan(customers, events, SEED, start_of_day(datetime.now(UTC)))
            _fill(ground, service, plan, figures)
        _follow(ground, service, figures)
        service.application.open_log()
        place = Place(
            service,
            url or _embedded_url(service),
            ("--database", url) if url else ("--data", str(data)),
            dict(ground.environment()) if url else environment_without_settings() | UNLIMITED,
            Member(AUDITOR, token_of(service, AUDITOR)),
        )
        _follow(ground, service, [])
        yield place


def _fill(ground: Ground, service: Service, plan: Plan, figures: list[Figure]) -> None:
    def tell(events: int, customers: int) -> None:
        ground.tell(f"load: {events:,} of {plan.events:,} events, {customers:,} customers")

    filled = fill(service, plan, tell)
    remark = f"{filled.customers:,} customers, {filled.events:,} events"
    figures.append(Figure("writing a load", "tenure", filled.rate, "events/s", remark=remark))


def _follow(ground: Ground, service: Service, figures: list[Figure]) -> None:
    """Fold what no view has yet; nothing where they all stand at the end of the log."""
    before = min(lag.position for lag in service.engine.lag().values())
    settled = service.application.reader.settled_position()
    if before == settled:
        return

    def tell(reached: int, _: int) -> None:
        ground.tell(f"load: {reached:,} of {settled - before:,} events followed into the views")

    followed = follow(service, tell)
    remark = f"{followed.events:,} events, engine at most {followed.peak_mb:,.0f} MB"
    rate = (settled - before) / followed.seconds
    figures.append(Figure("following, large", "tenure", rate, "events/s", remark=remark))


def _embedded_url(service: Service) -> str:
    if service.embedded is None:
        raise ValueError("the service has no server of its own")
    return service.embedded.url()
