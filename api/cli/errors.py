"""Errors that a user of the command line can meet, in words and as exit status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg2
from eventsourcing.persistence import PersistenceError

from api.backups.errors import BackupError
from api.cli.output import ExitStatus, Words
from api.company_file import FileUnusable
from api.embedded import EmbeddedPostgresError
from api.key_rotation import RotationRefused
from api.languages import Language
from api.proof.signing import CheckpointRefused
from api.proof.witness import LogUnreachable, WitnessAlarm
from api.settings import SettingsInvalid
from domain.errors import Invalid, TenureError


@dataclass(frozen=True, slots=True)
class Told:
    """One error for the shell."""

    words: Words
    slug: str
    status: ExitStatus


_WITH_WORDS: dict[Any, tuple[str, ExitStatus]] = {
    RotationRefused: ("rotation", ExitStatus.REFUSED),
    SettingsInvalid: ("settings", ExitStatus.USAGE),
    FileUnusable: ("file", ExitStatus.REFUSED),
    BackupError: ("backup", ExitStatus.REFUSED),
    CheckpointRefused: ("checkpoint", ExitStatus.REFUSED),
    WitnessAlarm: ("witness", ExitStatus.REFUSED),
    LogUnreachable: ("unavailable", ExitStatus.REFUSED),
}
"""Errors that bring their words in both languages along; what is a kind of another comes first."""


def told(error: Exception) -> Told | None:
    """How to tell a user of `error`; None for one that is a defect of ours."""
    for kind, (slug, status) in _WITH_WORDS.items():
        if isinstance(error, kind):
            return Told(Words(zh=error.zh, en=error.en), slug, status)
    if isinstance(error, TenureError):
        return Told(_domain_words(error), error.slug, ExitStatus.REFUSED)
    if isinstance(error, EmbeddedPostgresError):
        words = Words(zh=f"内置数据库无法使用：{error}", en=f"the embedded database: {error}")
        return Told(words, "database", ExitStatus.REFUSED)
    if isinstance(error, PersistenceError | psycopg2.Error):
        reason = " ".join(str(error).split())
        words = Words(zh=f"数据库无法使用：{reason}", en=f"the database failed: {reason}")
        return Told(words, "unavailable", ExitStatus.REFUSED)
    if type(error).__module__.startswith(("projections.", "api.rebuilds")):
        return _told_of_views(error)
    if isinstance(error, OSError):
        return Told(
            Words(zh=f"文件或系统错误：{error}", en=str(error)), "system", ExitStatus.REFUSED
        )
    return None


def _told_of_views(error: Exception) -> Told | None:
    # Imported here: these bring the engine of the views, which most commands do not need.
    from api.cli.view_errors import SLUGS, words_of

    slug = SLUGS.get(type(error))
    return None if slug is None else Told(words_of(error), slug, ExitStatus.REFUSED)


def _domain_words(error: TenureError) -> Words:
    zh, en = getattr(error, "zh", None), getattr(error, "en", None)
    if zh and en:
        return Words(zh=zh, en=en)
    if isinstance(error, Invalid):
        return Words(
            zh="；".join(f"{problem.field}：{problem.zh}" for problem in error.problems),
            en="; ".join(f"{problem.field}: {problem.en}" for problem in error.problems),
        )
    return Words(zh=_sentence(error, "zh"), en=_sentence(error, "en"))


def _sentence(error: TenureError, language: Language) -> str:
    """Title and detail, as the same error answers over HTTP."""
    # Imported here: the table brings the web framework, which most errors do not need.
    from api.problems.table import row_of
    from api.problems.wording import in_words

    wording = row_of(error).wording(language)
    return f"{wording.title}: {wording.detail.format_map(in_words(error.facts(), language))}"
