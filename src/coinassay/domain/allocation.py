"""The shares of an account's value: what the wire calls the pie chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Protocol

from coinassay.domain.money import CONTEXT, ZERO, add_up, add_up_texts, divide, plain, rounded
from coinassay.domain.valuation import in_btc

HUNDRED = Decimal(100)

BTC_PLACES = 8
"""Decimals a value in BTC is shown with: a satoshi is the smallest part of a Bitcoin."""
USD_PLACES = 2


class Stake(NamedTuple):
    """What is held of one asset: the input of `allocate`. `usd` is None for an unpriced asset."""

    asset: str
    amount: Decimal
    usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Share:
    """One asset's part of the whole."""

    asset: str
    amount: Decimal
    usd: Decimal
    btc: Decimal
    percentage: Decimal
    """Of the positive USD total, 0 to 100, two decimals half-up."""
    priced: bool


class Shown(NamedTuple):
    """A share as it is shown: decimals in plain notation. Made once for each load and kept with it."""

    asset: str
    amount: str
    """All digits."""
    usd: str | None
    """All digits; None for an unpriced asset."""
    usd_rounded: str
    """Two decimals, half-up."""
    btc_rounded: str
    """Eight decimals, half-up."""
    percentage: str


class Told(Protocol):
    """What `combine` reads of a Shown."""

    @property
    def asset(self) -> str: ...

    @property
    def amount(self) -> str: ...

    @property
    def usd(self) -> str | None: ...


class Part(NamedTuple):
    """The shares of one account, for `combine`; the USD rate of BTC they were valued with."""

    btc_rate: Decimal | None
    shares: Sequence[Told]


def allocate(stakes: Iterable[Stake], btc_rate: Decimal | None) -> tuple[Share, ...]:
    """The shares, largest value first (ties: by code), stakes of one asset added up (semantics.md, Valuation).

    Zero amounts are left out, and so is negative equity: it shows in the table and the totals, not as a slice. An
    unpriced asset stays, with value 0 and share 0.
    """
    merged: dict[str, Stake] = {}
    for stake in stakes:
        known = merged.get(stake.asset)
        merged[stake.asset] = stake if known is None else _sum(known, stake)
    positive = (each for each in merged.values() if each.amount > ZERO and (each.usd is None or each.usd >= ZERO))
    return _shares((stake, in_btc(stake.usd or ZERO, btc_rate)) for stake in positive)


def combine(parts: Iterable[Part]) -> tuple[Share, ...]:
    """The shares of several accounts together: shares of one asset are added up, each valued in BTC at the rate of its
    own account."""
    by_rate: dict[Decimal | None, dict[str, tuple[list[str], list[str]]]] = {}
    for btc_rate, shares in parts:
        columns = by_rate.setdefault(btc_rate, {})
        for share in shares:
            asset, usd = share.asset, share.usd
            if asset in columns:
                amounts, values = columns[asset]
            else:
                amounts, values = columns[asset] = [], []
            amounts.append(share.amount)
            if usd is not None:
                values.append(usd)
    valued: dict[str, tuple[Stake, Decimal]] = {}
    for btc_rate, columns in by_rate.items():
        for asset, (amounts, values) in columns.items():
            stake = Stake(asset, add_up_texts(amounts), add_up_texts(values) if values else None)
            btc = in_btc(stake.usd or ZERO, btc_rate)
            if asset in valued:
                before, btc_before = valued[asset]
                stake, btc = _sum(before, stake), CONTEXT.add(btc_before, btc)
            valued[asset] = (stake, btc)
    return _shares(valued.values())


def show(share: Share) -> Shown:
    """`share` as it is shown."""
    return Shown(
        asset=share.asset,
        amount=plain(share.amount),
        usd=plain(share.usd) if share.priced else None,
        usd_rounded=plain(rounded(share.usd, USD_PLACES)),
        btc_rounded=plain(rounded(share.btc, BTC_PLACES)),
        percentage=plain(share.percentage),
    )


def share_of(part: Decimal, whole: Decimal) -> Decimal:
    """part / whole x 100, unrounded; 0 where there is no whole."""
    return divide(CONTEXT.multiply(part, HUNDRED), whole) if whole else ZERO


def _sum(a: Stake, b: Stake) -> Stake:
    usd = a.usd if b.usd is None else b.usd if a.usd is None else CONTEXT.add(a.usd, b.usd)
    return Stake(a.asset, CONTEXT.add(a.amount, b.amount), usd)


def _shares(valued: Iterable[tuple[Stake, Decimal]]) -> tuple[Share, ...]:
    """`valued`: each stake with its value in BTC."""
    slices = sorted(valued, key=lambda each: (CONTEXT.minus(each[0].usd or ZERO), each[0].asset))
    total = add_up(stake.usd for stake, _ in slices if stake.usd is not None)
    return tuple(
        Share(
            asset=stake.asset,
            amount=stake.amount,
            usd=stake.usd or ZERO,
            btc=btc,
            percentage=rounded(share_of(stake.usd or ZERO, total), 2),
            priced=stake.usd is not None,
        )
        for stake, btc in slices
    )
