"""Style and scripts of the pages: kept in the house, under names that hold a hash of the content.

A name never stands for other content, so browsers keep a file for ever and ask for nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final

MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
FOLDER: Final = files("api.console") / "static"
PREFIX: Final = "/static/"
_HASH_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served. path: with the hash of the content in its name."""

    path: str
    media_type: str
    content: bytes


def _loaded() -> dict[str, Asset]:
    """Every asset by its plain name."""
    found = {}
    for file in FOLDER.iterdir():
        stem, dot, kind = file.name.rpartition(".")
        media_type = MEDIA_TYPES.get(dot + kind)
        if media_type is not None:
            content = file.read_bytes()
            hashed = sha256(content).hexdigest()[:_HASH_CHARACTERS]
            path = f"{PREFIX}{stem}.{hashed}.{kind}"
            found[file.name] = Asset(path, media_type, content)
    return found


BY_NAME: Final = _loaded()
BY_PATH: Final = {asset.path: asset for asset in BY_NAME.values()}


def address_of(name: str) -> str:
    """Where the asset is. Raises KeyError for one that is not there."""
    return BY_NAME[name].path
