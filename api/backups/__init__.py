"""Backups of the embedded database: taken while it serves, verified, put in place elsewhere."""

from api.backups.errors import BackupError
from api.backups.note import Note
from api.backups.restoring import Restored, restore_backup
from api.backups.taking import Taken, take_backup

__all__ = ["BackupError", "Note", "Restored", "Taken", "restore_backup", "take_backup"]
