"""Signed notes and checkpoints, as C2SP's signed-note, tlog-checkpoint and tlog-cosignature say.

Pure: text and keys in, text out. Only Ed25519 is signed and verified.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from api.proof.tree import HASH_BYTES

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
"""Signature types: of a log, and of a witness, whose signature is dated."""
NAME: Final = re.compile(r"[^\s+]+")
_KEY_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_KEY_BYTES: Final = 32
_SIGNATURES_MAX: Final = 64
_DASH: Final = "— "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteMalformed(ValueError):
    """The text is no signed note, checkpoint or key."""


class NoteUntrusted(ValueError):
    """No signature on the note is by the key that was asked for, or that one is forged."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. signed: what follows the key's id."""

    name: str
    key_id: bytes
    signed: bytes

    def line(self) -> str:
        """As it stands under a note."""
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.signed).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends with a newline, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def written(self) -> str:
        """The whole note."""
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    def cosigned(self, signature: Signature) -> Note:
        """The same note with one more signature."""
        return Note(self.text, (*self.signatures, signature))


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name, written `<name>+<key id>+<type and key>` (vkey)."""

    name: str
    kind: int
    key: bytes

    @property
    def key_id(self) -> bytes:
        """SHA-256 over name, newline, type and key: the first four bytes."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.key
        return sha256(named).digest()[:_KEY_ID_BYTES]

    def written(self) -> str:
        """The vkey."""
        key = b64encode(bytes([self.kind]) + self.key).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    def verify(self, note: Note) -> int | None:
        """Raise NoteUntrusted unless this key signed the note; the POSIX time of a cosignature."""
        found = [
            signature
            for signature in note.signatures
            if (signature.name, signature.key_id) == (self.name, self.key_id)
        ]
        if not found:
            raise NoteUntrusted(f"not signed by {self.name} {self.key_id.hex()}")
        times = [self._verified(note.text, signature) for signature in found]
        return times[-1]

    def _verified(self, text: str, signature: Signature) -> int | None:
        signed, message, time = signature.signed, text.encode(), None
        if self.kind == COSIGNATURE:
            time = int.from_bytes(signed[:_TIME_BYTES], "big")
            signed, message = signed[_TIME_BYTES:], _dated(text, time)
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signed, message)
        except InvalidSignature as error:
            raise NoteUntrusted(f"the signature of {self.name} is forged") from error
        return time


class Signer:
    """A private key with its name. seed: 32 bytes."""

    def __init__(self, name: str, seed: bytes, *, kind: int = ED25519) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes_raw()
        self.verifier = Verifier(name, kind, public)

    def sign(self, text: str) -> Note:
        """The note of `text`, signed. Raises NoteMalformed for a text that is none."""
        _check_text(text)
        return Note(text, (self._signature(self._key.sign(text.encode())),))

    def cosign(self, note: Note, *, time: int) -> Note:
        """The note with a dated signature of ours. time: POSIX seconds."""
        signed = self._key.sign(_dated(note.text, time))
        return note.cosigned(self._signature(time.to_bytes(_TIME_BYTES, "big") + signed))

    def _signature(self, signed: bytes) -> Signature:
        return Signature(self.verifier.name, self.verifier.key_id, signed)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log's tree: its size and its root. origin: which log."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text of its note."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def checkpoint_of(note: Note) -> Checkpoint:
    """What a note says as a checkpoint; further lines are passed over. Raises NoteMalformed."""
    lines = note.text.split("\n")[:-1]
    if len(lines) < 3 or not all(lines):
        raise NoteMalformed("a checkpoint has three lines or more, none of them empty")
    origin, size, root_hash = lines[:3]
    if not re.fullmatch(r"0|[1-9][0-9]{0,17}", size):
        raise NoteMalformed("the size of a checkpoint is a decimal number")
    root_bytes = _decoded(root_hash)
    if len(root_bytes) != HASH_BYTES:
        raise NoteMalformed(f"the root of a checkpoint has {HASH_BYTES} bytes")
    return Checkpoint(origin, int(size), root_bytes)


def read_note(written: str) -> Note:
    """The note that `written` is. Raises NoteMalformed."""
    text, gap, signed = written.rpartition("\n\n")
    if not gap or not signed.endswith("\n"):
        raise NoteMalformed("a note has a text, an empty line, and signatures")
    text += "\n"
    _check_text(text)
    lines = signed.split("\n")[:-1]
    if not 0 < len(lines) <= _SIGNATURES_MAX:
        raise NoteMalformed(f"a note has 1 to {_SIGNATURES_MAX} signatures")
    return Note(text, tuple(_read_signature(line) for line in lines))


def read_verifier(vkey: str) -> Verifier:
    """The public key that a vkey writes down. Raises NoteMalformed."""
    name, _, rest = vkey.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    key = _decoded(encoded)
    if not NAME.fullmatch(name) or len(key) != 1 + _KEY_BYTES:
        raise NoteMalformed("a key is written <name>+<key id>+<base64 of type and 32 bytes>")
    if key[0] not in (ED25519, COSIGNATURE):
        raise NoteMalformed(f"keys of type {key[0]:#04x} are not known, only Ed25519")
    verifier = Verifier(name, key[0], key[1:])
    if verifier.key_id.hex() != key_id:
        raise NoteMalformed("the key's id is not that of its name and its bytes")
    return verifier


def _read_signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    signed = _decoded(encoded)
    is_named = line.startswith(_DASH) and NAME.fullmatch(name)
    if not is_named or len(signed) <= _KEY_ID_BYTES:
        raise NoteMalformed(f"this is no signature: {line!r}")
    return Signature(name, signed[:_KEY_ID_BYTES], signed[_KEY_ID_BYTES:])


def _check_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteMalformed("the text of a note ends with a newline and has no control characters")


def _dated(text: str, time: int) -> bytes:
    """What a cosignature signs."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _decoded(encoded: str) -> bytes:
    try:
        decoded = b64decode(encoded, validate=True)
    except ValueError as error:
        raise NoteMalformed(f"this is no base64: {encoded!r}") from error
    if b64encode(decoded).decode() != encoded:
        raise NoteMalformed(f"this base64 is not canonical: {encoded!r}")
    return decoded
