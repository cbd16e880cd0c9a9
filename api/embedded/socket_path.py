"""The server's socket, and a path to it that libpq can use however deep the data folder lies."""

import hashlib
import os
import secrets
import socket
import struct
import sys
import tempfile
from pathlib import Path

from api.embedded.keeper import SOCKET_NAME

# The kernel's limit for a socket's path, without the closing NUL byte.
_PATH_BYTES_MAX = 107 if sys.platform == "linux" else 103

_ANSWER_SECONDS = 5.0
_DO_YOU_SPEAK_TLS = struct.pack("!II", 8, 80877103)


def reachable_socket_folder(folder: Path) -> Path:
    """`folder` itself where its socket's path is short enough, else a short link to it.

    The link is ours alone: in a folder where everybody may write, one that somebody else has put
    there under the same name is never followed.
    """
    # libpq takes a comma for the end of a host's name.
    if len(os.fsencode(folder / SOCKET_NAME)) <= _PATH_BYTES_MAX and "," not in str(folder):
        return folder
    link = _link_to(folder)
    while not _is_our_link(link, folder):
        try:
            link.symlink_to(folder)
        except FileExistsError:
            if not _is_our_link(link, folder):
                link = link.with_name(f"tenure-{os.getuid()}-{secrets.token_hex(6)}")
    return link


def answers(folder: Path) -> bool:
    """True if a server behind this socket folder answers now, whatever its files say.

    Asks whether it speaks TLS: the one question that PostgreSQL answers before any login.
    """
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(_ANSWER_SECONDS)
        try:
            asking.connect(str(reachable_socket_folder(folder) / SOCKET_NAME))
            asking.sendall(_DO_YOU_SPEAK_TLS)
            return bool(asking.recv(1))
        except OSError:
            return False


def forget_socket_folder(folder: Path) -> None:
    """Remove the short link, if there is one."""
    link = _link_to(folder)
    if _is_our_link(link, folder):
        link.unlink(missing_ok=True)


def _link_to(folder: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return _folder_for_links() / f"tenure-{os.getuid()}-{digest}"


def _folder_for_links() -> Path:
    temporary = Path(tempfile.gettempdir())
    name = f"tenure-{2**32}-{'0' * 12}"
    fits = len(os.fsencode(temporary / name / SOCKET_NAME)) <= _PATH_BYTES_MAX
    if fits and "," not in str(temporary):
        return temporary
    return Path("/tmp")  # noqa: S108 - below it a folder is made that only its owner can enter


def _is_our_link(link: Path, folder: Path) -> bool:
    try:
        return link.lstat().st_uid == os.getuid() and link.readlink() == folder
    except OSError:
        return False
