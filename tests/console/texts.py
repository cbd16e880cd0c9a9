"""Texts that pages show, found in the templates and the source."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_file

FOLDER = Path(__file__).parents[2] / "api" / "console"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "marked": None}


def texts() -> Iterator[str]:
    """Every text that is translated, where it stands in English."""
    for path in sorted(FOLDER.rglob("*")):
        method = {".html": "jinja2.ext:babel_extract", ".py": "python"}.get(path.suffix)
        if method is None:
            continue
        options = {"trimmed": "true", "extensions": "jinja2.ext.i18n"}
        for _, found, _, _ in extract_from_file(
            method, path, keywords=KEYWORDS, options=options if method != "python" else None
        ):
            yield from [found] if isinstance(found, str) else found
