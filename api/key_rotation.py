"""Another key for the subjects' keys: switched at once, then each wrapped anew (decision 0023).

Whatever is killed at whichever instant, both keys are there and everything opens. The next run goes
on from where the last one stopped.
"""

from __future__ import annotations

import os
import secrets
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.backups.note import mark_of
from api.keys import NEXT, OLD, KeyRing, beside_key, key_sources, other_sources, put_once
from api.settings import Settings, SettingsInvalid
from domain.sealing import KEY_BYTES, SealBroken, Sealer, WrappingKeys
from eventstore.connections import Database
from eventstore.key_table import replace_wrapped, rewrite_if_due, wrapped_keys

PASSES_MAX: Final = 10
RETIRE_SECONDS: Final = 60.0
"""So long after a switch no command is under way any more that had read the old key before."""


class RotationRefused(SettingsInvalid):
    """The keys are not where a rotation, or its end, needs them."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """How a rotation came out. mark: of the key that wraps everything now. rewrapped: how many keys
    this run wrapped anew. is_rewritten: the table's file holds nothing of the old ones."""

    mark: str
    rewrapped: int
    is_rewritten: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """One key that wraps, or did. name: the setting. place: its file, or the setting. wraps: how
    many subjects' keys open under it."""

    name: str
    place: str
    mark: str
    wraps: int


def standings(settings: Settings, database: Database) -> tuple[list[Standing], int]:
    """Every wrapping key with what it wraps, and how many keys none of them opens."""
    current, _ = key_sources(settings)
    found = [
        (source, key)
        for source in (current, *other_sources(settings))
        if (key := source.read()) is not None
    ]
    counts = _counted(database, {mark_of(key): key for _, key in found})
    told = [
        Standing(source.name, str(source.file or source.name), mark_of(key), counts[mark_of(key)])
        for source, key in found
    ]
    return told, counts[""]


def rotate(settings: Settings, database: Database, *, advance: Callable[[int], None]) -> Rotated:
    """Wrap every subject's key by another one. advance: told how many more were looked at.

    Beside an embedded database the new key is made here; else it is given from outside. Raises
    RotationRefused, SettingsInvalid, SealBroken.
    """
    current, _ = key_sources(settings)
    if current.may_be_made and current.file is not None:
        switch(current.file)
    ring = _aimed(settings)
    sealer = Sealer(ring.current, ring.current, random=secrets.token_bytes, wrapping=lambda: ring)
    rewrapped = 0
    for _ in range(PASSES_MAX):
        # Services that run meanwhile may have wrapped some by the old key until just now.
        changed = _pass(database, sealer, advance)
        rewrapped += changed
        if not changed:
            break
    return Rotated(mark_of(ring.current), rewrapped, rewrite_if_due(database) or not rewrapped)


def switch(file: Path) -> None:
    """A new key in the place of the one in `file`, which goes on lying beside it.

    Nothing where an earlier switch is not finished with: that one is gone on with. Raises
    RotationRefused.
    """
    following, before = beside_key(file, NEXT), beside_key(file, OLD)
    if before.exists() and not following.exists():
        return
    if before.exists() and before.read_bytes() != file.read_bytes():
        raise RotationRefused(
            zh=f"{before} 与 {following} 同时存在且互不相干：请先运行 tenure keys retire",
            en=f"{before} is of an earlier change, {following} of another: run tenure keys retire"
            " first",
        )
    if not following.exists():
        put_once(following, b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    if not before.exists():
        os.link(file, before)
        _sync(file.parent)
    os.replace(following, file)
    _sync(file.parent)


def retire(settings: Settings, database: Database) -> list[str]:
    """Destroy the old key once nothing needs it; the places where one was, or still is given.

    Raises RotationRefused.
    """
    current, _ = key_sources(settings)
    _, old = other_sources(settings)
    key = current.read()
    if key is None or old.read() is None:
        raise RotationRefused(zh="没有可销毁的旧密钥", en="there is no old key to retire")
    counts = _counted(database, {mark_of(key): key})
    if counts[""]:
        raise RotationRefused(
            zh=f"尚有 {counts['']} 个密钥未用新密钥包裹：请先运行 tenure keys rotate",
            en=f"{counts['']} keys are not wrapped by the new one yet: run keys rotate first",
        )
    if current.may_be_made and current.file is not None and old.file is not None:
        _require_settled(current.file)
        _destroy(old.file)
    return [str(old.file or old.name)]


def _aimed(settings: Settings) -> WrappingKeys:
    """What is to wrap everything, and what else may have wrapped it. Raises RotationRefused."""
    following = other_sources(settings)[0].read()
    keys = KeyRing(settings)()
    aim = following or keys.current
    others = tuple(key for key in keys if key != aim)
    if not others:
        raise RotationRefused(
            zh="没有另一个密钥：自备数据库时须给出 TENURE_KEY_NEXT（或 _FILE）",
            en="there is no other key: with a database of your own, give TENURE_KEY_NEXT, or _FILE",
        )
    return WrappingKeys(aim, others)


def _pass(database: Database, sealer: Sealer, advance: Callable[[int], None]) -> int:
    """Wrap anew whatever the aimed key does not wrap; how many. Raises SealBroken."""
    replaced = 0
    for batch in wrapped_keys(database):
        changed = [
            (subject, wrapped, anew)
            for subject, wrapped in batch
            if (anew := sealer.wrapped_anew(subject, wrapped)) is not None
        ]
        if changed:
            replaced += replace_wrapped(database, changed)
        advance(len(batch))
    return replaced


def _counted(database: Database, keys: Mapping[str, bytes]) -> Counter[str]:
    """How many subjects' keys each opens; under the empty name those that none does."""
    sealers = {mark: Sealer(key, key, random=secrets.token_bytes) for mark, key in keys.items()}
    counts: Counter[str] = Counter()
    for batch in wrapped_keys(database):
        for subject, wrapped in batch:
            for mark, sealer in sealers.items():
                try:
                    sealer.unwrap(subject, wrapped)
                except SealBroken:
                    continue
                counts[mark] += 1
                break
            else:
                counts[""] += 1
    return counts


def _require_settled(file: Path) -> None:
    """Nobody has just read the old key to wrap by it. Raises RotationRefused."""
    left = RETIRE_SECONDS - (time.time() - file.stat().st_mtime)
    if left > 0:
        raise RotationRefused(
            zh=f"新密钥刚刚启用：请在 {left:.0f} 秒后再试",
            en=f"the new key has only just come into use: try again in {left:.0f} s",
        )


def _destroy(file: Path) -> None:
    """Overwrite, then remove: what the file system does with the old blocks is beyond us."""
    with file.open("r+b") as opened:
        opened.write(bytes(file.stat().st_size))
        opened.flush()
        os.fsync(opened.fileno())
    file.unlink()
    _sync(file.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
