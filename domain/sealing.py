"""Sealing of personal fields: each subject has a key of its own, wrapped by the house's key.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the associated data names stream, topic
and field, so that a box cannot be moved to another place. Destroying a subject's key erases every
field sealed under it while events and proofs stand (design §9). Equal values are found by
HMAC-SHA-256 (RFC 2104) under a key of its own, never by a bare hash, which phones are too few for.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.events.values import Sealed

KEY_BYTES = 32
NONCE_BYTES = 12


class SealBroken(Exception):
    """A box does not open: another key, another place, or altered bytes."""


@dataclass(frozen=True, slots=True)
class WrappingKeys:
    """The keys that wrap the subjects' keys, of 32 bytes each. While one takes the other's place
    there are two: current wraps, and every one of them opens what it wrapped."""

    current: bytes
    others: tuple[bytes, ...] = ()

    def __iter__(self) -> Iterator[bytes]:
        return iter((self.current, *self.others))


class Sealer:
    """Makes, wraps and uses the keys of subjects. Holds no subject's key itself.

    key: 32 bytes that wrap the subjects' keys. hash_key: 32 bytes of the keyed hash.
    random: gives that many unpredictable bytes. wrapping: what wraps at this instant, where that
    may change while the process runs; else `key` alone.
    """

    def __init__(
        self,
        key: bytes,
        hash_key: bytes,
        *,
        random: Callable[[int], bytes],
        wrapping: Callable[[], WrappingKeys] | None = None,
    ) -> None:
        if len(key) != KEY_BYTES or len(hash_key) != KEY_BYTES:
            raise ValueError(f"both keys must have {KEY_BYTES} bytes")
        alone = WrappingKeys(key)
        self._wrapping = wrapping or (lambda: alone)
        self._known = tuple(self._wrapping())
        self._hash_key = hash_key
        self._random = random

    def new_key(self, subject: UUID) -> tuple[bytes, bytes]:
        """A fresh key for `subject`: (bare, wrapped). Only the wrapped one may be stored."""
        bare = self._random(KEY_BYTES)
        return bare, self._wrapped(self._wrapping().current, subject, bare)

    def unwrap(self, subject: UUID, wrapped: bytes) -> bytes:
        """The bare key again. Raises SealBroken.

        What opens under none of the keys that were known last may have been wrapped by one that
        another process has put in their place meanwhile.
        """
        bare = _opened(self._known, subject, wrapped)
        if bare is None:
            self._known = tuple(self._wrapping())
            bare = _opened(self._known, subject, wrapped)
        if bare is None:
            raise SealBroken
        return bare

    def wrapped_anew(self, subject: UUID, wrapped: bytes) -> bytes | None:
        """The same key, wrapped by the current one; None where that did it already.

        Raises SealBroken.
        """
        current = self._wrapping().current
        if _opened((current,), subject, wrapped) is not None:
            return None
        return self._wrapped(current, subject, self.unwrap(subject, wrapped))

    def _wrapped(self, key: bytes, subject: UUID, bare: bytes) -> bytes:
        nonce = self._random(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, bare, subject.bytes)

    def seal(
        self, bare: bytes, text: str, *, subject: UUID, stream: UUID, topic: str, field: str
    ) -> Sealed:
        """`text` under the subject's bare key, bound to its place."""
        nonce = self._random(NONCE_BYTES)
        box = AESGCM(bare).encrypt(nonce, text.encode(), _place(stream, topic, field))
        return Sealed(subject, b64encode(nonce + box).decode())

    def unseal(self, bare: bytes, sealed: Sealed, *, stream: UUID, topic: str, field: str) -> str:
        """The text again. Raises SealBroken."""
        box = b64decode(sealed.box)
        return _decrypt(AESGCM(bare), box, _place(stream, topic, field)).decode()

    def keyed_hash(self, kind: str, value: str) -> str:
        """64 hexadecimal digits that find an equal value of the same kind again."""
        message = f"{kind}\x00{value}".encode()
        return hmac.new(self._hash_key, message, hashlib.sha256).hexdigest()


def _opened(keys: Iterable[bytes], subject: UUID, wrapped: bytes) -> bytes | None:
    """The bare key, by the first of `keys` that opens it; None: none does."""
    for key in keys:
        with suppress(SealBroken):
            return _decrypt(AESGCM(key), wrapped, subject.bytes)
    return None


def _place(stream: UUID, topic: str, field: str) -> bytes:
    return b"\x00".join((stream.bytes, topic.encode(), field.encode()))


def _decrypt(cipher: AESGCM, box: bytes, place: bytes) -> bytes:
    try:
        return cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], place)
    except (InvalidTag, ValueError) as error:
        raise SealBroken from error
