"""Binance's public market data: one market in each of its shapes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from coinassay.domain.money import CONTEXT, ZERO, divide, rounded
from coinassay.testing.simulator.amounts import padded
from coinassay.testing.simulator.board import Pair, price_places

DAY = 86_400_000

CATALOGUE_HEAD = {
    "timezone": "UTC",
    "serverTime": 0,
    "rateLimits": [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000}],
    "exchangeFilters": [],
}


def market_id(pair: Pair) -> str:
    return pair.base + pair.quote


def symbol(pair: Pair) -> dict[str, Any]:
    tick = padded(Decimal(1).scaleb(-price_places(pair.last)), 8)
    return {
        "symbol": market_id(pair),
        "status": "TRADING" if pair.dead_since is None else "BREAK",
        "baseAsset": pair.base,
        "baseAssetPrecision": 8,
        "quoteAsset": pair.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "isSpotTradingAllowed": pair.dead_since is None,
        "isMarginTradingAllowed": pair.quote in {"USDT", "BTC"},
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "9000.00000000", "stepSize": "0.00001000"},
            {"filterType": "ICEBERG_PARTS", "limit": 10},
            {
                "filterType": "MARKET_LOT_SIZE",
                "minQty": "0.00000000",
                "maxQty": "121.22278732",
                "stepSize": "0.00000000",
            },
            {
                "filterType": "PERCENT_PRICE_BY_SIDE",
                "bidMultiplierUp": "5",
                "bidMultiplierDown": "0.2",
                "askMultiplierUp": "5",
                "askMultiplierDown": "0.2",
                "avgPriceMins": 5,
            },
            {
                "filterType": "NOTIONAL",
                "minNotional": "5.00000000",
                "applyMinToMarket": True,
                "maxNotional": "9000000.00000000",
                "applyMaxToMarket": False,
                "avgPriceMins": 5,
            },
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        ],
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }


def ticker(pair: Pair, now: int) -> dict[str, Any]:
    """A market that died keeps the closing time of its last day."""
    closed = now if pair.dead_since is None else pair.dead_since
    change = CONTEXT.subtract(pair.last, pair.open)
    percent = rounded(divide(CONTEXT.multiply(change, Decimal(100)), pair.open), 3) if pair.open else ZERO
    quantity = "1.00000000" if pair.dead_since is None else "0.00000000"
    return {
        "symbol": market_id(pair),
        "priceChange": padded(change, 8),
        "priceChangePercent": padded(percent, 3),
        "weightedAvgPrice": padded(pair.last, 8),
        "prevClosePrice": padded(pair.open, 8),
        "lastPrice": padded(pair.last, 8),
        "lastQty": quantity,
        "bidPrice": padded(pair.bid, 8),
        "bidQty": quantity,
        "askPrice": padded(pair.ask, 8),
        "askQty": quantity,
        "openPrice": padded(pair.open, 8),
        "highPrice": padded(max(pair.last, pair.open), 8),
        "lowPrice": padded(min(pair.last, pair.open), 8),
        "volume": padded(pair.volume, 8),
        "quoteVolume": padded(CONTEXT.multiply(pair.volume, pair.last), 8),
        "openTime": closed - DAY,
        "closeTime": closed,
        "firstId": 0 if pair.volume else -1,
        "lastId": 999 if pair.volume else -1,
        "count": 1000 if pair.volume else 0,
    }


def depth(pair: Pair) -> dict[str, Any]:
    """The best offers and, a step behind each, one more."""
    if pair.dead_since is not None:
        return {"lastUpdateId": 1, "bids": [], "asks": []}
    step = Decimal(1).scaleb(-price_places(pair.last))
    bids = (pair.bid, CONTEXT.subtract(pair.bid, step))
    asks = (pair.ask, CONTEXT.add(pair.ask, step))
    return {
        "lastUpdateId": 1,
        "bids": [[padded(price, 8), "1.00000000"] for price in bids],
        "asks": [[padded(price, 8), "1.00000000"] for price in asks],
    }


def book(pair: Pair) -> dict[str, Any]:
    shown = ticker(pair, 0)
    return {name: shown[name] for name in ("symbol", "bidPrice", "bidQty", "askPrice", "askQty")}
