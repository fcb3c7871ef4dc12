"""A made-up year for a made-up account: a reading each day, as if it had been connected all the time.

Prices lead up to the present ones along the bundled daily closes, as those of the sample account do (domain/sample.py):
whoever looks around first sees the same market everywhere. Nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from coinassay.domain.account import Account, WalletState, WalletStatus
from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, ONE, ZERO, add_up, divide, rounded
from coinassay.domain.rates import ASSUMED_PEG, USD, Leg, Rate
from coinassay.domain.sample import Closes, Path
from coinassay.domain.series import day_of, start_of
from coinassay.domain.snapshot import Flow, FlowKind, Money
from coinassay.services.ports import Load, StoredHolding

DAYS = 365
TIME = timedelta(hours=21, minutes=40)
"""Of the day, at which the readings of the past were made."""
TOOK = timedelta(seconds=2)
QUOTED = timedelta(seconds=4)
"""How old a price was when it was used."""
NO_MARKET = "no market at binance, kraken or coinbase"

ALIKE: Mapping[str, str] = MappingProxyType({"ATOM": "ETH", "DOT": "ETH", "LTC": "BTC"})
"""Coins without closes of their own, or none of the last year there is of others, and the coin they move like."""
STEADY = frozenset({USD, "USDT", "USDC", "EUR"})
"""What keeps its price: dollars, and what differs from them by less than a chart shows."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What came in (or went out, where `amount` is below zero) so many days ago."""

    ago: int
    wallet: str
    code: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Past:
    """What an account went through. Amounts lead up to the present ones: before a deposit there was less."""

    moved: Sequence[Moved] = ()
    unread: Set[int] = frozenset()
    """How many days ago nothing was read: the value of the day before is carried on."""
    partial: Mapping[int, str] = field(default_factory=dict)
    """By days ago, the wallet that could not be read."""
    days: int = DAYS
    """How long ago it was connected."""


def loads(
    account: Account,
    balances: Sequence[Balance],
    prices: Mapping[str, Decimal],
    past: Past,
    closes: Closes,
    now: datetime,
    *,
    and_now: bool = False,
) -> Iterator[Load]:
    """The loads of the days before `now`, oldest first, and with `and_now` the one of that moment.

    `prices`: present USD by code; what has none is unpriced.

    Wallets are those of `balances`, and all of them count as read for the first time in the first load.
    """
    path = Path((*(ALIKE.get(code, code) for code in prices if code not in STEADY), "BTC"), closes)

    def price_of(code: str, ago: int) -> Decimal:
        move = ONE if code in STEADY else path.at(ALIKE.get(code, code), ago)
        return rounded(CONTEXT.multiply(prices[code], move), 8)

    read_at: dict[str, datetime] = {}
    names = tuple(dict.fromkeys(balance.wallet for balance in balances))
    for ago in range(past.days, -1 if and_now else 0, -1):
        if ago in past.unread:
            continue
        at = start_of(day_of(now) - timedelta(days=ago)) + TIME if ago else now
        unread = past.partial.get(ago)
        read_at |= {wallet: at for wallet in names if wallet != unread}
        holdings = []
        for balance in balances:
            code, then = balance.asset, _then(balance, past.moved, ago)
            if code in prices:
                rate = _rate(code, price_of(code, ago), price_of(code, ago + 1), account, at)
                holdings.append(StoredHolding(then, rate, CONTEXT.multiply(then.total, rate.price)))
            else:
                holdings.append(StoredHolding(then, None, None, NO_MARKET))
        btc = price_of("BTC", ago)
        total = _money(add_up(each.usd for each in holdings if each.usd is not None), btc)
        if ago == past.days:
            flows = [Flow(account.id, at, FlowKind.OPENING, total)]
        else:
            flows = [_flow(account, each, price_of(each.code, ago), btc, at) for each in past.moved if each.ago == ago]
        yield Load(
            account_id=account.id,
            started_at=at - TOOK,
            finished_at=at,
            holdings=tuple(holdings),
            wallets=tuple(_status(wallet, read_at[wallet], carried=wallet == unread) for wallet in names),
            total=total,
            btc_rate=btc,
            flows=tuple(flows),
            btc_day_ago=price_of("BTC", ago + 1),
        )


def _then(balance: Balance, moved: Sequence[Moved], ago: int) -> Balance:
    """What there was of it so many days ago, none of it in orders."""
    place = (balance.wallet, balance.asset)
    later = add_up(each.amount for each in moved if each.ago < ago and (each.wallet, each.code) == place)
    total = CONTEXT.subtract(balance.total, later)
    return replace(balance, total=total, free=total, locked=ZERO)


def _rate(code: str, price: Decimal, before: Decimal, account: Account, at: datetime) -> Rate:
    if code == USD:
        return Rate(USD, USD, price, ())
    peg = Leg("USDT", USD, ONE, ASSUMED_PEG, None)
    if code == "USDT":
        return Rate(code, USD, price, (peg,))
    source = "binance" if account.is_paper else account.market_code
    return Rate(code, USD, price, (Leg(code, "USDT", price, source, at - QUOTED, open=before), peg))


def _flow(account: Account, moved: Moved, price: Decimal, btc: Decimal, at: datetime) -> Flow:
    return Flow(
        account.id,
        at,
        FlowKind.DEPOSIT if moved.amount > 0 else FlowKind.WITHDRAWAL,
        _money(CONTEXT.multiply(moved.amount, price), btc),
        moved.code,
        moved.amount,
        reference=f"made-up-{moved.ago}-{moved.code}",
    )


def _status(wallet: str, read_at: datetime, *, carried: bool) -> WalletStatus:
    if carried:
        return WalletStatus(
            wallet, WalletState.CARRIED, read_at, "exchange_unavailable", "The exchange did not answer."
        )
    return WalletStatus(wallet, WalletState.OK, read_at)


def _money(usd: Decimal, btc_rate: Decimal) -> Money:
    return Money(usd, divide(usd, btc_rate))
