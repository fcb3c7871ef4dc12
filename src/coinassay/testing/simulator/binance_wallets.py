"""Binance's signed paths on api.binance.com: what a user holds and what the key may do.

Shapes: https://developers.binance.com/docs/binance-spot-api-docs, /docs/wallet, /docs/margin_trading, /docs/simple_earn
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from coinassay.domain.money import CONTEXT, ZERO, add_up, rounded
from coinassay.testing.http import Request
from coinassay.testing.simulator.amounts import Amounts, padded
from coinassay.testing.simulator.binance_errors import BinanceError, integer
from coinassay.testing.simulator.dialect import World
from coinassay.testing.simulator.users import FUTURES, TRADE, WITHDRAW, SimulatedUser

Private = Callable[[World, SimulatedUser, Request], object]


_NONE = "0.00000000"


def account(world: World, user: SimulatedUser, request: Request) -> object:
    """Flexible Simple Earn shows here too, as "LD" + code; coins that are not held are listed with zeros."""
    held = dict(user.held("spot"))
    held.update((f"LD{asset}", each) for asset, each in user.held("earn_flexible").items())
    rows = [
        {"asset": asset, "free": padded(each.free, 8), "locked": padded(each.locked, 8)} for asset, each in held.items()
    ]
    if request.params.get("omitZeroBalances") == "true":
        rows = [row for row in rows if held[row["asset"]].total]
    else:
        rows += ({"asset": coin, "free": _NONE, "locked": _NONE} for coin in sorted(world.board.coins - held.keys()))
    may_trade = TRADE in user.permissions
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {
            "maker": "0.00100000",
            "taker": "0.00100000",
            "buyer": "0.00000000",
            "seller": "0.00000000",
        },
        "canTrade": may_trade,
        "canWithdraw": WITHDRAW in user.permissions,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": world.clock(),
        "accountType": "SPOT",
        "balances": rows,
        "permissions": ["SPOT"],
        "uid": 1,
    }


def funding(world: World, user: SimulatedUser, request: Request) -> object:
    return [
        {
            "asset": asset,
            "free": padded(each.free, 8),
            "locked": padded(each.locked, 8),
            "freeze": "0",
            "withdrawing": "0",
            "btcValuation": padded(rounded(_in_btc(world, {asset: each}), 8), 8),
        }
        for asset, each in user.held("funding").items()
        if request.params.get("asset") in {None, asset} and each.total
    ]


def earn_locked(world: World, user: SimulatedUser, request: Request) -> object:
    rows = [
        {
            "positionId": 123_123 + number,
            "parentPositionId": 123_122 + number,
            "projectId": f"{asset}*120",
            "asset": asset,
            "amount": padded(each.total, 8),
            "purchaseTime": str(user.created_at),
            "duration": "120",
            "accrualDays": "4",
            "rewardAsset": asset,
            "APY": "0.023",
            "rewardAmt": "0.00000000",
            "nextPay": "0.00000000",
            "payPeriod": "1",
            "redeemAmountEarly": padded(each.total, 8),
            "status": "HOLDING",
            "type": "LOCKED",
            "canRedeemEarly": True,
            "autoSubscribe": False,
        }
        for number, (asset, each) in enumerate(user.held("earn").items())
        if request.params.get("asset") in {None, asset} and each.total
    ]
    return _page(rows, request)


def earn_flexible(world: World, user: SimulatedUser, request: Request) -> object:
    rows = [
        {
            "totalAmount": padded(each.total, 8),
            "latestAnnualPercentageRate": "0.02599895",
            "asset": asset,
            "canRedeem": True,
            "collateralAmount": "0.00000000",
            "productId": f"{asset}001",
            "autoSubscribe": True,
        }
        for asset, each in user.held("earn_flexible").items()
        if request.params.get("asset") in {None, asset} and each.total
    ]
    return _page(rows, request)


def _page(rows: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    """`size` rows of page `current`, 10 of the first where they are not given, at most 100."""
    current = integer(request.params, "current", 1) or 1
    size = min(integer(request.params, "size", 10) or 10, 100)
    return {"rows": rows[(current - 1) * size : current * size], "total": len(rows)}


def margin(world: World, user: SimulatedUser, request: Request) -> object:
    if "margin" not in user.wallets:
        raise BinanceError(400, -3003, "Margin account does not exist.")
    held = user.held("margin")
    owed = {asset: Amounts(CONTEXT.add(each.borrowed, each.interest)) for asset, each in held.items()}
    assets = _in_btc(world, {asset: Amounts(each.total) for asset, each in held.items()})
    liabilities = _in_btc(world, owed)
    return {
        "created": True,
        "borrowEnabled": True,
        "marginLevel": "999.00000000",
        "collateralMarginLevel": "999.00000000",
        "totalAssetOfBtc": padded(rounded(assets, 8), 8),
        "totalLiabilityOfBtc": padded(rounded(liabilities, 8), 8),
        "totalNetAssetOfBtc": padded(rounded(CONTEXT.subtract(assets, liabilities), 8), 8),
        "tradeEnabled": True,
        "transferInEnabled": True,
        "transferOutEnabled": True,
        "accountType": "MARGIN_1",
        "userAssets": [_margin_asset(asset, each) for asset, each in held.items()],
    }


def isolated(world: World, user: SimulatedUser, request: Request) -> object:
    """One pair of wallets for each symbol ("isolated BTC/USDT"); `symbols` picks some."""
    wanted = request.params.get("symbols")
    assets = []
    for wallet in user.wallets:
        if not wallet.startswith("isolated "):
            continue
        base, _, quote = wallet.removeprefix("isolated ").partition("/")
        if wanted is not None and base + quote not in wanted.split(","):
            continue
        held = user.held(wallet)
        assets.append(
            {
                "baseAsset": _isolated_asset(base, held.get(base, Amounts())),
                "quoteAsset": _isolated_asset(quote, held.get(quote, Amounts())),
                "symbol": base + quote,
                "isolatedCreated": True,
                "enabled": True,
                "marginLevel": "999",
                "marginLevelStatus": "EXCESSIVE",
                "marginRatio": "5",
                "tradeEnabled": True,
            }
        )
    return {"assets": assets}


def _margin_asset(asset: str, each: Amounts) -> dict[str, Any]:
    return {
        "asset": asset,
        "borrowed": padded(each.borrowed, 8),
        "free": padded(each.free, 8),
        "interest": padded(each.interest, 8),
        "locked": padded(each.locked, 8),
        "netAsset": padded(each.net, 8),
    }


def _isolated_asset(asset: str, each: Amounts) -> dict[str, Any]:
    more = {"borrowEnabled": True, "repayEnabled": True, "totalAsset": padded(each.total, 8)}
    return {**_margin_asset(asset, each), **more}


def restrictions(world: World, user: SimulatedUser, request: Request) -> object:
    return {
        "ipRestrict": bool(user.networks),
        "createTime": user.created_at,
        "enableReading": True,
        "enableSpotAndMarginTrading": TRADE in user.permissions,
        "enableWithdrawals": WITHDRAW in user.permissions,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": FUTURES in user.permissions,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enablePortfolioMarginTrading": False,
    }


def margin_pairs(world: World, user: SimulatedUser, request: Request) -> object:
    """The markets one may borrow for. A keyed ccxt instance asks for these too."""
    return [
        {
            "id": str(number),
            "symbol": pair.base + pair.quote,
            "base": pair.base,
            "quote": pair.quote,
            "isMarginTrade": True,
            "isBuyAllowed": True,
            "isSellAllowed": True,
        }
        for number, pair in enumerate(world.board.pairs.values(), start=1)
        if pair.dead_since is None and pair.quote in {"USDT", "BTC"}
    ]


def _in_btc(world: World, held: Mapping[str, Amounts]) -> Decimal:
    """What is held, in BTC, by way of USDT where there is no market with BTC; without a price it counts nothing."""
    board = world.board
    per_btc = board.rate("USDT", "BTC")
    values = []
    for asset, each in held.items():
        rate = board.rate(asset, "BTC")
        dollars = board.rate(asset, "USDT")
        if rate is None and dollars is not None and per_btc is not None:
            rate = CONTEXT.multiply(dollars, per_btc)
        values.append(CONTEXT.multiply(each.total, rate or ZERO))
    return add_up(values)


ROUTES: Mapping[tuple[str, str], Private] = {
    ("GET", "/api/v3/account"): account,
    ("POST", "/sapi/v1/asset/get-funding-asset"): funding,
    ("GET", "/sapi/v1/simple-earn/locked/position"): earn_locked,
    ("GET", "/sapi/v1/simple-earn/flexible/position"): earn_flexible,
    ("GET", "/sapi/v1/margin/account"): margin,
    ("GET", "/sapi/v1/margin/isolated/account"): isolated,
    ("GET", "/sapi/v1/margin/allPairs"): margin_pairs,
    ("GET", "/sapi/v1/margin/isolated/allPairs"): margin_pairs,
    ("GET", "/sapi/v1/account/apiRestrictions"): restrictions,
}
