"""Passwords as argon2id hashes, and nobody's hash for who is unknown.

19 MiB, two passes, one lane: about 40 ms. Source: OWASP Password Storage Cheat Sheet, argon2id.
"""

from __future__ import annotations

import secrets
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Hashes:
    """Makes and verifies hashes; every verification costs the same."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(PASSES, MEMORY_KIB, LANES)

    @cached_property
    def _nobodys(self) -> str:
        """The hash of what nobody can have typed, for whoever has none."""
        return self._hasher.hash(secrets.token_bytes(32))

    def made(self, password: str) -> str:
        """A hash with salt and parameters."""
        return self._hasher.hash(password.encode())

    def fits(self, stored: str | None, password: str) -> bool:
        """True where `password` is the one of `stored`; without one, after the same work."""
        try:
            fits = self._hasher.verify(stored or self._nobodys, password.encode())
        except (VerificationError, InvalidHashError):
            return False
        return fits and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """True where the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


def one_time_password() -> str:
    """Sixteen characters that are not mistaken for one another: 79 bits."""
    signs = [secrets.choice(_ALPHABET) for _ in range(16)]
    return "-".join("".join(signs[start : start + 4]) for start in range(0, 16, 4))
