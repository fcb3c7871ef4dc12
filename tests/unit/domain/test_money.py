"""Text to Decimal and back without losing a digit, and arithmetic that rounds only where it says so."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, Inexact

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coinassay.domain.money import (
    CONTEXT,
    LARGEST_EXPONENT,
    ZERO,
    NotANumber,
    add_up,
    decimal_of,
    divide,
    exact,
    plain,
    rounded,
)

amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=18)
digits = st.text("0123456789", min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("20.310", "20.31"),
        ("0.28", "0.28"),
        ("1.3", "1.3"),
        ("0", "0.0"),
        ("-0", "0.0"),
        ("-0.00", "0.0"),
        ("0.000", "0.0"),
        ("3E-7", "0.0000003"),
        ("1E+2", "100.0"),
        ("100", "100.0"),
        ("100.50", "100.5"),
        ("-2.10", "-2.1"),
        ("31.210986753244348885262841890509448379906959328", "31.210986753244348885262841890509448379906959328"),
    ],
)
def test_plain_notation(value: str, text: str) -> None:
    assert text == plain(Decimal(value))


@given(amounts)
@example(Decimal("-0"))
@example(Decimal("1E-60"))
@example(Decimal("9.99E+59"))
def test_plain_loses_nothing_and_has_one_spelling(amount: Decimal) -> None:
    text = plain(amount)
    assert decimal_of(text) == amount
    assert "E" not in text.upper()
    whole, fraction = text.lstrip("-").split(".")
    assert whole == "0" or not whole.startswith("0")
    assert fraction == "0" or not fraction.endswith("0")
    assert text == plain(decimal_of(text))


@given(digits, digits)
def test_every_digit_of_a_text_is_kept(whole: str, fraction: str) -> None:
    number = decimal_of(f"{whole}.{fraction}")
    assert (whole + fraction).lstrip("0") == "".join(map(str, number.as_tuple().digits)).lstrip("0")


@pytest.mark.parametrize(
    "value", ["NaN", "sNaN", "Infinity", "-inf", "", " ", "0x10", "1,5", "1_000", "١٢", "--1", "abc"]
)
def test_what_is_not_a_finite_number_is_refused(value: str) -> None:
    with pytest.raises(NotANumber):
        decimal_of(value)


@pytest.mark.parametrize("value", [1.5, 0.1, True, None, b"1", [1]])
def test_floats_have_lost_digits_already_and_are_refused(value: object) -> None:
    with pytest.raises(NotANumber):
        decimal_of(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["1e61", "1e-61", "1e999999999", "-1e-999999"])
def test_a_magnitude_no_quantity_has_is_refused(value: str) -> None:
    with pytest.raises(NotANumber):
        decimal_of(value)
    assert LARGEST_EXPONENT == abs(decimal_of(f"1e{LARGEST_EXPONENT}").adjusted())


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [("0.005", 2, "0.01"), ("-0.005", 2, "-0.01"), ("0.0049999", 2, "0.00"), ("9.2079", 2, "9.21"), ("2.5", 0, "3")],
)
def test_rounding_is_half_up(value: str, places: int, expected: str) -> None:
    assert Decimal(expected) == rounded(Decimal(value), places)


def test_absurd_numbers_can_be_rounded_too() -> None:
    """One absurd balance at an absurd price, or its percentage, would otherwise end the answer about all others."""
    assert "1" + 150 * "0" + ".0" == plain(rounded(Decimal("1E+150"), 2))
    assert "0.0" == plain(rounded(Decimal("1E-300"), 8))


@pytest.mark.parametrize("value", ["0E-70", "0e99", "-0E+61"])
def test_nothing_is_nothing_however_it_is_written(value: str) -> None:
    assert "0.0" == plain(decimal_of(value))


@given(amounts, st.integers(0, 8))
def test_rounding_is_off_by_at_most_half_a_unit(amount: Decimal, places: int) -> None:
    with exact():
        assert abs(rounded(amount, places) - amount) <= Decimal(1).scaleb(-places) / 2


@given(amounts, amounts.filter(bool))
def test_a_quotient_times_its_divisor_is_the_dividend_to_59_digits(dividend: Decimal, divisor: Decimal) -> None:
    back = CONTEXT.multiply(divide(dividend, divisor), divisor)
    with exact():
        assert abs(back - dividend) <= abs(dividend) * Decimal("1E-59")


def test_a_quotient_has_60_digits_rounded_half_up() -> None:
    assert "0." + 59 * "6" + "7" == str(divide(Decimal(2), Decimal(3)))
    with pytest.raises(DivisionByZero):
        divide(Decimal(1), ZERO)


@given(st.lists(amounts), st.randoms(use_true_random=False))
def test_a_sum_does_not_depend_on_the_order(values: list[Decimal], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert add_up(values) == add_up(shuffled)
    assert add_up([]) == ZERO


def test_sums_and_products_of_what_exchanges_send_are_exact() -> None:
    amount, price = Decimal("123456789012345678.123456789012345678"), Decimal("98765.432109876543210987654321")
    unlimited = Context(prec=200, rounding=ROUND_HALF_UP)
    assert unlimited.multiply(amount, price) == CONTEXT.multiply(amount, price)


def test_outside_the_contexts_a_lost_digit_is_an_error_in_tests() -> None:
    with pytest.raises(Inexact):
        Decimal(1) / Decimal(3)
    with exact():
        assert 100 == len((Decimal(1) / Decimal(3)).as_tuple().digits)
