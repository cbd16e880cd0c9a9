"""Errors of signing in, which the domain knows nothing of.

TenureError
├── SignInFailed         no such name and password, or not any more
├── PasswordChangeDue    a one-time password must be changed with the sign-in
├── OidcFailed           the company's provider did not vouch for a member
├── CsrfMissing          a cookie came without the token that only our page knows
└── TooManyRequests      more than the limit, or a delay after failed sign-ins
"""

from __future__ import annotations

from typing import Any

from domain.errors import TenureError


class SignInFailed(TenureError):
    """The same for an unknown name and a wrong password, so that neither is found out."""

    slug = "sign-in-failed"


class PasswordChangeDue(TenureError):
    """The password is right and was for one time: the sign-in must bring a new one."""

    slug = "password-change-due"


class OidcFailed(TenureError):
    """The provider did not vouch for a member of this house. reason: a fixed word."""

    slug = "oidc-failed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def facts(self) -> dict[str, Any]:
        return {"reason": self.reason}


class CsrfMissing(TenureError):
    """A command in a session without its X-CSRF-Token, or with another's."""

    slug = "csrf"


class TooManyRequests(TenureError):
    """Not before `retry_after` seconds. is_first: the first that is turned away so."""

    slug = "too-many-requests"

    def __init__(self, retry_after: int, *, is_first: bool = False) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after
        self.is_first = is_first

    def facts(self) -> dict[str, Any]:
        return {"retry_after": self.retry_after}
