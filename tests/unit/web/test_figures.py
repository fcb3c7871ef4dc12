"""Numbers for people, held to what they stand for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.money import CONTEXT, rounded
from coinassay.web import figures
from coinassay.web.figures import MINUS, STYLES, NumberStyle, fixed, flexible, money, percent, price

EN = STYLES["en"]

numbers = st.decimals(
    min_value=Decimal("-1e14"), max_value=Decimal("1e14"), allow_nan=False, allow_infinity=False, places=18
)
sizes = st.builds(
    lambda digits, exponent: Decimal((0, tuple(int(d) for d in str(digits)), exponent)),
    st.integers(1, 10**30),
    st.integers(-55, 25),
)
styles = st.sampled_from(sorted(STYLES)).map(STYLES.__getitem__)


def read_back(text: str, style: NumberStyle) -> Decimal:
    """What a person of that language reads."""
    if style.group:
        text = text.replace(style.group, "")
    return Decimal(text.replace(style.point, ".").replace(MINUS, "-"))


@given(numbers, st.integers(0, 8), styles)
def test_a_fixed_number_is_the_rounded_one_in_any_language(value: Decimal, places: int, style: NumberStyle) -> None:
    assert rounded(value, places) == read_back(fixed(value, places, style), style)


@given(numbers, st.integers(0, 8), styles)
def test_a_fixed_number_has_as_many_decimals_as_asked_for(value: Decimal, places: int, style: NumberStyle) -> None:
    whole, point, rest = fixed(value, places, style).partition(style.point)
    assert (places, bool(places)) == (len(rest), bool(point))
    assert whole.removeprefix(MINUS)[0].isdigit()


@given(numbers, styles)
def test_digits_are_grouped_by_threes_from_the_point(value: Decimal, style: NumberStyle) -> None:
    whole = fixed(value, 2, style).removeprefix(MINUS).partition(style.point)[0]
    groups = whole.split(style.group)
    assert all(len(group) == 3 for group in groups[1:])
    assert len(groups) > 1 or len(whole) <= max(3, style.ungrouped)


@given(sizes, styles)
def test_what_is_not_nothing_is_never_shown_as_nothing(value: Decimal, style: NumberStyle) -> None:
    for text in (flexible(value, 8, style), price(value, 2, style)):
        assert set(text) & set("123456789")


@given(sizes, styles)
def test_a_column_can_hold_any_number(value: Decimal, style: NumberStyle) -> None:
    assert len(flexible(value, 8, style)) <= 32
    assert len(fixed(value, 8, style)) <= 32


@given(numbers, styles)
def test_a_flexible_number_has_no_zeros_at_its_end(value: Decimal, style: NumberStyle) -> None:
    _, point, rest = flexible(value, 8, style).partition(style.point)
    assert not point or (rest and not rest.endswith("0"))


@given(numbers)
def test_an_exact_number_is_the_number(value: Decimal) -> None:
    assert value == Decimal(figures.exact(value))


@given(numbers, styles)
def test_signs_say_the_direction_of_what_is_shown(value: Decimal, style: NumberStyle) -> None:
    text = money(value, "EUR", 2, style, signed=True)
    shown = rounded(value, 2)
    assert (MINUS if shown < 0 else "+" if shown > 0 else None) == (text[0] if text[0] in (MINUS, "+") else None)


@given(numbers)
def test_opposites_look_the_same_but_for_the_sign(value: Decimal) -> None:
    plus, minus = value.copy_abs(), CONTEXT.minus(value.copy_abs())
    assert fixed(plus, 2, EN) == fixed(minus, 2, EN).removeprefix(MINUS)
    assert flexible(plus, 8, EN) == flexible(minus, 8, EN).removeprefix(MINUS)
    assert percent(plus, EN) == percent(minus, EN).removeprefix(MINUS)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "−$1,234.50"),
        ("en-GB", "−$1,234.50"),
        ("de-AT", "−1.234,50\u00a0$"),
        ("es", "−1234,50\u00a0$"),
        ("fr", "−1\u202f234,50\u00a0$"),
        ("ru", "−1\u00a0234,50\u00a0$"),
        ("pt-BR", "−$\u00a01.234,50"),
        ("xx", "−$1,234.50"),
    ],
)
def test_money_in_the_languages(locale: str, expected: str) -> None:
    assert expected == money(Decimal("-1234.5"), "USD", 2, figures.style_of(locale))


def test_a_currency_without_a_sign_of_its_own_has_its_code() -> None:
    assert "0.00000001\u00a0BTC" == money(Decimal("0.00000001"), "BTC", 8, EN)
    assert "12\u00a0CLP" == money(Decimal("12.2"), "CLP", figures.places_of("CLP", fiat=True), EN)


def test_a_percentage_where_the_language_wants_it() -> None:
    value = Decimal("-12.345")
    assert "−12.35%" == percent(value, EN)
    assert "−12,35\u00a0%" == percent(value, STYLES["de"])
    assert "−%12,35" == percent(value, STYLES["tr"])


def test_a_price_below_one_shows_four_digits() -> None:
    assert "0.00001234" == price(Decimal("0.0000123449"), 2, EN)
    assert "63,738.36" == price(Decimal("63738.36"), 2, EN)


def test_what_is_beyond_a_column_is_a_power_of_ten() -> None:
    assert "1.000 × 10³⁰" == fixed(Decimal("1e30"), 2, EN)
    assert "−1,235 × 10⁻²⁰" == flexible(Decimal("-1.2345e-20"), 8, STYLES["de"])
    assert "1.000 × 10²⁰" == fixed(Decimal("99999999999999999999.9"), 2, EN)
