"""Why a backup was not taken or not put in place.

BackupError
├── NotTaken       the database could not be copied whole; nothing was left behind
├── BackupBroken   what is there is no backup, or not the one that was taken
├── TargetInUse    a restore would write over what is there
└── KeysUnfit      the keys at hand are not those of the backup
"""


class BackupError(Exception):
    """A backup was not taken or not put in place. zh, en: why, and what to do."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class NotTaken(BackupError):
    """The database could not be copied whole."""


class BackupBroken(BackupError):
    """What is there is no backup, or not the one that was taken."""


class TargetInUse(BackupError):
    """A restore would write over what is there."""


class KeysUnfit(BackupError):
    """The keys at hand are not those of the backup."""
