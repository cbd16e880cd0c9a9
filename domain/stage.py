"""The stages of a protection."""

from enum import StrEnum


class Stage(StrEnum):
    """Stages of a protection (design §1); the pool is the absence of one."""

    WAITING = "waiting"
    REJECTED = "rejected"
    POTENTIAL = "potential"
    INTENT = "intent"
    FORMAL = "formal"
