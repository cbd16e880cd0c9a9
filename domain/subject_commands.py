"""The commands on data subjects, one method each, and what the application says of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain import commands
from domain.events.subject import Ground
from domain.orders import Order, Receipt
from domain.subject import Subject

if TYPE_CHECKING:
    from domain.command_path import CommandPath
    from domain.log import Log


class SubjectCommands:
    """The part of the application that forgets people when the law asks (PIPL art. 47)."""

    if TYPE_CHECKING:
        reader: Log
        _path: CommandPath

        def save(self, *aggregates: Any, **kwargs: Any) -> Any: ...

    def ask_erasure(
        self,
        order: Order,
        subject_id: UUID,
        *,
        customers: Sequence[UUID],
        ground: Ground,
        reason: str,
    ) -> Receipt:
        """Restrict a subject's data until somebody else confirms its erasure.

        customers: records where the data lies; those that they were merged into are found.
        """
        command = commands.AskErasure(subject_id, customers, ground, reason)
        return self._path.carry_out(order, command)

    def confirm_erasure(self, order: Order, subject_id: UUID) -> Receipt:
        """Destroy the subject's key, as somebody else than who asked."""
        return self._path.carry_out(order, commands.ConfirmErasure(subject_id))

    def lift_restriction(self, order: Order, subject_id: UUID, *, reason: str) -> Receipt:
        """Use a subject's data again as before."""
        return self._path.carry_out(order, commands.LiftRestriction(subject_id, reason))

    def subjects(self, ids: Collection[UUID]) -> dict[UUID, Subject]:
        """Those of the subjects whose erasure was ever asked for; look at them only."""
        streams = {Subject.id_of(found): found for found in ids}
        read = self.reader.load([], cached=list(streams)).streams
        return {streams[stream]: one for stream, one in read.items() if isinstance(one, Subject)}
