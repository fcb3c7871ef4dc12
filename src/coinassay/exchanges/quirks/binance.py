"""Binance, and Binance.US for spot.

Traps, and where they come from:
- ccxt reads spot by default: funding, margin (cross, isolated), USD-M and COIN-M futures and locked earn are separate
  calls.
- Flexible Simple Earn shows in spot as LD + code (LDBTC), so its positions are not read again: they would count twice.
  Locked Simple Earn shows nowhere else. LDO is a coin of its own; the catalogue of codes knows.
- ccxt's margin `total` is free + locked: what was borrowed is in it and its debt is not taken off.
- Isolated margin keeps two legs for each pair; one coin is a leg of many pairs.
- ccxt skips futures assets whose updateTime is 0 (ccxt issue 27997, which is about `free`: in multi-assets mode
  availableBalance tells what other collateral makes available). walletBalance is right on every row, so it is what
  counts here, and availableBalance is never more than that.
- A futures marginBalance is walletBalance + unrealizedProfit; a portfolio margin totalWalletBalance has neither debts
  nor unrealised profit taken in.

Fields: https://developers.binance.com/docs
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from coinassay.domain.balance import Position
from coinassay.domain.currency import Resolved
from coinassay.domain.money import CONTEXT, ONE, ZERO, divide
from coinassay.exchanges.reading import (
    NOTHING,
    Fetched,
    Purse,
    Resolve,
    Row,
    WalletPlan,
    inside,
    is_nothing,
    number,
    plus,
    refused_with,
    rows_of,
    unexpected,
)

PAGE = 100
"""Positions of Simple Earn on a page, at most."""

MOST_PAGES = 50


def quoted_as(code: str, resolved: Resolved) -> str:
    """LDBTC stands for a BTC in flexible earn and has no market of its own: BTC has; LD1000SATS goes as 1000SATS."""
    if code.startswith("LD") and resolved.code != code:
        return resolved.code if resolved.multiplier == ONE else code[2:]
    return code


async def spot(exchange: Any, resolve: Resolve) -> Fetched:
    """total = free + locked.

    Binance lists hundreds of coins with zeros where it is not asked to leave them out; Binance.US knows no such
    parameter, and would refuse it (-1104).
    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/account-endpoints#account-information-user_data
    """
    purse = Purse(exchange, resolve, "spot")
    reply = await exchange.privateGetAccount({"omitZeroBalances": "true"} if exchange.id == "binance" else {})
    for row in rows_of(exchange, reply, "balances"):
        if is_nothing(row, "free", "locked"):
            continue
        free, locked = purse.get(row, "free"), purse.get(row, "locked")
        purse.add(row.get("asset"), plus(free, locked), free=free, locked=locked, quoted_as=quoted_as)
    return purse.fetched()


async def funding(exchange: Any, resolve: Resolve) -> Fetched:
    """total = free + locked + freeze + withdrawing: what is being withdrawn has not left yet."""
    purse = Purse(exchange, resolve, "funding")
    for row in rows_of(exchange, await exchange.sapiPostAssetGetFundingAsset()):
        free = purse.get(row, "free")
        locked = plus(*(purse.find(row, name) for name in ("locked", "freeze", "withdrawing")))
        purse.add(row.get("asset"), plus(free, locked), free=free, locked=locked)
    return purse.fetched()


async def locked_earn(exchange: Any, resolve: Resolve) -> Fetched:
    """Locked Simple Earn positions, all pages. Rewards are not a balance before they are paid out."""
    purse = Purse(exchange, resolve, "earn")
    seen = 0
    for page in range(1, MOST_PAGES + 1):
        reply = await exchange.sapiGetSimpleEarnLockedPosition({"current": page, "size": PAGE})
        rows = rows_of(exchange, reply, "rows")
        for row in rows:
            amount = purse.get(row, "amount")
            purse.add(row.get("asset"), amount, free=ZERO, locked=amount)
        seen += len(rows)
        if seen >= number(exchange, inside(exchange, reply, "total")):
            return purse.fetched()
        if not rows:
            break
    raise unexpected(exchange, "an end of its earn positions")


async def cross_margin(exchange: Any, resolve: Resolve) -> Fetched:
    """total = free + locked; borrowed = borrowed + interest."""
    from ccxt.base.errors import BaseError

    purse = Purse(exchange, resolve, "margin")
    try:
        reply = await exchange.sapiGetMarginAccount()
    except BaseError as e:
        if refused_with(e, "-3003"):  # Margin account does not exist.
            return NOTHING
        raise
    for row in rows_of(exchange, reply, "userAssets"):
        _add_margin(purse, row)
    return purse.fetched()


async def isolated_margin(exchange: Any, resolve: Resolve) -> Fetched:
    """Both legs of every pair."""
    from ccxt.base.errors import BaseError

    purse = Purse(exchange, resolve, "isolated")
    try:
        reply = await exchange.sapiGetMarginIsolatedAccount()
    except BaseError as e:
        if refused_with(e, "-3003", "-11001"):  # Isolated margin account does not exist.
            return NOTHING
        raise
    for pair in rows_of(exchange, reply, "assets"):
        for leg in ("baseAsset", "quoteAsset"):
            row = inside(exchange, pair, leg)
            if not isinstance(row, dict):
                raise unexpected(exchange, f'"{leg}"')
            _add_margin(purse, row)
    return purse.fetched()


def _add_margin(purse: Purse, row: Row) -> None:
    free, locked = purse.get(row, "free"), purse.get(row, "locked")
    borrowed = plus(purse.get(row, "borrowed"), purse.find(row, "interest"))
    purse.add(row.get("asset"), plus(free, locked), free=free, locked=locked, borrowed=borrowed)


async def usd_futures(exchange: Any, resolve: Resolve) -> Fetched:
    reply = await exchange.fapiPrivateV3GetAccount()
    return _futures(exchange, resolve, reply, _usd_position)


async def coin_futures(exchange: Any, resolve: Resolve) -> Fetched:
    reply = await exchange.dapiPrivateGetAccount()
    return _futures(exchange, resolve, reply, _coin_position)


def _futures(exchange: Any, resolve: Resolve, reply: object, position: Any) -> Fetched:
    """total = walletBalance, unrealised = unrealizedProfit, of each asset: also in multi-assets mode."""
    purse = Purse(exchange, resolve, "futures")
    assets: list[str] = []
    for row in rows_of(exchange, reply, "assets"):
        total = purse.get(row, "walletBalance")
        available = purse.find(row, "availableBalance")
        purse.add(
            row.get("asset"),
            total,
            free=None if available is None else max(ZERO, min(available, total)),
            unrealised=purse.find(row, "unrealizedProfit", "crossUnPnl"),
        )
        assets.append(str(row.get("asset")))
    rows = rows_of(exchange, reply, "positions") if isinstance(reply, dict) and "positions" in reply else ()
    found = (position(purse, row, assets) for row in rows if purse.find(row, "positionAmt"))
    return purse.fetched(each for each in found if each is not None)


def _usd_position(purse: Purse, row: Row, assets: list[str]) -> Position | None:
    """The size is in the base asset; the account tells notional = size x mark price, and no entry price."""
    amount = purse.get(row, "positionAmt")
    notional = purse.find(row, "notional")
    return _position(purse, row, assets, amount, divide(notional, amount) if notional else None)


def _coin_position(purse: Purse, row: Row, assets: list[str]) -> Position | None:
    """positionAmt counts contracts of 10 or 100 USD; notionalValue is the size in the base asset."""
    amount, notional = purse.get(row, "positionAmt"), purse.find(row, "notionalValue")
    if notional is None:
        return None
    size = CONTEXT.copy_sign(notional, amount)
    return _position(purse, row, assets, size, None)


def _position(purse: Purse, row: Row, assets: list[str], amount: Decimal, mark: Decimal | None) -> Position:
    side = str(row.get("positionSide", "BOTH")).lower()
    return Position(
        symbol=_symbol(str(row.get("symbol")), assets),
        wallet="futures",
        side=side if side in ("long", "short") else ("long" if amount > 0 else "short"),
        size=amount.copy_abs(),
        entry_price=purse.find(row, "entryPrice"),
        mark_price=mark,
        unrealised=purse.find(row, "unrealizedProfit") or ZERO,
        leverage=purse.find(row, "leverage"),
    )


def _symbol(market_id: str, assets: list[str]) -> str:
    """ccxt's symbol, made from the id: BTCUSDT -> BTC/USDT:USDT, BTCUSD_PERP -> BTC/USD:BTC, BTCUSDT_260925 ->
    BTC/USDT:USDT-260925. The catalogue would say it too, for 50 MB; what does not split keeps its id."""
    pair, _, expiry = market_id.partition("_")
    dated = f"-{expiry}" if expiry.isdigit() else ""
    for quote in sorted({*assets, "USDT", "USDC"}, key=len, reverse=True):
        base = pair.removesuffix(quote)
        if base and base != pair:
            return f"{base}/{quote}:{quote}{dated}"
    base = pair.removesuffix("USD")
    return f"{base}/USD:{base}{dated}" if base and base != pair else market_id


async def portfolio_margin(exchange: Any, resolve: Resolve) -> Fetched:
    """total = totalWalletBalance (cross margin + USD-M + COIN-M), borrowed = crossMarginBorrowed + crossMarginInterest,
    unrealised = that of both futures."""
    purse = Purse(exchange, resolve, "portfolio")
    for row in rows_of(exchange, await exchange.papiGetBalance()):
        purse.add(
            row.get("asset"),
            purse.get(row, "totalWalletBalance"),
            locked=purse.find(row, "crossMarginLocked"),
            borrowed=plus(purse.find(row, "crossMarginBorrowed"), purse.find(row, "crossMarginInterest")),
            unrealised=plus(purse.find(row, "umUnrealizedPNL"), purse.find(row, "cmUnrealizedPNL")),
        )
    return purse.fetched()


SPOT = WalletPlan("spot", spot)
FUNDING = WalletPlan("funding", funding)

PLANS = {
    "binance": (SPOT, FUNDING, WalletPlan("earn", locked_earn)),
    "binance_us": (SPOT,),
    "binance_margin": (WalletPlan("margin", cross_margin), WalletPlan("isolated", isolated_margin)),
    "binance_portfolio_margin": (WalletPlan("portfolio", portfolio_margin),),
    "binance_futures": (WalletPlan("futures", usd_futures),),
    "binance_futures_eea": (WalletPlan("futures", usd_futures),),
    "binance_futures_coin": (WalletPlan("futures", coin_futures),),
}
"""By market code."""
