"""A webhook: an address outside to which the house sends its events (decision 0018).

How far the sending is, no event says: that is the state of a machine. What is here decides what
may be sent where, and is on record for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.errors import Invalid
from domain.events.values import Sealed
from domain.events.webhook import (
    WebhookAdded,
    WebhookDisabled,
    WebhookEnabled,
    WebhookEvent,
    WebhookRemoved,
    WebhookResent,
)

URL_CHARACTERS_MAX = 2_000
RESENDS_MAX = 1_000
ASKED = "asked"


class Webhook(Aggregate):
    """Invariant: a removed one is never active."""

    TOPIC = "webhook"
    Event = WebhookEvent
    Created = WebhookAdded
    Disabled = WebhookDisabled
    Enabled = WebhookEnabled
    Removed = WebhookRemoved
    Resent = WebhookResent

    if TYPE_CHECKING:  # annotations at run time would make the library write an __init__
        address: str
        url: Sealed
        secret: Sealed
        topics: tuple[str, ...]
        after: int
        is_active: bool
        is_removed: bool
        since_version: int
        disabled_for: str | None
        resends: tuple[tuple[int, int], ...]

    @classmethod
    def add(
        cls,
        webhook_id: UUID,
        *,
        address: str,
        url: Sealed,
        secret: Sealed,
        topics: Sequence[str],
        after: int,
        actor: str,
        at: datetime,
    ) -> Webhook:
        """Send events to an address from behind a position on."""
        return cls._create(
            WebhookAdded,
            id=webhook_id,
            timestamp=at,
            actor=actor,
            address=address,
            url=url,
            secret=secret,
            topics=list(topics),
            after=after,
        )

    def disable(self, *, cause: str, actor: str, at: datetime) -> None:
        """Send nothing more for now; nothing is recorded where that is so already."""
        if self.is_active:
            self.trigger_event(WebhookDisabled, timestamp=at, actor=actor, cause=cause)

    def enable(self, *, actor: str, at: datetime) -> None:
        """Go on sending; nothing is recorded where that is so already."""
        if not self.is_active and not self.is_removed:
            self.trigger_event(WebhookEnabled, timestamp=at, actor=actor)

    def remove(self, *, actor: str, at: datetime) -> None:
        """Send nothing more for good."""
        if not self.is_removed:
            self.trigger_event(WebhookRemoved, timestamp=at, actor=actor)

    def resend(self, first: int, last: int, *, actor: str, at: datetime) -> None:
        """Send the events of [first, last] once more. Raises Invalid that names the end."""
        if first < 1 or last < first:
            raise Invalid.field(
                "from" if first < 1 else "to",
                "no-stretch",
                zh="须满足 1 ≤ from ≤ to，且不晚于已送达的位置",
                en="1 <= from <= to must hold, and neither lie beyond what was delivered",
            )
        if len(self.resends) >= RESENDS_MAX:
            raise Invalid.field(
                "from",
                "too-many",
                zh=f"一个 webhook 最多重发 {RESENDS_MAX} 次，请另建一个",
                en=f"a webhook resends {RESENDS_MAX} times at most; add another one",
            )
        self.trigger_event(WebhookResent, timestamp=at, actor=actor, first=first, last=last)


def shown_address(url: str) -> str:
    """The URL without its query. Raises Invalid where it is no URL that can be sent to."""
    try:
        parts = urlsplit(url)
        is_fit = (
            len(url) <= URL_CHARACTERS_MAX
            and all("!" <= sign <= "~" for sign in url)
            and parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.port != 0
        )
    except ValueError:
        is_fit = False
    if not is_fit:
        raise Invalid.field(
            "url",
            "no-url",
            zh="须为 https://主机/路径 形式的地址，只含可见 ASCII 字符",
            en="must be an address such as https://host/path, in visible ASCII characters",
        )
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Invalid.field(
            "url",
            "holds-credentials",
            zh="不得含用户名、密码或 #；签名即可证明来源，确需令牌时放在查询参数中",
            en="must hold no user, password or fragment: the signature proves the sender; a token "
            "that is needed all the same belongs into the query",
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
