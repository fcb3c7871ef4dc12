"""Binance's futures: USD-M under /fapi (with positions) and COIN-M under /dapi (balances).

Shapes: https://developers.binance.com/docs/derivatives
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from coinassay.domain.money import CONTEXT, ZERO, add_up, divide, rounded
from coinassay.testing.http import Request
from coinassay.testing.simulator.amounts import Amounts, padded
from coinassay.testing.simulator.binance_errors import BinanceError
from coinassay.testing.simulator.binance_market import depth
from coinassay.testing.simulator.board import Pair, middle, price_places
from coinassay.testing.simulator.dialect import World
from coinassay.testing.simulator.users import OpenPosition, SimulatedUser, profit

Private = Callable[[World, SimulatedUser, Request], object]

_FOR_EVER = 4133404800000
"""The delivery date Binance gives a contract that has none."""


def contracts(world: World, kind: str) -> dict[str, Pair]:
    """The perpetuals by their id: USD-M one for each living market with USDT, COIN-M those of BTC and ETH."""
    pairs = world.board.pairs.values()
    living = (pair for pair in pairs if pair.quote == "USDT" and pair.dead_since is None)
    if kind == "linear":
        return {f"{pair.base}USDT": pair for pair in living}
    return {f"{pair.base}USD_PERP": pair for pair in living if pair.base in {"BTC", "ETH"}}


def catalogue(world: World, kind: str) -> object:
    symbols = []
    for contract, pair in contracts(world, kind).items():
        linear = kind == "linear"
        status = {"status": "TRADING"} if linear else {"contractStatus": "TRADING", "contractSize": 100}
        symbols.append(
            {
                "symbol": contract,
                "pair": f"{pair.base}USDT" if linear else f"{pair.base}USD",
                "contractType": "PERPETUAL",
                "deliveryDate": _FOR_EVER,
                "onboardDate": 1569398400000,
                **status,
                "baseAsset": pair.base,
                "quoteAsset": "USDT" if linear else "USD",
                "marginAsset": "USDT" if linear else pair.base,
                "pricePrecision": 2,
                "quantityPrecision": 3,
                "baseAssetPrecision": 8,
                "quotePrecision": 8,
                "filters": _filters(pair, linear=linear),
            }
        )
    return {"timezone": "UTC", "serverTime": world.clock(), "rateLimits": [], "exchangeFilters": [], "symbols": symbols}


def tickers(world: World, kind: str, request: Request) -> object:
    known = contracts(world, kind)
    wanted = request.params.get("symbol")
    if wanted is not None and wanted not in known:
        raise BinanceError(400, -1121, "Invalid symbol.")
    now = world.clock()
    shown = [
        {
            "symbol": contract,
            **({} if kind == "linear" else {"pair": f"{pair.base}USD"}),
            "priceChange": padded(CONTEXT.subtract(pair.last, pair.open), price_places(pair.last)),
            "weightedAvgPrice": padded(pair.last, price_places(pair.last)),
            "lastPrice": padded(pair.last, price_places(pair.last)),
            "lastQty": "1",
            "openPrice": padded(pair.open, price_places(pair.last)),
            "volume": padded(pair.volume, 3),
            "openTime": now - 86_400_000,
            "closeTime": now,
            "count": 1000,
        }
        for contract, pair in known.items()
        if wanted in {None, contract}
    ]
    return shown[0] if wanted is not None and kind == "linear" else shown


def book(world: World, kind: str, request: Request) -> object:
    pair = contracts(world, kind).get(request.params.get("symbol", ""))
    if pair is None:
        raise BinanceError(400, -1121, "Invalid symbol.")
    return {**depth(pair), "E": world.clock(), "T": world.clock()}


def _filters(pair: Pair, *, linear: bool) -> list[dict[str, Any]]:
    """https://developers.binance.com/docs/derivatives/usds-margined-futures/common-definition#symbol-filters"""
    tick, lot = padded(Decimal(1).scaleb(-price_places(pair.last)), 1), "0.001" if linear else "1"
    filters: list[dict[str, Any]] = [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000", "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "1000", "stepSize": lot},
        {"filterType": "MARKET_LOT_SIZE", "minQty": lot, "maxQty": "120", "stepSize": lot},
        {"filterType": "PERCENT_PRICE", "multiplierUp": "1.1000", "multiplierDown": "0.9000", "multiplierDecimal": "4"},
    ]
    return [*filters, {"filterType": "MIN_NOTIONAL", "notional": "5"}] if linear else filters


def account(world: World, user: SimulatedUser, request: Request) -> object:
    """Version 3 does not say what a position was opened at."""
    second = request.path.startswith("/fapi/v2/")
    marks = _marks(world)
    assets = [_asset(world, asset, each, user.unrealised(asset, marks)) for asset, each in user.held("futures").items()]
    positions = [
        {
            "symbol": _contract(each),
            "positionSide": "BOTH",
            "positionAmt": padded(each.size, 3),
            "unrealizedProfit": padded(profit(each, marks), 8),
            "isolatedMargin": "0",
            "notional": padded(_notional(each, marks), 8),
            "isolatedWallet": "0",
            "initialMargin": padded(_margin(each, marks), 8),
            "maintMargin": "0",
            "updateTime": world.clock(),
            **({"leverage": padded(each.leverage, 0), "entryPrice": padded(each.entry, 8)} if second else {}),
        }
        for each in user.positions
    ]
    switches = {"feeTier": 0, "canTrade": True, "canDeposit": True, "canWithdraw": True, "updateTime": 0}
    return {
        **(switches if second else {}),
        "totalWalletBalance": _sum(assets, "walletBalance"),
        "totalUnrealizedProfit": _sum(assets, "unrealizedProfit"),
        "totalMarginBalance": _sum(assets, "marginBalance"),
        "availableBalance": _sum(assets, "availableBalance"),
        "assets": assets,
        "positions": positions,
    }


def balance(world: World, user: SimulatedUser, request: Request) -> object:
    marks = _marks(world)
    return [
        {
            "accountAlias": "SgsR",
            "asset": asset,
            "balance": padded(each.total, 8),
            "crossWalletBalance": padded(each.total, 8),
            "crossUnPnl": padded(user.unrealised(asset, marks), 8),
            "availableBalance": padded(each.free, 8),
            "maxWithdrawAmount": padded(each.free, 8),
            "marginAvailable": True,
            "updateTime": world.clock(),
        }
        for asset, each in user.held("futures").items()
    ]


def positions(world: World, user: SimulatedUser, request: Request) -> object:
    marks = _marks(world)
    return [
        {
            "symbol": _contract(each),
            "positionSide": "BOTH",
            "positionAmt": padded(each.size, 3),
            "entryPrice": padded(each.entry, 1),
            "breakEvenPrice": padded(each.entry, 1),
            "markPrice": padded(marks.get(each.symbol, each.entry), 8),
            "unRealizedProfit": padded(profit(each, marks), 8),
            "liquidationPrice": "0",
            "isolatedMargin": "0",
            "notional": padded(_notional(each, marks), 8),
            "marginAsset": each.settle,
            "isolatedWallet": "0",
            "initialMargin": padded(_margin(each, marks), 8),
            "maintMargin": "0",
            "leverage": padded(each.leverage, 0),
            "marginType": "cross",
            "updateTime": world.clock(),
        }
        for each in user.positions
    ]


def brackets(world: World, user: SimulatedUser, request: Request) -> object:
    """ccxt asks for these before the positions."""
    bracket = {
        "bracket": 1,
        "initialLeverage": 75,
        "notionalCap": 10000,
        "notionalFloor": 0,
        "maintMarginRatio": 0.0065,
        "cum": 0,
    }
    kind = "linear" if request.path.startswith("/fapi") else "inverse"
    return [{"symbol": contract, "brackets": [bracket]} for contract in contracts(world, kind)]


def coin_account(world: World, user: SimulatedUser, request: Request) -> object:
    held = user.held("coin_futures")
    assets = [_asset(world, asset, each, each.unrealised) for asset, each in held.items()]
    return {"assets": assets, "positions": [], "canDeposit": True, "canTrade": True, "canWithdraw": True, "feeTier": 0}


def coin_balance(world: World, user: SimulatedUser, request: Request) -> object:
    return [
        {
            "accountAlias": "SgsR",
            "asset": asset,
            "balance": padded(each.total, 8),
            "withdrawAvailable": padded(each.free, 8),
            "crossWalletBalance": padded(each.total, 8),
            "crossUnPnl": padded(each.unrealised, 8),
            "availableBalance": padded(each.free, 8),
            "updateTime": world.clock(),
        }
        for asset, each in user.held("coin_futures").items()
    ]


def no_positions(world: World, user: SimulatedUser, request: Request) -> object:
    return []


def _asset(world: World, asset: str, each: Amounts, unrealised: Decimal) -> dict[str, Any]:
    return {
        "asset": asset,
        "walletBalance": padded(each.total, 8),
        "unrealizedProfit": padded(unrealised, 8),
        "marginBalance": padded(CONTEXT.add(each.total, unrealised), 8),
        "maintMargin": "0.00000000",
        "initialMargin": padded(each.locked, 8),
        "positionInitialMargin": padded(each.locked, 8),
        "openOrderInitialMargin": "0.00000000",
        "maxWithdrawAmount": padded(each.free, 8),
        "crossWalletBalance": padded(each.total, 8),
        "crossUnPnl": padded(unrealised, 8),
        "availableBalance": padded(each.free, 8),
        "updateTime": world.clock(),
    }


def _sum(assets: list[dict[str, Any]], name: str) -> str:
    return padded(add_up(Decimal(asset[name]) for asset in assets), 8)


def _marks(world: World) -> Mapping[str, Decimal]:
    return {pair.symbol: middle(pair) for pair in contracts(world, "linear").values()}


def _contract(position: OpenPosition) -> str:
    return position.symbol.replace("/", "")


def _notional(position: OpenPosition, marks: Mapping[str, Decimal]) -> Decimal:
    return CONTEXT.multiply(position.size, marks.get(position.symbol, position.entry))


def _margin(position: OpenPosition, marks: Mapping[str, Decimal]) -> Decimal:
    notional = CONTEXT.abs(_notional(position, marks))
    return rounded(divide(notional, position.leverage), 8) if position.leverage else ZERO


ROUTES: Mapping[tuple[str, str], Private] = {
    ("GET", "/fapi/v2/account"): account,
    ("GET", "/fapi/v3/account"): account,
    ("GET", "/fapi/v2/balance"): balance,
    ("GET", "/fapi/v3/balance"): balance,
    ("GET", "/fapi/v2/positionRisk"): positions,
    ("GET", "/fapi/v3/positionRisk"): positions,
    ("GET", "/fapi/v1/leverageBracket"): brackets,
    ("GET", "/dapi/v1/account"): coin_account,
    ("GET", "/dapi/v1/balance"): coin_balance,
    ("GET", "/dapi/v1/positionRisk"): no_positions,
    ("GET", "/dapi/v2/leverageBracket"): brackets,
}
