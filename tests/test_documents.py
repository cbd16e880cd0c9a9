"""The documents name what is there: links, settings, clauses, readings, sections, decisions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from api.settings import Settings
from tests.clause_coverage import read_catalogue

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


def pages() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def sources() -> Iterator[tuple[Path, str]]:
    """What is shipped and its tests, as texts."""
    for part in ("domain", "eventstore", "projections", "api", "benchmarks", "tests"):
        for path in sorted((ROOT / part).rglob("*")):
            if path.suffix in {".py", ".toml", ".sql"}:
                yield path, path.read_text(encoding="utf-8")


def test_every_link_between_pages_leads_somewhere() -> None:
    assert [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages()
        for target, _ in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ] == []


def test_every_picture_is_a_picture() -> None:
    pictures = list((DOCS / "images").glob("*.svg"))
    assert pictures
    for picture in pictures:
        assert ElementTree.parse(picture).getroot().tag.endswith("svg")


def test_the_settings_and_their_defaults_are_in_the_operations_page() -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`TENURE_[^|]+) \| ([^|]+) \|", text, re.MULTILINE)
    told = {name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)}
    assert told == {
        f"TENURE_{name.upper()}": _shown(field.default)
        for name, field in Settings.model_fields.items()
    }


def test_every_clause_that_the_code_names_is_in_the_catalogue() -> None:
    assert [
        f"{path.relative_to(ROOT)}: {clause}"
        for path, text in sources()
        for clause in re.findall(r"\bS[0-4]-\d{2,3}\b", text)
        if clause not in read_catalogue()
    ] == []


def test_every_reading_that_the_code_names_is_told() -> None:
    told = set(re.findall(r"^\| (A-\d\d) ", (DOCS / "readings.md").read_text("utf-8"), re.M))
    named = {
        reading for _, text in sources() for reading in re.findall(r"(?<!\w)A-\d\d(?!\d)", text)
    }
    assert named - told == set()


def test_every_value_that_a_reading_names_is_in_the_rulebook() -> None:
    text = (DOCS / "readings.md").read_text(encoding="utf-8")
    rulebook = (ROOT / "domain" / "rulebooks" / "enterprise.toml").read_text(encoding="utf-8")
    for row in re.findall(r"^\| A-\d\d .*\| ([^|]*) \|$", text, re.MULTILINE):
        for value in re.findall(r"`([^`]+)`", row):
            table, _, name = value.rpartition(".")
            assert not table or f"[{table}]" in rulebook, value
            assert name == "*" or re.search(rf"^(# )?{name} = ", rulebook, re.M), value


def test_every_section_of_the_design_that_the_code_names_is_there() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^## (\d+)\. ", text, re.MULTILINE))
    named = {number for _, text in sources() for number in re.findall(r"design §(\d+)", text)}
    assert named
    assert named - sections == set()


def test_every_decision_is_dated_and_in_the_list() -> None:
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    listed = re.findall(
        r"^\| \[(\d{4})\]\(([\w.-]+)\) \| (.+) \| (\d{4}-\d\d-\d\d) \|$", index, re.M
    )
    decisions = sorted(path for path in (DOCS / "decisions").glob("[0-9]*.md"))
    assert [name for _, name, _, _ in listed] == [path.name for path in decisions]
    for (number, _, title, date), path in zip(listed, decisions, strict=True):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[:3] == [f"# {number} {title}", "", date]


def _shown(default: object) -> str:
    if default is None:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default}`"
