"""The worked cases, to the last digit, through the domain's functions and the wire's encoders."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from coinassay.api.wire.account import to_entity
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.pie import to_slices
from coinassay.domain.account import Account, KeyState
from coinassay.domain.allocation import Stake, allocate
from coinassay.domain.balance import Balance
from coinassay.domain.currency import Currency
from coinassay.domain.market import Market
from coinassay.domain.profit import Profit, net_deposits, period_profit
from coinassay.domain.rates import Rate, RateBook
from coinassay.domain.snapshot import Flow, FlowKind, Money, Snapshot
from coinassay.domain.valuation import value
from coinassay.services.portfolio import AccountReport

PAYLOADS = Path(__file__).parents[1] / "payloads"
NOW = datetime(2023, 6, 19, 17, 16, 29, 8000, tzinfo=UTC)
NAMES = {
    "BTC": ("1", "Bitcoin"),
    "USDT": ("825", "Tether USDt"),
    "ETH": ("1027", "Ethereum"),
    "ADA": ("2010", "Cardano"),
}
BINANCE_US = Market(
    code="binance_us",
    exchange_id="binanceus",
    name="Binance US Spot",
    display_type="BinanceUs",
    icon="binance",
    kinds=("spot",),
    required=("secret", "api_key"),
)


class Digits(str):
    """A JSON number by its digits: unlike every string and every other spelling of the number."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Digits) and str.__eq__(self, other)

    __hash__ = str.__hash__


def plain_digits(text: str) -> Digits:
    """The number as we write it: the payloads have 9.52e-05 as their own language prints it."""
    return Digits(format(Decimal(text), "f"))


def read(name: str) -> Any:
    return json.loads((PAYLOADS / name).read_text(), parse_float=plain_digits)


def money(figures: dict[str, str]) -> Money:
    return Money(Decimal(figures["usd"]), Decimal(figures["btc"]))


def test_pie_seed_000() -> None:
    golden = read("golden/pie_seed_000.json")
    rates = {code: Rate(code, "USD", Decimal(price)) for code, price in golden["rates_usd"].items()}
    balances = [Balance(code, "spot", Decimal(amount)) for code, amount in golden["balances"].items()]

    valuation = value(balances, RateBook(NOW, rates))
    stakes = [Stake(holding.balance.asset, holding.balance.equity, holding.usd) for holding in valuation.holdings]
    shares = allocate(stakes, valuation.btc_rate)
    currencies = {code: Currency(code, name, cmc_id) for code, (cmc_id, name) in NAMES.items()}
    body = encode(to_slices([(share, currencies[share.asset]) for share in shares], golden["account_id"]))

    rows = json.loads(body, parse_float=Digits)
    assert [row["code"] for row in rows] == golden["expect_order"]
    shown = [row for row in rows if row["code"] != "ADA"]
    assert shown == golden["expect"]
    assert [list(row) for row in shown] == [list(row) for row in golden["expect"]]
    assert b'"amount":0.0000952,' in body
    assert b'"y":65.1,"percentage":65.1,' in body


def report_of_seed_001() -> AccountReport:
    golden = read("golden/account_seed_001.json")
    total = Money(Decimal(golden["value_usd"]), Decimal(golden["value_btc"]))
    deposits = money(golden["deposits_total"])
    month_ago, day_ago = NOW - timedelta(days=30), NOW - timedelta(hours=24)
    flows = [Flow(12345678, NOW - timedelta(days=40), FlowKind.OPENING, deposits)]
    recent = money(golden["deposits_since_30d"])
    flows.append(Flow(12345678, NOW - timedelta(days=10), FlowKind.DEPOSIT, recent))
    profit = Profit(
        day=period_profit(total, Snapshot(12345678, day_ago, money(golden["value_24h_ago"])), flows),
        month=period_profit(total, Snapshot(12345678, month_ago, money(golden["value_30d_ago"])), flows),
        total=total - net_deposits(flows),
    )
    account = Account(
        id=12345678,
        user_id=1,
        market_code="binance_us",
        name="My Binance US",
        api_key="yzNYzv8a0VEBwsrhc3MDpHZ7XMqa1vJqSqHzpfjjKpdFF9SbQsVQKRl3hKNyZU45",
        customer_id=None,
        subaccount_name=None,
        include_in_summary=True,
        key_state=KeyState.OK,
        created_at=datetime(2023, 6, 19, 16, 50, 57, 303_000, tzinfo=UTC),
        updated_at=NOW,
        loaded_at=NOW,
        total=total,
        net_deposits=net_deposits(flows),
        btc_rate=Decimal(golden["rate_btc_usd"]),
    )
    return AccountReport(account, profit)


def test_account_seed_001() -> None:
    golden = read("golden/account_seed_001.json")
    entity = json.loads(encode(to_entity(report_of_seed_001(), BINANCE_US, "https://example.test")), parse_float=Digits)
    assert {name: entity[name] for name in golden["expect"]} == golden["expect"]


def test_the_documented_answer_is_given_field_by_field() -> None:
    documented = read("documented/load_balances.json")
    documented["market_icon"] = "https://example.test/img/exchanges/binance.svg"  # ours is on our own host

    body = encode(to_entity(report_of_seed_001(), BINANCE_US, "https://example.test"))

    entity = json.loads(body, parse_float=Digits)
    assert entity == documented
    assert list(entity) == list(documented)
    for name, documented_value in documented.items():
        assert type(entity[name]) is type(documented_value)
        if isinstance(documented_value, dict):
            assert list(entity[name]) == list(documented_value)


def test_the_sums_of_seed_001_hold_together() -> None:
    golden = read("golden/account_seed_001.json")
    rates = RateBook(NOW, {"BTC": Rate("BTC", "USD", Decimal(golden["rate_btc_usd"]))})
    valuation = value([Balance("BTC", "spot", Decimal(golden["value_btc"]))], rates)
    assert valuation.usd == Decimal(golden["value_usd"])
    assert valuation.btc == Decimal(golden["value_btc"])


def test_alone_an_account_has_its_portfolio_field() -> None:
    plain_body = json.loads(encode(to_entity(report_of_seed_001(), BINANCE_US, "")))
    detailed = json.loads(encode(to_entity(report_of_seed_001(), BINANCE_US, "", detailed=True)))
    names = list(detailed)
    assert names[names.index("auto_balance_portfolio_id") + 1] == "auto_balance_portfolio"
    assert detailed.pop("auto_balance_portfolio") is None
    assert detailed == plain_body
