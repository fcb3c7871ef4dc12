"""Static files, under addresses that change with their content, so that browsers keep them for good.

All files of our own lie under one address made from all of them: the modules name each other relatively. plotly.js,
which is large and changes only with its package, has an address of its own.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import importlib.metadata
import importlib.util
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from starlette.responses import Response

from coinassay.errors import NotFound

PLACE = "/static/"
PLOTLY = "plotly.min.js"
KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webmanifest": "application/manifest+json",
    "json": "application/json",
    "woff2": "font/woff2",
}
COMPRESSIBLE = ("text/", "image/svg+xml", "application/")
FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    kind: str
    body: bytes
    packed: bytes | None
    """gzip, where that is smaller."""


class Assets:
    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache
        self._files = {name: _packed(name, file.read_bytes()) for name, file in _files()}
        digest = hashlib.sha256()
        for name in sorted(self._files):
            digest.update(name.encode() + b"\0" + self._files[name].body + b"\0")
        self._version = digest.hexdigest()[:16]
        self._plotly: Asset | None = None
        self._packing = asyncio.Lock()

    def url(self, name: str) -> str:
        """Where the file `name`, as in "css/base.css", or plotly.min.js is. Raises KeyError for what is not there."""
        if name == PLOTLY:
            return f"{PLACE}{self._plotly_version}/{PLOTLY}"
        if name not in self._files:
            raise KeyError(name)
        return f"{PLACE}{self._version}/{name}"

    async def answer(self, path: str, accepts_gzip: bool) -> Response:
        """Raises NotFound."""
        version, _, name = path.removeprefix(PLACE).partition("/")
        if name == PLOTLY and version == self._plotly_version:
            asset = await self._plotly_file()
        elif version == self._version and name in self._files:
            asset = self._files[name]
        else:
            raise NotFound
        headers = {"content-type": asset.kind, "cache-control": FOR_GOOD, "vary": "accept-encoding"}
        if accepts_gzip and asset.packed is not None:
            return Response(asset.packed, headers={**headers, "content-encoding": "gzip"})
        return Response(asset.body, headers=headers)

    @cached_property
    def _plotly_version(self) -> str:
        return f"plotly-{importlib.metadata.version('plotly')}"

    async def _plotly_file(self) -> Asset:
        async with self._packing:
            if self._plotly is None:
                self._plotly = await asyncio.to_thread(self._pack_plotly)
            return self._plotly

    def _pack_plotly(self) -> Asset:
        """Compressing it takes a good part of a second, so it is done once for each version where there is a cache."""
        spec = importlib.util.find_spec("plotly")  # its Python code is not run
        places = list(spec.submodule_search_locations or ()) if spec is not None else []
        if not places:
            raise NotFound
        body = (Path(places[0]) / "package_data" / PLOTLY).read_bytes()
        kept = None if self._cache is None else self._cache / f"{self._plotly_version}.min.js.gz"
        if kept is not None:
            with suppress(OSError, EOFError, gzip.BadGzipFile):
                packed = kept.read_bytes()
                if gzip.decompress(packed) == body:
                    return Asset(KINDS["js"], body, packed)
        packed = gzip.compress(body, 9, mtime=0)
        if kept is not None:
            with suppress(OSError):  # a cache that cannot be written is none
                _write(kept, packed)
        return Asset(KINDS["js"], body, packed)


def _files() -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []

    def walk(place: Traversable, prefix: str) -> None:
        for each in place.iterdir():
            if each.is_dir():
                walk(each, f"{prefix}{each.name}/")
            elif each.name.rpartition(".")[2] in KINDS:
                found.append((prefix + each.name, each))

    walk(resources.files("coinassay.web") / "static", "")
    return found


def _packed(name: str, body: bytes) -> Asset:
    kind = KINDS[name.rpartition(".")[2]]
    packed = gzip.compress(body, 9, mtime=0) if kind.startswith(COMPRESSIBLE) else None
    return Asset(kind, body, packed if packed is not None and len(packed) < len(body) else None)


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(number, "wb") as file:
        file.write(body)
    os.replace(name, path)
