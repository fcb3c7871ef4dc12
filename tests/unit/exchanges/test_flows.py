"""Reading deposits and withdrawals, and what coins cost at a past moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.exchanges.world import NOW, PlainCatalogue, connection, connector, market, serving

from coinassay.domain.movement import MovementState
from coinassay.domain.snapshot import FlowKind
from coinassay.domain.trade import EPOCH
from coinassay.errors import (
    CredentialsRejected,
    ExchangeError,
    ExchangeUnavailable,
    NotSupportedByExchange,
    UnexpectedReply,
)
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.exchanges.fills import MILLISECOND, OutOfTime
from coinassay.exchanges.flows import FULL, _read, ways_of
from coinassay.exchanges.told import DAY, Told, together
from coinassay.services.ports.flows import NewMovements
from coinassay.testing.http import Reply, Request
from coinassay.testing.simulator.exchange import SimulatedExchange

LONG_AGO = NOW - timedelta(days=300)
NOW_MS = (NOW - EPOCH) // MILLISECOND
TRANSFERS = "/sapi/v1/asset/transfer"


@pytest.fixture
async def binance() -> AsyncIterator[SimulatedExchange]:
    async with await SimulatedExchange.start("binance") as exchange:
        yield exchange


@pytest.fixture
async def reader(binance: SimulatedExchange) -> AsyncIterator[ExchangeConnector]:
    async with connector({"binance": binance.url, "binance_futures": binance.url}) as made:
        yield made


def at(days: float) -> datetime:
    return NOW - timedelta(days=days)


def told(new: NewMovements) -> list[tuple[str, str, str, str]]:
    rows = [(each.kind.value, str(each.amount.normalize()), each.asset, each.state.value) for each in new.movements]
    return sorted(rows)


# ------------------------------------------------------------------------------------------------------ Binance


async def test_windows_of_ninety_days_lead_back_to_the_beginning(
    binance: SimulatedExchange, reader: ExchangeConnector
) -> None:
    user = binance.add_user()
    binance.deposit(user, "BTC", "1.5", at=at(299))
    binance.deposit(user, "BTC", "2", at=at(100))
    binance.withdraw(user, "BTC", "0.4", fee="0.0005", at=at(1))
    binance.deposit(user, "BTC", "9", at=at(301))
    new = await reader.fetch_movements(connection("binance", user), LONG_AGO, NOW, 10)
    assert told(new) == [
        ("deposit", "1.5", "BTC", "done"),
        ("deposit", "2", "BTC", "done"),
        ("withdrawal", "0.4", "BTC", "done"),
    ]
    assert new.read_until == NOW
    withdrawal = next(each for each in new.movements if each.kind is FlowKind.WITHDRAWAL)
    assert (withdrawal.fee, withdrawal.at, withdrawal.signed) == (Decimal("0.0005"), at(1), Decimal("-0.4005"))
    assert withdrawal.txid
    again = await reader.fetch_movements(connection("binance", user), LONG_AGO, NOW, 10)
    assert {each.reference for each in again.movements} == {each.reference for each in new.movements}


async def test_more_than_a_page(binance: SimulatedExchange, reader: ExchangeConnector) -> None:
    user = binance.add_user()
    for n in range(1001):
        binance.deposit(user, "USDT", "1", at=NOW - timedelta(minutes=n))
    new = await reader.fetch_movements(connection("binance", user), at(2), NOW, 20)
    assert len(new.movements) == 1001
    assert binance.requests["/sapi/v1/capital/deposit/hisrec"] == 2


async def test_what_each_status_means(binance: SimulatedExchange, reader: ExchangeConnector) -> None:
    user = binance.add_user(wallets={"spot": {"BTC": "10"}})
    for n, state in enumerate(("pending", "done", "failed"), 1):
        binance.deposit(user, "BTC", str(n), at=at(1), state=state)
        binance.withdraw(user, "BTC", str(n), at=at(1), state=state)
    new = await reader.fetch_movements(connection("binance", user), at(2), NOW, 10)
    assert [row[3] for row in told(new)] == ["pending", "done", "failed"] * 2


async def test_what_costs_much_is_asked_only_where_it_matters(
    binance: SimulatedExchange, reader: ExchangeConnector
) -> None:
    user = binance.add_user()
    binance.deposit(user, "EUR", "99", fee="1", at=at(1))
    assert () == (await reader.fetch_movements(connection("binance", user), at(2), NOW, 10)).movements
    assert binance.requests["/sapi/v1/fiat/orders"] == 0
    new = await reader.fetch_movements(connection("binance", user), at(2), NOW, 10, thorough=True)
    assert told(new) == [("deposit", "99", "EUR", "done")]


async def test_between_wallets_of_the_account_nothing_moves(
    binance: SimulatedExchange, reader: ExchangeConnector
) -> None:
    user = binance.add_user(wallets={"spot": {"USDT": "100"}, "funding": {}, "futures": {"USDT": "5"}})
    binance.transfer(user, "USDT", "10", "spot", "funding")
    binance.transfer(user, "USDT", "40", "spot", "futures")
    binance.transfer(user, "USDT", "5", "futures", "spot")
    start, now = datetime.now(NOW.tzinfo) - timedelta(hours=1), datetime.now(NOW.tzinfo) + timedelta(hours=1)
    spot = await reader.fetch_movements(connection("binance", user), start, now, 10)
    futures = await reader.fetch_movements(connection("binance_futures", user), start, now, 10)
    assert told(spot) == [("deposit", "5", "USDT", "done"), ("withdrawal", "4E+1", "USDT", "done")]
    assert told(futures) == [("deposit", "4E+1", "USDT", "done"), ("withdrawal", "5", "USDT", "done")]


async def test_binance_us_has_no_transfers() -> None:
    async with await SimulatedExchange.start("binanceus") as exchange, connector({"binance_us": exchange.url}) as us:
        user = exchange.add_user()
        exchange.deposit(user, "BTC", "1", at=at(1))
        new = await us.fetch_movements(connection("binance_us", user), at(2), NOW, 10, thorough=True)
        assert told(new) == [("deposit", "1", "BTC", "done")]
        assert exchange.requests[TRANSFERS] == 0


async def test_a_key_that_may_not_see_transfers_is_said_to_lack_it(
    binance: SimulatedExchange, reader: ExchangeConnector
) -> None:
    user = binance.add_user()
    binance.deposit(user, "BTC", "1", at=at(1))
    binance.faults.add("scope_missing", endpoint=TRANSFERS)
    with pytest.raises(CredentialsRejected):
        await reader.fetch_movements(connection("binance", user), at(2), NOW, 10)


# ---------------------------------------------------------------------------------------------------- by ccxt


def deposit_row(**more: object) -> dict[str, object]:
    """https://bybit-exchange.github.io/docs/v5/asset/deposit/deposit-record"""
    return {
        "coin": "USDT",
        "chain": "ETH",
        "amount": "10000.000000000000000001",
        "txID": "skip-notification-scene-test-amount",
        "status": 3,
        "toAddress": "XXXXXX",
        "tag": "",
        "depositFee": "",
        "successAt": str(NOW_MS - 3_600_000),
        "confirmations": "10000",
        "txIndex": "",
        "blockHash": "",
        "batchReleaseLimit": "-1",
        "depositType": "0",
        **more,
    }


def withdrawal_row(**more: object) -> dict[str, object]:
    """https://bybit-exchange.github.io/docs/v5/asset/withdraw/withdraw-record"""
    return {
        "coin": "USDT",
        "chain": "ETH",
        "amount": "77",
        "txID": "0xf1",
        "status": "success",
        "toAddress": "0x31",
        "tag": "",
        "withdrawFee": "10",
        "createTime": str(NOW_MS - 7_200_000),
        "updateTime": str(NOW_MS - 7_000_000),
        "withdrawId": "9348",
        "withdrawType": 0,
        **more,
    }


def page(request: Request, *rows: dict[str, object]) -> dict[str, object]:
    """Those whose time lies in the span that is asked for."""
    low, high = int(request.params["startTime"]), int(request.params["endTime"])
    found = [row for row in rows if low <= int(str(row.get("successAt") or row.get("createTime"))) <= high]
    return {"retCode": 0, "retMsg": "success", "result": {"rows": found, "nextPageCursor": ""}, "retExtInfo": {}}


async def test_ccxts_methods_tell_with_all_digits() -> None:
    answers = {
        "/v5/asset/deposit/query-record": lambda request: page(request, deposit_row()),
        "/v5/asset/withdraw/query-record": lambda request: page(
            request,
            withdrawal_row(),
            withdrawal_row(withdrawId="9349", status="Pending"),
            withdrawal_row(status="Fail"),
        ),
    }
    async with serving(answers) as bybit, connector({"bybit": bybit.url}) as made:
        new = await made.fetch_movements(connection("bybit"), at(40), NOW, 10)
        assert bybit.asked["/v5/asset/deposit/query-record"] == 2, "at most 30 days at once"
    by_reference = {each.reference: each for each in new.movements}
    (deposit,) = (each for each in new.movements if each.kind is FlowKind.DEPOSIT)
    assert (deposit.amount, deposit.txid) == (Decimal("10000.000000000000000001"), str(deposit_row()["txID"]))
    assert by_reference["withdrawal:9349"].state is MovementState.PENDING
    assert (by_reference["withdrawal:9348"].fee, new.read_until) == (Decimal(10), NOW)


async def test_former_windows_are_good_when_a_later_one_fails() -> None:
    old = deposit_row(successAt=str(NOW_MS - 50 * DAY))

    def deposits(request: Request) -> object:
        return page(request, old) if int(request.params["startTime"]) < NOW_MS - 31 * DAY else Reply(500, b"{}")

    answers = {"/v5/asset/deposit/query-record": deposits, "/v5/asset/withdraw/query-record": page}
    async with serving(answers) as bybit, connector({"bybit": bybit.url}) as made:
        new = await made.fetch_movements(connection("bybit"), at(60), NOW, 10)
        assert (len(new.movements), new.read_until) == (1, at(30))
        with pytest.raises(ExchangeUnavailable):
            await made.fetch_movements(connection("bybit"), at(2), NOW, 10)


async def test_an_exchange_that_breaks_off_is_not_believed() -> None:
    async with serving({"*": "<html>"}) as bybit, connector({"bybit": bybit.url}) as made:
        with pytest.raises(ExchangeError):
            await made.fetch_movements(connection("bybit"), at(2), NOW, 10)


@pytest.mark.parametrize(
    "code", ["bitget_futures", "kucoinfutures", "binance_portfolio_margin", "paper_trading", "zaif"]
)
async def test_where_it_is_not_told(code: str) -> None:
    async with connector({}, isolated=True) as made:
        with pytest.raises(NotSupportedByExchange):
            await made.fetch_movements(connection(code), at(2), NOW, 10)


class Paged:
    """An exchange that gives the newest `size` of a span, or the oldest."""

    id = name = "paged"

    def __init__(self, times: list[int], size: int, *, newest: bool) -> None:
        self.rows = [{"id": str(n), "timestamp": each} for n, each in enumerate(times)]
        self.size = size
        self.newest = newest

    async def fetch_deposits(self, code: None, since: int, limit: None, params: dict[str, int]) -> list[Any]:
        found = [row for row in self.rows if since <= row["timestamp"] <= params["until"]]  # type: ignore[operator]
        found = found[-self.size :] if self.newest else found[: self.size]
        return [{**row, "currency": "BTC", "amount": "1", "type": "deposit", "status": "ok"} for row in found]


def reading(exchange: Any, days: float = 30, check: Any = lambda: None) -> Told:
    resolve = lambda code: PlainCatalogue().resolve("", code)  # noqa: E731
    return Told(exchange, resolve, int(NOW_MS - days * DAY), NOW_MS, check, thorough=False)


@pytest.mark.parametrize("newest", [True, False])
async def test_every_page_is_found_whichever_end_comes_first(newest: bool) -> None:
    times = [NOW_MS - n * 1_000_000 for n in range(95)][::-1]
    asked = reading(Paged(times, FULL, newest=newest))
    await _read(asked, "fetch_deposits", FlowKind.DEPOSIT, asked.start, asked.end)
    assert len(asked.movements) == 95


async def test_what_is_no_list_is_refused() -> None:
    async def strange(*_: object) -> object:
        return {"data": []}

    asked = reading(SimpleNamespace(id="x", name="X", fetch_deposits=strange))
    with pytest.raises(UnexpectedReply):
        await _read(asked, "fetch_deposits", None, asked.start, asked.end)


async def test_a_fee_in_another_coin_is_a_withdrawal_of_its_own() -> None:
    asked = reading(SimpleNamespace(id="x", name="X", safe_currency_code=str))
    fee = Decimal("0.1")
    asked.add(FlowKind.WITHDRAWAL, 7, NOW_MS, "USDT", Decimal(5), fee=fee, fee_currency="TRX", state=MovementState.DONE)
    rows = {each.reference: each for each in asked.movements}
    assert (rows["withdrawal:7"].signed, rows["withdrawal:7:fee"].signed) == (Decimal(-5), Decimal("-0.1"))
    assert rows["withdrawal:7:fee"].asset == "TRX"


@pytest.mark.parametrize("missing", [{"own_id": None}, {"currency": None}, {"currency": 5}])
async def test_a_movement_of_which_the_most_is_unknown_is_refused(missing: dict[str, Any]) -> None:
    asked = reading(SimpleNamespace(id="x", name="X", safe_currency_code=str))
    given: dict[str, Any] = {"own_id": 7, "currency": "BTC", **missing}
    with pytest.raises(UnexpectedReply):
        asked.add(FlowKind.DEPOSIT, given["own_id"], NOW_MS, given["currency"], Decimal(1))


async def test_a_reading_that_runs_out_of_time_says_how_far_it_came() -> None:
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise OutOfTime

    asked = reading(SimpleNamespace(id="x", name="X"), days=100, check=check)

    async def window(low: int, high: int) -> None:
        async def one() -> None:
            return None

        await asked.ask(one)

    with pytest.raises(OutOfTime):
        await asked.in_windows(30, window)
    assert asked.read_until == asked.start + 60 * DAY


async def test_the_first_error_ends_the_others() -> None:
    ended: list[str] = []

    async def fails() -> None:
        raise ExchangeUnavailable

    async def waits() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("waits")

    with pytest.raises(ExchangeUnavailable):
        await together([waits(), fails()])
    assert ended == ["waits"]


def test_both_kinds_have_to_be_told() -> None:
    assert ways_of(SimpleNamespace(has={"fetchDeposits": True})) == ()
    assert ways_of(SimpleNamespace(has={"fetchDeposits": True, "fetchWithdrawals": "emulated"})) == ()
    both = SimpleNamespace(has={"fetchDepositsWithdrawals": True, "fetchTransactions": True})
    assert ways_of(both) == (("fetch_deposits_withdrawals", None),)


# ------------------------------------------------------------------------------------------------- past prices


async def test_a_past_price_from_the_exchanges_candles(binance: SimulatedExchange, reader: ExchangeConnector) -> None:
    binance.set_price("SOL/USDT", last="150.25")
    binance.set_price("ODD/BTC", last="0.001")
    binance.set_price("BTC/USDT", last="50000")
    sol = await reader.fetch_past_price(market("binance"), "SOL", at(400), 10)
    odd = await reader.fetch_past_price(market("binance"), "ODD", at(400), 10)
    assert sol is not None
    assert odd is not None
    assert (sol.usd, sol.at) == (Decimal("150.25"), at(400))
    assert sol.source.startswith("binance 1m SOL/USDT")
    assert odd.usd == Decimal("50")
    assert await reader.fetch_past_price(market("binance"), "NOBODY", at(400), 10) is None


async def test_paper_has_no_candles() -> None:
    async with connector({}, isolated=True) as made:
        assert await made.fetch_past_price(market("paper_trading"), "BTC", at(1), 10) is None
