"""From a row of ccxt's catalogue to a pair with its rules: exact, and nothing made up."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.money import decimal_of
from coinassay.domain.pair import Instrument, Leverage, Pair, PairRules
from coinassay.exchanges.rules import DECIMAL_PLACES, SIGNIFICANT_DIGITS, Digits, Numbers, listing_of, pair_of

TICK_SIZE = 4

SPOT: dict[str, Any] = {
    "id": "BTCUSDT",
    "symbol": "BTC/USDT",
    "base": "BTC",
    "quote": "USDT",
    "spot": True,
    "active": True,
    "limits": {"price": {"min": 0.01, "max": None}, "amount": {"min": 1e-05, "max": 9000.0}, "cost": {"min": 5.0}},
    "precision": {"price": 0.01, "amount": 1e-05},
}
SWAP = SPOT | {
    "id": "BTC-USDT-SWAP",
    "symbol": "BTC/USDT:USDT",
    "settle": "USDT",
    "spot": False,
    "contract": True,
    "linear": True,
    "inverse": False,
    "contractSize": 0.01,
    "limits": {"amount": {"min": 0.1}, "leverage": {"min": 1.0, "max": 125.0}},
    "precision": {"amount": 0.1},
}


def read(mode: int = TICK_SIZE, digits: Digits | None = None, **row: Any) -> Pair | None:
    return pair_of(row, Numbers(mode, digits or Digits()))


def rules(mode: int = TICK_SIZE, **row: Any) -> PairRules:
    pair = read(mode, **row)
    assert pair is not None
    return pair.rules


# ------------------------------------------------------------------------------------------------------ digits


@given(st.from_regex(r"[0-9]{1,30}(\.[0-9]{1,30})?", fullmatch=True).filter(str.isascii))
def test_every_digit_of_the_exchange_comes_through_ccxts_floats(text: str) -> None:
    digits = Digits()
    assert Decimal(text) == digits.read(digits(text))


def test_ccxt_can_calculate_with_them_and_gets_floats() -> None:
    """`safe_string` of ccxt asks for the type itself: of a subclass of float it makes None."""
    number = Digits()("0.1")
    assert type(number) is float
    assert Decimal("0.2") == Digits().read(number * 2)


def test_of_two_numbers_that_a_float_cannot_tell_apart_neither_is_taken_for_the_other() -> None:
    digits = Digits()
    first, second = digits("0.1"), digits("0.10000000000000000001")
    assert first == second
    assert digits.read(first) is None


@pytest.mark.parametrize("rubbish", ["NaN", "Infinity", float("nan"), float("inf")])
def test_what_is_no_quantity_is_no_rule(rubbish: Any) -> None:
    digits = Digits()
    assert digits.read(digits(rubbish)) is None


@pytest.mark.parametrize("nothing", [None, True, [], {}, "x"])
def test_what_is_no_number_is_none(nothing: Any) -> None:
    assert Digits().read(nothing) is None


# ------------------------------------------------------------------------------------------------------ pairs


def test_a_spot_market_goes_by_what_is_paid_and_what_is_bought() -> None:
    pair = read(**SPOT)
    assert pair is not None
    assert ("USDT_BTC", Instrument.SPOT, None, False) == (pair.code, pair.instrument, pair.leverage, pair.margin)
    assert pair.rules == PairRules(
        price_step=Decimal("0.01"),
        min_price=Decimal("0.01"),
        lot_step=Decimal("0.00001"),
        min_lot=Decimal("0.00001"),
        max_lot=Decimal(9000),
        min_total=Decimal(5),
    )


def test_a_contract_goes_by_its_settlement_and_the_exchanges_own_name() -> None:
    pair = read(**SWAP)
    assert pair is not None
    assert ("USDT_BTC-USDT-SWAP", Instrument.LINEAR, "USDT") == (pair.code, pair.instrument, pair.price_currency)
    assert Leverage(True, True, Decimal(125)) == pair.leverage


def test_lots_of_a_linear_contract_are_in_units_of_the_base() -> None:
    """ccxt counts contracts (https://docs.ccxt.com/#/?id=contract-size): ten of 0.01 BTC are 0.1 BTC."""
    found = rules(**SWAP)
    assert (Decimal("0.001"), Decimal("0.001")) == (found.lot_step, found.min_lot)


def test_lots_of_an_inverse_contract_stay_contracts() -> None:
    row = SWAP | {"linear": False, "inverse": True, "settle": "BTC", "quote": "USD", "contractSize": 100.0}
    pair = read(**row)
    assert pair is not None
    assert ("BTC_BTC-USDT-SWAP", Instrument.INVERSE, "USD") == (pair.code, pair.instrument, pair.price_currency)
    assert Decimal("0.1") == pair.rules.lot_step


def test_how_a_contract_may_be_leveraged() -> None:
    row = SWAP | {"marginModes": {"cross": True, "isolated": False}, "limits": {}}
    pair = read(**row)
    assert pair is not None
    assert Leverage(cross=True, isolated=False, max=None) == pair.leverage


@pytest.mark.parametrize(
    "row",
    [
        SPOT | {"active": False},
        SPOT | {"base": None},
        SPOT | {"symbol": "BTCUSDT"},
        SPOT | {"spot": False},
        SWAP | {"option": True},
        SWAP | {"id": ""},
    ],
)
def test_what_cannot_be_traded_is_no_pair(row: dict[str, Any]) -> None:
    assert read(**row) is None


def test_what_the_exchange_does_not_say_is_not_made_up() -> None:
    assert PairRules() == rules(**SPOT | {"limits": None, "precision": None})
    zeros = {"price": {"min": 0.0, "max": 0.0}, "market": {"max": 0.0}}
    found = rules(**SPOT | {"limits": zeros, "precision": {"price": 0.0}})
    assert (Decimal(0), None, None, None) == (
        found.min_price,
        found.max_price,
        found.max_market_lot,
        found.price_step,
    ), "an upper limit of 0 is none"


@pytest.mark.parametrize(
    ("mode", "precision", "step"),
    [
        (TICK_SIZE, 0.5, "0.5"),
        (DECIMAL_PLACES, 3, "0.001"),
        (DECIMAL_PLACES, 0, "1"),
        (DECIMAL_PLACES, 2.5, None),
        (SIGNIFICANT_DIGITS, 5, None),
    ],
)
def test_a_step_is_what_the_exchanges_precision_means(mode: int, precision: float, step: str | None) -> None:
    found = rules(mode, **SPOT | {"precision": {"price": precision}}).price_step
    assert (None if step is None else Decimal(step)) == found


def test_binances_filters_say_what_ccxt_leaves_out() -> None:
    sides = {"filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": "5", "askMultiplierDown": "0.2"}
    notional = {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True}
    found = rules(**SPOT | {"info": {"filters": [sides, notional, "rubbish", {}]}})
    assert (Decimal(5), None, Decimal("0.2")) == (
        found.bid_multiplier_up,
        found.bid_multiplier_down,
        found.ask_multiplier_down,
    )
    assert Decimal(5) == found.min_market_total
    assert rules(**SPOT | {"info": {"filters": [notional | {"applyMinToMarket": False}]}}).min_market_total is None
    percent = {"filterType": "PERCENT_PRICE", "multiplierUp": "1.1000", "multiplierDown": "0.9000"}
    futures = rules(**SWAP | {"info": {"filters": [percent]}})
    assert (decimal_of("1.1"), decimal_of("0.9")) == (futures.bid_multiplier_up, futures.ask_multiplier_down)
    assert (None, None) == (futures.bid_multiplier_down, futures.ask_multiplier_up)


def test_of_two_markets_with_one_code_the_first_counts() -> None:
    first, second = SPOT, SPOT | {"id": "OTHER", "limits": {}}
    markets = {"BTC/USDT": first, "again": second, "BTC/USDT:USDT": SWAP}
    listing = listing_of(SimpleNamespace(markets=markets, precisionMode=TICK_SIZE), Digits())
    assert ["USDT_BTC"] == list(listing.spot)
    assert Decimal(5) == listing.spot["USDT_BTC"].rules.min_total
    assert ["USDT_BTC-USDT-SWAP"] == list(listing.contracts)


def test_equal_numbers_are_one_object() -> None:
    """2,500 markets of an exchange have a dozen different steps between them."""
    numbers = Numbers(TICK_SIZE, Digits())
    assert numbers.read(0.25) is numbers.read(0.25)
