"""How Binance talks: paths, signature, errors, public market data.

Shapes and codes: https://developers.binance.com/docs/binance-spot-api-docs/rest-api and .../errors
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from coinassay.testing.faults import Fault
from coinassay.testing.http import HTML, Reply, Request, json_reply
from coinassay.testing.simulator import binance_capital, binance_futures, binance_history, binance_wallets
from coinassay.testing.simulator.amounts import padded
from coinassay.testing.simulator.binance_errors import BinanceError, integer
from coinassay.testing.simulator.binance_market import CATALOGUE_HEAD, book, depth, market_id, symbol, ticker
from coinassay.testing.simulator.board import Pair
from coinassay.testing.simulator.dialect import World, made_up
from coinassay.testing.simulator.users import FUTURES, READ, SimulatedUser

US_PRIVATE = frozenset(
    {
        "/api/v3/account",
        "/api/v3/myTrades",
        "/sapi/v1/capital/config/getall",
        "/sapi/v1/capital/deposit/address",
        "/sapi/v1/capital/deposit/hisrec",
        "/sapi/v1/capital/withdraw/history",
        "/sapi/v1/system/status",
    }
)
"""What Binance.US has of the private paths (https://docs.binance.us); the others are 404 there."""

_PRIVATE = {**binance_wallets.ROUTES, **binance_capital.ROUTES, **binance_history.ROUTES, **binance_futures.ROUTES}

_INTERVALS = {"1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}
"""Milliseconds."""

_KEY_FORMAT = re.compile(r"[A-Za-z0-9]{64}\Z")


class BinanceDialect:
    """binance.com, its USD-M and COIN-M futures, or binance.us."""

    def __init__(self, world: World, *, us: bool = False) -> None:
        self._world = world
        self._us = us
        self._kept: dict[str, tuple[object, bytes]] = {}
        self.scopes: frozenset[str] = frozenset()
        self.wallets: Mapping[str, tuple[str, ...]] = {
            "spot": ("/api/v3/account",),
            "funding": ("/sapi/v1/asset/get-funding-asset",),
            "earn": ("/sapi/v1/simple-earn/locked/position",),
            "earn_flexible": ("/sapi/v1/simple-earn/flexible/position",),
            "margin": ("/sapi/v1/margin/account",),
            "isolated": ("/sapi/v1/margin/isolated/account",),
            "futures": ("/fapi/v3/account", "/fapi/v2/account", "/fapi/v3/balance", "/fapi/v2/balance"),
            "coin_futures": ("/dapi/v1/account", "/dapi/v1/balance"),
        }
        self._public: dict[str, Callable[[Request], Reply]] = {
            "/api/v3/ping": lambda _: json_reply({}),
            "/api/v3/time": self._time,
            "/fapi/v1/time": self._time,
            "/dapi/v1/time": self._time,
            "/api/v3/exchangeInfo": self._catalogue,
            "/fapi/v1/exchangeInfo": lambda _: json_reply(binance_futures.catalogue(world, "linear")),
            "/dapi/v1/exchangeInfo": lambda _: json_reply(binance_futures.catalogue(world, "inverse")),
            "/api/v3/ticker/24hr": self._tickers,
            "/api/v3/ticker/price": self._prices,
            "/api/v3/ticker/bookTicker": self._books,
            "/api/v3/klines": self._candles,
            "/api/v3/depth": lambda request: json_reply(depth(self._pair(request.params.get("symbol")))),
            "/fapi/v1/ticker/24hr": lambda request: json_reply(binance_futures.tickers(world, "linear", request)),
            "/dapi/v1/ticker/24hr": lambda request: json_reply(binance_futures.tickers(world, "inverse", request)),
            "/fapi/v1/depth": lambda request: json_reply(binance_futures.book(world, "linear", request)),
            "/dapi/v1/depth": lambda request: json_reply(binance_futures.book(world, "inverse", request)),
            "/sapi/v1/system/status": lambda _: json_reply({"status": 0, "msg": "normal"}),
        }

    # ----------------------------------------------------------------------------------------------- Dialect

    def answer(self, request: Request) -> Reply:
        try:
            return self._answer(request)
        except BinanceError as e:
            return e.reply()

    def refusal(self, fault: Fault, request: Request) -> Reply:
        return BinanceError.of_fault(fault, request, self._world.clock()).reply()

    def api_key_of(self, request: Request) -> str | None:
        return request.headers.get("x-mbx-apikey")

    def asset_id(self, code: str) -> str:
        return code

    def credentials(self, seed: str) -> tuple[str, str]:
        text = base64.b64encode(made_up(f"binance {seed}", 192)).decode().replace("+", "A").replace("/", "B")
        return text[:64], text[64:128]

    def check_secret(self, secret: str) -> None:
        """Any text will do."""

    # ----------------------------------------------------------------------------------------------- requests

    def _answer(self, request: Request) -> Reply:
        path = request.path
        if self._us and path.startswith(("/fapi", "/dapi")):
            return _not_found(path)
        public = self._public.get(path)
        if public is not None:
            return public(request) if request.method == "GET" else _not_found(path)
        private = _PRIVATE.get((request.method, path))
        if private is None or (self._us and path not in US_PRIVATE):
            return _not_found(path)
        futures = path.startswith(("/fapi", "/dapi"))
        user = self._let_in(request, FUTURES if futures else READ)
        user.requests[path] += 1
        return json_reply(private(self._world, user, request))

    def _let_in(self, request: Request, scope: str) -> SimulatedUser:
        """The user whose key and signature the request carries. Raises BinanceError as the exchange would."""
        futures = request.path.startswith(("/fapi", "/dapi"))
        api_key = self.api_key_of(request)
        user = self._world.users.get(api_key or "")
        if user is None:
            if not _KEY_FORMAT.match(api_key or ""):
                raise BinanceError(401, -2014, "API-key format invalid.")
            if futures:
                raise BinanceError.not_permitted(request)
            raise BinanceError(400, -2008, "Invalid Api-Key ID.")
        if not user.may_come_from(request.peer) or not {READ, scope} <= user.permissions:
            raise BinanceError.not_permitted(request)
        self._check_time(request.params)
        signed, signature = signed_part(request)
        expected = hmac.new(user.secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            raise BinanceError(400, -1022, "Signature for this request is not valid.")
        return user

    def _check_time(self, params: Mapping[str, str]) -> None:
        """https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security#timing-security"""
        timestamp = integer(params, "timestamp")
        if timestamp is None:
            raise BinanceError.missing("timestamp")
        window = integer(params, "recvWindow", 5000)
        assert window is not None
        if window > 60_000:
            raise BinanceError(400, -1131, "recvWindow must be less than 60000.")
        now = self._world.clock()
        if timestamp >= now + 1000:
            raise BinanceError(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
        if now - timestamp > window:
            raise BinanceError(400, -1021, "Timestamp for this request is outside of the recvWindow.")

    # ------------------------------------------------------------------------------------------------- public

    def _time(self, request: Request) -> Reply:
        return json_reply({"serverTime": self._world.clock()})

    def _catalogue(self, request: Request) -> Reply:
        board = self._world.board
        wanted = request.params.get("symbol")
        if wanted is not None:
            return json_reply({**CATALOGUE_HEAD, "symbols": [symbol(self._pair(wanted))]})
        return self._keep("catalogue", board.version, lambda: {**CATALOGUE_HEAD, "symbols": self._all(symbol)})

    def _tickers(self, request: Request) -> Reply:
        now = self._world.clock()
        return self._of_pairs(request, "tickers", lambda pair: ticker(pair, now))

    def _candles(self, request: Request) -> Reply:
        """From `startTime` on, each at the pair's last price: what it cost before is not kept."""
        params = request.params
        pair = self._pair(params.get("symbol"))
        length = _INTERVALS.get(params.get("interval", ""))
        if length is None:
            raise BinanceError(400, -1120, "Invalid interval.")
        now = self._world.clock()
        start = integer(params, "startTime", now - 500 * length) or 0
        count = min(integer(params, "limit", 500) or 500, 1000)
        first = -(-start // length) * length
        price = padded(pair.last, 8)
        rows = [
            [begin, price, price, price, price, "1.00000000", begin + length - 1, price, 1, "0.5", price, "0"]
            for begin in range(first, first + count * length, length)
            if begin <= now
        ]
        return json_reply(rows)

    def _prices(self, request: Request) -> Reply:
        return self._of_pairs(
            request, "prices", lambda each: {"symbol": market_id(each), "price": padded(each.last, 8)}
        )

    def _books(self, request: Request) -> Reply:
        return self._of_pairs(request, "books", book)

    def _of_pairs(self, request: Request, name: str, of: Callable[[Pair], dict[str, Any]]) -> Reply:
        """One for `symbol`, a list for `symbols` (a JSON list), all of them without either."""
        if "symbol" in request.params:
            return json_reply(of(self._pair(request.params["symbol"])))
        if "symbols" in request.params:
            try:
                symbols = json.loads(request.params["symbols"])
            except ValueError:
                raise BinanceError(400, -1100, "Illegal characters found in parameter 'symbols'.") from None
            return json_reply([of(self._pair(each)) for each in symbols])
        # Closing times follow the clock, so what is kept is good for a second.
        version = (self._world.board.version, self._world.clock() // 1000)
        return self._keep(name, version, lambda: self._all(of))

    def _all(self, of: Callable[[Pair], dict[str, Any]]) -> list[dict[str, Any]]:
        return [of(pair) for pair in self._world.board.pairs.values()]

    def _keep(self, name: str, version: object, make: Callable[[], object]) -> Reply:
        """The reply made for the board as it stands; thousands of markets are not written anew for each caller."""
        kept = self._kept.get(name)
        if kept is None or kept[0] != version:
            kept = (version, json_reply(make()).body)
            self._kept[name] = kept
        return Reply(200, kept[1])

    def _pair(self, wanted: object) -> Pair:
        for pair in self._world.board.pairs.values():
            if market_id(pair) == wanted:
                return pair
        raise BinanceError(400, -1121, "Invalid symbol.")


def signed_part(request: Request) -> tuple[str, str]:
    """What the signature is made over (query and body as sent, without the signature) and the signature."""
    total = request.query + request.text
    signed, found, signature = total.rpartition("signature=")
    if not found:
        raise BinanceError.missing("signature")
    return signed.removesuffix("&"), signature


def _not_found(path: str) -> Reply:
    if path.startswith("/sapi"):
        return json_reply({"status": 404, "error": "Not Found", "message": "No message available", "path": path}, 404)
    return Reply(404, b"<html><body><h2>404 Not found</h2></body></html>", HTML)
