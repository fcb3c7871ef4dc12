"""Icons of coins and exchanges, drawn here: what the answers link to is never fetched from anybody else.

An icon is a circle in a colour of its own with the first letters of the code. The same code always looks the same.
"""

from __future__ import annotations

import re
from hashlib import sha256
from html import escape

from coinassay.errors import NotFound

COINS = "/img/coins/"
EXCHANGES = "/img/exchanges/"
_CODE = re.compile(r"[A-Za-z0-9._-]{1,20}")
_NAME = re.compile(r"[a-z0-9_-]{1,40}")
_PATH = re.compile(rf"({COINS}|{EXCHANGES})([A-Za-z0-9._-]{{1,40}})\.svg")
OTHER = "-"
"""Stands for every code that cannot be part of an address."""

HEADERS = (
    (b"content-type", b"image/svg+xml"),
    (b"cache-control", b"public, max-age=604800"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"x-content-type-options", b"nosniff"),
    (b"access-control-allow-origin", b"*"),
)
"""A week: how an icon looks may change with a version. Nothing in an icon may load or run anything."""

LONGEST = 4
"""Letters that can be read in a circle."""


def coin_icon(public_url: str, code: str) -> str:
    """Where the icon of a coin is."""
    return f"{public_url}{COINS}{code if _CODE.fullmatch(code) else OTHER}.svg"


def exchange_icon(public_url: str, icon: str) -> str:
    """Where the icon of a market is."""
    return f"{public_url}{EXCHANGES}{icon if _NAME.fullmatch(icon) else OTHER}.svg"


def is_image(path: bytes) -> bool:
    return path.startswith(b"/img/")


def draw(path: bytes) -> bytes:
    """The SVG at the raw `path`. Raises NotFound."""
    match = _PATH.fullmatch(path.decode("latin-1"))
    if match is None:
        raise NotFound
    kind, name = match.groups()
    if not (_CODE if kind == COINS else _NAME).fullmatch(name):
        raise NotFound
    return _circle(name) if kind == COINS else _square(name)


def _circle(code: str) -> bytes:
    text = code[:LONGEST]
    return _svg(code, f'<circle cx="32" cy="32" r="32" fill="{_colour(code)}"/>', text)


def _square(name: str) -> bytes:
    text = "".join(part[:1] for part in re.split("[_-]", name))[:2] if "_" in name else name[:2]
    return _svg(name, f'<rect width="64" height="64" rx="14" fill="{_colour(name)}"/>', text.title())


def _svg(title: str, shape: str, text: str) -> bytes:
    size = {1: 34, 2: 28, 3: 22}.get(len(text), 17)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64" role="img">'
        f"<title>{escape(title)}</title>{shape}"
        f'<text x="32" y="32" dy="0.36em" text-anchor="middle" fill="#fff" font-family="sans-serif" '
        f'font-weight="700" font-size="{size}">{escape(text)}</text></svg>'
    ).encode()


def _colour(text: str) -> str:
    """Any hue, dark enough for white letters."""
    hue = int.from_bytes(sha256(text.encode()).digest()[:2]) % 360
    return f"hsl({hue},55%,38%)"
