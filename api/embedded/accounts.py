"""Which account runs the server: ourselves, or under root an account without rights."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.embedded.errors import FolderUnusable

_POWERLESS = "nobody"


@dataclass(frozen=True, slots=True)
class Account:
    """A system account that a process of ours can become."""

    uid: int
    gid: int

    def may_pass(self, folder: Path) -> bool:
        """True if the account can walk from the root to `folder`, by the permission bits."""
        return all(self._may_enter(step) for step in (folder, *folder.parents))

    def _may_enter(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)

    def as_process(self) -> dict[str, Any]:
        """Arguments that make `subprocess.run` run as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account(folder: Path, home: Path) -> Account | None:
    """The account that the server of a data folder runs as; None means: the one we are.

    PostgreSQL refuses to run as root. Under root an existing cluster keeps its owner, a folder
    of an ordinary user gets that user, and everything else gets `nobody`.
    """
    if os.geteuid() != 0:
        return None
    for place in (home / "data", folder):
        if place.exists() and (owner := place.stat().st_uid) != 0 and _is_known(owner):
            return Account(owner, pwd.getpwuid(owner).pw_gid)
    try:
        entry = pwd.getpwnam(_POWERLESS)
    except KeyError as error:
        raise FolderUnusable(folder, f"root needs the account {_POWERLESS!r}") from error
    return Account(entry.pw_uid, entry.pw_gid)


def _is_known(uid: int) -> bool:
    """initdb refuses an account that has no entry in the system's list."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
