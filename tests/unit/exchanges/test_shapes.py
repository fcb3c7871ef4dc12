"""An empty account is believed only when the exchange itself says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ccxt.async_support as ccxt
import pytest
from tests.unit.exchanges.world import MARKETS

from coinassay.errors import UnexpectedReply
from coinassay.exchanges.errors import LAST_ANSWER, Answer
from coinassay.exchanges.shapes import SHAPES, believe


@pytest.fixture(autouse=True)
def no_answer_so_far() -> Iterator[None]:
    before = LAST_ANSWER.set(None)
    yield
    LAST_ANSWER.reset(before)


def answered(body: str) -> None:
    """From here on the last answer of this test is `body`."""
    LAST_ANSWER.set(Answer(200, None, body))


RUBBISH: list[Any] = [None, "", "<html></html>", {}, {"message": "hello"}, [["a", 1]], {"data": None}, {"result": 7}]


@pytest.mark.parametrize("exchange_id", sorted(SHAPES))
def test_no_exchange_says_it_with_rubbish(exchange_id: str) -> None:
    for info in RUBBISH:
        if exchange_id == "bitfinex" and isinstance(info, list):
            continue  # rows without names: its own shape
        with pytest.raises(UnexpectedReply) as raised:
            believe(exchange_id, info)
        assert exchange_id == raised.value.exchange_id


def test_the_table_has_every_exchange_that_can_be_connected() -> None:
    assert {each.exchange_id for each in MARKETS.list()} - {"paper"} <= set(SHAPES)
    assert set(SHAPES) <= set(ccxt.exchanges)


@pytest.mark.parametrize(
    ("exchange_id", "info"),
    [
        ("binance", {"balances": []}),
        ("bitstamp", []),
        ("kraken", {"error": [], "result": {}}),
        ("okx", {"code": "0", "data": []}),
        ("kucoin", {"code": "200000", "data": []}),
        ("bitfinex", []),
        ("gate", {"total": "0", "currency": "USDT"}),
        ("krakenfutures", {"result": "success", "accounts": {}}),
        ("whitebit", {"BTC": {"available": "0", "freeze": "0"}}),
        ("whitebit", {"BTC": "0.1"}),
        ("deribit", {"summaries": []}),
    ],
)
def test_an_empty_account_of_the_exchanges_own_shape_is_believed(exchange_id: str, info: Any) -> None:
    believe(exchange_id, info)


def test_an_empty_list_that_ccxt_made_of_an_empty_object_is_not_believed() -> None:
    """bitget: `safe_list(response, "data", [])` is an empty list for `{}` as well as for an empty account."""
    with pytest.raises(UnexpectedReply):
        believe("bitget", [])  # nothing is known of the answer
    answered('{"code":"00000"}')
    with pytest.raises(UnexpectedReply):
        believe("bitget", [])
    answered('{"code":"00000","data":[]}')
    believe("bitget", [])


def test_the_body_decides_where_a_list_is_the_exchanges_own_shape_too() -> None:
    answered("{}")
    with pytest.raises(UnexpectedReply):
        believe("bitstamp", [])
    answered("[]")
    believe("bitstamp", [])


def test_rows_are_evidence_enough() -> None:
    answered('{"code":"00000","data":[{"coin":"BTC"}]}')
    believe("bitget", [{"coin": "BTC"}])


def test_an_exchange_nobody_knows_must_say_something() -> None:
    believe("newcomer", {"anything": 1})
    silent: list[Any] = [None, "", "text", {}, []]
    for info in silent:
        with pytest.raises(UnexpectedReply):
            believe("newcomer", info)


def test_the_message_names_the_wallet() -> None:
    with pytest.raises(UnexpectedReply, match="kraken sent an answer that is not its spot balances"):
        believe("kraken", {}, "spot")
