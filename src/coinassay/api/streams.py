"""Answers without an end: a body sent in pieces for as long as the client listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from coinassay.api.asgi import Receive, Scope, Send
from coinassay.api.errors import Headers

ABORT = "coinassay.abort"
"""The extension of the ASGI scope with whose `call` a connection is broken off at once, whatever is still to be sent on
it."""

TOO_SLOW = "client_too_slow"
"""What is logged of a client that did not take what it was sent."""


@dataclass(frozen=True, slots=True)
class Stream:
    headers: Headers
    pieces: AsyncGenerator[bytes, None]
    """Ends soon after `end` was called."""
    end: Callable[[], None]
    """May be called twice, and from anywhere in the event loop's thread."""


async def send_stream(
    stream: Stream, headers: Headers, scope: Scope, receive: Receive, send: Send, patience: float
) -> str:
    """The whole answer; what went wrong, for the log, or nothing.

    A client that does not take a piece within `patience` seconds is dropped: it knows from which event to go on, and
    what it does not read would be kept for it. Raises what the pieces raise: then the answer has no end.
    """
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["method"] == "HEAD":
        stream.end()
        await stream.pieces.aclose()
        await send({"type": "http.response.body"})
        return ""
    leaving = asyncio.create_task(_end_when_gone(stream, receive), name="a listener")
    try:
        async with aclosing(stream.pieces) as pieces:
            async for piece in pieces:
                if not await _in_time(send, piece, patience):
                    return _broken_off(scope)
    finally:
        stream.end()
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
    return "" if await _in_time(send, b"", patience, last=True) else _broken_off(scope)


def _broken_off(scope: Scope) -> str:
    """Closed in order, the connection would wait until the client has taken what is on its way."""
    abort = scope.get("extensions", {}).get(ABORT)
    if abort is not None:
        abort["call"]()
    return TOO_SLOW


async def _in_time(send: Send, piece: bytes, patience: float, last: bool = False) -> bool:
    try:
        async with asyncio.timeout(patience):
            await send({"type": "http.response.body", "body": piece, "more_body": not last})
    except TimeoutError:
        return False
    return True


async def _end_when_gone(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()
