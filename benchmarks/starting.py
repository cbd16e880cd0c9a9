"""How soon Tenure answers after its start, and how much memory it needs then."""

from __future__ import annotations

from benchmarks.figures import Figure, Need, Section, at_most
from benchmarks.ground import Ground
from benchmarks.houses import migrated_database, tenure_house
from benchmarks.resources import resident_mb
from benchmarks.scales import Scale

NAME = "start"
_REMARKS = (
    "From the start of `tenure serve`, worker included, to its first answer at /health/ready. "
    "PostgreSQL's programs are where they are after the first start on a machine.",
)


def measure(ground: Ground, scale: Scale) -> Section:  # noqa: ARG001 - every section takes it
    section = Section(NAME, "Ready to serve", remarks=list(_REMARKS))
    url = migrated_database(ground, "start_tenure")
    folder = str(ground.folder / "embedded")
    starts = (
        ("ready, existing database", 3.0, ("--database", url)),
        ("ready, embedded from nothing", 8.0, ("--data", folder)),
        ("ready, embedded, existing", 3.0, ("--data", folder)),
    )
    for work, bound, arguments in starts:
        ground.tell(f"start: {work}")
        with tenure_house(ground, *arguments) as house:
            memory = resident_mb(house.child.process_id)
            section.figures.append(
                Figure(work, "tenure", house.ready_seconds, "s", remark=f"{memory:.0f} MB")
            )
        section.verdicts.append(at_most(work, Need.MUST, bound, house.ready_seconds, "s"))
    return section
