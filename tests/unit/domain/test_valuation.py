"""Balances times rates: exact, and what has no rate stays in sight."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, ZERO, divide, exact
from coinassay.domain.rates import BTC, DAILY_CLOSE, USD, Leg, Rate, RateBook
from coinassay.domain.valuation import in_btc, value
from coinassay.testing import bal, rates_of

RATES = rates_of({"BTC": "63722.1", "ETH": "2597.33817", "USDT": "0.9998"}, refusals={"XYZ": "no market at kraken"})

amounts = st.decimals("-1e9", "1e9", allow_nan=False, allow_infinity=False, places=18)
prices = st.decimals("1e-10", "1e7", allow_nan=False, allow_infinity=False, places=10)


def test_a_holding_is_a_balance_with_its_rate_and_value() -> None:
    balance = bal("0.5 ETH, 0.1 locked in earn")
    valuation = value([balance], RATES)
    (holding,) = valuation.holdings
    assert (balance, RATES.rates["ETH"], Decimal("1298.669085")) == (holding.balance, holding.rate, holding.usd)
    assert (Decimal("1298.669085"), RATES.as_of) == (valuation.usd, valuation.as_of)


def test_what_has_no_rate_is_unpriced_and_says_why() -> None:
    valuation = value([bal("2 BTC, 0.5 locked"), bal("9 XYZ"), bal("1 ABC")], RATES)
    assert [("XYZ", "no market at kraken"), ("ABC", "no market found")] == [
        (each.balance.asset, each.reason) for each in valuation.unpriced
    ]
    assert Decimal("127444.2") == valuation.usd


def test_debt_and_unrealised_profit_count() -> None:
    valuation = value([bal("0.1 BTC, 0.2 borrowed in margin"), bal("100 USDT, 50 unrealised in futures")], RATES)
    assert [Decimal("-6372.21"), Decimal("149.97")] == [holding.usd for holding in valuation.holdings]
    assert Decimal("-6222.24") == valuation.usd


def test_seed_001_gives_the_btc_amount_back() -> None:
    """usd_amount = btc_amount x BTC rate, to the last digit of the worked case."""
    usd = Decimal("31.210986753244348885262841890509448379906959328")
    btc = in_btc(usd, Decimal("63722.1"))
    assert Decimal("0.00048979846479077665182507861307944101622368") == btc
    assert usd == CONTEXT.multiply(btc, Decimal("63722.1"))


def test_without_a_btc_rate_there_is_no_btc_value() -> None:
    valuation = value([bal("1 ETH")], rates_of({"ETH": "2000"}))
    assert (ZERO, None) == (valuation.btc, valuation.btc_rate)
    assert ZERO == in_btc(Decimal(5), ZERO)


def test_nothing_is_worth_nothing() -> None:
    valuation = value([], RATES)
    assert ((), (), ZERO, ZERO) == (valuation.holdings, valuation.unpriced, valuation.usd, valuation.btc)


def test_a_rate_tells_what_it_rests_on() -> None:
    at = datetime(2024, 12, 31, tzinfo=UTC)
    assert Rate("USDT", USD, Decimal(1), (Leg("USDT", USD, Decimal(1), "assumed peg", None),)).assumed_peg
    assert Rate("BTC", USD, Decimal(9), (Leg("BTC", USD, Decimal(9), DAILY_CLOSE, at),)).stale_source
    live = RATES.rates["BTC"]
    assert not live.assumed_peg
    assert not live.stale_source


@given(st.lists(st.tuples(st.sampled_from(["BTC", "ETH", "USDT"]), amounts)), st.randoms(use_true_random=False))
def test_the_total_is_the_exact_sum_in_any_order(held: list[tuple[str, Decimal]], shuffle: object) -> None:
    balances = [Balance(asset, "spot", amount) for asset, amount in held]
    with exact():
        total = sum((amount * RATES.rates[asset].price for asset, amount in held), ZERO)
    assert total == value(balances, RATES).usd
    shuffle.shuffle(balances)  # type: ignore[attr-defined]
    assert total == value(balances, RATES).usd


@given(amounts, prices)
def test_to_btc_and_back_loses_nothing_that_shows(usd: Decimal, rate: Decimal) -> None:
    back = CONTEXT.multiply(in_btc(usd, rate), rate)
    with exact():
        assert abs(back - usd) <= abs(usd) * Decimal("1E-58")
    assert divide(usd, rate) == in_btc(usd, rate)


@given(prices)
def test_a_bitcoin_is_worth_a_bitcoin(rate: Decimal) -> None:
    book = RateBook(datetime(2024, 1, 1, tzinfo=UTC), {BTC: Rate(BTC, USD, rate)})
    assert Decimal(1) == value([bal("1 BTC")], book).btc
