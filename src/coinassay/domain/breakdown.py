"""What an account has of each asset, column by column: what the wire calls the account table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from coinassay.domain.allocation import HUNDRED, share_of
from coinassay.domain.balance import Balance, Position
from coinassay.domain.money import CONTEXT, ONE, ZERO, add_up, divide
from coinassay.domain.rates import USD
from coinassay.domain.valuation import in_btc

FUTURES = "futures"
"""The wallet that holds the margin of derivatives, at every exchange."""


class Held(NamedTuple):
    """A stored balance with its price: the input of `break_down`. Prices in USD for one unit, None where not known."""

    balance: Balance
    price: Decimal | None
    day_ago: Decimal | None
    """The price 24 h before."""
    usd: Decimal | None
    """Value of the equity; None for an unpriced balance."""


class Contents(NamedTuple):
    """What one account holds, and the USD rate of BTC it was valued with, now and 24 h before."""

    account_id: int
    btc_rate: Decimal | None
    btc_day_ago: Decimal | None
    held: Sequence[Held]
    positions: Sequence[Position] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One asset of one account, all its wallets together, or one open derivative. Quantities in units of `asset`."""

    account_id: int
    asset: str
    total: Decimal = ZERO
    """Before debts; for a derivative the size of the position, never negative."""
    free: Decimal = ZERO
    locked: Decimal = ZERO
    borrowed: Decimal = ZERO
    equity: Decimal = ZERO
    """assets - borrowed + unrealised P&L. 0 for a derivative: its P&L is in the equity of its margin asset."""
    price_usd: Decimal | None = None
    price_btc: Decimal | None = None
    day_change_usd: Decimal | None = None
    """Of the price in USD over 24 h, in percent, unrounded; None where the price of then is not known."""
    day_change_btc: Decimal | None = None
    usd: Decimal = ZERO
    """Of the equity, negative for a debt; 0 for an unpriced asset."""
    btc: Decimal = ZERO
    margin: Decimal = ZERO
    """What of `free` lies in the futures wallet, where it can back a long or a short position."""
    percentage: Decimal = ZERO
    """Of the positive USD total of all lines, unrounded; 0 for a debt."""
    side: str = ""
    """ "long" or "short" for a derivative, otherwise empty."""


def break_down(accounts: Iterable[Contents]) -> tuple[Line, ...]:
    """A line for each account and asset that is not zero, largest value first (ties: by code, then account), debts
    last; then one for each open derivative.

    Percentages are of all accounts together.
    """
    found: list[tuple[Contents, str, list[Held]]] = []
    derivatives: list[Line] = []
    for account in accounts:
        by_asset: dict[str, list[Held]] = {}
        for each in account.held:
            by_asset.setdefault(each.balance.asset, []).append(each)
        found += ((account, asset, held) for asset, held in by_asset.items())
        if account.positions:
            prices = {asset: held[0].price for asset, held in by_asset.items()}
            derivatives += (_derivative(account, position, prices) for position in account.positions)
    values = [
        (held[0].usd or ZERO) if len(held) == 1 else add_up(each.usd for each in held if each.usd is not None)
        for _, _, held in found
    ]
    whole = add_up(value for value in values if value > ZERO)
    lines = [_line(*each, usd, whole) for each, usd in zip(found, values, strict=True)]
    lines = [line for line in lines if line.total or line.free or line.locked or line.borrowed or line.equity]
    lines.sort(key=lambda line: (CONTEXT.minus(line.usd), line.asset, line.account_id))
    return (*lines, *derivatives)


def _line(account: Contents, asset: str, held: Sequence[Held], usd: Decimal, whole: Decimal) -> Line:
    first, rate = held[0], account.btc_rate
    together = first.balance if len(held) == 1 else _together([each.balance for each in held])
    margin = [each.balance.free for each in held if each.balance.wallet == FUTURES]
    price, then = first.price, first.day_ago
    price_btc = _in_btc(price, rate)
    return Line(
        account_id=account.account_id,
        asset=asset,
        total=together.total,
        free=together.free,
        locked=together.locked,
        borrowed=together.borrowed,
        equity=together.equity,
        price_usd=price,
        price_btc=price_btc,
        day_change_usd=_change(price, then),
        day_change_btc=_change(price_btc, _in_btc(then, account.btc_day_ago)),
        usd=usd,
        btc=in_btc(usd, rate),
        margin=add_up(margin) if margin else ZERO,
        percentage=share_of(usd, whole) if usd > ZERO else ZERO,
    )


def _together(balances: Sequence[Balance]) -> Balance:
    """All wallets of one asset as one."""
    return Balance(
        asset=balances[0].asset,
        wallet="",
        total=add_up(balance.total for balance in balances),
        free=add_up(balance.free for balance in balances),
        locked=add_up(balance.locked for balance in balances),
        borrowed=add_up(balance.borrowed for balance in balances),
        unrealised=add_up(balance.unrealised for balance in balances),
    )


def _derivative(account: Contents, position: Position, prices: Mapping[str, Decimal | None]) -> Line:
    """The price is the exchange's mark price, in USD at the rate of what the contract is quoted in."""
    base, _, rest = position.symbol.partition("/")
    quote = rest.partition(":")[0]
    rate = ONE if quote == USD else prices.get(quote)
    mark = position.mark_price
    price = None if mark is None or rate is None else CONTEXT.multiply(mark, rate)
    return Line(
        account_id=account.account_id,
        asset=base,
        total=position.size,
        price_usd=price,
        price_btc=_in_btc(price, account.btc_rate),
        side=position.side,
    )


def _in_btc(usd: Decimal | None, btc_rate: Decimal | None) -> Decimal | None:
    return None if usd is None or not btc_rate else divide(usd, btc_rate)


def _change(now: Decimal | None, then: Decimal | None) -> Decimal | None:
    if now is None or not then:
        return None
    return divide(CONTEXT.multiply(CONTEXT.subtract(now, then), HUNDRED), then)
