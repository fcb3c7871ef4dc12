"""What may be done with paper accounts: selling, converting dust. Pure sums, at the prices of the valuation.

Value only ever leaves, as the fee and by rounding: what is bought is rounded down to PLACES decimals.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from enum import StrEnum

from coinassay.domain.money import CONTEXT, ONE, ZERO
from coinassay.domain.rates import BTC, USD, RateBook
from coinassay.domain.snapshot import Money
from coinassay.domain.valuation import in_btc

WALLET = "paper"
"""The one wallet a paper account has."""

DOLLAR = "USDT"
"""What paper accounts hold as dollars, and what they are sold to."""
BNB = "BNB"

FEE = Decimal("0.001")
"""Of what a sale brings: 0.1 %, what Binance takes of a spot trade at its lowest tier."""
DUST_FEE = Decimal("0.02")
"""Of what converted dust brings: 2 %, what Binance takes."""
DUST_BTC = Decimal("0.001")
"""A balance worth less than this many BTC is dust."""

PLACES = 18
"""Decimals of what is bought: as fine as the finest coins are divided."""
_SMALLEST = ONE.scaleb(-PLACES)
_DOWN = Context(prec=CONTEXT.prec, rounding=ROUND_DOWN, Emin=CONTEXT.Emin, Emax=CONTEXT.Emax)


class PaperTradeKind(StrEnum):
    SALE = "sale"
    DUST = "dust"


@dataclass(frozen=True, slots=True)
class PaperTrade:
    """All of one asset turned into another."""

    kind: PaperTradeKind
    sold: str
    amount: Decimal
    """Of `sold`."""
    bought: str
    gross: Decimal
    """Of `bought`, before the fee."""
    fee: Decimal
    """Of `bought`."""
    money: Money
    """What was sold is worth."""

    @property
    def received(self) -> Decimal:
        return CONTEXT.subtract(self.gross, self.fee)


def sell(
    balances: Mapping[str, Decimal],
    codes: Collection[str],
    bought: str,
    rates: RateBook,
    fee: Decimal = FEE,
    kind: PaperTradeKind = PaperTradeKind.SALE,
) -> tuple[PaperTrade, ...]:
    """The trades that turn all of each of `codes` into `bought`, at the rates of the book.

    What has no price is left alone, and so is what would bring nothing: less than the smallest amount. No trade either
    where `bought` has no price.
    """
    target = rates.get(bought)
    if target is None or target.price <= ZERO:
        return ()
    btc = rates.get(BTC)
    trades = []
    for code, amount in balances.items():
        rate = rates.get(code)
        if code == bought or code not in codes or rate is None or rate.price <= ZERO or amount <= ZERO:
            continue
        usd = CONTEXT.multiply(amount, rate.price)
        gross = _rounded_down(_DOWN.divide(usd, target.price))
        kept = _rounded_down(CONTEXT.multiply(gross, CONTEXT.subtract(ONE, fee)))
        if kept > ZERO:
            money = Money(usd, in_btc(usd, None if btc is None else btc.price))
            trades.append(PaperTrade(kind, code, amount, bought, gross, CONTEXT.subtract(gross, kept), money))
    return tuple(trades)


def settle(balances: Mapping[str, Decimal], trades: Collection[PaperTrade]) -> dict[str, Decimal]:
    """The balances after the trades, in the same order, without what was sold."""
    after = dict(balances)
    for trade in trades:
        del after[trade.sold]
        after[trade.bought] = CONTEXT.add(after.get(trade.bought, ZERO), trade.received)
    return after


def move(
    source: Mapping[str, Decimal], target: Mapping[str, Decimal], code: str, amount: Decimal
) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Both balances after `amount` of `code` went from one to the other. Raises ValueError where there is not so much,
    and for amounts that are not above zero."""
    left = CONTEXT.subtract(source.get(code, ZERO), amount)
    if amount <= ZERO or left < ZERO:
        raise ValueError(f"there is not so much {code}")
    after, before = dict(source), dict(target)
    if left:
        after[code] = left
    else:
        del after[code]
    before[code] = CONTEXT.add(before.get(code, ZERO), amount)
    return after, before


def is_dust(amount: Decimal, code: str, rates: RateBook) -> bool:
    """Whether there is some, it has a price, and it is worth less than DUST_BTC."""
    rate, btc = rates.get(code), rates.get(BTC)
    if rate is None or btc is None or amount <= ZERO:
        return False
    return CONTEXT.multiply(amount, rate.price) < CONTEXT.multiply(DUST_BTC, btc.price)


def dollars(balances: Mapping[str, Decimal]) -> frozenset[str]:
    """The codes a sale to dollars leaves alone."""
    return frozenset({USD, DOLLAR}) & frozenset(balances)


def _rounded_down(value: Decimal) -> Decimal:
    return _DOWN.quantize(value, _SMALLEST)
