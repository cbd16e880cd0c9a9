"""The figure of the clauses: what counts, and what is refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clause_coverage import summary_lines

PROJECT = Path(__file__).parent.parent
_TESTS = """
import pytest

@pytest.mark.clause("S1-033", "S1-035")
def test_that_passes(): pass

@pytest.mark.clause("S1-036")
def test_that_fails(): assert False

@pytest.mark.clause("S0-01")
def test_of_a_clause_that_cannot_be_built(): pass
"""


def run(folder: Path, tests: str, *options: str) -> str:
    """What a pytest of its own says about these tests."""
    (folder / "test_sample.py").write_text(tests)
    command = f"{sys.executable} -m pytest -p tests.clause_coverage -p no:cacheprovider".split()
    command += ["-c", str(PROJECT / "pyproject.toml"), "--rootdir", str(folder), str(folder)]
    ended: subprocess.CompletedProcess[str] = subprocess.run(
        [*command, *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_buildable_clause_counts_when_a_test_of_it_passed(workers: str, tmp_path: Path) -> None:
    said = run(tmp_path, _TESTS, "-n", workers)
    assert "1 failed, 2 passed" in said
    assert "\n2 of 494 buildable clauses held (0.4 %)\n" in said


def test_a_clause_that_the_catalogue_lacks_is_an_error(tmp_path: Path) -> None:
    said = run(tmp_path, _TESTS.replace("S1-035", "S9-999"))
    assert "no clause 'S9-999' in clauses.tsv" in said
    assert "1 failed, 1 passed" in said
    assert "1 error" in said


def test_every_sub_document_has_its_own_figure() -> None:
    figures = "\n".join(summary_lines({"S1-033", "S1-035", "S0-01"}))
    assert "1b   2/44" in figures
    assert " 0   0/32" in figures
