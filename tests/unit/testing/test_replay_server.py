"""Recorded answers of real exchanges, replayed through ccxt."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from coinassay.testing import Recording, ReplayServer, load_recordings

RECORDINGS = Path(__file__).parents[2] / "payloads" / "recordings"
ALL = [recording for path in sorted(RECORDINGS.glob("*.json")) for recording in load_recordings(path)]


def test_all_recordings_are_loaded() -> None:
    counts = {path.stem: len(load_recordings(path)) for path in sorted(RECORDINGS.glob("*.json"))}

    assert {"binance": 4, "binanceus": 1, "bitstamp": 1, "kraken": 1, "kucoin": 3} == counts


def test_an_answer_is_the_very_text_of_the_file() -> None:
    for path in sorted(RECORDINGS.glob("*.json")):
        text = path.read_text(encoding="utf-8")
        for recording in load_recordings(path):
            assert f'"httpResponse": {recording.reply},' in text
            json.loads(recording.reply)


def test_numbers_that_json_would_round_are_served_as_they_are(tmp_path: Path, http: httpx.Client) -> None:
    reply = '{"BTC": 0.10000000000000000000000000001, "n": 1E-30, "text": "\\u20ac \\"httpResponse\\""}'
    case = '{"description": "d", "input": [], "httpResponse": %s, "parsedResponse": {"free": 0.1000000000000000000001}}'
    path = tmp_path / "x.json"
    path.write_text(f'{{"exchange": "x", "methods": {{"fetchBalance": [{case % reply}]}}}}')
    [recording] = load_recordings(path)

    with ReplayServer.running({"/balance": recording.reply}) as server:
        assert reply.encode() == http.get(f"{server.url}/balance?signature=x").content
    assert "0.1000000000000000000001" == recording.parsed["free"]


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"exchange": "x", "methods": {"fetchBalance": [{"description": "d", "input": []}]}}')

    with pytest.raises(ValueError, match=r"x\.json has 1 recordings but 0 answers"):
        load_recordings(path)


def test_the_first_pattern_that_matches_the_whole_path_decides(http: httpx.Client) -> None:
    with ReplayServer.running({"/a/b": b"1", "/a/.*": "2"}) as server:
        texts = [http.get(server.url + path) for path in ("/a/b", "/a/bc", "/a", "/x/a/b")]
        assert [(200, "1"), (200, "2"), (404, "{}"), (404, "{}")] == [(each.status_code, each.text) for each in texts]
        assert {"/a/b": 1, "/a/bc": 1, "/a": 1, "/x/a/b": 1} == server.requests


# ------------------------------------------------------------------------------------------------ through ccxt

BTC_USDT = {
    "id": "BTCUSDT",
    "symbol": "BTC/USDT",
    "base": "BTC",
    "quote": "USDT",
    "baseId": "BTC",
    "quoteId": "USDT",
    "type": "spot",
    "spot": True,
    "precision": {},
    "limits": {},
    "info": {},
}
KUCOIN_MODE = "/api/ua/v1/account/mode"
"""What ccxt asks KuCoin before it asks for a balance."""
KUCOIN_CLASSIC = '{"code": "200000", "data": {"selfAccountMode": "CLASSIC"}}'
IDS = {"kraken": "XBTUSDT", "bitstamp": "btcusdt", "binance": "BTCUSDT", "binanceus": "BTCUSDT"}


@pytest.mark.parametrize("recording", ALL, ids=[f"{each.exchange_id}: {each.description}" for each in ALL])
async def test_ccxt_reads_a_recording_to_the_last_digit(recording: Recording, connect: Any) -> None:
    async with await ReplayServer.start({KUCOIN_MODE: KUCOIN_CLASSIC, ".*": recording.reply}) as server:
        client = connect(
            server,
            exchange_id=recording.exchange_id,
            catalogue=False,
            apiKey="a",
            secret="c2VjcmV0",
            password="p",
            uid="u",
        )
        if recording.method == "fetchTicker":
            client.set_markets([{**BTC_USDT, "id": IDS[recording.exchange_id]}])
        method = {"fetchBalance": "fetch_balance", "fetchTicker": "fetch_ticker"}[recording.method]

        read = await getattr(client, method)(*recording.input)

    assert 1 == sum(count for path, count in server.requests.items() if path != KUCOIN_MODE)
    names = ("bid", "ask", "last") if recording.method == "fetchTicker" else ("free", "used", "total")
    # ccxt used to give an isolated wallet for each symbol, and now adds them up: the recording has one symbol
    expected = recording.parsed.get("LTC/USDT", recording.parsed)
    for name in names:
        assert numbers(expected[name]) == numbers(read[name]), name


def numbers(value: Any) -> Any:
    """Numbers by name, to be compared as numbers."""
    if isinstance(value, dict):
        return {name: numbers(each) for name, each in value.items()}
    return None if value is None else Decimal(value)
