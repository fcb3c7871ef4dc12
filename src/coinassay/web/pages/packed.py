"""Pages with a large part that stays the same from one request to the next: it is compressed once.

A gzip member (RFC 1952) is one stream of deflate blocks (RFC 1951). What is compressed up to a full flush ends on a
byte and needs nothing of what came before, so such pieces can be put together: a few bytes that are new each time, the
part that was kept, a few bytes more.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from starlette.responses import HTMLResponse, Response

from coinassay.web.headers import accepts_gzip
from coinassay.web.session import Visit

KEPT_LEVEL, FRESH_LEVEL = 3, 1
"""From 4 on zlib takes half as long again, for a hundredth less."""
_BEGIN = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""Deflate, no name, no time, unknown system."""
_END = b"\x03\x00"
"""An empty last block."""


@dataclass(frozen=True, slots=True)
class Packed:
    plain: bytes
    deflated: bytes


def pack(text: str, level: int = KEPT_LEVEL) -> Packed:
    plain = text.encode()
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Packed(plain, compressor.compress(plain) + compressor.flush(zlib.Z_FULL_FLUSH))


def gzipped(*parts: Packed) -> bytes:
    """All of them as one gzip file."""
    check, size = 0, 0
    for part in parts:
        check = zlib.crc32(part.plain, check)
        size += len(part.plain)
    return b"".join((_BEGIN, *(part.deflated for part in parts), _END, struct.pack("<II", check, size & 0xFFFFFFFF)))


def answer(visit: Visit, before: str, part: Packed, after: str) -> Response:
    """The page made of the three."""
    headers = {"vary": "accept-encoding, cookie"}
    if not accepts_gzip(visit.request):
        return HTMLResponse(b"".join((before.encode(), part.plain, after.encode())), headers=headers)
    body = gzipped(pack(before, FRESH_LEVEL), part, pack(after, FRESH_LEVEL))
    return HTMLResponse(body, headers={**headers, "content-encoding": "gzip"})
