"""What the access log keeps (S0-25, S4-36; A-38)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Kind = Literal[
    "details-read",
    "waiting-read",
    "collision-asked",
    "words-asked",
    "exported",
    "export-ended",
    "access-asked",
    "refused",
    "signed-in",
    "sign-in-failed",
    "signed-out",
    "password-set",
    "password-changed",
]
"""`details-read`: chosen by the reader, and counted. `waiting-read`: with a list of what waits for
a decision, which nobody chooses, so it is not. `collision-asked`: customers were searched, in
whatever list; `words-asked`: the audit was. `access-asked`: somebody read this log."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One look, one refusal, one sign-in.

    member: who; None for somebody unknown. right: by which right, or the permission that was
    lacking. customer_id: whose data. facts: what was shown or asked, never personal details in
    plain text. request_id, client: which request, from which address.

    customer_ids: whose data, where one answer shows several: one entry, found under each of them.
    at: of the answer; None: now. token_id, session_id: by which of the member's ways in.
    details_max: how many customers the member may see in details that day.
    """

    kind: Kind
    member: str | None
    right: str | None = None
    customer_id: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    request_id: str | None = None
    client: str | None = None
    customer_ids: Sequence[UUID] = ()
    at: datetime | None = None
    token_id: UUID | None = None
    session_id: UUID | None = None
    details_max: int | None = None
