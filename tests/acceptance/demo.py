"""`coinassay demo` in a process of its own: a paper account and two on simulated exchanges, and nothing else in reach."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.acceptance.installation import DEADLINE, free_port


@dataclass(frozen=True)
class Demo:
    url: str
    api_key: str
    secret: str
    account_ids: list[int]
    """On paper, at Binance, at Kraken."""

    def document(self) -> Any:
        """Its description."""
        with urllib.request.urlopen(f"{self.url}/openapi.json", timeout=DEADLINE) as reply:
            return json.load(reply)


@contextmanager
def running_demo() -> Iterator[Demo]:
    process = subprocess.Popen(
        [sys.executable, "-m", "coinassay", "demo", "--json", "--port", str(free_port())],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        demo = Demo(told["url"], told["api_key"], told["secret"], told["account_ids"])
        _await(demo)
        yield demo
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=DEADLINE)


def _await(demo: Demo) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            demo.document()
        except ConnectionError:
            assert time.monotonic() < deadline, "the demo does not answer"
            time.sleep(0.1)
        else:
            return
