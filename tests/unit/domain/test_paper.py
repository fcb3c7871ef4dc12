"""Sums on paper: value only ever leaves, as the fee and by rounding down."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain import paper
from coinassay.domain.money import CONTEXT, ZERO, add_up
from coinassay.domain.paper import DUST_FEE, FEE, PaperTradeKind, is_dust, move, sell, settle
from coinassay.domain.rates import RateBook
from coinassay.testing.text import rates_of

PRICES = {"BTC": "63722.1", "ETH": "2597.33817", "USDT": "0.9997", "BNB": "571.3"}
RATES = rates_of(PRICES)

CODES = ("BTC", "ETH", "USDT", "BNB", "ADA", "XYZ")
amounts = st.decimals(min_value="0.000000000000000001", max_value="1e18", places=18)
prices = st.decimals(min_value="0.0000000001", max_value="1e6", places=10)
held = st.dictionaries(st.sampled_from(CODES), amounts, max_size=len(CODES))
priced = st.dictionaries(st.sampled_from(CODES), prices, max_size=len(CODES)).map(rates_of)


def worth(balances: dict[str, Decimal], rates: RateBook) -> Decimal:
    found = {code: rates.get(code) for code in balances}
    return add_up(CONTEXT.multiply(amount, rate.price) for code, amount in balances.items() if (rate := found[code]))


def test_all_of_a_coin_is_sold_less_the_fee() -> None:
    (trade,) = sell({"ETH": Decimal(2), "USDT": Decimal(5)}, {"ETH"}, "USDT", RATES)
    assert ("ETH", Decimal(2), "USDT") == (trade.sold, trade.amount, trade.bought)
    assert trade.gross == Decimal("5196.235210563168950685")  # 2 x 2597.33817 / 0.9997 = ...9506852...
    assert trade.received == Decimal("5191.038975352605781734")  # 0.999 of it: ...7817343...
    assert trade.fee == Decimal("5.196235210563168951")
    assert trade.money.usd == Decimal("5194.67634")
    after = settle({"ETH": Decimal(2), "USDT": Decimal(5)}, [trade])
    assert {"USDT": Decimal("5196.038975352605781734")} == after


def test_what_has_no_price_is_left_alone() -> None:
    assert () == sell({"XYZ": Decimal(9)}, {"XYZ"}, "USDT", RATES)
    assert () == sell({"ETH": Decimal(9)}, {"ETH"}, "XYZ", RATES)


def test_what_would_bring_nothing_is_left_alone() -> None:
    balances = {"USDT": Decimal("1e-15")}
    assert () == sell(balances, {"USDT"}, "BTC", RATES)


def test_a_coin_is_not_sold_for_itself_nor_one_that_was_not_named() -> None:
    assert () == sell({"BTC": Decimal(1), "ETH": Decimal(1)}, {"BTC"}, "BTC", RATES)


@given(held, priced, st.sampled_from(CODES), st.sampled_from([FEE, DUST_FEE, ZERO]))
def test_selling_makes_no_value(balances: dict[str, Decimal], rates: RateBook, bought: str, fee: Decimal) -> None:
    trades = sell(balances, set(balances), bought, rates, fee)
    after = settle(balances, trades)
    assert all(amount > ZERO for amount in after.values())
    assert {code for code in balances if rates.get(code) is None} <= set(after)
    target = rates.get(bought)
    fees = ZERO if target is None else CONTEXT.multiply(add_up(trade.fee for trade in trades), target.price)
    lost = CONTEXT.subtract(CONTEXT.subtract(worth(balances, rates), worth(after, rates)), fees)
    # What is lost beside the fees is what rounding down took: less than the smallest amount for each trade.
    smallest = CONTEXT.multiply(Decimal("1e-18"), ZERO if target is None else target.price)
    assert ZERO <= lost <= CONTEXT.multiply(smallest, Decimal(len(trades)))
    for trade in trades:
        assert trade.fee >= CONTEXT.multiply(trade.gross, fee)
        assert trade.money.usd == worth({trade.sold: trade.amount}, rates)


@given(held, held, st.sampled_from(CODES), amounts)
def test_moving_makes_and_loses_nothing(
    source: dict[str, Decimal], target: dict[str, Decimal], code: str, amount: Decimal
) -> None:
    if source.get(code, ZERO) < amount:
        with pytest.raises(ValueError, match="not so much"):
            move(source, target, code, amount)
        return
    left, filled = move(source, target, code, amount)
    assert left.get(code, ZERO) == CONTEXT.subtract(source[code], amount)
    for each in CODES:
        before = CONTEXT.add(source.get(each, ZERO), target.get(each, ZERO))
        assert before == CONTEXT.add(left.get(each, ZERO), filled.get(each, ZERO))
    assert all(amount > ZERO for amount in left.values())


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_nothing_and_less_cannot_be_moved(amount: str) -> None:
    with pytest.raises(ValueError, match="not so much"):
        move({"BTC": Decimal(1)}, {}, "BTC", Decimal(amount))


def test_dust_is_what_is_worth_less_than_a_thousandth_of_a_bitcoin() -> None:
    assert is_dust(Decimal("0.02"), "ETH", RATES)
    assert not is_dust(Decimal("0.03"), "ETH", RATES)
    assert not is_dust(Decimal("0.001"), "BTC", RATES)
    assert is_dust(Decimal("0.000999"), "BTC", RATES)
    assert not is_dust(ZERO, "ETH", RATES)
    assert not is_dust(Decimal(1), "XYZ", RATES)
    assert not is_dust(Decimal(1), "USDT", rates_of({"USDT": "1"})), "nobody knows what a bitcoin is worth"


def test_dollars_are_not_sold_for_dollars() -> None:
    assert {"USD", "USDT"} == paper.dollars({"USD": Decimal(1), "USDT": Decimal(1), "BTC": Decimal(1)})


def test_dust_is_marked_and_charged_as_such() -> None:
    (trade,) = sell({"ETH": Decimal("0.02")}, ["ETH"], "BNB", RATES, DUST_FEE, PaperTradeKind.DUST)
    assert PaperTradeKind.DUST == trade.kind
    assert trade.fee >= CONTEXT.multiply(trade.gross, Decimal("0.02"))
