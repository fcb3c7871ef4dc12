"""Ways to a dollar: which one is taken, what is never done, and what is said when there is none."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.domain.money import CONTEXT, ONE, divide, exact
from coinassay.domain.quotes import Graph
from coinassay.domain.rates import ASSUMED_PEG, MAX_LEGS, Quote, Rate
from coinassay.domain.routing import Router, Rules, Unit
from coinassay.testing import quotes_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEGS = {"USDT": "USD", "USDC": "USD"}
CASH = {"USD", "USDT", "USDC", "EUR", "TRY"}


def graph(quotes: Mapping[str, str], source: str = "home") -> Graph:
    """A bare number stands for a market with that bid and ask."""
    texts = {symbol: text if " " in text or not text else f"bid {text}, ask {text}" for symbol, text in quotes.items()}
    return Graph(source, quotes_of(texts, source=source), NOW)


def rules(*, doubtful: str = "", pegs: Mapping[str, str] = PEGS) -> Rules:
    """Every code is certain but the `doubtful` ones ("CODE" anywhere, "SOURCE:CODE" there)."""
    names = doubtful.split()
    return Rules(pegs, lambda source, code: code not in names and f"{source}:{code}" not in names, CASH.__contains__)


def router(own: Mapping[str, str], *others: Mapping[str, str], rules: Rules | None = None) -> Router:
    names = ("first", "second", "third")
    return Router(graph(own), [graph(each, name) for each, name in zip(others, names, strict=False)], rules or RULES)


RULES = rules()


def rate(own: Mapping[str, str], *others: Mapping[str, str], of: str = "ABC", by: Rules | None = None) -> Rate:
    found = router(own, *others, rules=by).find_rate(of)
    assert isinstance(found, Rate), found
    return found


def way(rate: Rate) -> str:
    """ABC > USDT@home > USD@first; ~ before a leg that is turned round."""
    return " > ".join([rate.asset, *(f"{'~' if leg.inverted else ''}{leg.to}@{leg.source}" for leg in rate.legs)])


# ------------------------------------------------------------------------------------------------- which way


@pytest.mark.parametrize(
    ("own", "taken", "price"),
    [
        ({"ABC/USD": "2"}, "ABC > USD@home", "2"),
        ({"ABC/USDT": "2", "USDT/USD": "0.99"}, "ABC > USDT@home > USD@home", "1.98"),
        ({"ABC/BTC": "0.1", "BTC/USDT": "10", "USDT/USD": "0.5"}, "ABC > BTC@home > USDT@home > USD@home", "0.50"),
        ({"BTC/ABC": "4", "BTC/USD": "8"}, "ABC > ~BTC@home > USD@home", "2.00"),
        # fewest legs, even over a worse known currency
        ({"ABC/TRY": "8", "TRY/USD": "0.25", "ABC/BTC": "9", "BTC/USDT": "1"}, "ABC > TRY@home > USD@home", "2.00"),
        # the better known currency at the same number of legs
        ({"ABC/BTC": "1", "BTC/USD": "7", "ABC/EUR": "1", "EUR/USD": "6"}, "ABC > EUR@home > USD@home", "6"),
        ({"ABC/ZZZ": "1", "ZZZ/USD": "7", "ABC/YYY": "1", "YYY/USD": "6"}, "ABC > YYY@home > USD@home", "6"),
        # a market before an assumed peg at the same number of legs
        ({"ABC/USDT": "1", "ABC/BTC": "1", "BTC/USD": "6"}, "ABC > BTC@home > USD@home", "6"),
        # a peg where nothing prices the currency
        ({"ABC/USDT": "3"}, "ABC > USDT@home > USD@assumed peg", "3"),
        # an unusable market is not there
        ({"ABC/USD": "bid 1, ask 9", "ABC/EUR": "2", "EUR/USD": "1.5"}, "ABC > EUR@home > USD@home", "3.0"),
    ],
)
def test_the_way_taken(own: dict[str, str], taken: str, price: str) -> None:
    found = rate(own)
    assert taken == way(found)
    assert Decimal(price) == found.price


def test_a_dollar_is_a_dollar() -> None:
    assert Rate("USD", "USD", ONE) == router({}).find_rate("USD")


def test_a_stablecoin_is_priced_by_its_market_and_not_assumed_to_be_a_dollar() -> None:
    assert "USDT > USD@home" == way(rate({"USDT/USD": "0.97"}, of="USDT"))
    assert "USDT > EUR@home > USD@home" == way(rate({"USDT/EUR": "0.9", "EUR/USD": "1.1"}, of="USDT"))
    assert "USDT > USD@first" == way(rate({"BTC/USDT": "60000"}, {"USDT/USD": "0.97"}, of="USDT"))
    assumed = rate({"BTC/USDT": "60000"}, of="USDT")
    assert ("USDT > USD@assumed peg", True, None) == (way(assumed), assumed.assumed_peg, assumed.legs[0].at)


def test_a_peg_is_not_assumed_of_what_a_market_prices_otherwise() -> None:
    """ABC could take two legs with the peg; USDT has a market, so the way over it has three."""
    own = {"ABC/USDT": "1", "USDT/EUR": "0.5", "EUR/USD": "1"}
    assert "ABC > USDT@home > EUR@home > USD@home" == way(rate(own))
    # ... unless that market is out of reach: four legs are too many, and the peg is better than nothing.
    own = {"ABC/BTC": "1", "BTC/USDT": "1", "USDT/EUR": "0.5", "EUR/USD": "1"}
    assert "ABC > BTC@home > USDT@home > USD@assumed peg" == way(rate(own))


def test_what_is_not_known_to_be_pegged_is_not_pegged() -> None:
    for code in ("EURT", "USTC", "XYZUSD"):
        assert isinstance(router({f"ABC/{code}": "1"}).find_rate("ABC"), str)
        assert isinstance(router({f"ABC/{code}": "1"}).find_rate(code), str)


def test_a_peg_to_something_else_than_a_dollar() -> None:
    by = rules(pegs={"BETH": "ETH"})
    assert "BETH > ETH@assumed peg > USD@home" == way(rate({"ETH/USD": "2000"}, of="BETH", by=by))
    assert "BETH > ETH@home > USD@home" == way(rate({"BETH/ETH": "0.98", "ETH/USD": "2000"}, of="BETH", by=by))


def test_three_legs_and_no_more() -> None:
    own = {"ABC/ETH": "1", "ETH/BTC": "1", "BTC/EUR": "1", "EUR/USD": "1"}
    assert "home: no market leads to USD in 3 steps" == router(own).find_rate("ABC")
    assert "ETH > BTC@home > EUR@home > USD@home" == way(rate(own, of="ETH"))


# ---------------------------------------------------------------------------------------------- other sources


def test_the_own_exchange_comes_first() -> None:
    own = {"ABC/BTC": "1", "BTC/EUR": "1", "EUR/USD": "2"}
    assert Decimal(2) == rate(own, {"ABC/USD": "5", "BTC/USD": "5", "EUR/USD": "5"}).price


def test_another_source_gives_the_last_leg_from_a_stablecoin_or_fiat_currency() -> None:
    own = {"ABC/USDT": "2", "DEF/TRY": "30"}
    there = {"USDT/USD": "0.999", "TRY/USD": "0.03", "ABC/USD": "7"}
    assert "ABC > USDT@home > USD@first" == way(rate(own, there))
    assert "DEF > TRY@home > USD@first" == way(rate(own, there, of="DEF"))


def test_the_first_source_that_has_a_usable_price_is_taken() -> None:
    own = {"ABC/USDT": "2"}
    assert "ABC > USDT@home > USD@first" == way(rate(own, {"USDT/USD": "0.9"}, {"USDT/USD": "0.8"}))
    assert "ABC > USDT@home > USD@second" == way(rate(own, {"USDT/USD": "bid 1, ask 2"}, {"USDT/USD": "0.8"}))
    assert "ABC > USDT@home > USD@assumed peg" == way(rate(own, {"BTC/USD": "1"}))


def test_an_asset_the_own_exchange_does_not_price_is_priced_elsewhere() -> None:
    assert "ABC > USD@first" == way(rate({}, {"ABC/USD": "5"}))
    assert "ABC > BTC@home > USD@first" == way(rate({"ABC/BTC": "2"}, {"BTC/USD": "5"}))
    # as few foreign legs as there may be, even over a worse known currency
    there = {"BTC/USD": "5", "ABC/USDT": "1", "USDT/USD": "1"}
    assert "ABC > BTC@home > USD@first" == way(rate({"ABC/BTC": "2"}, there))
    assert "ABC > BTC@first > USDT@home > USD@second" == way(
        rate({"BTC/USDT": "3"}, {"ABC/BTC": "2"}, {"USDT/USD": "1"})
    )


def test_the_own_exchange_with_a_peg_comes_before_another_coin_of_the_same_code() -> None:
    assert "ABC > USDT@home > USD@assumed peg" == way(rate({"ABC/USDT": "2"}, {"ABC/USD": "5"}))


@pytest.mark.parametrize("doubtful", ["ABC", "home:ABC", "first:ABC"])
def test_no_price_of_another_source_for_a_code_that_may_be_another_coin_there(doubtful: str) -> None:
    found = router({}, {"ABC/USD": "5"}, rules=rules(doubtful=doubtful)).find_rate("ABC")
    assert isinstance(found, str)


@pytest.mark.parametrize("doubtful", ["BTC", "home:BTC", "first:BTC"])
def test_no_way_through_a_currency_that_may_be_another_coin_there(doubtful: str) -> None:
    own, there = {"ABC/BTC": "2"}, {"BTC/USD": "5"}
    assert isinstance(router(own, there, rules=rules(doubtful=doubtful)).find_rate("ABC"), str)
    inside = {"ABC/BTC": "2", "BTC/USD": "4"}  # within one exchange it is the same coin, whichever that is
    assert Decimal(8) == rate(inside, by=rules(doubtful=doubtful)).price


def test_a_doubtful_asset_is_priced_by_its_own_exchange() -> None:
    """The other sources help with what it is quoted in, and say nothing of the asset itself."""
    find = router(
        {"ABC/USDT": "2", "DEF/BTC": "3"},
        {"USDT/USD": "0.5", "BTC/USD": "4", "ABC/USD": "9", "DEF/USD": "9", "GHI/USD": "9"},
        rules=rules(doubtful="home:ABC home:DEF home:GHI"),
    ).find_rate
    ways = [way(found) for code in ("ABC", "DEF") if isinstance(found := find(code), Rate)]
    assert ["ABC > USDT@home > USD@first", "DEF > BTC@home > USD@first"] == ways
    assert "no market at home; prices from elsewhere are not used: GHI may be another coin there" == find("GHI")


# ------------------------------------------------------------------------------------------- units, inversion


def test_a_market_in_thousands() -> None:
    found = router({"1000SATS/USD": "0.3"}).find_rate("SATS", (Unit("1000SATS", Decimal(1000)), Unit("SATS")))
    assert isinstance(found, Rate)
    (leg,) = found.legs
    assert ("SATS", "USD", Decimal("0.0003"), Decimal("0.0003")) == (leg.from_, leg.to, leg.price, found.price)


def test_the_first_unit_with_a_way_is_taken() -> None:
    own = router({"DOT/USD": "5", "DOT.S/USD": "bid 1, ask 9", "LDX/USD": "3"})
    for units, price in [
        ((Unit("DOT.S"), Unit("DOT")), "5"),
        ((Unit("LDX"), Unit("DOT")), "3"),
        ((Unit("DOT"), Unit("LDX")), "5"),
    ]:
        found = own.find_rate("DOT", units)
        assert isinstance(found, Rate)
        assert Decimal(price) == found.price
        assert "DOT" == found.legs[0].from_


def test_an_inverse_market_is_turned_round_to_60_digits() -> None:
    found = rate({"USD/ABC": "3"})
    assert "ABC > ~USD@home" == way(found)
    assert divide(ONE, Decimal(3)) == found.price


# --------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("own", "others", "words"),
    [
        ({}, [], "no market at home"),
        ({"ABC/USDT": "bid 1, ask 2"}, [], "home: spread 67 % (ABC/USDT)"),
        ({"ABC/USD": "bid 2, ask 1", "ABC/EUR": ""}, [], "home: bid above ask (ABC/USD)"),
        ({"ABC/XYZ": "1"}, [], "home: no market leads to USD in 3 steps"),
        ({}, [{}], "no market at home; no market at first"),
        ({}, [{"ABC/BTC": ""}], "no market at home; first: no price (ABC/BTC)"),
    ],
)
def test_why_there_is_no_rate(own: dict[str, str], others: list[dict[str, str]], words: str) -> None:
    assert words == router(own, *others).find_rate("ABC")


# ------------------------------------------------------------------------------------------------- properties

codes = st.sampled_from(["ABC", "USD", "USDT", "USDC", "EUR", "BTC", "ETH", "TRY", "DEF"])
prices = st.decimals("1e-6", "1e6", allow_nan=False, allow_infinity=False, places=6)
widths = st.sampled_from(["1", "1.0001", "1.05", "1.2", "0.9"])
quotes = st.lists(st.tuples(codes, codes, prices, widths), max_size=25)


def as_quotes(drawn: list[tuple[str, str, Decimal, str]], source: str) -> list[Quote]:
    return [
        Quote(base, quote, source, None, bid=price, ask=CONTEXT.multiply(price, Decimal(width)))
        for base, quote, price, width in {(each[0], each[1]): each for each in drawn}.values()
    ]


@given(quotes, quotes, st.randoms(use_true_random=False))
def test_the_order_of_the_quotes_does_not_matter(
    own: list[tuple[str, str, Decimal, str]], other: list[tuple[str, str, Decimal, str]], shuffle: random.Random
) -> None:
    first, second = as_quotes(own, "home"), as_quotes(other, "first")
    one = Router(Graph("home", first, NOW), [Graph("first", second, NOW)], RULES)
    shuffle.shuffle(first)
    shuffle.shuffle(second)
    two = Router(Graph("home", first, NOW), [Graph("first", second, NOW)], RULES)
    for code in ("BTC", "ABC", "TRY"):
        assert one.find_rate(code) == two.find_rate(code)


@given(quotes, quotes)
def test_every_rate_is_the_product_of_a_connected_way_of_at_most_three_legs(
    own: list[tuple[str, str, Decimal, str]], other: list[tuple[str, str, Decimal, str]]
) -> None:
    home, first = Graph("home", as_quotes(own, "home"), NOW), Graph("first", as_quotes(other, "first"), NOW)
    found = Router(home, [first], RULES).find_rate("ABC")
    if isinstance(found, str):
        assert found
        return
    assert 1 <= len(found.legs) <= MAX_LEGS
    assert "USD" == found.legs[-1].to
    here, product = "ABC", ONE
    for leg in found.legs:
        assert here == leg.from_
        here = leg.to
        product = CONTEXT.multiply(product, leg.price)
        assert leg.price > 0
        if leg.source == ASSUMED_PEG:
            assert (PEGS[leg.from_], ONE) == (leg.to, leg.price)
    assert len({"ABC", *(leg.to for leg in found.legs)}) == len(found.legs) + 1
    assert product == found.price


@given(quotes)
def test_what_the_own_exchange_prices_by_markets_no_other_source_changes(
    own: list[tuple[str, str, Decimal, str]],
) -> None:
    home = Graph("home", as_quotes(own, "home"), NOW)
    alone = Router(home, (), RULES).find_rate("ABC")
    if isinstance(alone, Rate) and not alone.assumed_peg:
        other = graph({f"{code}/USD": "777" for code in ("ABC", "BTC", "USDT", "EUR")}, "first")
        assert alone == Router(home, [other], RULES).find_rate("ABC")


@given(prices, prices)
def test_a_product_of_two_legs_is_exact(first: Decimal, second: Decimal) -> None:
    found = Router(
        Graph(
            "home",
            [
                Quote("ABC", "EUR", "home", None, bid=first, ask=first),
                Quote("EUR", "USD", "home", None, bid=second, ask=second),
            ],
            NOW,
        )
    ).find_rate("ABC")
    assert isinstance(found, Rate)
    with exact():
        assert first * second == found.price
