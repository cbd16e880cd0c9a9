"""pytest plugin: which clauses of the catalogue the run held.

A test names its clauses with `@pytest.mark.clause("S1-033", ...)`. A clause counts when a test
that names it passed; one that the catalogue lacks is an error of its test. Reports carry the
clauses, so that the count is the same under pytest-xdist.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

CATALOGUE = Path(__file__).parent.parent / "docs" / "clauses.tsv"
BUILDABLE = {"CORE", "SERVICE"}
_PROPERTY = "clauses"
_SUBDOCUMENTS_A_LINE = 6


@cache
def read_catalogue() -> dict[str, tuple[str, str]]:
    """Tag and sub-document by clause id."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["id"]: (row["tag"], row["subdoc"]) for row in rows}


def clauses_of(item: pytest.Item) -> list[str]:
    """The clause ids that a test names."""
    return [clause for mark in item.iter_markers("clause") for clause in mark.args]


def summary_lines(held: set[str]) -> Iterator[str]:
    """The figure over all, then one for each sub-document."""
    buildable = {
        clause: subdocument
        for clause, (tag, subdocument) in read_catalogue().items()
        if tag in BUILDABLE
    }
    wanted = Counter(buildable.values())
    covered = Counter(buildable[clause] for clause in held if clause in buildable)
    share = 100 * covered.total() / len(buildable)
    yield f"{covered.total()} of {len(buildable)} buildable clauses held ({share:.1f} %)"
    cells = [f"{name:>2} {covered[name]:>3}/{wanted[name]:<3}" for name in sorted(wanted)]
    for start in range(0, len(cells), _SUBDOCUMENTS_A_LINE):
        yield "   ".join(cells[start : start + _SUBDOCUMENTS_A_LINE]).rstrip()


class ClauseCoverage:
    """Collects the clauses of the tests that passed."""

    def __init__(self) -> None:
        self.held: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if clauses := clauses_of(item):
                item.user_properties.append((_PROPERTY, clauses))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        for clause in clauses_of(item):
            if clause not in read_catalogue():
                pytest.fail(f"no clause {clause!r} in {CATALOGUE.name}", pytrace=False)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            for name, value in report.user_properties:
                if name == _PROPERTY and isinstance(value, list):
                    self.held.update(value)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.held:
            terminalreporter.section("clauses", sep="-")
            for line in summary_lines(self.held):
                terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ClauseCoverage(), "clause-coverage-of-this-run")
