"""Style and scripts: from this house alone, unchanged, small, and never asked for twice."""

import gzip
import re
import tomllib
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path

import pytest

from api.console.assets import BY_NAME
from tests.console.reading import Reader

CONSOLE = Path(__file__).parents[2] / "api" / "console"
SCRIPTS_BYTES_MAX = 60_000


@pytest.mark.parametrize("folder", [CONSOLE / "static", Path(__file__).parent])
def test_what_others_wrote_is_as_they_published_it_and_has_its_licence(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert lines
    for line in lines:
        digest, name = line.split()
        assert sha256((folder / name).read_bytes()).hexdigest() == digest, name
        assert (folder / f"{name.split('.')[0]}.LICENSE.txt").is_file()


def test_scripts_are_small() -> None:
    scripts = [asset.content for name, asset in BY_NAME.items() if name.endswith(".js")]
    assert scripts
    assert sum(len(gzip.compress(script)) for script in scripts) <= SCRIPTS_BYTES_MAX


def test_a_name_holds_the_hash_of_the_content_and_is_kept_for_ever(reader: Reader) -> None:
    for asset in BY_NAME.values():
        assert sha256(asset.content).hexdigest()[:12] in asset.path
        answer = reader.get(asset.path, None)
        assert answer.content == asset.content
        assert answer.headers["content-type"] == asset.media_type
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reader.get("/static/console.000000000000.css", None).status_code == 404


def test_the_sheet_of_style_asks_for_nothing_from_outside() -> None:
    sheet = (CONSOLE / "static" / "console.css").read_text()
    assert re.findall(r"url\(|@import", sheet) == []


def test_whatever_pages_are_made_of_is_part_of_what_is_installed() -> None:
    told = tomllib.loads((CONSOLE.parents[1] / "pyproject.toml").read_text())
    data = told["tool"]["setuptools"]["package-data"]
    for file in CONSOLE.rglob("*"):
        if file.is_dir() or file.suffix in {".py", ".pyc"}:
            continue
        inside = str(file.relative_to(CONSOLE))
        is_of_console = any(fnmatch(inside, pattern) for pattern in data["api.console"])
        is_of_package = (file.parent / "__init__.py").is_file() and any(
            fnmatch(file.name, pattern) for pattern in data["*"]
        )
        assert is_of_console or is_of_package, inside
