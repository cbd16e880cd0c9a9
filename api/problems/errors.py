"""Errors of HTTP itself, which the domain knows nothing of.

TenureError
├── DetailsUsedUp       as many details as a day has were seen
├── MethodNotAllowed    the address exists, the method does not
├── TooLarge            the body passes the limit
└── UnsupportedType     the body is not JSON in UTF-8
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.errors import TenureError


class DetailsUsedUp(TenureError):
    """The member has seen as many customers' details as one may on a day.

    details_max: how many. until: the midnight in Asia/Shanghai at which it begins anew.
    retry_after: seconds until then.
    """

    slug = "details-used-up"

    def __init__(self, details_max: int, until: datetime, retry_after: int) -> None:
        super().__init__(f"{details_max} a day")
        self.details_max = details_max
        self.until = until
        self.retry_after = retry_after

    def facts(self) -> dict[str, Any]:
        return {"details_max": self.details_max, "until": self.until}


class MethodNotAllowed(TenureError):
    """The address exists, the method does not. allowed: methods that do."""

    slug = "method-not-allowed"

    def __init__(self, method: str, allowed: list[str]) -> None:
        super().__init__(method)
        self.method = method
        self.allowed = allowed

    def facts(self) -> dict[str, Any]:
        return {"method": self.method, "allowed": self.allowed}


class TooLarge(TenureError):
    """The body passes the limit of `bytes_max`."""

    slug = "too-large"

    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"more than {bytes_max} bytes")
        self.bytes_max = bytes_max

    def facts(self) -> dict[str, Any]:
        return {"bytes_max": self.bytes_max}


class UnsupportedType(TenureError):
    """The body is not JSON in UTF-8, or is compressed."""

    slug = "unsupported-type"
