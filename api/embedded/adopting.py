"""Putting the copy of a cluster in place, where none is yet, and taking it away again."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from api.embedded.accounts import Account
from api.embedded.binaries import Installation
from api.embedded.cluster import Layout, ensure_home, run_program, sync

COPY_BYTES = 1 << 20


def adopt_cluster(
    layout: Layout,
    installation: Installation,
    account: Account | None,
    cluster: Path,
    advance: Callable[[int], None],
) -> None:
    """Put a copy of `cluster` in place, complete and on the disk. The folder must hold none.

    advance: told how many bytes more are there. The copy belongs to the server's account alone.
    """
    home = ensure_home(layout, account)
    unfinished = home / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    for source, target in _walked(cluster, unfinished):
        if source.is_dir():
            target.mkdir(mode=0o700)
        else:
            _copy(source, target, advance)
    if account is not None:
        for path in (unfinished, *unfinished.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    run_program(installation, "initdb", ["--sync-only", "--pgdata", str(unfinished)], account)
    unfinished.rename(home / "data")
    sync(home)


def remove_cluster(layout: Layout) -> None:
    """Take away a cluster that is not running, with its room, its passwords and its log.

    The locks stay: whoever waits for one must wait for the same file as everybody.
    """
    home = layout.home.resolve()
    shutil.rmtree(home, ignore_errors=True)
    if layout.home.is_symlink():
        layout.home.unlink()
    for path in (layout.passwords, layout.log):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def _walked(source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    """Each folder and file with the place of its copy, folders first."""
    yield source, target
    for folder, folders, files in os.walk(source):
        for name in (*folders, *files):
            path = Path(folder, name)
            yield path, target / path.relative_to(source)


def _copy(source: Path, target: Path, advance: Callable[[int], None]) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with source.open("rb") as read, os.fdopen(descriptor, "wb") as written:
        while part := read.read(COPY_BYTES):
            written.write(part)
            advance(len(part))
