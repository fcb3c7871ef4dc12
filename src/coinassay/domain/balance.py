"""What an exchange says is held, wallet by wallet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ZERO


@dataclass(frozen=True, slots=True)
class Balance:
    """One asset in one wallet, in units of `asset`.

    `total` is what lies in the wallet before debts: free + locked where the exchange splits it. It may be negative only
    where the exchange itself reports a negative quantity without naming it a debt.
    """

    asset: str
    """The code everybody uses, after aliases: BTC, never XXBT or LDBTC."""
    wallet: str
    """"spot", "funding", "earn", "margin", "isolated", "futures", "trading", …"""
    total: Decimal
    free: Decimal = ZERO
    locked: Decimal = ZERO
    borrowed: Decimal = ZERO
    """Debt incl. accrued interest, never negative."""
    unrealised: Decimal = ZERO
    """Unrealised profit and loss that is not in `total`."""
    exchange_code: str = ""
    """The code under which the exchange quotes it; empty: the same as `asset`."""
    multiplier: Decimal = Decimal(1)
    """Units of `asset` in one unit of `exchange_code`: 1000 for 1000SATS. Quantities are already multiplied."""

    @property
    def equity(self) -> Decimal:
        """assets - borrowed + unrealised P&L (semantics.md, Valuation)."""
        return CONTEXT.add(CONTEXT.subtract(self.total, self.borrowed), self.unrealised)

    @property
    def is_zero(self) -> bool:
        return not (self.total or self.free or self.locked or self.borrowed or self.unrealised)


@dataclass(frozen=True, slots=True)
class Position:
    """An open derivative. Its P&L is already in the `unrealised` of the margin asset's balance, or in `total`."""

    symbol: str
    """ccxt's unified symbol, e.g. BTC/USDT:USDT."""
    wallet: str
    side: str
    """"long" or "short"."""
    size: Decimal
    """In units of the base asset, never negative."""
    entry_price: Decimal | None = None
    mark_price: Decimal | None = None
    unrealised: Decimal = ZERO
    leverage: Decimal | None = None


@dataclass(frozen=True, slots=True)
class WalletReading:
    """One wallet as the exchange just answered it: balances, or why there are none."""

    wallet: str
    balances: tuple[Balance, ...] = ()
    positions: tuple[Position, ...] = ()
    failure: str = ""
    """The code of the ExchangeError (errors.py); empty when the wallet was read."""
    reason: str = ""
    """The failure in a sentence for people. Holds no secret."""

    @property
    def ok(self) -> bool:
        return not self.failure


@dataclass(frozen=True, slots=True)
class Reading:
    """Every wallet of an account at one moment."""

    wallets: tuple[WalletReading, ...]
    waited: float = field(default=0.0, compare=False)
    """Seconds it waited for its turn, because other accounts were asked about first."""

    @property
    def complete(self) -> bool:
        return all(wallet.ok for wallet in self.wallets)


def merge(balances: Iterable[Balance]) -> tuple[Balance, ...]:
    """Balances of one asset under one code in one wallet added up (Kraken's DOT and DOT.S), in order of appearance."""
    merged: dict[tuple[str, str, str], Balance] = {}
    add = CONTEXT.add
    for each in balances:
        key = (each.wallet, each.asset, each.exchange_code)
        known = merged.get(key)
        merged[key] = (
            each
            if known is None
            else Balance(
                asset=each.asset,
                wallet=each.wallet,
                total=add(known.total, each.total),
                free=add(known.free, each.free),
                locked=add(known.locked, each.locked),
                borrowed=add(known.borrowed, each.borrowed),
                unrealised=add(known.unrealised, each.unrealised),
                exchange_code=each.exchange_code,
                multiplier=each.multiplier,
            )
        )
    return tuple(merged.values())
