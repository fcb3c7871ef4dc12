"""The ASGI application of the pages."""

from __future__ import annotations

import gzip
import itertools
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Match, Route

from coinassay.errors import CoinassayError, ConfigurationError, NotFound, StorageError, TooManyRequests
from coinassay.services.bundle import Services
from coinassay.web import format as formats
from coinassay.web.again import may_be_sent_again
from coinassay.web.assets import PLACE, Assets
from coinassay.web.cookies import Jar
from coinassay.web.errors import CRASH, Forged, Look, MethodNotAllowed, WrongHost, look_of
from coinassay.web.headers import PRIVATE, SECURE, Hosts, accepts_gzip
from coinassay.web.navigation import NAVIGATION
from coinassay.web.options import PageCrash, PageLine, WebOptions
from coinassay.web.pages import all_routes
from coinassay.web.session import TOKEN_FIELD, Visit

CLIENT_GONE = 499
LARGEST_NUMBER = 2**31 - 1
"""Nothing has a larger one, and databases do not take any number."""
LONGEST_PATH = 1000
"""Characters; no page has a longer one. Python refuses to read a number of thousands of digits."""
WORTH_PACKING = 1400
"""Bytes: what fits into one packet is sent as it is."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def create_web(services: Services, options: WebOptions | None = None) -> Web:
    """The pages over `services`. Run it behind a server that leaves `scope["client"]` alone (uvicorn:
    proxy_headers=False): which forwarded address to believe is decided here."""
    return Web(services, options or WebOptions())


class Web:
    def __init__(self, services: Services, options: WebOptions) -> None:
        self.services = services
        self.options = options
        self.jar = Jar(options)
        self.assets = Assets(options.cache)
        self.templates = _templates(self)
        self._hosts = Hosts(options)
        self._routes = all_routes()
        self._numbers = itertools.count(1)
        self._prefix = secrets.token_hex(6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"{scope['type']} is not served here")
        started = time.perf_counter()
        request_id = f"{self._prefix}{next(self._numbers):08x}"
        request = Request(scope, receive)
        visit = Visit(self, request, request_id)
        error = ""
        try:
            try:
                response = await self._respond(visit)
            except CoinassayError as e:
                error = e.code
                if isinstance(e, (StorageError, ConfigurationError)):
                    self.options.log_crash(_crash(request_id, e, e.message))
                response = _error_page(visit, look_of(e), e)
        except ClientDisconnect:
            self._log(visit, CLIENT_GONE, "client_gone", started)
            return
        except Exception as e:  # noqa: BLE001  the border: whatever it is, there is a page and the log has its place
            self.options.log_crash(_crash(request_id, e))
            error = "crash"
            response = _error_page(visit, CRASH)
        visit.finish(response)
        _complete(response, request, request_id)
        self._log(visit, response.status_code, error, started)
        await response(scope, receive, send)

    async def _respond(self, visit: Visit) -> Response:
        request = visit.request
        if not self._hosts.allow(request):
            raise WrongHost(
                "This server does not know the name it was asked for. If it is the right one, set COINASSAY_PUBLIC_URL "
                "to the address you use, or open it by its IP address."
            )
        if request.url.path.startswith(PLACE):
            visit.route = PLACE
            if request.method not in ("GET", "HEAD"):
                raise MethodNotAllowed
            return await self.assets.answer(request.url.path, accepts_gzip(request))
        await visit.recognise()
        route, request.scope["path_params"] = self._find(request)
        visit.route = route.path
        if request.method == "POST":
            await visit.read()
            try:
                visit.check_forgery()
            except Forged:
                if not may_be_sent_again(request, visit.form, self.options):
                    raise
                return visit.ask_again()
        response: Response = await route.endpoint(visit)
        return response

    def _find(self, request: Request) -> tuple[Route, dict[str, Any]]:
        """Raises NotFound, MethodNotAllowed."""
        if len(request.scope["path"]) > LONGEST_PATH:
            raise NotFound
        other_method = False
        for route in self._routes:
            match, child = route.matches(request.scope)
            if match is Match.FULL:
                if any(isinstance(each, int) and each > LARGEST_NUMBER for each in child["path_params"].values()):
                    raise NotFound
                return route, child["path_params"]
            other_method |= match is Match.PARTIAL
        raise MethodNotAllowed if other_method else NotFound

    def _log(self, visit: Visit, status: int, error: str, started: float) -> None:
        user_id = None if visit.someone is None else visit.someone.id
        spent = round((time.perf_counter() - started) * 1000)
        self.options.log(PageLine(visit.request_id, visit.request.method, visit.route, user_id, status, error, spent))


def _templates(web: Web) -> Environment:
    environment = Environment(
        loader=PackageLoader("coinassay.web"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    formats.install(environment)
    environment.globals.update(asset=web.assets.url, navigation=NAVIGATION, TOKEN_FIELD=TOKEN_FIELD)
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": True}
    return environment


def _error_page(visit: Visit, look: Look, error: CoinassayError | None = None) -> Response:
    headers = {"retry-after": str(error.retry_after)} if isinstance(error, TooManyRequests) else {}
    if visit.wants_json:
        code = "crash" if error is None else error.code
        document = {"error": code, "error_description": look.words, "request_id": visit.request_id}
        return JSONResponse(document, look.status, headers)
    text = visit.web.templates.get_template("error.html").render(
        visit=visit, fmt=visit.fmt, preferences=visit.preferences, user=visit.someone, look=look
    )
    return HTMLResponse(text, look.status, headers)


def _complete(response: Response, request: Request, request_id: str) -> None:
    for name, value in SECURE.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("cache-control", PRIVATE)
    response.headers["x-request-id"] = request_id
    if (
        response.media_type == "text/html"
        and len(response.body) >= WORTH_PACKING
        and "content-encoding" not in response.headers
    ):
        response.headers["vary"] = "accept-encoding, cookie"
        if accepts_gzip(request):
            response.body = gzip.compress(bytes(response.body), 5, mtime=0)
            response.headers["content-encoding"] = "gzip"
            response.headers["content-length"] = str(len(response.body))


def _crash(request_id: str, error: Exception, message: str = "") -> PageCrash:
    frames = traceback.extract_tb(error.__traceback__)
    where = tuple(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    return PageCrash(request_id, type(error).__name__, message, where)
