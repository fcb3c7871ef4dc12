"""How numbers are written for people: grouped and with the decimal sign of their language. Decimal only, no float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from coinassay.domain.money import SHOWN, ZERO, plain, rounded

NARROW = "\u202f"
SPACE = "\u00a0"
MINUS = "\u2212"
PLUS = "+"

LARGEST_PLAIN = 15
"""Digits before the point up to which a number is written out; beyond, a column could not hold it."""
SMALLEST_PLAIN = 12
"""Decimals up to which a small number is written out."""
TINY_DIGITS = 4
"""Significant digits of what is too small for its places."""


@dataclass(frozen=True, slots=True, eq=False)
class NumberStyle:
    """How a language writes numbers, after the Unicode CLDR. Compared by identity: it is in the key of everything that
    is kept below."""

    group: str
    point: str
    percent: str = "{}%"
    ungrouped: int = 3
    """Digits before the point up to which nothing is grouped."""
    money: str = "{symbol}{number}"


_COMMA, _DOT = NumberStyle(",", "."), NumberStyle(".", ",", money=f"{{number}}{SPACE}{{symbol}}")
STYLES: dict[str, NumberStyle] = {
    "en": _COMMA,
    "zh": _COMMA,
    "de": NumberStyle(".", ",", f"{{}}{SPACE}%", money=_DOT.money),
    "es": NumberStyle(".", ",", f"{{}}{SPACE}%", 4, _DOT.money),
    "fr": NumberStyle(NARROW, ",", f"{{}}{NARROW}%", money=_DOT.money),
    "it": NumberStyle(".", ",", "{}%", 4, _DOT.money),
    "pt": NumberStyle(".", ",", "{}%", money=f"{{symbol}}{SPACE}{{number}}"),
    "ru": NumberStyle(SPACE, ",", f"{{}}{SPACE}%", money=_DOT.money),
    "tr": NumberStyle(".", ",", "%{}", money="{symbol}{number}"),
}

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "KRW": "₩", "INR": "₹", "BRL": "R$", "TRY": "₺", "UAH": "₴"}
"""Only where nobody can take it for another currency's."""

WHOLE = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "HUF", "IDR", "COP", "PYG", "UGX"})
"""Currencies whose smallest part nobody uses."""

# An amount is written in a table, beside the chart, and on the next page again. Equal numbers are written equally.
_kept = lru_cache(maxsize=16384)

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@lru_cache(maxsize=256)
def style_of(locale: str) -> NumberStyle:
    return STYLES.get(locale.partition("-")[0], _COMMA)


def places_of(currency: str, *, fiat: bool) -> int:
    """Decimals an amount of money is shown with."""
    if not fiat:
        return 8
    return 0 if currency in WHOLE else 2


@_kept
def fixed(value: Decimal, places: int, style: NumberStyle) -> str:
    """`value` half-up with exactly `places` decimals; what does not fit a column as a power of ten.

    >>> fixed(Decimal("-1234.565"), 2, STYLES["en"]), fixed(Decimal("1E+30"), 2, STYLES["de"])
    ('−1,234.57', '1,000 × 10³⁰')
    """
    if value.adjusted() >= LARGEST_PLAIN:
        return _power(value, style)
    shown = rounded(value, places)
    digits = plain(shown.copy_abs())
    whole, _, rest = digits.partition(".")
    rest = rest.ljust(places, "0")[:places]
    return _signed(shown) + grouped(whole, style) + (style.point + rest if places else "")


@_kept
def flexible(value: Decimal, places: int, style: NumberStyle) -> str:
    """`value` with at most `places` decimals and no zeros at the end. What would be 0 there, and is not, keeps its
    first significant digits.

    >>> flexible(Decimal("5200.50"), 8, STYLES["en"]), flexible(Decimal("0.00000000012345"), 8, STYLES["en"])
    ('5,200.5', '0.0000000001235')
    """
    if value.adjusted() >= LARGEST_PLAIN:
        return _power(value, style)
    if value and value.adjusted() < -places:
        places = TINY_DIGITS - 1 - value.adjusted()
        if places > SMALLEST_PLAIN + TINY_DIGITS - 1:
            return _power(value, style)
    shown = rounded(value, places)
    whole, _, rest = plain(shown.copy_abs()).partition(".")
    rest = rest.rstrip("0")
    return _signed(shown) + grouped(whole, style) + (style.point + rest if rest else "")


@_kept
def price(value: Decimal, places: int, style: NumberStyle) -> str:
    """Like `fixed`, but what is below 1 shows four significant digits: prices range over many powers of ten."""
    if value and value.adjusted() < -SMALLEST_PLAIN:
        return _power(value, style)
    if value and value.adjusted() < 0:
        return flexible(value, max(places, TINY_DIGITS - 1 - value.adjusted()), style)
    return fixed(value, places, style)


@_kept
def percent(value: Decimal, style: NumberStyle, *, signed: bool = False, places: int = 2) -> str:
    shown = rounded(value, places) if value.adjusted() < LARGEST_PLAIN else value
    text = style.percent.format(fixed(shown.copy_abs(), places, style))
    sign = MINUS if shown < 0 else PLUS if signed and shown > 0 else ""
    return sign + text


@_kept
def money(value: Decimal, currency: str, places: int, style: NumberStyle, *, signed: bool = False) -> str:
    """With the currency's sign, or its code where no sign is its own."""
    number = fixed(value.copy_abs(), places, style)
    nothing = number == fixed(ZERO, places, style)
    sign = "" if nothing else MINUS if value < 0 else PLUS if signed else ""
    symbol = SYMBOLS.get(currency)
    if symbol is None:
        return f"{sign}{number}{SPACE}{currency}"
    return sign + style.money.format(symbol=symbol, number=number)


def exact(value: Decimal) -> str:
    """Every digit, as a program reads it: what the pages give to whoever hovers or copies."""
    text = plain(value)
    return text.removesuffix(".0")


def _signed(shown: Decimal) -> str:
    return MINUS if shown < 0 else ""


def grouped(whole: str, style: NumberStyle) -> str:
    """The digits before the point, with the language's mark between the thousands."""
    if len(whole) <= style.ungrouped:
        return whole
    first = len(whole) % 3 or 3
    return style.group.join([whole[:first], *(whole[n : n + 3] for n in range(first, len(whole), 3))])


def _power(value: Decimal, style: NumberStyle) -> str:
    """Three decimals times a power of ten."""
    exponent = value.adjusted()
    factor = rounded(SHOWN.scaleb(value.copy_abs(), -exponent), 3)
    if factor.adjusted() > 0:  # 9.9996
        exponent, factor = exponent + 1, Decimal("1.000")
    text = format(factor, "f").replace(".", style.point)
    return f"{_signed(value)}{text} × 10{str(exponent).translate(_SUPERSCRIPTS)}"
