"""Domain values from short texts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from coinassay.domain.balance import Balance
from coinassay.domain.valuation import value
from coinassay.errors import ExchangeUnavailable
from coinassay.testing import bal, quotes_of, rates_of, reading_of

AT = datetime(2024, 9, 4, 12, tzinfo=UTC)


def d(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    ("text", "balance"),
    [
        ("2 BTC", Balance("BTC", "spot", d("2"), d("2"))),
        ("2 BTC, 0.5 locked", Balance("BTC", "spot", d("2"), d("1.5"), d("0.5"))),
        ("2 BTC, 0.5 free, 0.5 locked", Balance("BTC", "spot", d("2"), d("0.5"), d("0.5"))),
        ("1 ETH, 0.2 borrowed in margin", Balance("ETH", "margin", d("1"), d("1"), borrowed=d("0.2"))),
        ("-3 USDT, -1.25 unrealised in futures", Balance("USDT", "futures", d("-3"), d("-3"), unrealised=d("-1.25"))),
        (
            "5000 SATS in spot as 1000SATS x 1000",
            Balance("SATS", "spot", d("5000"), d("5000"), exchange_code="1000SATS", multiplier=d("1000")),
        ),
        ("1 BTC as LDBTC", Balance("BTC", "spot", d("1"), d("1"), exchange_code="LDBTC")),
        ("0.123456789012345678901234567890123 XYZ, 0.1 locked", None),
    ],
)
def test_a_balance_is_read_from_its_text(text: str, balance: Balance | None) -> None:
    if balance is None:
        assert d("0.023456789012345678901234567890123") == bal(text).free
    else:
        assert balance == bal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "BTC",
        "two BTC",
        "2  BTC",
        "2 BTC, locked",
        "2 BTC, 1 lost",
        "2 BTC, 1 locked, 1 locked",
        "2 BTC in",
        "2 BTC x 3",
        "nan BTC",
    ],
)
def test_a_text_that_is_no_balance_is_an_error(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError, Exception), match=r"not a|decimal number"):
        bal(text)


def test_a_reading_has_the_wallets_of_its_balances_the_empty_and_the_failed_ones() -> None:
    reading = reading_of(
        "2 BTC", "1 ETH in margin", "3 XRP", empty=("funding",), failed={"earn": ExchangeUnavailable()}
    )

    assert ["spot", "margin", "funding", "earn"] == [wallet.wallet for wallet in reading.wallets]
    assert [2, 1, 0, 0] == [len(wallet.balances) for wallet in reading.wallets]
    assert ["", "", "", "exchange_unavailable"] == [wallet.failure for wallet in reading.wallets]
    assert "The exchange did not answer." == reading.wallets[3].reason
    assert not reading.complete


def test_a_wallet_is_not_both_read_and_failed() -> None:
    with pytest.raises(ValueError, match="both read and failed"):
        reading_of("2 BTC", failed={"spot": ExchangeUnavailable()})


def test_rates_value_balances_exactly() -> None:
    rates = rates_of({"BTC": "63722.1"}, AT, refusals={"XYZ": "the spread is too wide"})

    valuation = value([bal("0.1 BTC"), bal("9 XYZ"), bal("5 USD")], rates)

    assert d("6377.21") == valuation.usd
    assert [(bal("9 XYZ"), "the spread is too wide")] == [(each.balance, each.reason) for each in valuation.unpriced]
    rate = rates.rates["BTC"]
    assert [("BTC", "USD", d("63722.1"), "scripted", AT)] == [
        (leg.from_, leg.to, leg.price, leg.source, leg.at) for leg in rate.legs
    ]
    assert () == rates.rates["USD"].legs


def test_quotes_have_the_parts_they_are_given() -> None:
    [quote, dead] = quotes_of({"BTC/USDT": "bid 63700, ask 63701.5, volume 12", "BTC/TUSD": "last 209847"}, AT)

    assert ("BTC", "USDT", d("63700"), d("63701.5"), None, d("12")) == (
        quote.base,
        quote.quote,
        quote.bid,
        quote.ask,
        quote.last,
        quote.volume,
    )
    assert (None, None, d("209847")) == (dead.bid, dead.ask, dead.last)


@pytest.mark.parametrize("quotes", [{"BTCUSDT": "last 1"}, {"BTC/USDT": "price 1"}, {"BTC/USDT": "last 1, last 2"}])
def test_a_text_that_is_no_quote_is_an_error(quotes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="not a"):
        quotes_of(quotes)
