"""What evidence is asked for."""

from __future__ import annotations

from typing import Annotated

from api.models.fields import Body, WholeNumber, described
from api.models.proofs import CHECKPOINT_EXAMPLE

NOTE_CHARACTERS_MAX = 10_000


class EvidenceBody(Body):
    """For which case, and from which checkpoint on."""

    dispute: Annotated[
        WholeNumber | None, described("Number of the dispute that it is made for.", 1)
    ] = None
    from_checkpoint: Annotated[
        str | None,
        described(
            "A checkpoint of the log of events that the receiver holds already, whole: the bundle "
            "then proves that the log continues it.",
            CHECKPOINT_EXAMPLE,
            characters_max=NOTE_CHARACTERS_MAX,
        ),
    ] = None
