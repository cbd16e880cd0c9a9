"""The house's rules that a machine can hold: who imports whom, what a module may be and contain.

Each test collects what breaks its rule and says where; the rule itself is the test's name.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from eventsourcing.domain import Aggregate, DomainEvent

import domain

ROOT = Path(__file__).parent.parent
HOUSE = ("domain", "eventstore", "projections", "api", "benchmarks")
NOT_OURS = {"build", "dist", "node_modules", "__pycache__", "secrets"}

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 40

# What the rules may lean on: values in, values out; no files, no network, no clock.
PURE = {"chinese_calendar", "cryptography", "msgspec", "opencc", "phonenumbers", "stdnum"}
LIBRARY_OF_THE_DOMAIN = {f"eventsourcing.{name}" for name in ("domain", "application", "utils")} | {
    "eventsourcing.persistence"
}
IMPURE = {
    "os",
    "pathlib",
    "io",
    "socket",
    "subprocess",
    "shutil",
    "tempfile",
    "random",
    "threading",
}
OF_THE_STORE = {"eventsourcing", "psycopg2", "msgspec"}
SEEN_BY_VIEWS = (
    "domain.citations",
    "domain.contract",
    "domain.events",
    "domain.names",
    "domain.protection",
    "domain.tenures",
    "domain.words",
)
EMPTY_NAMES = {"helper", "helpers", "util", "utils", "misc", "common", "manager", "managers"}

# Written so that this file does not hold what it looks for.
UNFINISHED = re.compile(r"\bT[O]DO\b|\bF[I]XME\b|\bX[X]X\b|raise NotImpl[e]mented")
ELSEWHERE = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org"
    r"|(?:^|[^A-Za-z0-9_.])/(?:work|farm|root)/"
)


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of the project, parsed. name: as it is imported."""

    name: str
    path: Path
    tree: ast.Module
    lines: int

    @property
    def part(self) -> str:
        """The folder of the house that it lies in."""
        return self.name.split(".")[0]

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full name of everything imported, wherever it stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name.split(".")
        kept = len(package) - node.level + (self.path.name == "__init__.py")
        return ".".join([*package[:kept], *([node.module] if node.module else [])])

    def at(self, line: int, text: str) -> str:
        return f"{self.path.relative_to(ROOT)}:{line}: {text}"


@cache
def modules(part: str) -> tuple[Module, ...]:
    """The Python files of one folder."""
    found = []
    for path in sorted((ROOT / part).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        names = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(names[:-1] if names[-1] == "__init__" else names)
        found.append(Module(name, path, ast.parse(text), len(text.splitlines())))
    return tuple(found)


def product() -> Iterator[Module]:
    """Everything that is shipped."""
    for part in HOUSE:
        yield from modules(part)


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the project that belongs to it."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT).parts
        hidden = inside[0].startswith(".") and inside[0] not in {".ci", ".dockerignore"}
        if hidden or NOT_OURS & set(inside) or not path.is_file():
            continue
        if any(name.endswith(".egg-info") for name in inside):
            continue
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def is_one_of(name: str, allowed: tuple[str, ...] | set[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in allowed)


def is_standard(name: str) -> bool:
    return name.split(".")[0] in sys.stdlib_module_names


def test_the_domain_leans_on_nothing_but_the_standard_library_and_pure_libraries() -> None:
    allowed = PURE | LIBRARY_OF_THE_DOMAIN | {"domain"}
    assert [
        module.at(line, name)
        for module in modules("domain")
        for line, name in module.imports()
        if not is_one_of(name, allowed) and not is_standard(name)
    ] == []


def test_the_event_store_knows_no_domain() -> None:
    allowed = OF_THE_STORE | {"eventstore"}
    assert [
        module.at(line, name)
        for module in modules("eventstore")
        for line, name in module.imports()
        if not is_one_of(name, allowed) and not is_standard(name)
    ] == []


def test_projections_see_events_and_words_of_the_domain_alone() -> None:
    assert [
        module.at(line, name)
        for module in modules("projections")
        for line, name in module.imports()
        if is_one_of(name, {"domain"}) and not is_one_of(name, SEEN_BY_VIEWS)
    ] == []


def test_nothing_below_imports_the_api() -> None:
    assert [
        module.at(line, name)
        for part in ("domain", "eventstore", "projections")
        for module in modules(part)
        for line, name in module.imports()
        if is_one_of(name, {"api", "benchmarks", "tests"})
    ] == []


def test_nothing_that_is_shipped_imports_the_tests() -> None:
    assert [
        module.at(line, name)
        for module in product()
        for line, name in module.imports()
        if is_one_of(name, {"tests"})
    ] == []


def test_the_domain_reads_no_clock_no_environment_and_no_file() -> None:
    found = [
        module.at(line, name)
        for module in modules("domain")
        for line, name in module.imports()
        if name.split(".")[0] in IMPURE
    ]
    for module in modules("domain"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                named = f"{node.value.id}.{node.attr}"
                if re.fullmatch(
                    r"(datetime|date)\.(now|utcnow|today)|time\.(time|monotonic|perf_counter|localtime|gmtime)(_ns)?",
                    named,
                ):
                    found.append(module.at(node.lineno, named))
            elif isinstance(node, ast.Name) and node.id in {"open", "print", "input"}:
                found.append(module.at(node.lineno, node.id))
    assert found == []


def event_classes() -> set[type]:
    """Event classes that no other class of the domain refines: those that are recorded."""
    for found in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(found.name)
    known = [kind for kind in _subclasses(DomainEvent) if kind.__module__.startswith("domain.")]
    refined = {base for kind in known for base in kind.__mro__[1:]}
    return set(known) - refined


def _subclasses(kind: type) -> set[type]:
    below = set(kind.__subclasses__())
    return below.union(*(_subclasses(one) for one in below))


def test_every_event_and_aggregate_has_a_topic_of_its_own() -> None:
    events = event_classes()
    aggregates = {kind for kind in _subclasses(Aggregate) if kind.__module__.startswith("domain.")}
    assert events
    assert aggregates
    without = [kind.__qualname__ for kind in events | aggregates if "TOPIC" not in vars(kind)]
    assert without == []
    topics = Counter(vars(kind)["TOPIC"] for kind in events | aggregates)
    assert [topic for topic, times in topics.items() if times > 1] == []


def test_every_recorded_event_says_in_words_what_it_is_and_evolves_its_aggregate() -> None:
    assert [
        kind.__qualname__
        for kind in event_classes()
        if not (kind.__doc__ or "").strip()
        or not any("apply" in vars(one) for one in kind.__mro__ if _is_ours(one))
    ] == []


def _is_ours(kind: type) -> bool:
    return kind.__module__.startswith("domain.")


def test_an_event_that_evolves_never_refuses() -> None:
    assert [
        module.at(node.lineno, "raise")
        for module in modules("domain")
        if module.name.startswith("domain.events")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Raise)
    ] == []


def test_no_module_is_longer_than_a_room() -> None:
    assert [
        module.at(module.lines, f"{module.lines} lines")
        for module in product()
        if module.lines > MODULE_LINES_MAX
    ] == []


def test_no_function_is_longer_than_a_page() -> None:
    found = []
    for module in product():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    found.append(module.at(node.lineno, f"{node.name}: {lines} lines"))
    assert found == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [
        str(module.path.relative_to(ROOT))
        for module in product()
        if EMPTY_NAMES & set(module.name.split("."))
    ] == []


def test_no_rule_rests_on_assert_which_an_optimised_run_removes() -> None:
    assert [
        module.at(node.lineno, ast.unparse(node))
        for module in product()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assert)
    ] == []


def test_nothing_is_left_unfinished() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path, text in texts()
        if path.suffix in {".py", ".sql", ".toml", ".html"}
        for number, line in enumerate(text.splitlines(), start=1)
        if UNFINISHED.search(line)
    ] == []


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if ELSEWHERE.search(line)
    ] == []
