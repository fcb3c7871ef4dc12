"""How Kraken talks: everything is HTTP 200 with {"error": [...], "result": ...}, private paths are signed POSTs.

Shapes: https://docs.kraken.com/api-reference
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from coinassay.domain.money import rounded
from coinassay.testing.faults import Fault, FaultKind
from coinassay.testing.http import Reply, Request, json_reply
from coinassay.testing.simulator import kraken_wallets
from coinassay.testing.simulator.amounts import padded
from coinassay.testing.simulator.board import Pair, price_places
from coinassay.testing.simulator.dialect import World, made_up
from coinassay.testing.simulator.kraken_names import OTHER_ASSETS, altname, asset_id, decimals, pair_id
from coinassay.testing.simulator.kraken_wallets import KrakenError
from coinassay.testing.simulator.users import SimulatedUser

LARGEST_NONCE = 2**64 - 1

_REFUSALS = {
    FaultKind.BAD_KEY: "EAPI:Invalid key",
    FaultKind.BAD_SIGNATURE: "EAPI:Invalid signature",
    # Kraken documents one text for what a key may not do and does not document another for where it may not do it from.
    FaultKind.IP_REFUSED: "EGeneral:Permission denied",
    FaultKind.SCOPE_MISSING: "EGeneral:Permission denied",
    FaultKind.CLOCK_SKEW: "EAPI:Invalid nonce",
    FaultKind.BANNED: "EGeneral:Temporary lockout",
    FaultKind.MAINTENANCE: "EService:Unavailable",
}


class KrakenDialect:
    """Kraken's spot exchange."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[str, tuple[int, bytes]] = {}
        self.scopes = kraken_wallets.SCOPES
        self.wallets: Mapping[str, tuple[str, ...]] = {"spot": ("/0/private/BalanceEx", "/0/private/Balance")}
        self._public: dict[str, Callable[[Request], Reply]] = {
            "Time": self._time,
            "SystemStatus": self._status,
            "Assets": self._assets,
            "AssetPairs": self._pairs,
            "Ticker": self._tickers,
            "Depth": self._depth,
        }

    # ----------------------------------------------------------------------------------------------- Dialect

    def answer(self, request: Request) -> Reply:
        try:
            return self._answer(request)
        except KrakenError as e:
            return json_reply({"error": [str(e)]})

    def refusal(self, fault: Fault, request: Request) -> Reply:
        if fault.kind is FaultKind.THROTTLED:
            public = request.path.startswith("/0/public/")
            return json_reply({"error": ["EGeneral:Too many requests" if public else "EAPI:Rate limit exceeded"]})
        return json_reply({"error": [_REFUSALS[fault.kind]]})

    def api_key_of(self, request: Request) -> str | None:
        return request.headers.get("api-key")

    def asset_id(self, code: str) -> str:
        return asset_id(code)

    def credentials(self, seed: str) -> tuple[str, str]:
        made = made_up(f"kraken {seed}", 42 + 64)
        return base64.b64encode(made[:42]).decode(), base64.b64encode(made[42:]).decode()

    def check_secret(self, secret: str) -> None:
        try:
            base64.b64decode(secret, validate=True)
        except binascii.Error:
            raise ValueError("a secret of Kraken's is base64") from None

    # ----------------------------------------------------------------------------------------------- requests

    def _answer(self, request: Request) -> Reply:
        if request.path.startswith("/0/public/"):
            public = self._public.get(request.path.removeprefix("/0/public/"))
            if public is not None:
                return public(request)
        elif request.path.startswith("/0/private/") and request.method == "POST":
            private = kraken_wallets.METHODS.get(request.path.removeprefix("/0/private/"))
            if private is not None:
                params = _params(request)
                user = self._let_in(request, params)
                scope, method = private
                if scope not in kraken_wallets.scopes(user) and scope:
                    raise KrakenError("EGeneral:Permission denied")
                user.requests[request.path] += 1
                return _result(method(self._world, user, params))
        raise KrakenError("EGeneral:Unknown method")

    def _let_in(self, request: Request, params: Mapping[str, str]) -> SimulatedUser:
        """The user whose key, signature and nonce the request carries.

        API-Sign is the HMAC-SHA512, under the secret's bytes, of path + SHA256(nonce + body), in base64
        (https://docs.kraken.com/api/docs/guides/spot-rest-auth).
        """
        user = self._world.users.get(self.api_key_of(request) or "")
        if user is None:
            raise KrakenError("EAPI:Invalid key")
        nonce = params.get("nonce", "")
        digest = hashlib.sha256(nonce.encode() + request.body).digest()
        key = base64.b64decode(user.secret)
        expected = hmac.new(key, request.path.encode() + digest, hashlib.sha512).digest()
        try:
            signature = base64.b64decode(request.headers.get("api-sign", ""), validate=True)
        except binascii.Error:
            signature = b""
        if not hmac.compare_digest(signature, expected):
            raise KrakenError("EAPI:Invalid signature")
        if not (nonce.isascii() and nonce.isdigit()) or not user.nonce < int(nonce) <= LARGEST_NONCE:
            raise KrakenError("EAPI:Invalid nonce")
        user.nonce = int(nonce)
        if not user.may_come_from(request.peer):
            raise KrakenError(_REFUSALS[FaultKind.IP_REFUSED])
        return user

    # ------------------------------------------------------------------------------------------------- public

    def _time(self, request: Request) -> Reply:
        second = self._world.clock() // 1000
        rfc = datetime.fromtimestamp(second, UTC).strftime("%a, %d %b %y %H:%M:%S +0000")
        return _result({"unixtime": second, "rfc1123": rfc})

    def _status(self, request: Request) -> Reply:
        now = datetime.fromtimestamp(self._world.clock() // 1000, UTC)
        return _result({"status": "online", "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ")})

    def _assets(self, request: Request) -> Reply:
        known = sorted({asset_id(coin) for coin in self._world.board.coins} | set(OTHER_ASSETS))
        wanted = request.params.get("asset")
        if wanted is not None:
            found = {altname(each): each for each in known} | {each: each for each in known}
            missing = [each for each in wanted.split(",") if each not in found]
            if missing:
                raise KrakenError("EQuery:Unknown asset")
            known = [found[each] for each in wanted.split(",")]
        return _result({each: _asset(each) for each in known})

    def _pairs(self, request: Request) -> Reply:
        if "pair" in request.params:
            return _result({id_of(pair): _pair(pair) for pair in self._wanted(request.params["pair"])})
        return self._keep("AssetPairs", _pair)

    def _tickers(self, request: Request) -> Reply:
        if "pair" in request.params:
            return _result({id_of(pair): ticker(pair) for pair in self._wanted(request.params["pair"])})
        return self._keep("Ticker", ticker)

    def _depth(self, request: Request) -> Reply:
        (pair,) = self._wanted(request.params.get("pair", ""))[:1]
        second = self._world.clock() // 1000
        offers = {
            side: [] if pair.dead_since is not None else [[padded(price, 5), "1.000", second]]
            for side, price in (("asks", pair.ask), ("bids", pair.bid))
        }
        return _result({id_of(pair): offers})

    def _keep(self, name: str, of: Callable[[Pair], dict[str, Any]]) -> Reply:
        """The reply made for the board as it stands."""
        board = self._world.board
        kept = self._kept.get(name)
        if kept is None or kept[0] != board.version:
            kept = (board.version, _result({id_of(pair): of(pair) for pair in board.pairs.values()}).body)
            self._kept[name] = kept
        return Reply(200, kept[1])

    def _wanted(self, names: str) -> list[Pair]:
        """Pairs by key (XXBTZUSD), altname (XBTUSD) or wsname (XBT/USD), separated by commas."""
        known: dict[str, Pair] = {}
        for pair in self._world.board.pairs.values():
            known.update(dict.fromkeys((id_of(pair), _altname(pair), _wsname(pair)), pair))
        if any(name not in known for name in names.split(",")):
            raise KrakenError("EQuery:Unknown asset pair")
        return [known[name] for name in names.split(",")]


def _params(request: Request) -> Mapping[str, str]:
    """Form or JSON."""
    if "json" not in request.headers.get("content-type", ""):
        return request.params
    try:
        body = json.loads(request.text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise KrakenError("EGeneral:Invalid arguments")
    return {name: str(value) for name, value in body.items()}


def _result(result: object) -> Reply:
    return json_reply({"error": [], "result": result})


def id_of(pair: Pair) -> str:
    return pair_id(asset_id(pair.base), asset_id(pair.quote))


def _altname(pair: Pair) -> str:
    return altname(asset_id(pair.base)) + altname(asset_id(pair.quote))


def _wsname(pair: Pair) -> str:
    return f"{altname(asset_id(pair.base))}/{altname(asset_id(pair.quote))}"


def _asset(asset: str) -> dict[str, Any]:
    return {
        "aclass": "currency",
        "altname": altname(asset),
        "decimals": decimals(asset),
        "display_decimals": 5,
        "status": "enabled",
    }


def _pair(pair: Pair) -> dict[str, Any]:
    places = price_places(pair.last)
    return {
        "altname": _altname(pair),
        "wsname": _wsname(pair),
        "aclass_base": "currency",
        "base": asset_id(pair.base),
        "aclass_quote": "currency",
        "quote": asset_id(pair.quote),
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": places,
        "lot_decimals": 8,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, 0.4], [10000, 0.35]],
        "fees_maker": [[0, 0.25], [10000, 0.2]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": "0.0001",
        "costmin": "0.5",
        "tick_size": padded(rounded(Decimal(1).scaleb(-places), places), 1),
        "status": "online" if pair.dead_since is None else "cancel_only",
    }


def ticker(pair: Pair) -> dict[str, Any]:
    last, volume = padded(pair.last, 5), padded(pair.volume, 8)
    high, low = padded(max(pair.last, pair.open), 5), padded(min(pair.last, pair.open), 5)
    trades = 1000 if pair.volume else 0
    return {
        "a": [padded(pair.ask, 5), "1", "1.000"],
        "b": [padded(pair.bid, 5), "1", "1.000"],
        "c": [last, "0.00100000"],
        "v": [volume, volume],
        "p": [last, last],
        "t": [trades, trades],
        "l": [low, low],
        "h": [high, high],
        "o": padded(pair.open, 5),
    }
