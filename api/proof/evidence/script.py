"""The verify.py of a bundle: the parts of this folder in one file that imports nothing of ours."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_PARTS = ("tenures.py", "checking.py")
_MARK = "# ---- "
_IMPORTS = "import json\nimport zipfile\n"


@cache
def readme() -> str:
    """The text of README.md."""
    return (_FOLDER / "readme.txt").read_text(encoding="utf-8")


@cache
def script() -> str:
    """The text of verify.py."""
    first = (_FOLDER / "proving.py").read_text(encoding="utf-8")
    first = first.replace(_IMPORTS, "import argparse\nimport json\nimport sys\nimport zipfile\n")
    first = first.replace(
        "from uuid import UUID\n", "from pathlib import Path\nfrom uuid import UUID\n"
    )
    others = ((_FOLDER / part).read_text(encoding="utf-8") for part in _PARTS)
    behind = (_MARK + text.partition(_MARK)[2] for text in others)
    return "#!/usr/bin/env python3\n" + "\n\n".join([first, *behind])
