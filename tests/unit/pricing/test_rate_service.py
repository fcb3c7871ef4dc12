"""Rates for what an account holds: whom they come from, and what is said when there are none."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from coinassay.domain.balance import Balance
from coinassay.domain.market import Market
from coinassay.domain.rates import DAILY_CLOSE, Quote, Rate, RateBook
from coinassay.errors import ExchangeError, ExchangeUnavailable, NotSupportedByExchange
from coinassay.pricing.book import PAPER_REST, RateService
from coinassay.pricing.catalogue import BundledCatalogue
from coinassay.testing import ScriptedQuotes, bal, quotes_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CATALOGUE = BundledCatalogue()
FILLING = {f"FILLING{n}/FILLING": "bid 1, ask 1" for n in range(20)}
"""Makes an answer look like all quotes of an exchange."""


def market(exchange_id: str) -> Market:
    return Market(exchange_id, exchange_id, exchange_id.title(), exchange_id, exchange_id, ("spot",), ())


def listed(prices: Mapping[str, str], source: str) -> Sequence[Quote]:
    """A bare number stands for a market with that bid and ask."""
    texts = {symbol: text if " " in text else f"bid {text}, ask {text}" for symbol, text in prices.items()}
    return quotes_of(texts | FILLING, source=source)


class World:
    """A rate service over exchanges that answer what they are told to."""

    def __init__(self, exchanges: Mapping[str, Mapping[str, str] | ExchangeError], **options: Any) -> None:
        self.now = NOW
        self.source = ScriptedQuotes(default=ExchangeUnavailable("nobody home"))
        for exchange_id, answer in exchanges.items():
            self.script(exchange_id, answer)
        self.service = RateService(self.source, CATALOGUE, lambda: self.now, **options)

    def script(self, exchange_id: str, *answers: Mapping[str, str] | ExchangeError, delay: float = 0) -> None:
        texts = [each if isinstance(each, ExchangeError) else listed(each, exchange_id) for each in answers]
        self.source.script(exchange_id, *texts, delay=delay)

    async def book(self, exchange_id: str, *balances: str | Balance, timeout: float = 5) -> RateBook:
        held = [bal(each) if isinstance(each, str) else each for each in balances]
        return await self.service.fetch_rates(market(exchange_id), held, timeout)

    @property
    def calls(self) -> Counter[str]:
        return self.source.calls


def way(rate: Rate | None) -> str:
    assert rate is not None
    return " > ".join([rate.asset, *(f"{leg.to}@{leg.source}" for leg in rate.legs)])


# ------------------------------------------------------------------------------------------- the own exchange

BINANCE = {"BTC/USDT": "60000", "ETH/USDT": "2500", "BNB/BTC": "0.01", "1000SATS/USDT": "0.2", "EUR/USDT": "1.1"}
KRAKEN = {"BTC/USD": "60010", "USDT/USD": "0.999", "EUR/USD": "1.09", "DOT/USD": "5", "ETH/USD": "2501"}


async def test_prices_come_from_the_own_exchange() -> None:
    world = World({"kraken": KRAKEN, "binance": BINANCE}, fallbacks=["binance"])
    book = await world.book("kraken", "1 ETH", "2 USD", "3 EUR")
    assert {"BTC": "60010", "ETH": "2501", "USD": "1", "EUR": "1.09"} == {
        asset: f"{rate.price.normalize():f}" for asset, rate in book.rates.items()
    }
    assert Counter({"kraken": 1}) == world.calls, "no other source is asked where none is needed"
    assert NOW == book.as_of


async def test_each_leg_says_where_and_when() -> None:
    book = await World({"kraken": KRAKEN}).book("kraken", "1 ETH")
    (leg,) = book.rates["ETH"].legs
    assert ("ETH", "USD", Decimal(2501), "kraken", NOW, False) == (
        leg.from_,
        leg.to,
        leg.price,
        leg.source,
        leg.at,
        leg.inverted,
    )


async def test_bitcoin_is_always_in_the_book() -> None:
    assert Decimal(60010) == (await World({"kraken": KRAKEN}).book("kraken")).rates["BTC"].price
    elsewhere = World({"bitso": {"MXN/USD": "0.05"}, "kraken": KRAKEN}, fallbacks=["kraken"])
    assert "BTC > USD@kraken" == way((await elsewhere.book("bitso", "1 MXN")).get("BTC"))
    nowhere = await World({"bitso": {"MXN/USD": "0.05"}}).book("bitso", "1 MXN")
    assert None is nowhere.get("BTC")
    assert "no market at bitso" == nowhere.why_not("BTC")


async def test_a_stablecoin_is_not_a_dollar() -> None:
    alone = await World({"binance": BINANCE}).book("binance", "1 USDT", "1 ETH")
    assert "USDT > USD@assumed peg" == way(alone.get("USDT"))
    assert "ETH > USDT@binance > USD@assumed peg" == way(alone.get("ETH"))
    world = World({"binance": BINANCE, "kraken": KRAKEN}, fallbacks=["kraken"])
    book = await world.book("binance", "1 USDT", "1 ETH", "1 BNB", "1 EUR")
    assert "USDT > USD@kraken" == way(book.get("USDT"))
    assert "ETH > USDT@binance > USD@kraken" == way(book.get("ETH"))
    assert "BNB > BTC@binance > USDT@binance > USD@kraken" == way(book.get("BNB"))
    assert "EUR > USD@kraken" == way(book.get("EUR"))
    assert Decimal("2497.500") == book.rates["ETH"].price


async def test_the_exchanges_own_code_is_looked_up_first() -> None:
    binance = World({"binance": BINANCE | {"DOT/USDT": "5", "BETH/USDT": "2400", "LUNA/USDT": "0.4"}})
    book = await binance.book(
        "binance", "1000 SATS as 1000SATS x 1000", "1 DOT as LDDOT", "1 BETH as BETH", "1 LUNA as LDLUNA"
    )
    assert Decimal("0.0002") == book.rates["SATS"].price
    assert ("SATS", "USDT", Decimal("0.0002")) == (
        book.rates["SATS"].legs[0].from_,
        book.rates["SATS"].legs[0].to,
        book.rates["SATS"].legs[0].price,
    )
    assert Decimal(5) == book.rates["DOT"].price
    assert Decimal(2400) == book.rates["BETH"].price


async def test_the_assets_own_market_is_used_where_it_is_held_under_its_own_code_too() -> None:
    """One rate holds for all balances of an asset: that of a receipt must not price the coin itself."""
    world = World({"kraken": KRAKEN | {"DOT.S/USD": "4"}})
    assert Decimal(5) == (await world.book("kraken", "1 DOT", "2 DOT as DOT.S")).rates["DOT"].price
    assert Decimal(4) == (await world.book("kraken", "2 DOT as DOT.S")).rates["DOT"].price


async def test_staked_ether_without_a_market_is_taken_for_ether_and_marked() -> None:
    book = await World({"binance": BINANCE}).book("binance", "1 BETH", "1 WBETH", "1 BFUSD")
    assert "BETH > ETH@assumed peg > USDT@binance > USD@assumed peg" == way(book.get("BETH"))
    assert "BFUSD > USDT@assumed peg > USD@assumed peg" == way(book.get("BFUSD"))
    assert None is book.get("WBETH"), "it is worth more than an ether"
    elsewhere = await World({"kraken": KRAKEN}).book("kraken", "1 BETH")
    assert None is elsewhere.get("BETH")


# ------------------------------------------------------------------------------------- the same code elsewhere


async def test_a_coin_that_is_not_the_usual_one_is_never_priced_elsewhere() -> None:
    world = World(
        {"mexc": {"BTC/USDT": "1"}, "kraken": KRAKEN | {"GMT/USD": "9", "GMTTOKEN/USD": "9"}}, fallbacks=["kraken"]
    )
    book = await world.book("mexc", "1 GMT", "1 GMTTOKEN")
    assert "GMT > USD@kraken" == way(book.get("GMT"))
    assert "no market at mexc; prices from elsewhere are not used: GMTTOKEN may be another coin there" == book.why_not(
        "GMTTOKEN"
    )
    own = World({"mexc": {"GMTTOKEN/USDT": "2"}, "kraken": KRAKEN}, fallbacks=["kraken"])
    assert "GMTTOKEN > USDT@mexc > USD@kraken" == way((await own.book("mexc", "1 GMTTOKEN")).get("GMTTOKEN"))


@pytest.mark.parametrize("code", ["NEIRO", "G", "BOB", "NOSUCHCOIN"])
async def test_a_code_of_several_coins_is_never_priced_elsewhere(code: str) -> None:
    world = World({"binance": BINANCE, "kraken": KRAKEN | {f"{code}/USD": "9"}}, fallbacks=["kraken"])
    assert None is (await world.book("binance", f"1 {code}")).get(code)


async def test_a_route_does_not_lead_through_a_code_of_several_coins() -> None:
    world = World({"home": {"ABC/XBT": "2", "BTC/USD": "1"}, "mexc": {"XBT/USD": "9"}}, fallbacks=["mexc"])
    assert None is (await world.book("home", "1 ABC")).get("ABC")


# ------------------------------------------------------------------------------------------------ other sources


async def test_other_sources_are_asked_in_order_until_nothing_lacks() -> None:
    world = World(
        {
            "binance": BINANCE,
            "kraken": {"USDT/USD": "0.999"},
            "bitstamp": {"SOL/USD": "150"},
            "gemini": {"SOL/USD": "1"},
        },
        fallbacks=["kraken", "bitstamp", "gemini"],
    )
    await world.book("binance", "1 ETH")
    assert Counter({"binance": 1, "kraken": 1}) == world.calls
    book = await world.book("binance", "1 SOL")
    assert "SOL > USD@bitstamp" == way(book.get("SOL"))
    assert 0 == world.calls["gemini"]


async def test_the_same_rates_whether_or_not_another_source_was_asked_before() -> None:
    exchanges = {
        "binance": BINANCE,
        "kraken": KRAKEN,
        "bitstamp": {"USDT/USD": "0.5", "SOL/USD": "150", "ETH/USD": "1"},
    }
    world = World(exchanges, fallbacks=["kraken", "bitstamp"])
    before = (await world.book("binance", "1 ETH")).get("ETH")
    after = (await world.book("binance", "1 ETH", "1 SOL")).get("ETH")
    assert before == after


async def test_another_source_that_fails_is_only_a_reason() -> None:
    world = World({"binance": BINANCE}, fallbacks=["kraken"])
    book = await world.book("binance", "1 USDT", "1 SOL")
    assert "USDT > USD@assumed peg" == way(book.get("USDT"))
    assert "no market at binance; kraken could not be asked: nobody home" == book.why_not("SOL")


async def test_what_a_silent_source_might_have_priced_is_unreached() -> None:
    """Not what is priced without it, and not what it would not be asked for."""
    world = World({"binance": BINANCE}, fallbacks=["kraken"])
    book = await world.book("binance", "1 USDT", "1 SOL", "1 ETH", "1 NEIRO")
    assert {"SOL"} == book.unreached
    world = World({"binance": BINANCE, "kraken": KRAKEN}, fallbacks=["kraken"])
    book = await world.book("binance", "1 SOL")
    assert (None, frozenset()) == (book.get("SOL"), book.unreached)


@pytest.mark.parametrize(("own", "other"), [("kraken", "binance"), ("binance", "kraken")])
async def test_what_one_market_that_could_not_be_asked_might_have_priced_is_unreached(own: str, other: str) -> None:
    missed = Quote("SOL", "USD", "kraken", None, failure="it did not answer")
    world = World({"binance": BINANCE}, fallbacks=[other])
    world.source.script("kraken", [missed, *listed(KRAKEN, "kraken")])
    book = await world.book(own, "1 SOL", "1 ETH")
    assert {"SOL"} == book.unreached
    assert "kraken: could not be asked: it did not answer (SOL/USD)" in book.why_not("SOL")


async def test_prices_are_asked_for_ahead_of_the_balances() -> None:
    world = World({"kraken": KRAKEN})
    await world.service.prepare(market("kraken"), 5)
    assert "ETH > USD@kraken" == way((await world.book("kraken", "1 ETH")).get("ETH"))
    assert Counter({"kraken": 1}) == world.calls


async def test_that_prices_cannot_be_asked_for_is_said_where_they_are_needed() -> None:
    world = World({"kraken": ExchangeUnavailable("nobody home")})
    await world.service.prepare(market("kraken"), 5)
    await world.service.prepare(market("paper"), 5)
    with pytest.raises(ExchangeUnavailable, match="nobody home"):
        await world.book("kraken", "1 ETH")
    assert Counter({"kraken": 1}) == world.calls


async def test_another_source_never_takes_longer_than_there_is_time() -> None:
    world = World({"binance": BINANCE}, fallbacks=["kraken", "bitstamp"])
    world.script("kraken", KRAKEN, delay=30)
    world.script("bitstamp", {"USDT/USD": "0.9"}, delay=0.01)
    loop = asyncio.get_running_loop()
    started = loop.time()
    book = await world.book("binance", "1 USDT", timeout=0.2)
    assert loop.time() - started < 1
    assert "USDT > USD@bitstamp" == way(book.get("USDT"))
    await world.service.close()


async def test_the_own_exchange_is_not_asked_twice_as_another_source() -> None:
    world = World({"kraken": KRAKEN}, fallbacks=["kraken"])
    book = await world.book("kraken", "1 SOL")
    assert "no market at kraken" == book.why_not("SOL")
    assert Counter({"kraken": 1}) == world.calls


async def test_an_unusable_market_is_named() -> None:
    old = quotes_of({"ABC/USD": "last 5, volume 1"}, NOW - timedelta(days=40))
    world = World({})
    world.source.script("kraken", [*old, *listed(KRAKEN, "kraken")])
    book = await world.book("kraken", "1 ABC")
    assert "kraken: last trade is 40 days old (ABC/USD)" == book.why_not("ABC")


# ---------------------------------------------------------------------------------------- failures and sharing


async def test_without_the_own_exchange_there_are_no_rates() -> None:
    world = World({"binance": BINANCE}, fallbacks=["binance"])
    with pytest.raises(ExchangeUnavailable, match="nobody home"):
        await world.book("kraken", "1 ETH")


async def test_a_recent_answer_stands_in_while_the_exchange_is_out_of_reach() -> None:
    world = World({})
    world.script("kraken", KRAKEN, ExchangeUnavailable("nobody home"))
    first = await world.book("kraken", "1 ETH")
    world.now += timedelta(minutes=9)
    kept = await world.book("kraken", "1 ETH")
    assert first.rates == kept.rates
    assert NOW == kept.as_of, "the book says how old it is"
    assert NOW == kept.rates["ETH"].legs[0].at
    world.now += timedelta(minutes=2)
    with pytest.raises(ExchangeUnavailable):
        await world.book("kraken", "1 ETH")


async def test_an_exchange_without_public_prices_is_priced_elsewhere() -> None:
    world = World({"odd": NotSupportedByExchange(), "kraken": KRAKEN}, fallbacks=["kraken"])
    book = await world.book("odd", "1 ETH", "1 USD", "1 SOL")
    assert "ETH > USD@kraken" == way(book.get("ETH"))
    assert "odd has no public prices; no market at kraken" == book.why_not("SOL")


async def test_many_accounts_of_an_exchange_share_one_answer() -> None:
    world = World({}, fallbacks=["kraken"])
    world.script("binance", BINANCE, delay=0.02)
    world.script("kraken", KRAKEN, delay=0.02)
    books = await asyncio.gather(*(world.book("binance", "1 ETH", f"{n} USDT") for n in range(1, 101)))
    assert Counter({"binance": 1, "kraken": 1}) == world.calls
    assert all(book.rates["ETH"] is books[0].rates["ETH"] for book in books), "and the routes found in it"


async def test_new_quotes_give_new_rates() -> None:
    world = World({}, ttl_seconds=30)
    world.script("kraken", KRAKEN, KRAKEN | {"ETH/USD": "9"})
    assert Decimal(2501) == (await world.book("kraken", "1 ETH")).rates["ETH"].price
    world.now += timedelta(seconds=31)
    assert Decimal(9) == (await world.book("kraken", "1 ETH")).rates["ETH"].price
    assert 1 == len(world.service._routers["kraken"]), "old quotes are let go"


# -------------------------------------------------------------------------------------------- paper accounts


async def test_a_paper_account_is_priced_by_a_real_exchange() -> None:
    world = World({"kraken": KRAKEN}, paper_source="kraken")
    book = await world.book("paper", "0.1 BTC", "10000 USDT")
    assert "BTC > USD@kraken" == way(book.get("BTC"))
    assert "USDT > USD@kraken" == way(book.get("USDT"))
    assert not any(rate.stale_source for rate in book.rates.values())


async def test_the_next_exchange_that_can_be_reached_prices_it() -> None:
    world = World({"bitstamp": {"BTC/USD": "59000"}}, paper_source="kraken", fallbacks=["kraken", "bitstamp"])
    book = await world.book("paper", "1 BTC", "1 SOL")
    assert "BTC > USD@bitstamp" == way(book.get("BTC"))
    assert "no market at bitstamp; kraken could not be asked: nobody home" == book.why_not("SOL")


@pytest.mark.parametrize("options", [{}, {"paper_source": "kraken", "fallbacks": ["binance"]}])
async def test_without_one_it_is_priced_by_the_bundled_closes_and_marked(options: dict[str, Any]) -> None:
    world = World({}, **options)
    book = await world.book("paper", "0.1 BTC", "10000 USDT", "1 USDC", "1 PEPE", "1 USD")
    bitcoin, tether = book.rates["BTC"], book.rates["USDT"]
    assert bitcoin.stale_source
    assert (DAILY_CLOSE, datetime(2024, 12, 31, tzinfo=UTC)) == (bitcoin.legs[0].source, bitcoin.legs[0].at)
    assert (DAILY_CLOSE, datetime(2025, 5, 22, tzinfo=UTC)) == (tether.legs[0].source, tether.legs[0].at)
    assert book.rates["USDC"].assumed_peg
    assert book.why_not("PEPE").startswith("no exchange could be asked, and no daily close")
    assert NOW == book.as_of


async def test_a_paper_account_goes_back_to_live_prices_when_there_are_some() -> None:
    world = World({}, paper_source="kraken")
    world.script("kraken", ExchangeUnavailable("nobody home"), KRAKEN)
    assert (await world.book("paper", "1 BTC")).rates["BTC"].stale_source
    world.now += PAPER_REST
    book = await world.book("paper", "1 BTC")
    assert "BTC > USD@kraken" == way(book.get("BTC"))


async def test_a_source_that_did_not_answer_a_paper_account_is_left_alone() -> None:
    world = World({}, paper_source="kraken")
    world.script("kraken", ExchangeUnavailable("nobody home"), KRAKEN)
    await world.book("paper", "1 BTC")
    for _ in range(9):
        world.now += PAPER_REST / 10
        assert (await world.book("paper", "1 BTC")).rates["BTC"].stale_source
    assert {"kraken": 1} == world.calls


async def test_a_paper_account_waits_for_a_slow_source_once() -> None:
    world = World({}, paper_source="kraken", paper_timeout=0.05)
    world.script("kraken", KRAKEN, delay=1)
    started = time.monotonic()
    for _ in range(5):
        assert (await world.book("paper", "1 BTC")).rates["BTC"].stale_source
    assert 0.05 <= time.monotonic() - started < 0.15
    await world.service.close()


async def test_several_slow_sources_share_the_time_of_one() -> None:
    world = World({}, paper_source="kraken", fallbacks=["binance", "bitstamp"], paper_timeout=0.1)
    for source in ("kraken", "binance", "bitstamp"):
        world.script(source, KRAKEN, delay=1)
    started = time.monotonic()
    assert (await world.book("paper", "1 BTC")).rates["BTC"].stale_source
    assert time.monotonic() - started < 0.2
    assert {"kraken": 1, "binance": 1, "bitstamp": 1} == world.calls
    await world.service.close()


async def test_an_answer_that_came_too_late_for_one_load_prices_the_next() -> None:
    world = World({}, paper_source="kraken", paper_timeout=0.02)
    world.script("kraken", KRAKEN, delay=0.06)
    assert (await world.book("paper", "1 BTC")).rates["BTC"].stale_source
    await asyncio.sleep(0.08)
    assert "BTC > USD@kraken" == way((await world.book("paper", "1 BTC")).get("BTC"))
    assert {"kraken": 1} == world.calls


# --------------------------------------------------------------------------------------------------- the rest


async def test_a_multiplier_of_nothing_is_no_unit() -> None:
    odd = Balance("SATS", "spot", Decimal(1), exchange_code="1000SATS", multiplier=Decimal(0))
    assert None is (await World({"binance": BINANCE}).book("binance", odd)).get("SATS")
