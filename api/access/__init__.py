"""Who was let in and who looked at what: the access log, beside the events and sealed like them
(decision 0020)."""

from api.access.migrating import migrate

__all__ = ["migrate"]
