"""Which quotes count, and the words for those that do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.money import exact
from coinassay.domain.quotes import Edge, Graph, usable
from coinassay.domain.rates import Quote
from coinassay.testing import quotes_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECENT = NOW - timedelta(hours=23)


def judged(text: str, at: datetime | None = None) -> Decimal | str:
    (quote,) = quotes_of({"ABC/USD": text}, at)
    return usable(quote, NOW)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("bid 99, ask 101", "100"),
        ("bid 100, ask 100", "100"),
        ("bid 95, ask 105", "100"),  # a spread of exactly 10 %
        ("bid 0.00000001, ask 0.00000001", "0.00000001"),
        ("bid 63700.01, ask 63700.02, last 1", "63700.015"),
    ],
)
def test_bid_and_ask_count_whatever_their_age(text: str, price: str) -> None:
    assert Decimal(price) == judged(text) == judged(text, NOW - timedelta(days=400))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("bid 100, ask 125.9", "spread 23 %"),
        ("bid 94, ask 105", "spread 11 %"),
        ("bid 94.8, ask 105", "spread 10.21 %"),
        ("bid 94.9999999, ask 105", "just over 10 %"),
        ("bid 1, ask 1000000", "spread 200 %"),
        ("bid 101, ask 100", "bid above ask"),
        ("bid 101, ask 100, last 100.5, volume 10", "bid above ask"),
        ("", "no price"),
        ("bid 1e40, ask 1e40", "its price is absurd"),
        ("bid 1e-40, ask 1e-40", "its price is absurd"),
    ],
)
def test_a_book_that_says_nothing_is_refused_in_words(text: str, reason: str) -> None:
    assert reason in str(judged(text, RECENT))
    assert isinstance(judged(text, RECENT), str)


def test_a_market_that_could_not_be_asked_says_so() -> None:
    quote = Quote("ABC", "USD", "x", None, failure="The exchange did not answer.")
    assert "could not be asked: The exchange did not answer." == usable(quote, NOW)
    assert Graph("x", [quote], NOW).missed
    assert not Graph("x", quotes_of({"ABC/USD": "bid 1, ask 1"}), NOW).missed


@pytest.mark.parametrize("book", ["", "bid 0, ask 0, ", "bid 10, ", "ask 10, ", "bid 0, ask 5, ", "bid -1, ask 3, "])
def test_a_last_price_alone_counts_when_it_was_traded_within_a_day(book: str) -> None:
    assert Decimal("9.5") == judged(f"{book}last 9.5, volume 0.001", RECENT)
    assert Decimal("9.5") == judged(f"{book}last 9.5, volume 1", NOW - timedelta(hours=24))


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("last 209847, volume 3", NOW - timedelta(days=40, hours=3), "last trade is 40 days old"),
        ("last 209847, volume 3", NOW - timedelta(hours=24, seconds=1), "last trade is 24 hours old"),
        ("last 209847, volume 3", NOW - timedelta(hours=47), "last trade is 47 hours old"),
        ("last 209847, volume 3", None, "no bid and ask, and the last trade has no time"),
        ("last 209847, volume 0", RECENT, "nothing traded in 24 h"),
        ("last 209847", RECENT, "no bid and ask, and the volume of 24 h is not known"),
        ("last 209847, volume 3", NOW + timedelta(days=1), "last trade lies in the future"),
        ("last 0, volume 3", RECENT, "its last price is not above zero"),
        ("last -5, volume 3", RECENT, "its last price is not above zero"),
        ("last 1e35, volume 3", RECENT, "its price is absurd"),
        ("bid 0, ask 0", RECENT, "no price"),
    ],
)
def test_an_old_or_untraded_last_price_is_refused_in_words(text: str, at: datetime | None, reason: str) -> None:
    """A dead pair keeps its last price for ever: one priced BTC at 209,847."""
    assert reason == judged(text, at)


@pytest.mark.parametrize("rubbish", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_no_price(rubbish: str) -> None:
    number = Decimal(rubbish)
    assert "no price" == usable(Quote("A", "USD", "x", RECENT, bid=number, ask=number), NOW)
    assert isinstance(usable(Quote("A", "USD", "x", RECENT, last=number, volume=Decimal(1)), NOW), str)
    assert "nothing traded in 24 h" == usable(Quote("A", "USD", "x", RECENT, last=Decimal(1), volume=number), NOW)


prices = st.decimals("1e-12", "1e9", allow_nan=False, allow_infinity=False, places=12)


@given(prices, prices)
def test_a_price_lies_between_bid_and_ask_at_most_five_per_cent_away(bid: Decimal, ask: Decimal) -> None:
    price = usable(Quote("A", "USD", "x", None, bid=bid, ask=ask), NOW)
    with exact():
        if isinstance(price, Decimal):
            assert bid <= price <= ask
            assert ask <= price * Decimal("1.05")
        else:
            assert bid > ask or (ask - bid) * 20 > (ask + bid)


# ----------------------------------------------------------------------------------------------- the graph


def graph(quotes: dict[str, str], source: str = "here") -> Graph:
    return Graph(source, quotes_of(quotes, source=source), NOW)


def edge(graph: Graph, a: str, b: str) -> Edge:
    found = graph.edge(a, b)
    assert isinstance(found, Edge)
    return found


def test_a_market_is_used_in_both_directions() -> None:
    here = graph({"BTC/TRY": "bid 3, ask 3"})
    direct, inverse = edge(here, "BTC", "TRY").leg, edge(here, "TRY", "BTC").leg
    assert (Decimal(3), False) == (direct.price, direct.inverted)
    assert ("0." + 60 * "3", True) == (str(inverse.price), inverse.inverted)
    assert ("TRY", "BTC", "here", NOW) == (inverse.from_, inverse.to, inverse.source, inverse.at)


@given(prices)
def test_there_and_back_is_where_one_began(price: Decimal) -> None:
    here = Graph("here", [Quote("A", "B", "here", None, bid=price, ask=price)], NOW)
    with exact():
        product = edge(here, "A", "B").leg.price * edge(here, "B", "A").leg.price
        assert abs(product - 1) < Decimal("1E-58")


def test_the_time_is_the_exchanges_own_where_it_says_it() -> None:
    said = Graph("here", quotes_of({"A/B": "bid 1, ask 1"}, RECENT), NOW)
    assert RECENT == edge(said, "A", "B").leg.at


def test_of_two_markets_of_a_pair_the_tighter_one_counts() -> None:
    here = graph({"A/B": "bid 98, ask 102", "B/A": "bid 0.0099, ask 0.0099"})
    assert edge(here, "A", "B").leg.inverted
    assert not edge(here, "B", "A").leg.inverted
    twice = Graph("here", quotes_of({"A/B": "bid 95, ask 105"}) + quotes_of({"A/B": "bid 99, ask 99"}), NOW)
    assert Decimal(99) == edge(twice, "A", "B").leg.price
    last = Graph("here", quotes_of({"B/A": "last 2, volume 1"}, RECENT) + quotes_of({"A/B": "bid 9, ask 9.5"}), NOW)
    assert Decimal("9.25") == edge(last, "A", "B").leg.price


def test_an_unusable_market_says_why_and_which_it_is() -> None:
    here = graph({"A/B": "bid 1, ask 2"})
    assert "spread 67 % (A/B)" == here.edge("A", "B") == here.edge("B", "A")
    assert here.edge("A", "C") is None
    assert here.beside("B", "A")
    assert not here.beside("A", "C")


def test_what_is_in_the_graph() -> None:
    here = graph({"A/B": "", "C/B": "", "D/D": "bid 1, ask 1"})
    assert [True, True, True, False] == [code in here for code in "ABCD"]
    assert 2 == len(here)
    assert {"B"} == here.currencies
    assert ["B"] == list(here.quoted_in("A"))
    assert [] == list(here.quoted_in("B"))
