"""The style sheet, the script and the icon: files out, under names that change when they do, to be kept for good."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.documents import Document, answer

_HERE = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


def _named() -> dict[str, Path]:
    """Return the files by the names under which they are asked for."""
    files = sorted(path for path in _HERE.iterdir() if path.suffix in _TYPES)
    return {f"{path.stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}{path.suffix}": path for path in files}


class Assets:
    """The files as they were at the start."""

    def __init__(self) -> None:
        named = _named()
        self._paths = {path.name: f"/static/{name}" for name, path in named.items()}
        self._documents = {name: (Document.of(path.read_bytes()), _TYPES[path.suffix]) for name, path in named.items()}

    def path(self, name: str) -> str:
        """Return where the file *name* is found. Raises KeyError."""
        return self._paths[name]

    def route(self) -> Route:
        return Route("/static/{name}", self._answer)

    async def _answer(self, request: Request) -> Response:
        found = self._documents.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return answer(request, *found, _FOR_GOOD)
