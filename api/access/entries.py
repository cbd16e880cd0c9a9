"""What the access log keeps (S0-25, S4-36; A-38)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

Kind = Literal[
    "details-read",
    "collision-asked",
    "exported",
    "refused",
    "signed-in",
    "sign-in-failed",
    "signed-out",
    "password-set",
    "password-changed",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """One look, one refusal, one sign-in.

    member: who; None for somebody unknown. right: by which right, or the permission that was
    lacking. customer_id: whose data. facts: what was shown or asked, never personal details in
    plain text. request_id, client: which request, from which address.
    """

    kind: Kind
    member: str | None
    right: str | None = None
    customer_id: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    request_id: str | None = None
    client: str | None = None
