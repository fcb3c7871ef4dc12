"""A small HTTP/1.1 server whose every byte can be spoiled on purpose.

Test doubles of exchanges need what servers made for production rightly refuse: a body cut off in the middle, one byte a
second, a connection reset instead of an answer. It listens on loopback addresses only.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl

import httptools

LARGEST_BODY = 1 << 20

_PHRASES = {status.value: status.phrase for status in HTTPStatus}

JSON = "application/json;charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    """As sent, without the question mark: signatures are made over these very characters."""
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)
    peer: str
    """The caller's address."""

    @cached_property
    def text(self) -> str:
        """The body as sent."""
        return self.body.decode("utf-8", "replace")

    @cached_property
    def params(self) -> dict[str, str]:
        """Query and form parameters, decoded; the last of a name counts."""
        return dict(parse_qsl(self.query, keep_blank_values=True) + parse_qsl(self.text, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: float = 0.0
    """Seconds over which the body is spread, in small pieces."""
    missing: int = 0
    """Bytes of the body that are announced but never sent: the connection is closed instead."""
    reset: bool = False
    """No answer at all: the connection is closed."""


Handler = Callable[[Request], Awaitable[Reply]]


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(value, separators=(",", ":")).encode(), JSON, headers or {})


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


class HttpServer:
    """Answers with `handler`; a request is dropped when its caller goes away."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._server: asyncio.Server | None = None
        self.connections: set[_Connection] = set()
        self.url = ""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Raises ValueError for a host that is not a loopback address, OSError where the port is taken."""
        if not is_loopback(host):
            raise ValueError(f"a test server listens on loopback addresses only, not on {host!r}")
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self, loop), host, port, backlog=1024)
        bound = self._server.sockets[0].getsockname()
        name = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        self.url = f"http://{name}:{bound[1]}"

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        tasks = [each.task for each in self.connections if each.task is not None]
        for each in list(self.connections):
            each.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()
        await asyncio.sleep(0)  # aborted transports say so to their protocols one turn later
        self._server = None

    def answer(self, request: Request) -> Awaitable[Reply]:
        return self._handler(request)


class _Connection(asyncio.Protocol):
    """One caller; its requests are answered one after the other."""

    def __init__(self, server: HttpServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpRequestParser | None = None
        self._peer = ""
        self._waiting: deque[tuple[Request, bool]] = deque()
        self.task: asyncio.Task[None] | None = None
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    # ---------------------------------------------------------------------------------------------- transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._peer = transport.get_extra_info("peername")[0]
        self._parser = httptools.HttpRequestParser(self)
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._transport = None
        self._parser = None
        self._waiting.clear()
        if self.task is not None:
            self.task.cancel()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _reset(self) -> None:
        """Closes so that the caller is told of a reset, not of an orderly end."""
        assert self._transport is not None
        linger_for_no_time = struct.pack("ii", 1, 0)
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.abort()

    # ------------------------------------------------------------------------------------------------- parser

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = {}
        self._body = bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > LARGEST_BODY:
            raise ValueError("the request is too large")

    def on_message_complete(self) -> None:
        assert self._parser is not None
        path, _, query = self._url.decode("latin-1").partition("?")
        method = self._parser.get_method().decode("latin-1")
        request = Request(method, path, query, self._headers, bytes(self._body), self._peer)
        self._waiting.append((request, self._parser.should_keep_alive()))
        if self.task is None:
            self._start(self._serve())

    # ------------------------------------------------------------------------------------------------ answers

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self.task = self._loop.create_task(work)
        self.task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.task = None
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self.abort()
            message = "a simulated exchange could not answer a request"
            self._loop.call_exception_handler({"message": message, "exception": error})

    async def _serve(self) -> None:
        while self._waiting:
            request, keep_alive = self._waiting.popleft()
            reply = await self._server.answer(request)
            if self._transport is None:
                return
            if reply.reset:
                self._reset()
                return
            await self._write(reply, keep_alive)
            if not keep_alive and self._transport is not None:
                self._transport.close()

    async def _write(self, reply: Reply, keep_alive: bool) -> None:
        assert self._transport is not None
        head = _head(reply, keep_alive)
        if reply.missing:
            self._transport.write(head + reply.body[: -reply.missing])
            self._transport.close()
            return
        if not reply.drip:
            self._transport.write(head + reply.body)
            return
        self._transport.write(head)
        pieces = min(20, len(reply.body)) or 1
        size = -(-len(reply.body) // pieces)
        for start in range(0, len(reply.body), size):
            await asyncio.sleep(reply.drip / pieces)
            if self._transport is None:
                return
            self._transport.write(reply.body[start : start + size])


def _head(reply: Reply, keep_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, 'Unknown')}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
