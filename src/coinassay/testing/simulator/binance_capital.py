"""What a Binance account traded, and by which networks coins reach it.

Shapes: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/account-endpoints, .../docs/margin_trading,
.../docs/wallet/capital
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from coinassay.domain.money import CONTEXT
from coinassay.testing.http import Request
from coinassay.testing.simulator.amounts import Amounts, padded
from coinassay.testing.simulator.binance_errors import BinanceError, integer
from coinassay.testing.simulator.binance_history import LEGAL_TENDER
from coinassay.testing.simulator.binance_market import market_id
from coinassay.testing.simulator.dialect import World, made_up
from coinassay.testing.simulator.users import Fill, SimulatedUser

Private = Callable[[World, SimulatedUser, Request], object]

DAY = 86_400_000
_TAGGED = frozenset(("XRP", "XLM", "ATOM"))
"""Coins whose addresses many users share: a memo says whose it is."""


def spot_trades(world: World, user: SimulatedUser, request: Request) -> object:
    rows = [each for each in user.fills if not each.wallet.startswith(("margin", "isolated"))]
    return [{**_trade(each), "quoteQty": _cost(each)} for each in _asked(world, rows, request)]


def margin_trades(world: World, user: SimulatedUser, request: Request) -> object:
    """These do not say quoteQty."""
    isolated = request.params.get("isIsolated", "FALSE").upper() == "TRUE"
    rows = [each for each in user.fills if each.wallet.startswith("isolated" if isolated else "margin")]
    return [{**_trade(each), "isIsolated": isolated} for each in _asked(world, rows, request)]


def _asked(world: World, fills: list[Fill], request: Request) -> list[Fill]:
    """Of one symbol, ascending: from the number `fromId` on, or within `startTime` and `endTime` (24 hours at most), or
    the newest; 500 of them unless `limit` says otherwise, at most 1,000."""
    params = request.params
    wanted = params.get("symbol")
    if not wanted:
        raise BinanceError.missing("symbol")
    pair = next((each for each in world.board.pairs.values() if market_id(each) == wanted), None)
    if pair is None:
        raise BinanceError(400, -1121, "Invalid symbol.")
    own = [each for each in fills if each.symbol == f"{pair.base}/{pair.quote}"]
    limit = min(integer(params, "limit", 500) or 500, 1000)
    first, start, end = (integer(params, name) for name in ("fromId", "startTime", "endTime"))
    if first is not None:
        return [each for each in own if each.number >= first][:limit]
    if start is not None and end is not None and end - start > DAY:
        raise BinanceError(400, -1127, "More than 24 hours between startTime and endTime.")
    found = [each for each in own if (start or 0) <= each.at and (end is None or each.at <= end)]
    return found[:limit] if start is not None else found[-limit:]


def _trade(fill: Fill) -> dict[str, Any]:
    return {
        "symbol": fill.symbol.replace("/", ""),
        "id": fill.number,
        "orderId": 100_000 + fill.number,
        "orderListId": -1,
        "price": padded(fill.price, 8),
        "qty": padded(fill.amount, 8),
        "commission": "0.00000000",
        "commissionAsset": "BNB",
        "time": fill.at,
        "isBuyer": fill.buy,
        "isMaker": False,
        "isBestMatch": True,
    }


def _cost(fill: Fill) -> str:
    return padded(CONTEXT.multiply(fill.price, fill.amount), 8)


def coins(world: World, user: SimulatedUser, request: Request) -> object:
    """A keyed ccxt instance asks for this when it loads the catalogue."""
    return [
        {
            "coin": coin,
            "depositAllEnable": True,
            "withdrawAllEnable": True,
            "name": coin,
            "free": padded(user.held("spot").get(coin, Amounts()).free, 8),
            "locked": padded(user.held("spot").get(coin, Amounts()).locked, 8),
            "freeze": "0",
            "withdrawing": "0",
            "ipoing": "0",
            "ipoable": "0",
            "storage": "0",
            "isLegalMoney": coin in LEGAL_TENDER,
            "trading": True,
            "networkList": [] if coin in LEGAL_TENDER or coin.startswith("SIM") else [_network(coin)],
        }
        for coin in sorted(world.board.coins)
    ]


def _network(coin: str) -> dict[str, Any]:
    return {
        "network": coin,
        "coin": coin,
        "withdrawIntegerMultiple": "0.00000001",
        "isDefault": True,
        "depositEnable": True,
        "withdrawEnable": True,
        "depositDesc": "",
        "withdrawDesc": "",
        "specialTips": "Both a MEMO and an address are needed." if coin in _TAGGED else "",
        "name": coin,
        "resetAddressStatus": False,
        "addressRegex": "^sim1[0-9a-f]{36}$",
        "memoRegex": "^[0-9]{1,20}$" if coin in _TAGGED else "",
        "withdrawFee": "0.00050000",
        "withdrawMin": "0.00100000",
        "withdrawMax": "100000",
        "minConfirm": 1,
        "unLockConfirm": 2,
        "sameAddress": False,
        "estimatedArrivalTime": 5,
        "busy": False,
        "contractAddressUrl": "",
    }


def address(world: World, user: SimulatedUser, request: Request) -> object:
    """The user's own for a coin and network."""
    coin = request.params.get("coin")
    if not coin:
        raise BinanceError.missing("coin")
    network = request.params.get("network", coin)
    if coin not in world.board.coins or coin in LEGAL_TENDER or network != coin:
        raise BinanceError(400, -4018, "We don't have this asset.")
    seed = f"deposit {user.api_key} {coin}"
    return {
        "address": "sim1" + made_up(seed, 18).hex(),
        "coin": coin,
        "tag": str(int.from_bytes(made_up(seed, 4), "big")) if coin in _TAGGED else "",
        "url": "",
    }


ROUTES: Mapping[tuple[str, str], Private] = {
    ("GET", "/api/v3/myTrades"): spot_trades,
    ("GET", "/sapi/v1/margin/myTrades"): margin_trades,
    ("GET", "/sapi/v1/capital/config/getall"): coins,
    ("GET", "/sapi/v1/capital/deposit/address"): address,
}
