"""What is made of the exchanges' own answers about a key. The payloads have the documented shapes."""

from __future__ import annotations

from datetime import UTC, datetime

import ccxt
import pytest
from tests.unit.exchanges.replay import PAYLOADS, Replay, exchange

from coinassay.domain.account import Credentials
from coinassay.domain.key_report import Answer
from coinassay.errors import UnexpectedReply
from coinassay.exchanges.doctor.examination import ASKED
from coinassay.exchanges.doctor.facts import KeyFacts, any_of, granted, moment

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
KEY = Credentials({"api_key": "account-test-key"})

Change = tuple[str, str]


def payload(name: str, *changes: Change) -> str:
    text = (PAYLOADS / "doctor" / f"{name}.http").read_text("utf-8")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    return text


async def facts(exchange_id: str, text: str) -> KeyFacts:
    async with exchange(exchange_id, Replay(text)) as made:
        return await ASKED[exchange_id](made, KEY)


def say(found: KeyFacts) -> str:
    """The answers in a line: read trade withdraw ip expires unified."""
    answers = (found.may_read, found.may_trade, found.may_withdraw, found.ip_bound, found.expires, found.unified)
    assert (found.expires is YES) == (found.expires_at is not None)
    return " ".join({YES: "y", NO: "n", UNKNOWN: "?"}[each] for each in answers)


@pytest.mark.parametrize(
    ("exchange_id", "name", "changes", "said"),
    [
        ("binance", "binance", [], "y n n y ? ?"),
        ("binanceusdm", "binance", [], "y n n y ? ?"),
        ("binance", "binance", [('"enableWithdrawals":false', '"enableWithdrawals":true')], "y n y y ? ?"),
        ("binance", "binance", [('"enableFutures":false', '"enableFutures":true')], "y y n y ? ?"),
        ("binance", "binance", [('Transfer":false', 'Transfer":true')], "y y n y ? ?"),
        ("binance", "binance", [('"enableReading":true,', ""), ('"ipRestrict":true', '"ipRestrict":false')], "? n n n ? ?"),
        ("binance", "binance", [('"enableFutures":false,', ""), ('"enableWithdrawals":false,', "")], "y ? ? y ? ?"),
        ("bybit", "bybit", [], "? n n n y y"),
        ("bybit", "bybit", [('"readOnly":1', '"readOnly":0')], "? y n n y y"),
        (
            "bybit",
            "bybit",
            [('"readOnly":1', '"readOnly":0'), ('["AccountTransfer"', '["Withdraw","AccountTransfer"')],
            "? y y n y y",
        ),
        ("bybit", "bybit", [('["AccountTransfer"', '["Withdraw","AccountTransfer"')], "? n n n y y"),
        ("bybit", "bybit", [('"readOnly":1,', "")], "? ? ? n y y"),
        ("bybit", "bybit", [('["*"]', '["203.0.113.7"]'), ("2023-05-15", "1970-01-01")], "? n n y n y"),
        ("bybit", "bybit", [('["*"]', "[]"), ('"2023-05-15T03:21:05Z"', '""'), ('"uta":1', '"uta":0')], "? n n ? ? n"),
        ("okx", "okx", [], "y n n y ? y"),
        ("okx", "okx", [('"read_only"', '"read_only,withdraw,trade"'), ("203.0.113.7,203.0.113.8", "")], "y y y n ? y"),
        ("okx", "okx", [('"read_only"', '""'), ('"ip":', '"pi":')], "? ? ? ? ? y"),
        ("okx", "okx", [('"read_only"', '"read_only,spin_straw_to_gold"')], "y ? ? y ? y"),
        ("kucoin", "kucoin", [], "y n n y ? ?"),
        ("kucoin", "kucoin", [("General", "General,Spot,InnerTransfer")], "y y n y ? ?"),
        ("kucoin", "kucoin", [("General", "General,Transfer")], "y n y y ? ?"),
        ("kucoin", "kucoin", [('"ipWhitelist":"203.**.154,103.**.34",', "")], "y n n n ? ?"),
        ("kucoin", "kucoin", [('"isMaster"', '"expiredAt":1801958400000,"isMaster"')], "y n n y y ?"),
        ("kraken", "kraken", [], "y n n y n ?"),
        ("kraken", "kraken", [('"query-open-trades"', '"modify-trades","withdraw-funds"')], "y y y y n ?"),
        ("kraken", "kraken", [('["203.0.113.0/24"]', "[]"), ('"validUntil":"0"', '"validUntil":"1801958400"')], "y n n n y ?"),
        ("kraken", "kraken", [('"query-funds",', ""), ('"validUntil":"0",', "")], "n n n y ? ?"),
        ("bitget", "bitget", [], "? n n y ? n"),
        ("bitget", "bitget", [('"coor"', '"stow","wwow"'), ('"203.0.113.7"', '""')], "? y y n ? n"),
        ("bitget", "bitget", [('"stor","wtor","coor"', '"trade","readonly"')], "? y ? y ? n"),
        ("bitget", "bitget_unified", [], "? n n n ? y"),
        ("bitget", "bitget_unified", [("read-only", "read-and-write")], "? y n n ? y"),
        (
            "bitget",
            "bitget_unified",
            [("read-only", "read-and-write"), ('"uta_trade"', '"withdraw"')],
            "? y y n ? y",
        ),
        ("gate", "gate", [], "? n ? y ? n"),
        ("gate", "gate", [("account-tes*", "not-this-one*")], "? ? ? y ? n"),
        ("gate", "gate", [("account-tes*****", "acc*****")], "? ? ? y ? n"),
        ("gate", "gate", [("account-tes*****", "account-test-key")], "? n ? y ? n"),
        ("gate", "gate", [("c5dcfbf1f3a7*", "account-t*")], "? ? ? y ? n"),
        ("gate", "gate", [('{"name":"wallet","read_only":true}', '{"name":"withdraw","read_only":false}')], "? n y y ? n"),
        ("gate", "gate", [('{"name":"wallet","read_only":true}', '{"name":"wallet","read_only":false}')], "? y ? y ? n"),
        ("gate", "gate", [('{"name":"wallet","read_only":true}', '{"name":"withdraw","read_only":true}')], "? n n y ? n"),
        ("gate", "gate", [('{"name":"wallet","read_only":true}', '{"name":"wallet"}')], "? ? ? y ? n"),
        ("gate", "gate", [('["127.0.0.1"],"currency_pairs":["USDT_BTC"]', "[]"), ('"key":{"mode":1}', '"key":{"mode":2}')], "? n ? n ? y"),
        ("gate", "gate", [("/main_keys", "/none")], "? ? ? y ? n"),
    ],
)  # fmt: skip
async def test_what_is_told(exchange_id: str, name: str, changes: list[Change], said: str) -> None:
    assert said == say(await facts(exchange_id, payload(name, *changes)))


async def test_gate_may_answer_with_the_asking_key_alone() -> None:
    head = payload("gate").partition("[{")[0]
    alone = '{"state":1,"key":{"mode":1},"perms":[{"name":"withdraw","read_only":false}]}'
    assert "? ? y y ? n" == say(await facts("gate", head + alone))


async def test_when_a_key_expires() -> None:
    assert datetime(2023, 5, 15, 3, 21, 5, tzinfo=UTC) == (await facts("bybit", payload("bybit"))).expires_at
    dated = payload("kraken", ('"validUntil":"0"', '"validUntil":"1801958400"'))
    assert datetime(2027, 2, 7, tzinfo=UTC) == (await facts("kraken", dated)).expires_at
    dated = payload("kucoin", ('"isMaster"', '"expiredAt":1801958400000,"isMaster"'))
    assert datetime(2027, 2, 7, tzinfo=UTC) == (await facts("kucoin", dated)).expires_at


@pytest.mark.parametrize("exchange_id", ["binance", "bybit", "okx", "kucoin", "kraken", "bitget", "gate"])
@pytest.mark.parametrize("body", ['{"code":"0","data":[]}', '{"result":[]}', '{"data":7}', "[]"])
async def test_another_answer_is_refused_and_says_nothing(exchange_id: str, body: str) -> None:
    line = payload(exchange_id).partition("\n")[0]
    with pytest.raises((UnexpectedReply, ccxt.BaseError)):
        await facts(exchange_id, f"{line}\n{body}")


def test_no_is_only_said_where_nothing_else_is_possible() -> None:
    assert [YES, YES, NO, UNKNOWN, UNKNOWN] == [
        any_of(each) for each in ((YES, NO), (UNKNOWN, YES), (NO, NO), (NO, UNKNOWN), ())
    ]
    known = ("a", "b", "w")
    assert YES is granted(["a", "w"], ["w"], known)
    assert NO is granted(["a", "b"], ["w"], known)
    assert UNKNOWN is granted(["a", "something else"], ["w"], known)
    assert UNKNOWN is granted([], ["w"], known)


@pytest.mark.parametrize("seconds", [0, "0", -1, "x", None, True, 10**12, "1e400", 1.5, []])
def test_what_is_no_moment(seconds: object) -> None:
    assert moment(seconds) is None
