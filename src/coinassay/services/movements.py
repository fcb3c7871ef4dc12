"""Deposits and withdrawals inside a load, so that what came in and the value that shows it are stored together.

They are asked for after the wallets were read: what a wallet shows has then been listed, or will be found at the next
load and put where it belongs. Failing to read them fails no load; it is written down, and profit is unconfirmed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from coinassay.domain.account import Account
from coinassay.domain.landing import Landed, land
from coinassay.domain.market import Market
from coinassay.domain.money import CONTEXT
from coinassay.domain.movement import (
    FlowReading,
    ReadingState,
    Sight,
    Waiting,
    is_one_sided,
    returned,
)
from coinassay.domain.rates import RateBook
from coinassay.domain.snapshot import Flow, FlowKind, FlowSource, Money
from coinassay.domain.trade import EPOCH
from coinassay.domain.transfers import transfers
from coinassay.errors import (
    CredentialsRejected,
    ExchangeError,
    ExchangePermissionMissing,
    NotSupportedByExchange,
)
from coinassay.services.flow_prices import FAR, RECENT, FlowPrices, Known, worth
from coinassay.services.ports import Connection, HistoryStore
from coinassay.services.ports.flows import FlowStore, MovementSource, NewMovements

OVERLAP = timedelta(hours=48)
"""Before the last reading, that is asked for again: exchanges list some movements late."""
OLD = timedelta(hours=6)
"""After so long they are asked for also where no amount has changed."""
LOOKED_AROUND = timedelta(days=14)
"""How far apart two legs are looked for: a chain may be busy for days, and a leg may count days after it moved, when
its account can be read again."""
MOST_TIME = 12.0
"""Seconds a load spends on them at most."""
UNTOLD = (NotSupportedByExchange, ExchangePermissionMissing, CredentialsRejected)
"""Asking again soon would change nothing. The key has just read the wallets, so it is not rejected as a whole."""


class Stores(FlowStore, HistoryStore, Protocol):
    """The stores this needs, usually one object."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a load found out."""

    now: Sight
    before: Sight | None = None
    reading: FlowReading | None = None
    """None where nothing was asked."""
    landed: Sequence[Landed] = ()
    stored: Mapping[str, Flow] = field(default_factory=dict)
    """The flows there are, by reference, as far back as it matters."""


class LoadFlows:
    """What a load does about deposits and withdrawals. Nothing here raises ExchangeError."""

    def __init__(
        self,
        store: Stores,
        source: MovementSource,
        prices: FlowPrices,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._source = source
        self._prices = prices
        self._now = monotonic

    async def gather(
        self, account: Account, connection: Connection, before: Sight | None, now: Sight, timeout: float
    ) -> Gathered:
        """Asks the exchange where it matters: something has changed, something is under way, the last reading failed or
        is old, or there was none."""
        reading = await self._store.find_flow_reading(account.id)
        if not _matters(reading, before, now):
            return Gathered(now, before)
        since = now.read_at if before is None else await self._since(account.id, before) if reading is None else None
        known = reading or FlowReading(since or now.read_at, now.read_at)
        waiting = {each.movement.reference: each for each in known.waiting}
        start = (
            min([known.read_at or known.since, *(each.movement.at for each in known.waiting if each.open)]) - OVERLAP
        )
        try:
            new = await self._source.fetch_movements(connection, start, now.read_at, min(timeout, MOST_TIME))
            found = await self._landed(account, known, waiting, new, before, now)
            if before is not None and not found.landed and is_one_sided(before, now):
                new = await self._source.fetch_movements(
                    connection, start, now.read_at, min(timeout, MOST_TIME), thorough=True
                )
                found = await self._landed(account, known, waiting, new, before, now)
        except ExchangeError as e:
            state = ReadingState.UNSUPPORTED if isinstance(e, UNTOLD) else ReadingState.FAILED
            # What was told before and not shown by a balance may be shown by it now.
            nothing_new = NewMovements((), known.read_at or known.since)
            found = await self._landed(account, known, waiting, nothing_new, before, now)
            failed = replace(
                found.reading or known, asked_at=now.read_at, state=state, failure=e.code, reason=e.message
            )
            return replace(found, reading=replace(failed, read_at=known.read_at))
        return found

    async def _landed(
        self,
        account: Account,
        known: FlowReading,
        waiting: Mapping[str, Waiting],
        new: NewMovements,
        before: Sight | None,
        now: Sight,
    ) -> Gathered:
        told = {each.reference: each for each in new.movements}
        told = {reference: each.movement for reference, each in waiting.items()} | told
        stored: dict[str, Flow] = {}
        if told:
            oldest = min(each.at for each in told.values()) - FAR
            stored = {flow.reference: flow for flow in (await self._store.list_flows([account.id], oldest))[account.id]}
        open_ones = [
            each
            for each in told.values()
            if each.reference not in stored or (each.reference in waiting and returned(each.reference) not in stored)
        ]
        earlier: Sequence[Sight] = ()
        # One that was under way at the first load is older than what is asked about, and shows later nevertheless.
        told_late = (each for each in open_ones if known.since < each.at or each.reference in waiting)
        if before is not None and any(each.at <= before.read_at for each in told_late):
            first = min(each.at for each in open_ones) - OVERLAP
            earlier = await self._store.list_sights(account.id, first, before.taken_at)
        landed, left = land(open_ones, waiting, known.since, before, now, earlier)
        complete = new.read_until >= now.read_at
        reading = FlowReading(
            since=known.since,
            asked_at=now.read_at,
            read_at=max(new.read_until, known.read_at or new.read_until),
            state=ReadingState.OK if complete else ReadingState.FAILED,
            failure="" if complete else "unfinished",
            reason="" if complete else "There are many deposits and withdrawals: they are still being read.",
            waiting=tuple(left),
        )
        return Gathered(now, before, reading, landed, stored)

    async def _since(self, account_id: int, before: Sight) -> datetime:
        """For an account that was loaded by a version that did not ask: from its first load on."""
        flows = (await self._store.list_flows([account_id], EPOCH))[account_id]
        openings = [flow.at for flow in flows if flow.kind is FlowKind.OPENING]
        return min(openings, default=before.taken_at)

    # ------------------------------------------------------------------------------------------------ valuation

    async def settle(
        self, account: Account, market: Market, gathered: Gathered, book: RateBook, timeout: float
    ) -> tuple[tuple[Flow, ...], tuple[Flow, ...]]:
        """The flows to be stored with the load, and flows of former loads that have a price now."""
        unpriced = await self._store.list_unpriced_flows(account.id) if gathered.before is not None else ()
        if not gathered.landed and not unpriced:
            return (), ()
        now = gathered.now
        moments = [min(each.movement.at, now.taken_at) for each in gathered.landed]
        sights: list[Sight] = []
        old = [at for at in moments if now.taken_at - at > RECENT]
        if old:
            sights += await self._store.list_sights(account.id, min(old) - FAR, min(max(old) + FAR, now.taken_at))
        known = Known(book, sights)
        needs = [(each.movement.asset, at) for each, at in zip(gathered.landed, moments, strict=True)]
        prices = await self._prices.find(market, needs, known, now.taken_at, min(timeout, MOST_TIME))
        flows = []
        for each, at in zip(gathered.landed, moments, strict=True):
            original = gathered.stored.get(each.movement.reference)
            if original is not None:
                flows.append(_back(original, each.at))
                continue
            flow = _flow(account.id, each)
            price = prices.get((each.movement.asset, at))
            if price is not None:
                flow = replace(flow, money=worth(flow.asset, each.amount, price), price=price, priced=True)
            flows.append(flow)
        told = {asset for asset, _ in prices}
        return tuple(flows), await self._valued(market, unpriced, known, now, timeout, told)

    async def _valued(
        self,
        market: Market,
        unpriced: Sequence[Flow],
        known: Known,
        now: Sight,
        timeout: float,
        told: Collection[str],
    ) -> tuple[Flow, ...]:
        """Those that the present load has a price for, and those of the assets `told`: what has left with a value has
        come with one. They count from now on: values before did not contain them."""
        valued = []
        present = [
            (flow.asset, now.taken_at)
            for flow in unpriced
            if known.book.get(flow.asset) is not None or flow.asset in told
        ]
        prices = await self._prices.find(market, present, known, now.taken_at, timeout)
        for flow in unpriced:
            price = prices.get((flow.asset, now.taken_at))
            if price is not None and flow.amount is not None:
                money = worth(flow.asset, flow.amount, price)
                moved_at = flow.moved_at or flow.at
                valued.append(replace(flow, at=now.taken_at, moved_at=moved_at, money=money, price=price, priced=True))
        return tuple(valued)

    # ------------------------------------------------------------------------------------------------- transfers

    async def match(self, account: Account, flows: Iterable[Flow]) -> int:
        """Links those of the flows that are legs of transfers between accounts of the user's; gives how many pairs."""
        moved = [flow for flow in flows if flow.amount is not None and flow.kind is not FlowKind.OPENING]
        if not moved:
            return 0
        times = [each for flow in moved for each in (flow.at, flow.moved_at or flow.at)]
        margin = LOOKED_AROUND
        found = await self._store.list_unlinked_flows(
            account.user_id, frozenset(flow.asset for flow in moved), min(times) - margin, max(times) + margin
        )
        count = 0
        for out, came in transfers(found):
            if account.id in (out.account_id, came.account_id):
                count += await self._store.link_flows(out, came, f"transfer:{out.id}-{came.id}")
        return count


def _matters(reading: FlowReading | None, before: Sight | None, now: Sight) -> bool:
    if reading is None or before is None:
        return True
    age = now.read_at - reading.asked_at
    if reading.state is ReadingState.UNSUPPORTED:
        return age > OLD
    return (
        any(each.open for each in reading.waiting)
        or reading.state is not ReadingState.OK
        or not timedelta(0) <= age <= OLD
        or not now.same_amounts(before)
        or bool(now.revealed)
    )


def _flow(account_id: int, landed: Landed) -> Flow:
    """Without a price."""
    movement = landed.movement
    return Flow(
        account_id=account_id,
        at=landed.at,
        kind=movement.kind,
        money=Money(),
        asset=movement.asset,
        amount=landed.amount,
        reference=movement.reference,
        source=FlowSource.EXCHANGE,
        note=movement.note,
        moved_at=None if movement.at == landed.at else movement.at,
        txid=movement.txid,
        fee=movement.fee if movement.kind is FlowKind.WITHDRAWAL and movement.fee else None,
        priced=False,
    )


def _back(original: Flow, at: datetime) -> Flow:
    """What takes a flow back that did not come to pass."""
    assert original.amount is not None
    return replace(
        original,
        at=at,
        moved_at=None,
        amount=CONTEXT.minus(original.amount),
        money=-original.money,
        reference=returned(original.reference),
        note="It did not come to pass.",
        link="",
        counterpart=None,
        fee=None,
    )
