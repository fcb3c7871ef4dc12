"""How what was read of an account becomes what is stored: carried balances, last rates, holdings, openings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from coinassay.domain.account import Account, WalletState, WalletStatus
from coinassay.domain.balance import Balance, Reading
from coinassay.domain.money import ONE, ZERO, add_up
from coinassay.domain.rates import BTC, USD, Rate, RateBook
from coinassay.domain.snapshot import Flow, FlowKind, Money
from coinassay.domain.valuation import Valuation, in_btc
from coinassay.services.ports import StoredHolding


def carry_forward(
    reading: Reading, previous: Sequence[StoredHolding], known: Mapping[str, WalletStatus], now: datetime
) -> tuple[tuple[Balance, ...], tuple[WalletStatus, ...]]:
    """The balances to value and the state of each wallet: a wallet that failed keeps its last good balances."""
    balances: list[Balance] = []
    wallets: list[WalletStatus] = []
    for wallet in reading.wallets:
        if wallet.ok:
            balances += (balance for balance in wallet.balances if not balance.is_zero)
            wallets.append(WalletStatus(wallet.wallet, WalletState.OK, now))
            continue
        before = known.get(wallet.wallet)
        read_at = before.read_at if before else None
        balances += (holding.balance for holding in previous if holding.balance.wallet == wallet.wallet)
        state = WalletState.UNKNOWN if read_at is None else WalletState.CARRIED
        wallets.append(WalletStatus(wallet.wallet, state, read_at, wallet.failure, wallet.reason))
    return tuple(balances), tuple(wallets)


def last_rates(previous: Sequence[StoredHolding], as_of: datetime, btc_rate: Decimal | None, failure: str) -> RateBook:
    """The rates of the last good load, for when the exchange gives balances but no prices.

    What had no rate then, or was not held, stays unpriced, with `failure` as the reason.
    """
    rates = {holding.balance.asset: holding.rate for holding in previous if holding.rate is not None}
    rates[USD] = Rate(USD, USD, ONE)
    if btc_rate is not None:
        rates.setdefault(BTC, Rate(BTC, USD, btc_rate))
    return RateBook(as_of, rates, default_refusal=f"prices could not be read: {failure}")


def completed(rates: RateBook, last: RateBook) -> RateBook:
    """`rates` with the last ones of what could not be asked for."""
    missing = {asset: rate for asset in rates.unreached if (rate := last.get(asset)) is not None}
    return replace(rates, rates={**rates.rates, **missing}, unreached=rates.unreached - missing.keys())


def unknown_purchase(balances: Sequence[Balance], previous: Sequence[StoredHolding], unreached: Collection[str]) -> str:
    """What was not held at the last load and has no price only because it could not be asked for now, where something
    that had a value has become less: it may have been sold for that. Else empty."""
    held, before = _amounts(balances), _amounts(each.balance for each in previous)
    new = [asset for asset in held if asset in unreached and asset not in before]
    valued = {each.balance.asset for each in previous if each.rate is not None}
    return new[0] if new and any(held.get(asset, ZERO) < before[asset] for asset in valued) else ""


def _amounts(balances: Iterable[Balance]) -> Mapping[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for each in balances:
        amounts[each.asset] = add_up((amounts.get(each.asset, ZERO), each.equity))
    return amounts


def stored_holdings(balances: Sequence[Balance], valuation: Valuation) -> tuple[StoredHolding, ...]:
    """The valuation of `balances`, in their order."""
    stored = [StoredHolding(holding.balance, holding.rate, holding.usd) for holding in valuation.holdings]
    stored += (StoredHolding(each.balance, None, None, each.reason) for each in valuation.unpriced)
    order = {id(balance): n for n, balance in enumerate(balances)}
    stored.sort(key=lambda holding: order[id(holding.balance)])
    return tuple(stored)


def revealed_wallets(
    account: Account, wallets: Sequence[WalletStatus], known: Mapping[str, WalletStatus]
) -> Collection[str]:
    """Those that could never be read until now; none at the first load."""
    if account.loaded_at is None:
        return ()
    read_before = {wallet for wallet, status in known.items() if status.read_at is not None}
    return {status.wallet for status in wallets if status.state is WalletState.OK} - read_before


def openings(
    account: Account,
    valuation: Valuation,
    wallets: Sequence[WalletStatus],
    known: Mapping[str, WalletStatus],
    at: datetime,
) -> tuple[Flow, ...]:
    """What is seen for the first time counts as a deposit of what was found: it was there before, it was not earned.

    That is everything at the first load, and afterwards each wallet that could never be read until now. What has no
    price yet is a flow of its own without a value, which it gets together with the account's.
    """
    if account.loaded_at is None:
        new: Collection[str] = {status.wallet for status in wallets}
        flows = [Flow(account.id, at, FlowKind.OPENING, Money(valuation.usd, valuation.btc))]
    else:
        new = revealed_wallets(account, wallets, known)
        usd = add_up(holding.usd for holding in valuation.holdings if holding.balance.wallet in new)
        flows = [Flow(account.id, at, FlowKind.OPENING, Money(usd, in_btc(usd, valuation.btc_rate)))] if usd else []
    unpriced: dict[str, Decimal] = {}
    for each in () if account.is_paper else valuation.unpriced:
        if each.balance.wallet in new:
            unpriced[each.balance.asset] = add_up((unpriced.get(each.balance.asset, ZERO), each.balance.equity))
    flows += (
        Flow(account.id, at, FlowKind.OPENING, Money(), asset, amount, priced=False)
        for asset, amount in unpriced.items()
        if amount
    )
    return tuple(flows)
