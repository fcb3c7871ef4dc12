"""Events between processes: a load in one, told by another; and the end of a server that somebody listens to."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integration.machine import DEADLINE, Machine, get, signed

from coinassay_client import Client, Unreachable

pytestmark = pytest.mark.slow


class Listening:
    """Events in the order they came, on a thread."""

    def __init__(self, client: Client, after: int) -> None:
        self.events: list[dict[str, Any]] = []
        self.ended: Exception | None = None
        self._client = client
        self._after = after
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            for event in self._client.events(self._after, patience=0):
                self.events.append(event)
        except Unreachable as e:
            self.ended = e

    def wait(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not until():
            assert time.monotonic() < deadline, self.events
            time.sleep(0.02)


def test_a_load_in_one_process_is_told_by_another(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    with machine.running("serve", "--port", "0") as process:
        url = machine.served_url()
        made = machine.run("keys", "create", "bot", "--permissions", "ACCOUNTS_READ,ACCOUNTS_WRITE", "--json")
        key = json.loads(made.stdout)
        client = Client(url, key["api_key"], key["secret"])
        account = client.connect("paper_trading", "Play money")
        listening = Listening(client, 0)
        assert machine.run("accounts", "load", str(account["id"])).returncode == 0
        listening.wait(lambda: len(listening.events) >= 4)
        first = [event["event"] for event in listening.events]
        assert first == ["load_started", "wallet_done", "load_finished", "total"]
        client.load_balances(account["id"])
        listening.wait(lambda: len(listening.events) >= 8)
        assert [event["id"] for event in listening.events] == list(range(1, 9))
        assert {event["account_id"] for event in listening.events} == {account["id"]}

        path = "/api/v1/accounts/summary/valuation"
        status, body, _ = get(url + path, signed(key, path))
        assert (status, body["state"]) == (200, "complete")

        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
        assert time.monotonic() - began < 5, "who listens does not keep the server from ending"
        listening.wait(lambda: listening.ended is not None)
    lines = [json.loads(line) for line in machine.log.read_text().splitlines()]
    (told,) = [line for line in lines if line.get("route") == "/v1/events"]
    assert (told["status"], told["error"]) == (200, "")
    assert not [line for line in lines if line["event"] == "crash"]
