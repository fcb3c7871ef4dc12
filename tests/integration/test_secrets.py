"""No secret is in an answer, in the log or in a file, whatever is done with it."""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.integration.machine import Machine, get, signed

from coinassay.testing import SimulatedExchange

pytestmark = pytest.mark.slow

API = "/public/api/ver1"
SPOKEN_OF = "sentinel-secret-that-only-travels-0001"
BINANCE = "sentinel-secret-of-the-binance-user-0001"
KRAKEN = base64.b64encode(b"sentinel-secret-of-the-kraken-user-0001" * 2).decode()
BAD = "sentinel-secret-no-exchange-knows-0001"


class Client:
    """Signs, calls, and remembers what came back."""

    def __init__(self, url: str, key: dict[str, str]) -> None:
        self.url = url
        self.key = key
        self.answers: list[str] = []

    def call(self, method: str, path: str, body: str = "", key: dict[str, str] | None = None) -> tuple[int, Any]:
        headers = signed(key or self.key, API + path + body) | {"Content-Type": "application/json"}
        status, answer, sent = get(self.url + API + path, headers, method, body.encode() or None)
        self.answers.append(json.dumps([answer, sent]))
        return status, answer

    def connect(self, **fields: str) -> int:
        status, answer = self.call("POST", "/accounts/new", json.dumps(fields))
        assert 201 == status, answer
        return int(answer["id"])


@pytest.fixture
def exchanges() -> Iterator[dict[str, SimulatedExchange]]:
    with SimulatedExchange.all_running("binance", "kraken") as running:
        yield running


def written_forms(secret: str) -> Sequence[bytes]:
    """A secret as it is, and as it stands in a URL, in hexadecimal and in base64."""
    raw = secret.encode()
    return raw, urllib.parse.quote(secret).encode(), raw.hex().encode(), base64.b64encode(raw)[:-4]


def test_secrets_are_nowhere(tmp_path: Path, exchanges: dict[str, SimulatedExchange]) -> None:
    machine = Machine(tmp_path)
    binance, kraken = exchanges["binance"], exchanges["kraken"]
    binance.add_user(api_key="binance-key-0001", secret=BINANCE, wallets={"spot": {"BTC": "1"}})
    kraken.add_user(api_key="kraken-key-0001", secret=KRAKEN, wallets={"spot": {"BTC": "1"}})
    machine.run("init")
    key = json.loads(
        machine.run("keys", "create", "bot", "--permissions", "ACCOUNTS_READ,ACCOUNTS_WRITE", "--json").stdout
    )
    urls = json.dumps({code: exchange.url for code, exchange in exchanges.items()})
    with machine.running(
        "serve",
        "--port",
        "0",
        COINASSAY_EXCHANGE_BASE_URLS=urls,
        COINASSAY_KEY_CHECK="on",
        COINASSAY_LOG_LEVEL="debug",
        COINASSAY_RATE_LIMIT="off",
        COINASSAY_LOAD_TIMEOUT="2",
    ):
        client = Client(machine.served_url(), key)
        one = client.connect(type="binance", name="One", api_key="binance-key-0001", secret=BINANCE)
        two = client.connect(type="kraken", name="Two", api_key="kraken-key-0001", secret=KRAKEN)
        bad = client.connect(type="binance", name="Bad", api_key="binance-key-0002", secret=BAD)
        in_query = urllib.parse.urlencode({"type": "binance", "name": "Three", "api_key": "key-3", "secret": SPOKEN_OF})
        assert 201 == client.call("POST", f"/accounts/new?{in_query}")[0]
        statuses = [client.call("POST", f"/accounts/{each}/load_balances")[0] for each in (one, two, bad)]
        assert [201, 201, 422] == statuses
        for fault in ("bad_signature", "ip_refused", "server_error", "html", "cut", "broken_off", "reset", "hang"):
            binance.faults.add(fault)
            kraken.faults.add(fault)
            with ThreadPoolExecutor(2) as both:
                list(both.map(lambda each: client.call("POST", f"/accounts/{each}/load_balances"), (one, two)))
            binance.faults.clear()
            kraken.faults.clear()
        assert 422 == client.call("GET", f"/accounts/types_to_connect?{in_query}")[0]
        known = urllib.parse.urlencode({"type": "binance", "api_key": "binance-key-0001", "secret": BINANCE})
        for fault in ("bad_signature", "html", "reset", ""):
            if fault:
                binance.faults.add(fault)
            status, _ = client.call("GET", f"/accounts/types_to_connect?{known}")
            assert (422 if fault == "bad_signature" else 200) == status
            binance.faults.clear()
        client.call("POST", "/accounts/new", f'{{"type": "binance", "secret": "{SPOKEN_OF}"')
        client.call("POST", "/accounts/new", json.dumps({"type": "binance", "name": "N", "secret": SPOKEN_OF + "\n"}))
        client.call("GET", "/accounts", key={"api_key": key["api_key"], "secret": SPOKEN_OF})
        client.call("GET", "/accounts", key={"api_key": SPOKEN_OF, "secret": SPOKEN_OF})
        client.call("GET", f"/accounts/{one}")
        client.call("POST", f"/accounts/{one}/pie_chart_data")
        shown = [
            machine.run(*words).stdout for words in (("accounts", "show", "1", "--json"), ("keys", "list", "--json"))
        ]
        master = (machine.home / "master.key").read_text().strip()
        places = {path.name: path.read_bytes() for path in machine.home.iterdir() if path.name != "master.key"}
    places |= {
        f"{path.name} at the end": path.read_bytes() for path in machine.home.iterdir() if path.name != "master.key"
    }
    places["the log"] = machine.log.read_bytes()
    places["the answers"] = "\n".join(client.answers + shown).encode()
    assert b'"request"' in places["the log"]
    assert b'"Two"' in places["the answers"]
    for secret in (BINANCE, KRAKEN, BAD, SPOKEN_OF, key["secret"], master):
        for form in written_forms(secret):
            assert [] == [name for name, content in places.items() if form in content], secret
