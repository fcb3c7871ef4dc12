"""Loading balances: everything read is stored, nothing that failed lowers a total."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from coinassay.domain.account import Account, Credentials, KeyState, Mode, NewAccount, WalletState, WalletStatus
from coinassay.domain.balance import Balance, Position, Reading, WalletReading
from coinassay.domain.market import Market
from coinassay.domain.money import plain
from coinassay.domain.rates import Rate, RateBook
from coinassay.domain.snapshot import FlowKind, Money
from coinassay.errors import (
    CredentialsRejected,
    ExchangeError,
    ExchangePermissionMissing,
    ExchangeUnavailable,
    InvalidRequest,
    NotFound,
    NotSupportedByExchange,
)
from coinassay.services.ports import Changes, Connection, FailedLoad, Load, StoredHolding
from coinassay.services.sync import DEFAULT_TIMEOUT, SyncService

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARKET = Market("two_wallets", "x", "X", "X", "x", ("spot",), ("secret", "api_key"))
OWNER = 1


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class OneMarket:
    def __init__(self, offered: bool = True) -> None:
        self.offered = offered

    def find(self, market_code: str) -> Market | None:
        return MARKET if self.offered and market_code == MARKET.code else None

    def list(self) -> Sequence[Market]:
        return (MARKET,)

    def check_credentials(self, market: Market, fields: Mapping[str, str]) -> Credentials:
        return Credentials(fields)

    def sharing_keys(self, market: Market) -> Sequence[Market]:
        return (market,)


class Shelf:
    """One account of one user, kept in memory."""

    def __init__(self) -> None:
        self.account = Account(
            id=7,
            user_id=OWNER,
            market_code=MARKET.code,
            name="mine",
            api_key="k",
            customer_id=None,
            subaccount_name=None,
            include_in_summary=True,
            key_state=KeyState.OK,
            created_at=NOW,
            updated_at=NOW,
        )
        self.loads: list[Load] = []
        self.failed: list[FailedLoad] = []

    async def add_account(self, user_id: int, new: NewAccount, created_at: datetime) -> Account:
        raise AssertionError("a load adds no account")

    async def add_accounts(self, user_id: int, new: Sequence[NewAccount], created_at: datetime) -> Sequence[Account]:
        raise AssertionError("a load adds no account")

    async def get_account(self, user_id: int, account_id: int) -> Account:
        if (user_id, account_id) != (OWNER, self.account.id):
            raise NotFound
        return self.account

    async def list_accounts(
        self, user_id: int, *, mode: Mode = Mode.ALL, api_key: str | None = None, limit: int = 100, offset: int = 0
    ) -> Sequence[Account]:
        return (self.account,)

    async def change_account(
        self, user_id: int, account_id: int, changes: Changes, changed_at: datetime, base_version: int
    ) -> Account:
        raise AssertionError("a load changes no account by itself")

    async def remove_account(self, user_id: int, account_id: int) -> None:
        raise AssertionError("a load removes no account")

    async def get_credentials(self, account_id: int) -> Credentials:
        return Credentials({"api_key": "k", "secret": "s"})

    async def get_paper_balances(self, account_id: int) -> Mapping[str, Decimal]:
        return {}

    async def record_load(self, load: Load) -> Account:
        self.loads.append(load)
        deposits = self.account.net_deposits
        for flow in load.flows:
            deposits = deposits + flow.money
        self.account = replace(
            self.account,
            total=load.total,
            btc_rate=load.btc_rate,
            loaded_at=load.finished_at,
            net_deposits=deposits,
            key_state=KeyState.OK,
        )
        return self.account

    async def record_failed_load(self, failed: FailedLoad) -> None:
        self.failed.append(failed)
        if failed.key_state is not None:
            self.account = replace(self.account, key_state=failed.key_state)

    async def list_holdings(self, account_id: int) -> Sequence[StoredHolding]:
        return self.loads[-1].holdings if self.loads else ()

    async def list_positions(self, account_id: int) -> Sequence[Position]:
        return self.loads[-1].positions if self.loads else ()

    async def list_wallets(self, account_id: int) -> Sequence[WalletStatus]:
        return self.loads[-1].wallets if self.loads else ()


class Exchange:
    """Answers what it was told to; counts its calls."""

    def __init__(self, *wallets: WalletReading) -> None:
        self.answer: Reading | ExchangeError = Reading(wallets)
        self.calls = 0
        self.called = asyncio.Event()
        self.gate: asyncio.Event | None = None

    async def fetch_reading(self, connection: Connection, timeout: float) -> Reading:
        self.calls += 1
        self.called.set()
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.answer, ExchangeError):
            raise self.answer
        return self.answer

    async def forget(self, account_id: int) -> None: ...

    async def close(self) -> None: ...


class Prices:
    def __init__(self, **usd: str) -> None:
        self.usd = {code: Decimal(price) for code, price in usd.items()}
        self.failure: ExchangeError | None = None
        self.unreached: frozenset[str] = frozenset()
        self.prepared = 0
        self.timeout = 0.0

    async def fetch_rates(self, market: Market, balances: Sequence[Balance], timeout: float) -> RateBook:
        self.timeout = timeout
        if self.failure is not None:
            raise self.failure
        rates = {code: Rate(code, "USD", price) for code, price in self.usd.items() if code not in self.unreached}
        return RateBook(NOW, rates, dict.fromkeys(self.unreached, "not asked"), unreached=self.unreached)

    async def prepare(self, market: Market, timeout: float) -> None:
        self.prepared += 1


def wallet(name: str, **amounts: str) -> WalletReading:
    return WalletReading(name, tuple(Balance(code, name, Decimal(amount)) for code, amount in amounts.items()))


def broken(name: str, error: ExchangeError | None = None) -> WalletReading:
    error = error or ExchangeUnavailable()
    return WalletReading(name, failure=error.code, reason=error.message)


class House:
    def __init__(self, *wallets: WalletReading) -> None:
        self.shelf = Shelf()
        self.exchange = Exchange(*wallets)
        self.prices = Prices(BTC="50000", ETH="2500", USDT="1")
        self.clock = Clock()
        self.markets = OneMarket()
        self.service = SyncService(self.shelf, self.markets, self.exchange, self.prices, self.clock)

    async def load(self) -> Account:
        return await self.service.sync_account(OWNER, 7)

    def key_state(self) -> str:
        return self.shelf.account.key_state.value

    def answers(self, *wallets: WalletReading) -> None:
        self.exchange.answer = Reading(wallets)


async def test_prices_lose_no_time_by_the_turn_a_reading_waited_for() -> None:
    """Five hundred accounts at once wait for minutes: their time starts when the exchange is asked about them."""
    house = House(wallet("spot", BTC="1"))
    await house.load()
    assert DEFAULT_TIMEOUT - 1 < house.prices.timeout <= DEFAULT_TIMEOUT
    house.exchange.answer = replace(house.exchange.answer, waited=300)  # type: ignore[type-var]  # it is a Reading
    await house.load()  # in no time, of which 300 s were waited
    assert house.prices.timeout > DEFAULT_TIMEOUT + 299


async def test_another_users_account_does_not_exist() -> None:
    house = House(wallet("spot", BTC="1"))
    with pytest.raises(NotFound):
        await house.service.sync_account(OWNER + 1, 7)
    assert 0 == house.exchange.calls


async def test_a_load_values_every_wallet() -> None:
    house = House(wallet("spot", BTC="0.1", USDT="100"), wallet("funding", ETH="2"))
    account = await house.load()
    assert Money(Decimal(10100), Decimal("0.202")) == account.total
    (load,) = house.shelf.loads
    assert load.complete
    assert ["spot", "spot", "funding"] == [holding.balance.wallet for holding in load.holdings]


async def test_zero_balances_are_not_stored() -> None:
    house = House(wallet("spot", BTC="0", USDT="1"))
    await house.load()
    assert ["USDT"] == [holding.balance.asset for holding in house.shelf.loads[0].holdings]


async def test_the_first_load_counts_as_a_deposit_of_what_was_found() -> None:
    house = House(wallet("spot", USDT="24"))
    await house.load()
    (flow,) = house.shelf.loads[0].flows
    assert (FlowKind.OPENING, Money(Decimal(24), Decimal("0.00048"))) == (flow.kind, flow.money)
    await house.load()
    assert () == house.shelf.loads[1].flows


async def test_a_failed_wallet_keeps_its_last_balances_at_todays_prices() -> None:
    house = House(wallet("spot", USDT="100"), wallet("funding", ETH="2"))
    await house.load()
    read_at = house.clock.now
    house.clock.advance(hours=3)
    house.answers(wallet("spot", USDT="90"), broken("funding"))
    house.prices.usd["ETH"] = Decimal(3000)
    account = await house.load()
    assert "6090.0" == plain(account.total.usd)
    load = house.shelf.loads[-1]
    assert not load.complete
    spot, funding = load.wallets
    assert (WalletState.OK, house.clock.now) == (spot.state, spot.read_at)
    assert (WalletState.CARRIED, read_at, "exchange_unavailable") == (funding.state, funding.read_at, funding.failure)
    assert "The exchange did not answer." == funding.reason


async def test_a_wallet_carried_twice_keeps_the_time_it_was_read() -> None:
    house = House(wallet("spot", USDT="100"), wallet("funding", ETH="2"))
    await house.load()
    read_at = house.clock.now
    house.answers(wallet("spot", USDT="100"), broken("funding"))
    for _ in range(2):
        house.clock.advance(hours=1)
        await house.load()
    assert read_at == house.shelf.loads[-1].wallets[1].read_at
    assert "5100.0" == plain(house.shelf.account.total.usd)


async def test_a_wallet_never_read_is_unknown_and_its_discovery_is_a_deposit_not_a_gain() -> None:
    house = House(wallet("spot", USDT="100"), broken("funding"))
    await house.load()
    assert WalletState.UNKNOWN is house.shelf.loads[-1].wallets[1].state
    house.answers(wallet("spot", USDT="110"), wallet("funding", ETH="2"))
    account = await house.load()
    (flow,) = house.shelf.loads[-1].flows
    assert Decimal(5000) == flow.money.usd
    assert Decimal(10) == (account.total - account.net_deposits).usd


async def test_a_new_but_empty_wallet_is_no_flow() -> None:
    house = House(wallet("spot", USDT="100"), broken("funding"))
    await house.load()
    house.answers(wallet("spot", USDT="100"), wallet("funding"))
    await house.load()
    assert () == house.shelf.loads[-1].flows


@pytest.mark.parametrize("error", [ExchangeUnavailable(), CredentialsRejected()])
async def test_an_unreadable_exchange_changes_nothing(error: ExchangeError) -> None:
    house = House(wallet("spot", BTC="1"))
    before = await house.load()
    house.exchange.answer = error
    with pytest.raises(type(error)):
        await house.load()
    assert 1 == len(house.shelf.loads)
    assert before.total == house.shelf.account.total
    assert error.code == house.shelf.failed[0].failure


async def test_only_a_rejected_key_changes_the_key_state() -> None:
    house = House(wallet("spot", BTC="1"))
    house.exchange.answer = ExchangeUnavailable()
    with pytest.raises(ExchangeUnavailable):
        await house.load()
    assert "ok" == house.key_state()
    house.exchange.answer = CredentialsRejected()
    with pytest.raises(CredentialsRejected):
        await house.load()
    assert "invalid" == house.key_state()
    house.answers(wallet("spot", BTC="1"))
    await house.load()
    assert "ok" == house.key_state()


async def test_without_prices_the_last_rates_stand() -> None:
    house = House(wallet("spot", BTC="1", USDT="10"))
    await house.load()
    house.prices.failure = ExchangeUnavailable("no tickers")
    house.answers(wallet("spot", BTC="2", USDT="10", USD="5"))
    account = await house.load()
    assert "100015.0" == plain(account.total.usd)
    assert Decimal(50000) == account.btc_rate


async def test_without_prices_what_was_without_one_stays_so() -> None:
    house = House(wallet("spot", BTC="1", XYZ="10"))
    await house.load()
    house.prices.failure = ExchangeUnavailable("no tickers")
    await house.load()
    (xyz,) = [holding for holding in house.shelf.loads[-1].holdings if holding.balance.asset == "XYZ"]
    assert (None, "prices could not be read: no tickers") == (xyz.rate, xyz.refusal)


async def test_without_prices_a_trade_into_something_new_does_not_lower_the_total() -> None:
    house = House(wallet("spot", BTC="1"))
    before = await house.load()
    house.prices.failure = ExchangeUnavailable("no tickers")
    house.answers(wallet("spot", ETH="20"))
    with pytest.raises(ExchangeUnavailable, match="no tickers"):
        await house.load()
    assert (before.total, 1) == (house.shelf.account.total, len(house.shelf.loads))
    assert "exchange_unavailable" == house.shelf.failed[0].failure


async def test_what_alone_could_not_be_asked_for_keeps_its_last_rate() -> None:
    house = House(wallet("spot", BTC="1", ETH="2", XYZ="3"))
    await house.load()
    house.prices.usd |= {"BTC": Decimal(60000), "ETH": Decimal(3000)}
    house.prices.unreached = frozenset({"ETH", "XYZ"})
    account = await house.load()
    assert "65000.0" == plain(account.total.usd)
    (xyz,) = [holding for holding in house.shelf.loads[-1].holdings if holding.balance.asset == "XYZ"]
    assert (None, "not asked") == (xyz.rate, xyz.refusal)


async def test_what_was_sold_for_something_that_cannot_be_priced_now_is_not_lost() -> None:
    house = House(wallet("spot", BTC="1", ETH="2"))
    before = await house.load()
    house.prices.unreached = frozenset({"NEW"})
    house.exchange.answer = Reading((wallet("spot", BTC="1", NEW="50"),))
    with pytest.raises(ExchangeUnavailable, match="NEW"):
        await house.load()
    assert before.total == house.shelf.account.total
    house.exchange.answer = Reading((wallet("spot", BTC="1", ETH="2", NEW="50"),))
    assert before.total == (await house.load()).total, "a gift is no reason to know nothing"


async def test_a_first_load_is_refused_while_nobody_tells_what_bitcoin_costs() -> None:
    house = House(wallet("spot", ETH="2"))
    house.prices.unreached = frozenset({"BTC", "ETH"})
    with pytest.raises(ExchangeUnavailable, match="not asked"):
        await house.load()
    house.prices.unreached = frozenset()
    assert "0.0" == plain((await house.load()).total.usd - house.shelf.account.net_deposits.usd)


async def test_prices_are_asked_for_while_the_wallets_are_read() -> None:
    house = House(wallet("spot", BTC="1"))
    house.exchange.gate = asyncio.Event()
    loading = asyncio.create_task(house.load())
    await house.exchange.called.wait()
    await asyncio.sleep(0)
    assert 1 == house.prices.prepared
    house.exchange.gate.set()
    await loading


@pytest.mark.parametrize("error", [CredentialsRejected(), ExchangePermissionMissing()])
async def test_keys_that_were_changed_meanwhile_are_not_judged_by_the_old_ones(error: ExchangeError) -> None:
    house = House()
    house.exchange.answer = error
    house.exchange.gate = asyncio.Event()
    first = asyncio.create_task(house.load())
    await house.exchange.called.wait()
    house.shelf.account = replace(house.shelf.account, version=house.shelf.account.version + 1)
    second = asyncio.create_task(house.load())
    house.exchange.gate.set()
    await asyncio.sleep(0)
    house.answers(wallet("spot", BTC="1"))
    assert ["50000.0", "50000.0"] == [plain((await each).total.usd) for each in (first, second)]
    assert ("ok", []) == (house.key_state(), house.shelf.failed)


async def test_without_prices_a_first_load_is_refused_rather_than_valued_at_nothing() -> None:
    house = House(wallet("spot", BTC="1"))
    house.prices.failure = ExchangeUnavailable()
    with pytest.raises(ExchangeUnavailable):
        await house.load()
    assert [] == house.shelf.loads


async def test_an_unpriced_balance_is_stored_with_its_reason() -> None:
    house = House(wallet("spot", USDT="5", XYZ="9"))
    account = await house.load()
    assert "5.0" == plain(account.total.usd)
    xyz = house.shelf.loads[0].holdings[1]
    assert (Decimal(9), None, None, "no market found") == (xyz.balance.total, xyz.rate, xyz.usd, xyz.refusal)


async def test_debt_lowers_the_total() -> None:
    house = House()
    house.answers(WalletReading("cross", (Balance("USDT", "cross", Decimal(100), borrowed=Decimal(140)),)))
    account = await house.load()
    assert "-40.0" == plain(account.total.usd)


async def test_two_loads_at_a_time_are_one_exchange_call() -> None:
    house = House(wallet("spot", BTC="1"))
    house.exchange.gate = asyncio.Event()
    first, second = asyncio.create_task(house.load()), asyncio.create_task(house.load())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    house.exchange.gate.set()
    assert await first == await second
    assert 1 == house.exchange.calls
    await house.load()
    assert 2 == house.exchange.calls


async def test_a_caller_who_goes_away_does_not_end_the_load_of_the_other() -> None:
    house = House(wallet("spot", BTC="1"))
    house.exchange.gate = asyncio.Event()
    leaving, staying = asyncio.create_task(house.load()), asyncio.create_task(house.load())
    await asyncio.sleep(0.01)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    house.exchange.gate.set()
    assert "50000.0" == plain((await staying).total.usd)
    assert 1 == house.exchange.calls


async def test_a_market_no_longer_offered_says_so() -> None:
    house = House(wallet("spot", BTC="1"))
    house.markets.offered = False
    with pytest.raises(NotSupportedByExchange, match="two_wallets"):
        await house.load()


def test_an_invalid_request_names_its_fields() -> None:
    assert {"name": ("is missing",)} == InvalidRequest({"name": ["is missing"]}).fields
