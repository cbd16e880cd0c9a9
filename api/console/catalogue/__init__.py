"""Texts of the pages: English in the source, Chinese in `zh.po`, read when the service starts.

Titles of problems, sentences of events and words of the domain have tables of their own
(`api/problems`, `domain/words`, `domain/terms`), which the pages ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po

from api.languages import Language


@cache
def messages(language: Language) -> Mapping[str, str]:
    """The translations of a language by the English text; none for English."""
    if language == "en":
        return {}
    with (files(__name__) / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {str(message.id): str(message.string) for message in catalogue if message.id}


def translated(text: str, language: Language) -> str:
    """A text of the pages in a language."""
    return messages(language).get(text) or text


def marked(text: str) -> str:
    """A text that is translated where it is shown; named so that it is found in the source."""
    return text
