"""The pages' style and scripts, which anybody may fetch."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.console.assets import BY_PATH, PREFIX
from domain.errors import NotFound

router = APIRouter(include_in_schema=False)
_FOR_EVER = "public, max-age=31536000, immutable"


@router.get(f"{PREFIX}{{name}}")
async def asset(name: Annotated[str, Path()]) -> Response:
    """One file under the name that holds the hash of its content."""
    found = BY_PATH.get(f"{PREFIX}{name}")
    if found is None:
        raise NotFound("address", f"{PREFIX}{name}")
    headers = {"Cache-Control": _FOR_EVER}
    return Response(found.content, media_type=found.media_type, headers=headers)
