"""Following from outside: the log as CloudEvents, streams of them, and webhooks (decision 0018)."""

from api.outside.migrating import migrate

__all__ = ["migrate"]
