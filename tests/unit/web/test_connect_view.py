"""What the page that connects an account shows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from coinassay.domain.key_report import Answer, KeyReport, Readable
from coinassay.exchanges.markets import MarketTable
from coinassay.web.view.connect import GENERAL, POPULAR, advice, choices, fields, findings, key_help

MARKETS = MarketTable()


def test_the_popular_ones_come_first_and_nothing_twice() -> None:
    first, rest = choices(MARKETS.list())
    assert list(POPULAR) == [each.code for each in first]
    codes = [each.code for each in (*first, *rest)]
    assert len(codes) == len(set(codes))
    assert {market.code for market in MARKETS.list()} - set(codes) == {"paper_trading"}


@pytest.mark.parametrize(
    ("words", "code"),
    [("binance coin", "binance_futures_coin"), ("KRAKEN fut", "krakenfutures"), ("gate_io", "gate_io")],
)
def test_a_search_finds_by_name_and_code(words: str, code: str) -> None:
    first, rest = choices(MARKETS.list(), words)
    assert not first
    assert code in [each.code for each in rest]
    assert len(rest) < 10


def test_a_search_for_nothing_there_is_finds_nothing() -> None:
    assert ([], []) == choices(MARKETS.list(), "mt. gox")


def test_every_market_has_a_form() -> None:
    for market in MARKETS.list():
        if market.code == "paper_trading":
            continue
        form = fields(market)
        assert {each.name for each in form} == {*market.required, *market.optional}
        assert all(each.label for each in form)


def test_what_opens_an_account_is_secret() -> None:
    market = MARKETS.find("kucoin")
    assert market is not None
    assert [("api_key", False), ("secret", True), ("passphrase", True)] == [
        (each.name, each.secret) for each in fields(market)
    ]


def test_every_popular_exchange_has_its_own_steps() -> None:
    for code in POPULAR:
        market = MARKETS.find(code)
        assert market is not None
        own = key_help(market)
        assert own is not GENERAL, code
        assert own.where
        assert own.permissions
        assert "ithdraw" in own.leave_off or "rite" in own.leave_off or "Transfer" in own.leave_off, code
        assert 4 <= len(own.steps) <= 6
        assert any("address" in step for step in own.steps) is own.addresses


def test_others_have_the_general_steps() -> None:
    market = MARKETS.find("woo")
    assert market is not None
    assert GENERAL is key_help(market)


def test_a_key_that_may_withdraw_stands_out() -> None:
    report = KeyReport(
        "binance",
        datetime(2026, 11, 1, tzinfo=UTC),
        works=Answer.YES,
        may_read=Answer.YES,
        may_trade=Answer.NO,
        may_withdraw=Answer.YES,
        wallets={"spot": Readable(Answer.YES), "funding": Readable(Answer.NO, "It has no permission.")},
    )
    found = {each.label: each for each in findings(report)}
    assert ("yes", "good") == (found["The exchange accepts the key"].answer, found["The exchange accepts the key"].tone)
    assert ("no", "good") == (found["It may trade"].answer, found["It may trade"].tone)
    assert ("yes", "bad") == (found["It may withdraw"].answer, found["It may withdraw"].tone)
    assert ("unknown", "plain") == (found["It is bound to addresses"].answer, found["It is bound to addresses"].tone)
    assert "It has no permission." == found["Wallet funding can be read"].detail
    assert any("withdraw" in each for each in advice(report))
