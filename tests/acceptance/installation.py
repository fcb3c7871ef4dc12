"""A real installation: its own home, the command line, a server process, simulated exchanges over HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

DEADLINE = 30.0
"""Seconds a process may take to answer before the test gives up on it."""

EXCHANGE_KEY = "binance-key-of-alice-0001"
EXCHANGE_SECRET = "binance-secret-of-alice-0001"
KRAKEN_KEY = "kraken-key-of-alice-0001"
KRAKEN_SECRET = "a3Jha2VuLXNlY3JldC1vZi1hbGljZS0wMDAxLWtyYWtlbi1zZWNyZXQtb2YtYWxpY2UtMDAwMQ=="


@dataclass(frozen=True)
class Key:
    api_key: str
    secret: str


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Installation:
    """One home directory with the commands run on it and, once started, its server."""

    def __init__(self, home: Path, exchange_urls: dict[str, str]) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home.parent / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home.parent),
            "COINASSAY_HOME": str(home),
            "COINASSAY_EXCHANGE_BASE_URLS": json.dumps(exchange_urls),
            "COINASSAY_BACKGROUND": "off",  # a test says what is loaded, and when
            # Its default is the real Binance, where no simulated one takes its place.
            "COINASSAY_PAPER_PRICE_SOURCE": "binance" if "binance" in exchange_urls else "off",
        }

    def cli(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "coinassay", *arguments],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=check,
            stdin=subprocess.DEVNULL,
        )

    def key(self, name: str, *options: str, permissions: str = "ACCOUNTS_READ,ACCOUNTS_WRITE") -> Key:
        done = self.cli("keys", "create", name, "--permissions", permissions, "--json", *options)
        return Key(**json.loads(done.stdout))

    def start(self, **environment: str) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "coinassay", "serve", "--port", str(self.port)],
                env={**self.environment, **environment},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/public/api/ver1/ping", timeout=5) as reply:
                    assert b'{"pong":"pong"}' == reply.read()
                    return
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"the server did not start:\n{self.log.read_text()[-3000:]}") from None
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        status = self.process.wait(DEADLINE)
        self.process = None
        return status
