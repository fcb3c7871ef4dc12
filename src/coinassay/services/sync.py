"""Loading balances: read every wallet, value, store all or nothing (semantics.md, Loading balances)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from coinassay.domain.account import PAPER, Account, KeyState, WalletStatus
from coinassay.domain.balance import Balance, Reading
from coinassay.domain.market import Market
from coinassay.domain.movement import Sight
from coinassay.domain.rates import BTC, USD, RateBook
from coinassay.domain.snapshot import Flow, Money
from coinassay.domain.valuation import value
from coinassay.errors import (
    Conflict,
    CredentialsRejected,
    ExchangeError,
    ExchangePermissionMissing,
    ExchangeUnavailable,
    NotSupportedByExchange,
)
from coinassay.services.loading import (
    carry_forward,
    completed,
    last_rates,
    openings,
    revealed_wallets,
    stored_holdings,
    unknown_purchase,
)
from coinassay.services.movements import Gathered, LoadFlows
from coinassay.services.ports import (
    AccountStore,
    Clock,
    Connection,
    Connector,
    FailedLoad,
    Load,
    LoadStore,
    Markets,
    RateSource,
    StoredHolding,
)
from coinassay.services.ports.events import Publisher
from coinassay.services.progress import Progress
from coinassay.services.sights import last_sight, present_sight
from coinassay.services.single_flight import SingleFlight, Turn

DEFAULT_TIMEOUT = 20.0
"""Seconds after which a load gives up on what has not answered, beside the time it waits for its turn."""
PRICES_SHARE = 0.25
"""Of the time of a load, what is left for prices when the wallets took all of it. They were asked for meanwhile."""
ATTEMPTS = 3
"""How often a load is made whose account is changed meanwhile."""


class Accounts(AccountStore, LoadStore, Protocol):
    """The two stores a load needs, usually one object."""


class SyncService:
    """The use case `sync_account`."""

    def __init__(
        self,
        accounts: Accounts,
        markets: Markets,
        connector: Connector,
        rates: RateSource,
        clock: Clock,
        timeout: float = DEFAULT_TIMEOUT,
        flight: SingleFlight | None = None,
        flows: LoadFlows | None = None,
        publisher: Publisher | None = None,
    ) -> None:
        """`flight` makes one of the loads of several processes; without it only of those of this one. `flows` reads
        deposits and withdrawals; without it there are none but the openings. `publisher` is told how loads go."""
        self._accounts = accounts
        self._markets = markets
        self._connector = connector
        self._rates = rates
        self._clock = clock
        self._timeout = timeout
        self._flight = flight
        self._flows = flows
        self._publisher = publisher
        self._running: dict[int, asyncio.Task[Account]] = {}

    async def sync_account(self, user_id: int, account_id: int) -> Account:
        """Reads the account from its exchange and stores what was found.

        Two calls at the same moment become one exchange call, in different processes too, and both get its answer; a
        caller who goes away does not end it for the other. Raises NotFound, or the ExchangeError that left the account
        as it was.
        """
        account = await self._accounts.get_account(user_id, account_id)
        task = self._running.get(account.id)
        if task is None:
            task = asyncio.create_task(self._run(account), name=f"load account {account.id}")
            self._running[account.id] = task
            task.add_done_callback(lambda done: self._finished(account.id, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Ends the loads whose callers have gone, without a trace."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, account: Account) -> Account:
        return await (self._sync(account, None) if self._flight is None else self._flight.run(account, self._sync))

    def _finished(self, account_id: int, task: asyncio.Task[Account]) -> None:
        self._running.pop(account_id, None)
        if not task.cancelled():
            task.exception()  # every caller may have gone: the outcome is stored, nobody needs to be told

    async def _sync(self, account: Account, turn: Turn | None) -> Account:
        started_at = self._clock()
        progress = Progress(account, self._clock, self._publisher)
        for _ in range(ATTEMPTS):
            progress.started()
            try:
                load = await self._load(account, started_at, progress)
            except ExchangeError as e:
                if isinstance(e, (CredentialsRejected, ExchangePermissionMissing)):
                    current = await self._accounts.get_account(account.user_id, account.id)
                    if current.version != account.version:  # the keys may be others by now, and they were not asked
                        account = current
                        continue
                state = KeyState.INVALID if isinstance(e, CredentialsRejected) else None
                # After a rejection it depends on whether the key is still the one that was rejected.
                settled = None if turn is None or state is not None else await turn.settle(e)
                failed = FailedLoad(
                    account.id,
                    started_at,
                    self._clock(),
                    e.code,
                    e.message,
                    state,
                    account.version,
                    progress.wallets,
                    settled,
                )
                await self._accounts.record_failed_load(failed)
                if turn is not None:
                    turn.over = settled is not None
                progress.failed(e)
                raise
            if turn is not None:
                load = replace(load, settled=await turn.settle())
            try:
                loaded = await self._accounts.record_load(load)
            except Conflict:
                # Worked out from what is no longer stored: a first load by another process, for one, has already
                # counted its deposit. If that was a load of this moment, its answer is also this one's.
                account = await self._accounts.get_account(account.user_id, account.id)
                if account.loaded_at is not None and account.loaded_at >= started_at:
                    progress.finished(account, load.wallets)
                    return account
            else:
                if turn is not None:
                    turn.over = load.settled is not None
                if self._flows is not None:
                    await self._flows.match(account, load.flows)
                progress.finished(loaded, load.wallets)
                return loaded
        conflict = Conflict()
        progress.failed(conflict)
        raise conflict

    async def _load(self, account: Account, started_at: datetime, progress: Progress) -> Load:
        deadline = time.monotonic() + self._timeout
        market = self._markets.find(account.market_code)
        if market is None:
            raise NotSupportedByExchange(f"The market {account.market_code} is no longer offered.")
        connection = Connection(
            account_id=account.id,
            market=market,
            credentials=await self._accounts.get_credentials(account.id),
            paper_balances=await self._accounts.get_paper_balances(account.id) if account.is_paper else {},
            tell=progress.wallet,
        )
        reading = await self._read(connection)
        progress.read(reading)
        deadline += reading.waited
        previous: Sequence[StoredHolding] = ()
        known: Mapping[str, WalletStatus] = {}
        if account.loaded_at is not None:
            known = {status.wallet: status for status in await self._accounts.list_wallets(account.id)}
            previous = await self._accounts.list_holdings(account.id)
        read_at = self._clock()
        balances, wallets = carry_forward(reading, previous, known, read_at)
        positions = tuple(position for wallet in reading.wallets for position in wallet.positions)
        if not reading.complete and account.loaded_at is not None:
            failed = {wallet.wallet for wallet in reading.wallets if not wallet.ok}
            stored = await self._accounts.list_positions(account.id)
            positions += tuple(position for position in stored if position.wallet in failed)
        remaining = max(self._timeout * PRICES_SHARE, deadline - time.monotonic())
        before = last_sight(account, previous, known.values())
        now = present_sight(balances, revealed_wallets(account, wallets, known), read_at)
        rates, gathered = await self._ask_rest(account, connection, balances, before, now, remaining)
        valuation = value(balances, rates)
        finished_at = self._clock()
        flows = openings(account, valuation, wallets, known, finished_at)
        valued: tuple[Flow, ...] = ()
        if self._flows is not None and gathered is not None:
            remaining = max(self._timeout * PRICES_SHARE, deadline - time.monotonic())
            moved, valued = await self._flows.settle(account, market, gathered, rates, remaining)
            flows += moved
        return Load(
            account_id=account.id,
            started_at=started_at,
            finished_at=finished_at,
            holdings=stored_holdings(balances, valuation),
            wallets=wallets,
            total=Money(valuation.usd, valuation.btc),
            btc_rate=valuation.btc_rate,
            btc_day_ago=valuation.btc_day_ago,
            positions=positions,
            flows=flows,
            valued=valued,
            flow_reading=None if gathered is None else gathered.reading,
            base_version=account.version,
        )

    async def _ask_rest(
        self,
        account: Account,
        connection: Connection,
        balances: Sequence[Balance],
        before: Sight | None,
        now: Sight,
        timeout: float,
    ) -> tuple[RateBook, Gathered | None]:
        """Prices, and deposits and withdrawals meanwhile."""
        if self._flows is None or account.is_paper:
            return await self._fetch_rates(account, connection.market, balances, timeout), None
        gathering = asyncio.create_task(self._flows.gather(account, connection, before, now, timeout))
        try:
            rates = await self._fetch_rates(account, connection.market, balances, timeout)
            return rates, await gathering
        finally:
            gathering.cancel()
            await asyncio.gather(gathering, return_exceptions=True)

    async def _read(self, connection: Connection) -> Reading:
        """The wallets. Prices are asked for meanwhile: a wallet that does not answer takes all the time there is."""
        if connection.market.code == PAPER:
            return await self._connector.fetch_reading(connection, self._timeout)
        preparing = asyncio.create_task(self._rates.prepare(connection.market, self._timeout))
        try:
            return await self._connector.fetch_reading(connection, self._timeout)
        finally:
            preparing.cancel()
            await asyncio.gather(preparing, return_exceptions=True)

    async def _fetch_rates(
        self, account: Account, market: Market, balances: Sequence[Balance], timeout: float
    ) -> RateBook:
        """The rates, with those of the last good load for what was priced then and only cannot be asked for now.

        Raises ExchangeError where the value would be wrong: before the first load, which counts as a deposit, and when
        there are no prices at all for something that was not held at the last load. What was sold for it is gone, so
        without it the total would drop. So it would where that alone cannot be priced now and something was sold.
        """
        try:
            rates = await self._rates.fetch_rates(market, balances, timeout)
        except ExchangeError as e:
            if account.loaded_at is None:
                raise
            previous = await self._accounts.list_holdings(account.id)
            known = {holding.balance.asset for holding in previous} | {USD, BTC}
            if any(balance.asset not in known for balance in balances):
                raise
            return last_rates(previous, account.loaded_at, account.btc_rate, e.message)
        if not rates.unreached:
            return rates
        if account.loaded_at is None:
            if BTC in rates.unreached:
                raise ExchangeUnavailable(
                    f"No price of Bitcoin could be read: {rates.why_not(BTC)}", exchange_id=market.exchange_id
                )
            return rates
        previous = await self._accounts.list_holdings(account.id)
        rates = completed(rates, last_rates(previous, account.loaded_at, account.btc_rate, ""))
        bought = unknown_purchase(balances, previous, rates.unreached)
        if bought:
            raise ExchangeUnavailable(
                f"No price of {bought} could be read: {rates.why_not(bought)}", exchange_id=market.exchange_id
            )
        return rates
