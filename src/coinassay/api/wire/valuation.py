"""A valuation with everything it rests on, and the loads behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from coinassay.api.wire import numbers
from coinassay.api.wire.account import timestamp
from coinassay.api.wire.display import Amount
from coinassay.domain.account import WalletStatus
from coinassay.domain.balance import Position
from coinassay.domain.completeness import Completeness
from coinassay.domain.money import CONTEXT, ZERO
from coinassay.domain.rates import Leg
from coinassay.services.ports import Catalogue, StoredHolding
from coinassay.services.ports.attention import PastLoad
from coinassay.services.refresh import RefreshState
from coinassay.services.valuation import AccountValuation, Standing

State = Literal["complete", "partial", "stale", "none"]


class PriceLeg(msgspec.Struct, frozen=True, kw_only=True):
    """One step from an asset to US dollars."""

    base: str
    quote: str
    price: str
    """Units of `quote` for one of `base`."""
    source: str
    """The exchange, "daily close", or "assumed peg": taken for one to one, because no market says otherwise."""
    at: str | None
    """When the price was made or asked for; null for an assumed peg."""
    age_seconds: int | None
    assumed: bool
    inverted: bool
    """The market quotes it the other way round."""


class ValuedHolding(msgspec.Struct, frozen=True, kw_only=True):
    """One asset in one wallet, with where its price is from."""

    asset: str
    name: str
    wallet: str
    exchange_code: str
    """What the exchange calls it."""
    amount: str
    """What it comes to: `total` - `borrowed` + `unrealised`. Negative for a debt."""
    total: str
    free: str
    locked: str
    borrowed: str
    unrealised: str
    price_usd: str
    usd_value: str
    assumed_peg: bool
    """One of the legs is an assumption."""
    price_age_seconds: int | None
    """Of the oldest leg; null where there is nothing to be old: of US dollars, and of assumptions alone."""
    legs: tuple[PriceLeg, ...]
    """In order; empty for US dollars."""


class UnpricedHolding(msgspec.Struct, frozen=True, kw_only=True):
    asset: str
    name: str
    wallet: str
    exchange_code: str
    amount: str
    reason: str
    """Why it has no price, in a sentence."""


class OpenPosition(msgspec.Struct, frozen=True, kw_only=True):
    """An open derivative. Its unrealised profit is in the holdings."""

    symbol: str
    wallet: str
    side: str
    size: str
    entry_price: str | None
    mark_price: str | None
    unrealised: str
    leverage: str | None


class WalletOutcome(msgspec.Struct, frozen=True, kw_only=True):
    wallet: str
    state: Literal["ok", "carried", "unknown"]
    """ "carried": its last good balances stand in; "unknown": it could never be read, nothing of it counts."""
    read_at: str | None
    """When its balances are from."""
    age_seconds: int | None
    failure: str
    """The code of the error; empty where it was read."""
    reason: str


class FlowsRead(msgspec.Struct, frozen=True, kw_only=True):
    """How far deposits and withdrawals were read."""

    state: Literal["ok", "failed", "unsupported"]
    """ "unsupported": the exchange does not tell them; they have to be added by hand."""
    read_at: str | None
    """All up to then are known."""
    failure: str
    reason: str


class RefreshInfo(msgspec.Struct, frozen=True, kw_only=True):
    """When the account is loaded by itself."""

    interval_seconds: int
    """0: only when somebody asks for it."""
    next_at: str | None
    failures: int
    """In a row; 0 after a good load."""
    failure: str
    """The code of the last error; empty after a good load."""
    reason: str


class Standings(msgspec.Struct, frozen=True, kw_only=True):
    """One account's total and how far it can be relied on."""

    account_id: int
    name: str
    market_code: str
    state: State
    loaded_at: str | None
    age_seconds: int | None
    usd_amount: str
    btc_amount: str
    refresh: RefreshInfo


class Valuation(Standings, frozen=True, kw_only=True):
    """The last good load of an account, with everything it rests on."""

    primary_display_currency_amount: Amount
    btc_rate: str | None
    """US dollars for one Bitcoin at the load."""
    holdings: tuple[ValuedHolding, ...]
    """Balance by balance, largest value first."""
    unpriced: tuple[UnpricedHolding, ...]
    """What has no price. It is not in the total."""
    positions: tuple[OpenPosition, ...]
    wallets: tuple[WalletOutcome, ...]
    flows: FlowsRead | None
    """null before the first reading."""


class SummaryValuation(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts that count in the summary, and how far their sum can be relied on."""

    state: State
    usd_amount: str
    btc_amount: str
    primary_display_currency_amount: Amount
    accounts: tuple[Standings, ...]


class LoadAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to load an account."""

    started_at: str
    finished_at: str
    good: bool
    """Whether anything was stored."""
    failure: str
    """The code of the error; empty for a good one."""
    reason: str
    wallets: tuple[WalletOutcome, ...]
    """What came of each; of a failed attempt those that were asked."""


def to_valuation(valuation: AccountValuation, shown: Amount, catalogue: Catalogue, exchange_id: str) -> Valuation:
    account, now = valuation.standing.account, valuation.at
    priced = [each for each in valuation.holdings if each.rate is not None and each.usd is not None]
    priced.sort(key=lambda each: (CONTEXT.minus(each.usd or ZERO), each.balance.asset, each.balance.wallet))

    def name(asset: str) -> str:
        return catalogue.find(asset, exchange_id).name

    return Valuation(
        **_standing(valuation.standing, now),
        primary_display_currency_amount=shown,
        btc_rate=_text(account.btc_rate),
        holdings=tuple(_valued(each, name(each.balance.asset), now) for each in priced),
        unpriced=tuple(
            UnpricedHolding(
                asset=each.balance.asset,
                name=name(each.balance.asset),
                wallet=each.balance.wallet,
                exchange_code=each.balance.exchange_code or each.balance.asset,
                amount=numbers.text(each.balance.equity),
                reason=each.refusal,
            )
            for each in valuation.holdings
            if each.rate is None or each.usd is None
        ),
        positions=tuple(map(_position, valuation.positions)),
        wallets=_wallets(valuation.wallets, now),
        flows=None
        if valuation.flows is None
        else FlowsRead(
            state=valuation.flows.state.value,
            read_at=_moment(valuation.flows.read_at),
            failure=valuation.flows.failure,
            reason=valuation.flows.reason,
        ),
    )


def to_summary(
    state: Completeness, standings: Sequence[Standing], usd: Decimal, btc: Decimal, shown: Amount, now: datetime
) -> SummaryValuation:
    return SummaryValuation(
        state=state.value,
        usd_amount=numbers.text(usd),
        btc_amount=numbers.text(btc),
        primary_display_currency_amount=shown,
        accounts=tuple(Standings(**_standing(each, now)) for each in standings),
    )


def to_attempts(loads: Iterable[PastLoad]) -> list[LoadAttempt]:
    return [
        LoadAttempt(
            started_at=timestamp(load.started_at),
            finished_at=timestamp(load.finished_at),
            good=not load.failure,
            failure=load.failure,
            reason=load.reason,
            wallets=_wallets(load.wallets, load.finished_at),
        )
        for load in loads
    ]


def _standing(standing: Standing, now: datetime) -> dict[str, Any]:
    account = standing.account
    return {
        "account_id": account.id,
        "name": account.name,
        "market_code": account.market_code,
        "state": standing.state.value,
        "loaded_at": _moment(account.loaded_at),
        "age_seconds": _age(account.loaded_at, now),
        "usd_amount": numbers.text(account.total.usd),
        "btc_amount": numbers.text(account.total.btc),
        "refresh": _refresh(standing.refresh),
    }


def _refresh(state: RefreshState) -> RefreshInfo:
    return RefreshInfo(
        interval_seconds=int(state.interval.total_seconds()),
        next_at=_moment(state.next_at),
        failures=state.failures,
        failure=state.failure,
        reason=state.reason,
    )


def _valued(holding: StoredHolding, name: str, now: datetime) -> ValuedHolding:
    balance, rate = holding.balance, holding.rate
    assert rate is not None
    assert holding.usd is not None
    text = numbers.text
    times = [leg.at for leg in rate.legs if leg.at is not None]
    return ValuedHolding(
        asset=balance.asset,
        name=name,
        wallet=balance.wallet,
        exchange_code=balance.exchange_code or balance.asset,
        amount=text(balance.equity),
        total=text(balance.total),
        free=text(balance.free),
        locked=text(balance.locked),
        borrowed=text(balance.borrowed),
        unrealised=text(balance.unrealised),
        price_usd=text(rate.price),
        usd_value=text(holding.usd),
        assumed_peg=rate.assumed_peg,
        price_age_seconds=_age(min(times), now) if times else None,
        legs=tuple(_leg(leg, now) for leg in rate.legs),
    )


def _leg(leg: Leg, now: datetime) -> PriceLeg:
    return PriceLeg(
        base=leg.from_,
        quote=leg.to,
        price=numbers.text(leg.price),
        source=leg.source,
        at=_moment(leg.at),
        age_seconds=_age(leg.at, now),
        assumed=leg.assumed,
        inverted=leg.inverted,
    )


def _position(position: Position) -> OpenPosition:
    return OpenPosition(
        symbol=position.symbol,
        wallet=position.wallet,
        side=position.side,
        size=numbers.text(position.size),
        entry_price=_text(position.entry_price),
        mark_price=_text(position.mark_price),
        unrealised=numbers.text(position.unrealised),
        leverage=_text(position.leverage),
    )


def _wallets(wallets: Iterable[WalletStatus], now: datetime) -> tuple[WalletOutcome, ...]:
    return tuple(
        WalletOutcome(
            wallet=each.wallet,
            state=each.state.value,
            read_at=_moment(each.read_at),
            age_seconds=_age(each.read_at, now),
            failure=each.failure,
            reason=each.reason,
        )
        for each in wallets
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else numbers.text(value)


def _moment(at: datetime | None) -> str | None:
    return None if at is None else timestamp(at)


def _age(at: datetime | None, now: datetime) -> int | None:
    """Whole seconds; 0 for what a clock elsewhere puts into the future."""
    return None if at is None else max(0, int((now - at).total_seconds()))
