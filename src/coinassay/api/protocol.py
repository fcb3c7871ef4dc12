"""HTTP/1.1 as this API needs it: uvicorn's, with refusals in JSON and bounds on what a stranger may tie up.

uvicorn over httptools answers malformed requests in plain text, on which the clients of this API fail, keeps a head of
any size in memory, waits for ever for the rest of a request, and takes what follows a chunked body for header fields
(https://github.com/Kludex/uvicorn/issues/157). It drops the body of a request that offers another protocol, as Java's
HttpClient does in the first request over http (https://github.com/Kludex/uvicorn/issues/2722).
"""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from coinassay.api.app import COMMON
from coinassay.api.errors import HeadTooLarge, MalformedRequest, RequestTooSlow, reply_to
from coinassay.api.streams import ABORT
from coinassay.errors import CoinassayError

LARGEST_HEAD = 64 * 1024
"""Bytes of request line and header fields, or of what surrounds the chunks of a body. A head that arrives in one piece
may be as large as that piece."""
FRAMING = 8
"""How many bytes may surround each byte of a body sent in chunks: five do when every chunk has one."""
LINGERING = 1.0
"""Seconds for which what a refused client is still sending is taken in, and thrown away."""


class Protocol(HttpToolsProtocol):
    """For uvicorn.Config(http=…)."""

    patience = 20.0
    """Seconds a request may take to arrive. Looked at that often, so it may get away with twice as many."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        """The head of the next request is awaited or arriving."""
        self._unfinished = True
        """The end of a request is awaited. False between two requests on one connection."""
        self._began_at = self.loop.time()
        self._framing = 0
        """Bytes of the present request so far that are not its body."""
        self._replaying = False
        self._refused = False
        self._watch: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------------------------------ of asyncio

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch = self.loop.call_later(self.patience, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._framing += len(data)
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._refuse(MalformedRequest())
        if self._framing > LARGEST_HEAD and self._unfinished:
            self._refuse(HeadTooLarge())

    def shutdown(self) -> None:
        """A request that has not arrived by now is not waited for."""
        super().shutdown()
        if self._unfinished and not self._in_head:
            self._abandon()
            self.transport.close()

    # ------------------------------------------------------------------------------------------ of httptools

    def on_message_begin(self) -> None:
        if not self._replaying:
            super().on_message_begin()
            self.scope["extensions"] = {ABORT: {"call": self.transport.abort}}
            self._in_head = self._unfinished = True
            self._began_at = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # and not in the trailer: nobody has vouched for that (RFC 9110, section 6.5.1)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self._replaying:
            super().on_headers_complete()
            self._in_head = False
            self._framing = 0

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._framing = max(0, self._framing - (1 + FRAMING) * len(body))

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._unfinished = True, False

    # ------------------------------------------------------------------------------------------ our own

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as e:
                data = data[e.args[0] :]
                self._stay_with_http()
            else:
                return

    def _look(self) -> None:
        """One timer for each connection, so that a request costs none."""
        self._watch = self.loop.call_later(self.patience, self._look)
        if self._unfinished and self.loop.time() - self._began_at >= self.patience:
            self._refuse(RequestTooSlow())

    def _stay_with_http(self) -> None:
        """The offer of another protocol is declined by going on (RFC 9110, section 7.8).

        httptools has reported the request as complete, without its body, and reads nothing more. The application has
        not seen it yet: its task was made, but runs after this. So the request is opened again, and a new parser, told
        how long the body is, reads that and all that follows.
        """
        framing = [field for field in self.headers if field[0] in (b"content-length", b"transfer-encoding")]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does with each of its parsers
        if framing:
            self.cycle.more_body = self._unfinished = True
            self.cycle.message_event.clear()
            self._in_head, self._replaying = False, True
            fields = b"".join(name + b": " + value + b"\r\n" for name, value in framing)
            self.parser.feed_data(b"POST / HTTP/1.1\r\n" + fields + b"\r\n")
            self._replaying = False

    def _refuse(self, error: CoinassayError) -> None:
        """Answers in place of the application, as far as answers are still in order, and ends the connection."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self.logger.warning("Refused what a client sent: %s.", error.code)
        if self._in_head and self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False  # the request before this one is being answered, and that is the last answer
            return
        if not self._in_head and not self._abandon():
            self.transport.close()
            return
        reply = reply_to(error)
        fields = (*COMMON, (b"connection", b"close"), (b"content-length", b"%d" % len(reply.body)))
        head = STATUS_LINE[reply.status] + b"".join(name + b": " + value + b"\r\n" for name, value in fields)
        self.transport.write(head + b"\r\n" + reply.body)
        # Closed at once, a client that is still sending would lose the answer (RFC 9112, section 9.6).
        self.transport.write_eof()
        self.loop.call_later(LINGERING, self.transport.close)

    def _abandon(self) -> bool:
        """Tells the application that the rest of a body will not come; whether nothing has been answered yet."""
        if self.cycle.response_complete:
            return False
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        return not self.cycle.response_started and not self.pipeline
