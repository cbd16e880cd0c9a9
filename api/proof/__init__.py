"""Proof that nobody rewrote the logs: their trees, checkpoints kept elsewhere, and evidence."""

from api.proof.migrating import migrate

__all__ = ["migrate"]
