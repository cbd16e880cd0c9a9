"""A row of the table of problems."""

from __future__ import annotations

from dataclasses import dataclass

from api.languages import Language


@dataclass(frozen=True, slots=True)
class Wording:
    """A problem in one language. detail: a template over the facts of the error.

    page: what it means and what to do, for `/problems/<slug>`.
    """

    title: str
    detail: str
    page: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One row. errors: classes that it answers. retry_after: seconds, where trying again helps."""

    slug: str
    status: int
    zh: Wording
    en: Wording
    errors: tuple[type[Exception], ...] = ()
    clause: str | None = None
    retry_after: int | None = None

    def wording(self, language: Language) -> Wording:
        """The row in one language."""
        return self.zh if language == "zh" else self.en
