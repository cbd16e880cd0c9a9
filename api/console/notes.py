"""What a follow-up says beyond its sentence, for those who may read it (S1-030, A-34)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from markupsafe import escape

from domain.events import FollowedUp

SHOWN_CHARACTERS: Final = 600
"""Of a note among other events; the rest is on the note's own page."""


@dataclass(frozen=True, slots=True)
class Note:
    """A follow-up as it was noted. contact: the person it was with; "" where the name is erased,
    None where nobody was named."""

    text: str
    channel: str
    contact: str | None
    contacted_at: datetime | None
    next_contact_at: datetime | None

    @property
    def beginning(self) -> str:
        """What is shown of it among other events."""
        return self.text if not self.is_long else f"{self.text[: SHOWN_CHARACTERS - 1]}…"

    @property
    def is_long(self) -> bool:
        """True where its beginning is not all of it."""
        return len(self.text) > SHOWN_CHARACTERS

    @property
    def weight_bytes(self) -> int:
        """How much its beginning adds to a page."""
        return len(str(escape(self.beginning)).encode())


def note_of(
    event: Mapping[str, Any], contacts: Iterable[Mapping[str, Any]] | None = None
) -> Note | None:
    """The note of a told event; None where there is none, or none for this reader, who is then
    told no fact of it. contacts: those of the card, for the names."""
    facts = event["facts"]
    if event["topic"] != FollowedUp.TOPIC or not facts:
        return None
    names = {str(contact["id"]): contact["name"] or "" for contact in contacts or ()}
    return Note(
        text=facts["note"],
        channel=facts["channel"],
        contact=names.get(str(facts["contact_id"])),
        contacted_at=_instant(facts["contacted_at"]),
        next_contact_at=_instant(facts["next_contact_at"]),
    )


def _instant(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
