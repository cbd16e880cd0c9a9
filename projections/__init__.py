"""How events are read: the engine that follows the log, and the views it keeps."""

from projections.migrating import migrate

__all__ = ["migrate"]
