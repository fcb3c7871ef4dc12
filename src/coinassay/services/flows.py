"""Deposits and withdrawals as they are asked for, and those a user adds where the exchange tells none."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from coinassay.domain.account import Account
from coinassay.domain.balance import Balance
from coinassay.domain.market import Market
from coinassay.domain.money import CONTEXT, ONE, divide
from coinassay.domain.movement import FlowReading
from coinassay.domain.rates import BTC, USD, RateBook
from coinassay.domain.snapshot import Flow, FlowKind, FlowPrice, FlowSource, Money, PriceOrigin
from coinassay.domain.trade import EPOCH
from coinassay.errors import ExchangeError, InvalidRequest
from coinassay.services.flow_prices import FAR, RECENT, FlowPrices, Known, worth
from coinassay.services.movements import LoadFlows
from coinassay.services.ports import AccountStore, Clock, HistoryStore, Markets, RateSource
from coinassay.services.ports.flows import FlowStore

LONGEST_REFERENCE = 200
LONGEST_NOTE = 500
LONGEST_CODE = 40
MOST_PER_PAGE = 100
TIME = 15.0
"""Seconds spent on finding a price."""


class Stores(AccountStore, FlowStore, HistoryStore, Protocol):
    """The stores this needs, usually one object."""


@dataclass(frozen=True, slots=True)
class NewFlow:
    """What a user tells."""

    kind: FlowKind
    """DEPOSIT or WITHDRAWAL."""
    asset: str
    amount: Decimal
    """Above zero."""
    at: datetime
    usd: Decimal | None = None
    """What all of it was worth; None: it is looked up."""
    reference: str = ""
    """The user's own name of it: told twice, it counts once."""
    note: str = ""


class FlowService:
    def __init__(
        self,
        store: Stores,
        markets: Markets,
        rates: RateSource,
        prices: FlowPrices,
        loads: LoadFlows,
        clock: Clock,
    ) -> None:
        self._store = store
        self._markets = markets
        self._rates = rates
        self._prices = prices
        self._loads = loads
        self._clock = clock

    async def list_flows(
        self, user_id: int, account_id: int, *, page: int = 1, per_page: int = MOST_PER_PAGE
    ) -> Sequence[Flow]:
        """Newest first, the openings too. Raises NotFound."""
        account = await self._store.get_account(user_id, account_id)
        return await self._store.list_account_flows(account.id, limit=per_page, offset=(page - 1) * per_page)

    async def find_reading(self, user_id: int, account_id: int) -> FlowReading | None:
        """How far the exchange's own were read; None where it was never asked. Raises NotFound."""
        account = await self._store.get_account(user_id, account_id)
        return await self._store.find_flow_reading(account.id)

    async def add_flow(self, user_id: int, account_id: int, new: NewFlow) -> Flow:
        """One whose reference is there already is given back, and counts once. Raises InvalidRequest, NotFound."""
        account = await self._store.get_account(user_id, account_id)
        await self._check(account, new)
        flow = Flow(
            account_id=account.id,
            at=new.at.astimezone(UTC),
            kind=new.kind,
            money=Money(),
            asset=new.asset,
            amount=new.amount if new.kind is FlowKind.DEPOSIT else CONTEXT.minus(new.amount),
            reference=new.reference or f"manual:{secrets.token_hex(12)}",
            source=FlowSource.MANUAL,
            note=new.note,
            priced=False,
        )
        price = await self._price(account, new)
        if price is not None:
            assert flow.amount is not None
            flow = replace(flow, money=_money(new, flow.amount, price), price=price, priced=True)
        stored = await self._store.add_flow(flow, self._clock())
        if (stored.kind, stored.asset, stored.amount) != (flow.kind, flow.asset, flow.amount):
            raise InvalidRequest({"reference": ["belongs to another deposit or withdrawal"]})
        await self._loads.match(account, [stored])
        found = (await self._store.list_flows([account.id], stored.at - timedelta(seconds=1)))[account.id]
        return next((each for each in found if each.id == stored.id), stored)

    async def remove_flow(self, user_id: int, account_id: int, flow_id: int) -> None:
        """Raises NotFound, also for one the exchange has told."""
        account = await self._store.get_account(user_id, account_id)
        await self._store.remove_flow(account.id, flow_id, self._clock())

    # --------------------------------------------------------------------------------------------------- checks

    async def _check(self, account: Account, new: NewFlow) -> None:
        problems: dict[str, list[str]] = {}
        if new.kind not in (FlowKind.DEPOSIT, FlowKind.WITHDRAWAL):
            problems["kind"] = ["does not have a valid value"]
        if not 0 < len(new.asset) <= LONGEST_CODE or not new.asset.isprintable() or " " in new.asset:
            problems["asset"] = ["is invalid"]
        if new.amount <= 0:
            problems["amount"] = ["is invalid"]
        if len(new.reference) > LONGEST_REFERENCE:
            problems["reference"] = [f"is too long (maximum is {LONGEST_REFERENCE} characters)"]
        if len(new.note) > LONGEST_NOTE:
            problems["note"] = [f"is too long (maximum is {LONGEST_NOTE} characters)"]
        if new.at > self._clock():
            problems["at"] = ["is in the future"]
        elif account.loaded_at is None:
            problems["account_id"] = ["was never loaded: what it holds at its first load counts as deposited"]
        else:
            first = await self._first_load(account)
            if new.at <= first:
                problems["at"] = ["is before the first load, which counted all there was as deposited"]
        if problems:
            raise InvalidRequest(problems)

    async def _first_load(self, account: Account) -> datetime:
        flows = (await self._store.list_flows([account.id], EPOCH))[account.id]
        openings = [flow.at for flow in flows if flow.kind is FlowKind.OPENING]
        return min(openings, default=account.created_at)

    # --------------------------------------------------------------------------------------------------- prices

    async def _price(self, account: Account, new: NewFlow) -> FlowPrice | None:
        market = self._markets.find(account.market_code)
        now = self._clock()
        sights = await self._store.list_sights(account.id, new.at - FAR, min(new.at + FAR, now))
        known = Known(await self._present(market, new, now), sights)
        if market is None:
            return None
        if new.usd is None:
            return (await self._prices.find(market, [(new.asset, new.at)], known, now, TIME)).get((new.asset, new.at))
        found = (await self._prices.find(market, [(BTC, new.at)], known, now, TIME)).get((BTC, new.at))
        rate = None if found is None else found.usd
        return FlowPrice(PriceOrigin.GIVEN, divide(new.usd, new.amount), rate, new.at)

    async def _present(self, market: Market | None, new: NewFlow, now: datetime) -> RateBook:
        """Present prices for what is of the present."""
        if market is None or now - new.at > RECENT:
            return RateBook(now)
        balances = [Balance(code, "", ONE) for code in sorted({new.asset, BTC} - {USD})]
        try:
            return await self._rates.fetch_rates(market, balances, TIME)
        except ExchangeError:
            return RateBook(now)


def _money(new: NewFlow, amount: Decimal, price: FlowPrice) -> Money:
    """Exactly what the user said, where the user said it: price x amount may be off in the 60th digit."""
    money = worth(new.asset, amount, price)
    if new.usd is None:
        return money
    return replace(money, usd=new.usd if amount > 0 else CONTEXT.minus(new.usd))
