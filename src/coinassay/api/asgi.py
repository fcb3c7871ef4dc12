"""The ASGI interface as far as it is used here, and reading a request's body within a bound.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from coinassay.api.errors import PayloadTooLarge

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class ClientGone(ConnectionError):
    """The client closed the connection before its request was complete: nobody is there to be answered."""


async def read_body(headers: dict[bytes, bytes], receive: Receive, largest: int) -> bytes:
    """The whole body, empty where none is announced. Raises PayloadTooLarge beyond `largest` bytes, ClientGone.

    A request without Content-Length and Transfer-Encoding has no body (RFC 9112, section 6.3), so nothing is awaited.
    """
    announced = headers.get(b"content-length")
    if announced is None or announced == b"0":
        if b"transfer-encoding" not in headers:
            return b""
    elif len(announced) > 12 or int(announced) > largest:  # the server has checked that they are digits
        raise PayloadTooLarge(largest)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > largest:
            raise PayloadTooLarge(largest)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
