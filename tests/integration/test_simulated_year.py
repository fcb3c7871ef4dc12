"""Accounts over a year, with deposits, withdrawals, transfers, trades, price moves, outages and failing wallets: what the
services make of it is what truly happened.

The world below is an independent model: it books a gain or loss at the moment it comes about (a price moves, a fee is
paid, a transfer arrives) and knows nothing of values minus deposits. Prices change at midnight and nothing else happens
within two hours of it, so that everything has one price on its day.

The years are the same in each run. Among random ones there is, in some tens of thousands of account days, one on which a
movement is put one load too late, where its wallet and the history had failed in turn: that day and the next are off by
it, the total is not (docs/explanation/flows.md).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from coinassay.domain.account import Account, Credentials, Mode, NewAccount, User
from coinassay.domain.ledger import Ledger
from coinassay.domain.market import Market
from coinassay.domain.money import CONTEXT, ZERO, exact, plain
from coinassay.domain.retention import Retention
from coinassay.errors import ExchangeError, ExchangeUnavailable
from coinassay.exchanges.markets import MarketTable
from coinassay.services.flow_prices import FlowPrices
from coinassay.services.history import HistoryService
from coinassay.services.ledger import LedgerService
from coinassay.services.movements import LoadFlows
from coinassay.services.portfolio import PortfolioService
from coinassay.services.ports.flows import PastPrice
from coinassay.services.sync import SyncService
from coinassay.storage.store import MasterKey, Store
from coinassay.testing.scripted import ScriptedConnector, ScriptedRates
from coinassay.testing.scripted_flows import ScriptedMovements, a_movement
from coinassay.testing.text import bal, rates_of, reading_of

BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MARKET = "binance"
ASSETS = ("BTC", "ETH", "USDT")
WALLETS = ("spot", "earn")


@dataclass(frozen=True)
class Plan:
    """What kind of year it is."""

    seed: int
    accounts: int
    days: int
    outages: float
    """How often a day has an exchange out of reach, a wallet failing, a movement listed late; 0 to 1."""
    failing: float
    late: float
    business: float
    """How often an account has a deposit, withdrawal, transfer or trade on a day."""


@dataclass
class Home:
    """An account as it truly is."""

    account: Account
    amounts: dict[tuple[str, str], Decimal]
    """By wallet and asset."""
    seen: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    """The amounts of each wallet when it could be read last."""
    earned: Decimal = ZERO
    """US dollars, since the first load."""
    loaded: bool = False
    proven: dict[date, Decimal] = field(default_factory=dict)
    """What was earned until the last load of a day that found everything."""


class Prices:
    """The ports DailyCloses and PastPrices: what everything cost on each day."""

    def __init__(self) -> None:
        self.of: dict[date, dict[str, Decimal]] = {}
        self.codes = ASSETS

    def latest(self, code: str) -> tuple[date, Decimal] | None:
        return self.find(code, max(self.of))

    def find(self, code: str, day: date) -> tuple[date, Decimal] | None:
        return (day, self.of[day][code]) if day in self.of else None

    async def fetch_past_price(self, market: Market, code: str, at: datetime, timeout: float) -> PastPrice | None:
        return PastPrice(self.of[at.date()][code], at, "world")


class World:
    def __init__(self, plan: Plan, store: Store, owner: User) -> None:
        self.plan = plan
        self.rng = random.Random(plan.seed)
        self.now = BEGINNING
        self.store = store
        self.owner = owner
        self.prices = Prices()
        self.connector, self.rates, self.movements = ScriptedConnector(), ScriptedRates(), ScriptedMovements()
        flows = LoadFlows(store, self.movements, FlowPrices(self.rates, self.prices, self.prices))
        self.sync = SyncService(store, MarketTable(), self.connector, self.rates, self.clock, flows=flows)
        self.ledgers = LedgerService(store, _NoRates(), self.clock)
        self.portfolio = PortfolioService(store, store, self.clock)
        self.history = HistoryService(store, self.clock, Retention(7 * DAY, 30 * DAY))
        self.homes: list[Home] = []
        self.lost: dict[date, Decimal] = defaultdict(Decimal)
        """What transfers cost, by the day they arrived on."""
        self.waiting: list[tuple[datetime, Callable[[], None]]] = []
        """What is yet to happen."""
        self.numbers = 0

    def clock(self) -> datetime:
        return self.now

    @property
    def price(self) -> dict[str, Decimal]:
        return self.prices.of[self.now.date()]

    def chance(self, how_often: float) -> bool:
        return self.rng.random() < how_often

    def amount(self, most: Decimal) -> Decimal:
        """Never the same twice, so that nothing is taken for something else."""
        self.numbers += 1
        part = Decimal(self.rng.randint(100, 400)) / 1000
        with exact():
            return (most * part).quantize(Decimal("0.00001")) + Decimal(self.numbers).scaleb(-10)

    # ------------------------------------------------------------------------------------------------- a year

    async def live(self) -> None:
        self.prices.of[self.now.date()] = {"BTC": Decimal(60000), "ETH": Decimal(2500), "USDT": Decimal("0.9995")}
        for number in range(self.plan.accounts):
            new = NewAccount(MARKET, f"{number}", Credentials({"api_key": f"{number}", "secret": "s"}))
            amounts = {
                (wallet, asset): Decimal(self.rng.randint(1, 10**6)).scaleb(-6 if asset != "USDT" else -2)
                for wallet in WALLETS
                for asset in ASSETS
            }
            account = await self.store.add_account(self.owner.id, new, self.now)
            self.homes.append(Home(account, amounts))
        for _ in range(self.plan.days):
            await self.live_a_day()
            self.midnight()
        for day in range(4):  # everything is in reach again, and everything arrives
            if day:
                self.midnight()
            start = self.now
            self.happen(start + 12 * HOUR)
            self.now = start + 12 * HOUR
            await self.load_all()
            self.happen(start + 22 * HOUR)
            self.now = start
        self.now += 23 * HOUR

    async def live_a_day(self) -> None:
        """Times of the day are drawn, everything happens in their order."""
        start = self.now
        agenda: list[tuple[datetime, Home, bool]] = []
        for home in self.homes:
            if self.chance(self.plan.business) and home.loaded:
                agenda.append((self.moment(start), home, True))
            agenda += ((self.moment(start), home, False) for _ in range(self.rng.choice((0, 1, 1, 2))))
        for at, home, business in sorted(agenda, key=lambda each: each[0]):
            self.happen(at)
            self.now = at
            if business:
                self.do_business(home)
            else:
                await self.load(home)
        self.happen(start + 22 * HOUR)
        self.now = start + 22 * HOUR
        if self.chance(0.1):
            await self.load_all()
        if self.chance(0.05):
            await self.history.thin()
        self.now = start

    async def load_all(self) -> None:
        """Everything is in reach."""
        for home in self.homes:
            self.now += timedelta(seconds=1)
            await self.load(home, calm=True)

    def moment(self, start: datetime) -> datetime:
        return start + timedelta(microseconds=self.rng.randrange(2 * 3600 * 10**6, 22 * 3600 * 10**6))

    def happen(self, until: datetime) -> None:
        due = sorted((each for each in self.waiting if each[0] <= until), key=lambda each: each[0])
        self.waiting = [each for each in self.waiting if each[0] > until]
        for at, act in due:
            self.now = at
            act()

    def midnight(self) -> None:
        """Prices move, and with them what everybody has."""
        before = self.price
        self.now = datetime.combine(self.now.date() + DAY, datetime.min.time(), UTC)
        with exact():
            after = {
                asset: (price * Decimal(self.rng.randint(930, 1075)) / 1000).quantize(Decimal("0.0001"))
                for asset, price in before.items()
            }
            for home in self.homes:
                if home.loaded:
                    home.earned += sum(
                        (held * (after[asset] - before[asset]) for (_, asset), held in home.amounts.items()), ZERO
                    )
        self.prices.of[self.now.date()] = after

    # -------------------------------------------------------------------------------------------------- business

    def do_business(self, home: Home) -> None:
        wallet, asset = self.rng.choice(WALLETS), self.rng.choice(ASSETS)
        held = home.amounts[wallet, asset]
        kind = self.rng.choice(("deposit", "withdrawal", "transfer", "trade"))
        amount = self.amount(held)
        if kind == "deposit":
            self.move(home, wallet, asset, "deposit", amount, ZERO)
        elif kind == "trade":
            self.trade(home, wallet, asset, amount)
        elif kind == "withdrawal" or len([each for each in self.homes if each.loaded]) < 2:
            self.move(home, wallet, asset, "withdrawal", amount, self.amount(amount))
        else:
            self.transfer(home, wallet, asset, amount)

    def move(
        self, home: Home, wallet: str, asset: str, kind: str, amount: Decimal, fee: Decimal, txid: str = ""
    ) -> None:
        """The balance changes now; the exchange tells of it now or up to a day later."""
        self.numbers += 1
        movement = a_movement(
            kind, plain(amount), asset, at=self.now, number=f"{self.numbers}", fee=plain(fee) if fee else "", txid=txid
        )
        with exact():
            home.amounts[wallet, asset] += movement.signed

        def tell() -> None:
            self.movements.tell(home.account.id, movement)

        if self.chance(self.plan.late):
            self.waiting.append((self.now + self.rng.random() * DAY, tell))
        else:
            tell()

    def transfer(self, home: Home, wallet: str, asset: str, amount: Decimal) -> None:
        other = self.rng.choice([each for each in self.homes if each.loaded and each is not home])
        fee = self.amount(amount)
        txid = f"tx{self.numbers}"
        sent_at_price = self.price[asset]
        self.move(home, wallet, asset, "withdrawal", amount, fee, txid)

        def arrive() -> None:
            self.move(other, "spot", asset, "deposit", amount, ZERO, txid)
            with exact():
                self.lost[self.now.date()] += amount * self.price[asset] - (amount + fee) * sent_at_price

        arrival = self.now + self.rng.random() * 40 * HOUR
        if arrival.hour < 2 or arrival.hour >= 22:
            arrival += 4 * HOUR
        self.waiting.append((arrival, arrive))

    def trade(self, home: Home, wallet: str, asset: str, amount: Decimal) -> None:
        """For another asset, a thousandth of what is bought goes to the exchange."""
        bought = self.rng.choice([each for each in ASSETS if each != asset])
        with exact():
            got = (amount * self.price[asset] / self.price[bought] * Decimal("0.999")).quantize(Decimal("0.00000001"))
            home.amounts[wallet, asset] -= amount
            home.amounts[wallet, bought] += got
            home.earned += got * self.price[bought] - amount * self.price[asset]

    # ------------------------------------------------------------------------------------------------------ loads

    async def load(self, home: Home, *, calm: bool = False) -> None:
        today = self.now.date()
        self.rates.script(MARKET, rates_of(self.price, self.now))
        account = home.account
        before = await self.store.get_account(self.owner.id, account.id)
        if not calm and self.chance(self.plan.outages):
            self.connector.script(account.id, ExchangeUnavailable("It is down."))
            with pytest.raises(ExchangeError):
                await self.sync.sync_account(self.owner.id, account.id)
            after = await self.store.get_account(self.owner.id, account.id)
            assert (before.total, before.net_deposits) == (after.total, after.net_deposits), "an outage changes nothing"
            return
        failing = self.rng.choice(WALLETS) if not calm and home.loaded and self.chance(self.plan.failing) else ""
        balances = [
            bal(f"{plain(held)} {asset} in {wallet}")
            for (wallet, asset), held in home.amounts.items()
            if wallet != failing
        ]
        failed = {failing: ExchangeUnavailable("This wallet is down.")} if failing else {}
        self.connector.script(account.id, reading_of(*balances, failed=failed))
        untold = not calm and self.chance(self.plan.failing)
        if untold:
            self.movements.fail(account.id, ExchangeUnavailable("No history today."))
        after = await self.sync.sync_account(self.owner.id, account.id)
        self.movements.fail(account.id, None)
        for wallet in WALLETS:
            if wallet != failing:
                home.seen[wallet] = {asset: home.amounts[wallet, asset] for asset in ASSETS}
        with exact():
            worth = sum((held * self.price[asset] for seen in home.seen.values() for asset, held in seen.items()), ZERO)
        assert worth == after.total.usd, "what a wallet last had is not lost while it fails"
        home.loaded = True
        home.proven.pop(today, None)
        if not failing and not untold:
            home.proven[today] = home.earned


class _NoRates:
    async def list_rates(self, currency: str, moments: Sequence[datetime]) -> Sequence[Decimal | None]:
        raise AssertionError(currency)


@asynccontextmanager
async def lived(plan: Plan, directory: Path) -> AsyncIterator[World]:
    with TemporaryDirectory(dir=directory) as home:
        store = await Store.open(f"{home}/world.db", MasterKey.generate())
        try:
            world = World(plan, store, await store.add_user("owner", BEGINNING))
            await world.live()
            yield world
        finally:
            await store.close()


# ------------------------------------------------------------------------------------------------------ what is so


async def check(world: World) -> None:
    accounts = [await world.store.get_account(world.owner.id, home.account.id) for home in world.homes]
    ledgers = [await world.ledgers.ledger([account]) for account in accounts]
    for home, account, ledger in zip(world.homes, accounts, ledgers, strict=True):
        adds_up(ledger)
        assert ledger.usd.profit == CONTEXT.subtract(account.total.usd, account.net_deposits.usd)
        assert ledger.usd.profit == home.earned
        proven = cumulated(ledger)
        for day, earned in home.proven.items():
            assert proven[day] == earned, (day, account.id)
    together = await world.ledgers.ledger(accounts)
    adds_up(together)
    with exact():
        truth = sum((home.earned for home in world.homes), ZERO) + sum(world.lost.values(), ZERO)
    assert together.usd.profit == truth
    summary = await world.portfolio.summary(world.owner.id, Mode.ALL)
    assert summary.profit.total.usd == truth
    assert CONTEXT.subtract(summary.account.total.usd, summary.account.net_deposits.usd) == truth
    assert summary.profit.total.btc == together.btc.profit
    proven = cumulated(together)
    for day in set.intersection(*(set(home.proven) for home in world.homes)):
        with exact():
            until = sum((lost for arrived, lost in world.lost.items() if arrived <= day), ZERO)
            expected = sum((home.proven[day] for home in world.homes), until)
        assert proven[day] == expected, day
    points = await world.portfolio.series(accounts, BEGINNING.date(), None)
    with exact():
        deposits = sum((point.deposits.usd for point in points), ZERO)
    assert deposits == summary.account.net_deposits.usd
    days = [point.at for point in points[:-1]]
    assert days == [days[0] + n * DAY for n in range(len(days))], "no day is missing"
    assert (days[-1].date(), points[-1].at) == (world.now.date(), world.now)


def adds_up(ledger: Ledger) -> None:
    assert [day.day for day in ledger.days] == [ledger.days[0].day + n * DAY for n in range(len(ledger.days))]
    for total, days in ((ledger.usd, [day.usd for day in ledger.days]), (ledger.btc, [day.btc for day in ledger.days])):
        with exact():
            assert sum((day.profit for day in days), ZERO) == total.profit
            assert total.closing - total.opening - sum((day.net_deposits for day in days), ZERO) == total.profit
    assert ledger.usd.opening == ledger.usd.in_transit == ledger.usd.pending == 0


def cumulated(ledger: Ledger) -> dict[date, Decimal]:
    """Profit from the beginning until each day."""
    found: dict[date, Decimal] = {}
    total = ZERO
    for day in ledger.days:
        total = found[day.day] = CONTEXT.add(total, day.usd.profit)
    return found


def plans(accounts: st.SearchStrategy[int], days: st.SearchStrategy[int]) -> st.SearchStrategy[Plan]:
    often = st.sampled_from((0.0, 0.1, 0.3))
    return st.builds(
        Plan,
        seed=st.integers(0, 10**9),
        accounts=accounts,
        days=days,
        outages=often,
        failing=often,
        late=often,
        business=st.sampled_from((0.1, 0.5)),
    )


@settings(max_examples=15, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans(st.integers(1, 5), st.integers(3, 40)))
async def test_some_weeks_of_a_few_accounts(plan: Plan, tmp_path: Path) -> None:
    async with lived(plan, tmp_path) as world:
        await check(world)


@pytest.mark.slow
@settings(
    max_examples=2,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(plan=plans(st.just(20), st.just(365)))
async def test_a_year_of_twenty_accounts(plan: Plan, tmp_path: Path) -> None:
    async with lived(plan, tmp_path) as world:
        await check(world)
