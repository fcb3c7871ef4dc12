"""The ASGI application."""

from __future__ import annotations

import itertools
import secrets
import time
import traceback
from collections.abc import Sequence

from coinassay.api.asgi import Application, ClientGone, Message, Receive, Scope, Send, read_body
from coinassay.api.auth import Gate
from coinassay.api.call import Call
from coinassay.api.errors import ErrorReply, Headers, is_our_trouble, reply_to, reply_to_crash
from coinassay.api.options import ApiOptions, Crash, RequestLine
from coinassay.api.routes import all_routes
from coinassay.api.routing import Route, Router
from coinassay.api.site import PLACES, Site
from coinassay.api.streams import Stream, send_stream
from coinassay.domain.addresses import caller_address
from coinassay.errors import CoinassayError, InvalidRequest
from coinassay.services.bundle import Services

CLIENT_GONE = 499
"""What is logged in the place of a status for a client that went away (nginx's number for it)."""

COMMON: Headers = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"access-control-allow-origin", b"*"),
)
"""Any web page may ask: what authenticates a request is its signature, never something a browser adds by itself.
Answers are private and change with every load, so nothing keeps them."""

PREFLIGHT: Headers = (
    (b"access-control-allow-methods", b"GET, PUT, POST, DELETE, PATCH, OPTIONS"),
    (b"access-control-allow-headers", b"Content-Type,Signature,Apikey,Forced-Mode,Last-Event-ID"),
    (b"access-control-max-age", b"1728000"),
)


def create_app(services: Services, options: ApiOptions | None = None) -> Application:
    """The accounts API over `services`.

    It answers every HTTP request with JSON, also those it has nothing for; only icons and the page /docs are something
    else. Run it behind a server that leaves `scope["client"]` alone (uvicorn: proxy_headers=False): which forwarded
    address to believe is decided here.
    """
    return _Api(services, options or ApiOptions())


class _Api:
    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._options = options
        self._gate = Gate(services.api_keys, options)
        routes = all_routes(services, options)
        self._router = Router(routes)
        self._site = Site(routes, options.public_url.rstrip("/"))
        self._numbers = itertools.count(1)
        self._prefix = secrets.token_hex(6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            await self._serve(scope, receive, send)
        elif kind == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})  # refuses the handshake

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = f"{self._prefix}{next(self._numbers):08x}"
        method = scope["method"]
        call = Call(
            request_id,
            "GET" if method == "HEAD" else method,
            scope.get("raw_path") or scope["path"].encode(),
            scope["query_string"],
            dict(scope["headers"]),
        )
        route: Route | None = None
        error = ""
        headers: Headers = ()
        common = COMMON
        try:
            if method == "OPTIONS":
                self._router.methods(call.path)
                status, body, headers = 200, b"{}", PREFLIGHT
            elif call.method == "GET" and not call.path.startswith(PLACES):
                status = 200
                body, common = self._site.answer(call.path, call.query)
            else:
                route, call.segment = self._router.find(call.method, call.path)
                answer = await self._answer(route, call, scope, receive)
                if isinstance(answer, Stream):
                    await self._stream(answer, route, call, scope, receive, send, started)
                    return
                body = answer
                status = route.status
        except CoinassayError as e:
            status, error, body, headers = _unpacked(reply_to(e))
            if is_our_trouble(e):
                self._options.log_crash(_crash(request_id, e, e.message))
        except ClientGone:
            self._log(call, route, CLIENT_GONE, "client_gone", started)
            return
        except Exception as e:  # noqa: BLE001  the border: whatever it is, the client gets JSON and the log its place
            self._options.log_crash(_crash(request_id, e))
            status, error, body, headers = _unpacked(reply_to_crash(request_id))
        runtime = self._log(call, route, status, error, started)
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    *common,
                    (b"content-length", b"%d" % len(body)),
                    (b"x-request-id", request_id.encode()),
                    (b"x-runtime", b"%.6f" % runtime),
                    *headers,
                ],
            }
        )
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    async def _answer(self, route: Route, call: Call, scope: Scope, receive: Receive) -> bytes | Stream:
        call.body = await read_body(call.headers, receive, self._options.max_body)
        if call.body and call.method == "GET":  # no signature covers it (coinassay.api.signing)
            raise InvalidRequest({"body": ["must be empty in a GET request"]})
        if route.signed:
            call.key = await self._gate.admit(call, self._address(scope), route.permission)
            if call.body or call.query:
                _ = call.params  # what cannot be read is refused, also where a route has no parameters
        elif route.counted:
            self._gate.admit_anybody(self._address(scope))
        return await route.handler(call)

    async def _stream(
        self, stream: Stream, route: Route, call: Call, scope: Scope, receive: Receive, send: Send, started: float
    ) -> None:
        """Logged when it ends. What goes wrong in the middle of an answer can no longer be told: it ends."""
        headers = (*stream.headers, (b"x-request-id", call.request_id.encode()))
        trouble = ""
        try:
            trouble = await send_stream(stream, headers, scope, receive, send, self._options.patience)
        except CoinassayError as e:
            trouble = e.code
            if is_our_trouble(e):
                self._options.log_crash(_crash(call.request_id, e, e.message))
        except Exception as e:  # noqa: BLE001  as above
            trouble = "crash"
            self._options.log_crash(_crash(call.request_id, e))
        self._log(call, route, route.status, trouble, started)

    def _address(self, scope: Scope) -> str:
        client = scope.get("client")
        peer = client[0] if client else ""
        trusted = self._options.trusted_proxies
        if not trusted:
            return peer
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return caller_address(peer, forwarded, trusted)

    def _log(self, call: Call, route: Route | None, status: int, error: str, started: float) -> float:
        """Seconds since `started`."""
        runtime = time.perf_counter() - started
        self._options.log(
            RequestLine(
                call.request_id,
                call.method,
                "" if route is None else route.template,
                None if call.key is None else call.key.id,
                call.account_id,
                status,
                error,
                round(runtime * 1000),
            )
        )
        return runtime


def _unpacked(reply: ErrorReply) -> tuple[int, str, bytes, Headers]:
    return reply.status, reply.code, reply.body, reply.headers


def _crash(request_id: str, error: Exception, message: str = "") -> Crash:
    frames: Sequence[traceback.FrameSummary] = traceback.extract_tb(error.__traceback__)
    where = tuple(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    return Crash(request_id, type(error).__name__, message, where)


async def _live(receive: Receive, send: Send) -> None:
    """The server's start and end: nothing to do here, coinassay.bootstrap opens and closes what is used."""
    while True:
        message: Message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
