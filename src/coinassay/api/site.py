"""What is answered outside /public/api and /api: the description of the interface, its page, and icons."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from typing import Any

from coinassay.api import images
from coinassay.api.errors import Headers
from coinassay.api.params import parse
from coinassay.api.routing import OWN, PREFIX, Route
from coinassay.api.wire.numbers import encode
from coinassay.errors import NotFound

PLACES = tuple(b"/" + prefix.encode().split(b"/")[1] + b"/" for prefix in (PREFIX, OWN))
"""Everything below them belongs to the API."""

_SECURE: Headers = (
    (b"cache-control", b"no-cache"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
)
PAGE: Headers = ((b"content-type", b"text/html; charset=utf-8"), *_SECURE)
"""No script runs on it, and nothing is loaded from elsewhere."""
STYLE: Headers = ((b"content-type", b"text/css; charset=utf-8"), *_SECURE)
DOCUMENT: Headers = ((b"content-type", b"application/json"), (b"access-control-allow-origin", b"*"), *_SECURE)


class Site:
    def __init__(self, routes: Sequence[Route], public_url: str) -> None:
        self._routes = routes
        self._public_url = public_url

    def answer(self, path: bytes, query: bytes) -> tuple[bytes, Headers]:
        """Body and headers, for GET. Raises NotFound, InvalidRequest for a query that cannot be read."""
        if images.is_image(path):
            return images.draw(path), images.HEADERS
        if path == b"/openapi.json":
            return self._document_body, DOCUMENT
        if path == b"/docs":
            return self._page(parse(query, b"", b"").text("q") or ""), PAGE
        if path == b"/docs/style.css":
            return self._style, STYLE
        raise NotFound

    def _page(self, words: str) -> bytes:
        from coinassay.api.description import page

        return page.render(self._document, words) if words else self._whole_page

    @cached_property
    def _whole_page(self) -> bytes:
        from coinassay.api.description import page

        return page.render(self._document)

    @cached_property
    def _document(self) -> dict[str, Any]:
        # Imported when it is first asked for: servers start without, and few are ever asked.
        from coinassay.api.description.examples import Examples
        from coinassay.api.description.openapi import describe

        return describe(self._routes, self._public_url, Examples.bundled())

    @cached_property
    def _document_body(self) -> bytes:
        return encode(self._document)

    @cached_property
    def _style(self) -> bytes:
        return (resources.files("coinassay.api.description") / "style.css").read_bytes()
