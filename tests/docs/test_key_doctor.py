"""docs/reference/key-doctor.md names what each exchange is asked."""

from __future__ import annotations

import re
from pathlib import Path

from coinassay.exchanges.doctor.examination import ASKED

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "key-doctor.md").read_text()
PAYLOADS = Path(__file__).parents[1] / "payloads" / "doctor"


def test_every_request_is_described_and_replayed() -> None:
    described = set(re.findall(r"`((?:GET|POST) /[^`]+)`", PAGE)) - {
        "POST /ver1/accounts/new",
        "POST /ver1/accounts/update",
        "GET /ver1/accounts/types_to_connect",
    }
    lines = "\n".join(path.read_text("utf-8") for path in PAYLOADS.glob("*.http"))
    replayed = set(re.findall(r"^((?:GET|POST) \S+)", lines, re.MULTILINE))
    assert described == replayed


def test_every_exchange_that_is_asked_is_named() -> None:
    names = {"binance", "bybit", "okx", "kucoin", "kraken", "bitget", "gate"}
    assert {each.__module__.rpartition(".")[2] for each in ASKED.values()} == names
    for name in names:
        assert re.search(rf"^\| {name}", PAGE, re.MULTILINE | re.IGNORECASE), name
