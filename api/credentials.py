"""A bearer token as the credentials that the application knows: the digest, never the secret."""

from __future__ import annotations

from hashlib import sha256

from domain.orders import Credentials


def credentials_of(token: str) -> Credentials:
    """Credentials of a token that we have just issued."""
    _, member, secret = token.split(".")
    return Credentials(member, sha256(secret.encode()).hexdigest())
