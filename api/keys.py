"""The house's keys: one wraps the subjects' keys, one makes the keyed hashes, and one signs
checkpoints (design §9).

All are 32 bytes, written as base64 or as 64 hexadecimal digits. With an embedded database they
are made at the first start, beside the data, readable by the owner alone; with a database of
one's own they come from outside, because whoever holds the database must not find them there.
"""

from __future__ import annotations

import binascii
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from api.settings import Settings, SettingsInvalid
from domain.sealing import KEY_BYTES, WrappingKeys

HOW_TO_MAKE = "openssl rand -base64 32 > tenure.key && chmod 600 tenure.key"
NEXT = ".next"
"""Behind the name of a key's file: the key that is to take its place."""
OLD = ".old"
"""Behind the name of a key's file: the key whose place it took."""
_HEX_DIGITS = KEY_BYTES * 2


class KeyMissing(SettingsInvalid):
    """No key is given, and none may be made."""


@dataclass(frozen=True, slots=True)
class Keys:
    """key: wraps the subjects' keys. hash_key: of the keyed hashes. 32 bytes each."""

    key: bytes
    hash_key: bytes


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where one key comes from: a value, or a file, which may be made where it is missing.

    file_name: what the key's file is called beside an embedded database and in a backup.
    """

    name: str
    file_name: str
    value: SecretStr | None
    file: Path | None
    may_be_made: bool

    def read(self) -> bytes | None:
        """The key; None where it is not there. Raises SettingsInvalid for a malformed one."""
        if self.value is not None:
            return decoded(self.value.get_secret_value(), self.name)
        if self.file is None:
            return None
        try:
            text = self.file.read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsInvalid(
                zh=f"密钥文件 {self.file} 无法读取：{error}",
                en=f"the key file {self.file} cannot be read: {error}",
            ) from error
        return decoded(text, str(self.file))

    def make(self) -> bytes:
        """A fresh key in its file; the one that another process put there first, if any did."""
        return self.put(secrets.token_bytes(KEY_BYTES))

    def put(self, key: bytes) -> bytes:
        """`key` in its file; the one that is there already, if any is."""
        if self.file is None:
            raise ValueError(f"{self.name} has no file to be put in")
        put_once(self.file, b64encode(key) + b"\n")
        return self.read() or key


def key_sources(settings: Settings) -> tuple[KeySource, KeySource]:
    """Where the two keys come from: of the subjects' keys, of the hashes."""
    folder = settings.data.absolute() / "keys"

    def source(name: str, value: SecretStr | None, file: Path | None, default: str) -> KeySource:
        is_default = value is None and file is None and settings.is_embedded
        chosen = folder / default if is_default else file
        return KeySource(name, default, value, chosen, may_be_made=is_default)

    return (
        source("TENURE_KEY", settings.key, settings.key_file, "subjects.key"),
        source("TENURE_HASH_KEY", settings.hash_key, settings.hash_key_file, "hashes.key"),
    )


def other_sources(settings: Settings) -> tuple[KeySource, KeySource]:
    """Where the keys come from that may have wrapped subjects' keys besides the current one: the
    one that is to take its place, and the one whose place it took."""
    current, _ = key_sources(settings)

    def source(name: str, value: SecretStr | None, file: Path | None, suffix: str) -> KeySource:
        is_default = value is None and file is None and current.may_be_made
        beside = beside_key(current.file, suffix) if is_default and current.file else file
        return KeySource(name, current.file_name + suffix, value, beside, may_be_made=is_default)

    return (
        source("TENURE_KEY_NEXT", settings.key_next, settings.key_next_file, NEXT),
        source("TENURE_KEY_OLD", settings.key_old, settings.key_old_file, OLD),
    )


def beside_key(file: Path, suffix: str) -> Path:
    """The file of the key that comes after, or came before, the one in `file`."""
    return file.with_name(file.name + suffix)


class KeyRing:
    """The keys that wrap subjects' keys, as they are now: files are read again when they change.

    Raises KeyMissing, SettingsInvalid at the first look; later what was known last is kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._current, _ = key_sources(settings)
        self._others = other_sources(settings)
        self._seen: Sequence[object] = ()
        self._keys: WrappingKeys | None = None

    def __call__(self) -> WrappingKeys:
        seen = [_state_of(source.file) for source in (self._current, *self._others)]
        if self._keys is None or seen != self._seen:
            # Looked at before it is read: a change in between is found at the next look.
            self._keys, self._seen = self._read(), seen
        return self._keys

    def _read(self) -> WrappingKeys:
        try:
            current = self._current.read()
            others = [key for source in self._others if (key := source.read()) is not None]
        except SettingsInvalid:
            if self._keys is None:
                raise
            return self._keys
        if current is None:
            if self._keys is None:
                raise _missing(self._current)
            return self._keys
        return WrappingKeys(current, tuple(key for key in others if key != current))


def _state_of(file: Path | None) -> object:
    """What changes when the file does; None where there is none."""
    if file is None:
        return None
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def signing_key_source(settings: Settings) -> KeySource:
    """Where the key comes from that signs checkpoints: a third one, no key of anything sealed."""
    is_default = (
        settings.signing_key is None and settings.signing_key_file is None and settings.is_embedded
    )
    beside = settings.data.absolute() / "keys" / "checkpoints.key"
    chosen = beside if is_default else settings.signing_key_file
    return KeySource(
        "TENURE_SIGNING_KEY",
        "checkpoints.key",
        settings.signing_key,
        chosen,
        may_be_made=is_default,
    )


def read_signing_key(settings: Settings, *, may_be_made: bool) -> bytes | None:
    """The key that signs checkpoints; None where there is none, and nothing is signed then.

    may_be_made: beside an embedded database one is made, unless checkpoints are there already: a
    fresh key would not be the one that signed them. Raises SettingsInvalid.
    """
    source = signing_key_source(settings)
    key = source.read()
    if key is None and source.may_be_made and may_be_made:
        key = source.make()
    return key


def read_keys(settings: Settings, *, log_is_empty: bool) -> Keys:
    """The two keys. Missing ones are made beside an embedded database whose log is empty.

    Where events are there already, a fresh key would open nothing that is sealed, so a missing
    one is an error then. Raises KeyMissing, SettingsInvalid.
    """
    found = []
    for source in key_sources(settings):
        key = source.read()
        if key is None and source.may_be_made and log_is_empty:
            key = source.make()
        if key is None:
            raise _missing(source)
        found.append(key)
    return Keys(*found)


def _missing(source: KeySource) -> KeyMissing:
    if source.may_be_made:
        return KeyMissing(
            zh=f"数据库中已有事件，但缺少密钥文件 {source.file}；"
            "请从备份中放回（新密钥打不开旧数据）",
            en=f"the database holds events, but the key file {source.file} is missing: put it "
            "back from a backup (a new key would not open what is sealed)",
        )
    name, place = source.name, f"（{source.file}）" if source.file else ""
    return KeyMissing(
        zh=f"缺少密钥 {name}{place}：自备数据库时须给出 {name} 或 {name}_FILE。"
        f"生成方法：{HOW_TO_MAKE}；两个密钥各生成一个，另行保管，丢失即无法解封",
        en=f"{name} is missing{f' ({source.file})' if source.file else ''}: with a database of "
        f"your own, give {name} or {name}_FILE. To make one: {HOW_TO_MAKE} (one for each of the "
        "two keys; keep them apart from the database, nothing opens without them)",
    )


def decoded(text: str, name: str) -> bytes:
    """The key that `text` writes down. Raises SettingsInvalid, which names it `name`."""
    text = "".join(text.split())
    try:
        key = bytes.fromhex(text) if len(text) == _HEX_DIGITS else b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsInvalid(
            zh=f"{name} 须为 {KEY_BYTES} 字节的 base64 或 {_HEX_DIGITS} 位十六进制。"
            f"生成方法：{HOW_TO_MAKE}",
            en=f"{name} must be {KEY_BYTES} bytes as base64 or {_HEX_DIGITS} hexadecimal digits. "
            f"To make one: {HOW_TO_MAKE}",
        )
    return key


def put_once(path: Path, content: bytes) -> None:
    """Put `content` at `path` unless something is there: whole, durable, for the owner alone.

    A link fails where its name is taken, so of several processes one wins and nobody ever reads
    half a key.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink()
