"""Somebody's shell, with one installation and its server."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DEADLINE = 30.0
"""Seconds."""


class Machine:
    """Somebody's shell with one installation."""

    def __init__(self, directory: Path) -> None:
        self.home = directory / "home"
        self.log = directory / "server.log"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "TMPDIR": str(directory / "tmp")}
        self.environment["COINASSAY_HOME"] = str(self.home)
        self.environment["COINASSAY_PAPER_PRICE_SOURCE"] = "off"  # its default is a real exchange
        self.environment["COINASSAY_KEY_CHECK"] = "off"  # lest the exchange of an account be asked about its key
        self.environment["COINASSAY_BACKGROUND"] = "off"  # a test says what is loaded, and when
        (directory / "tmp").mkdir()

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "coinassay", *arguments]

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.environment | settings,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    @contextlib.contextmanager
    def running(self, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        """The process, ended by SIGTERM where the test has not; it must end well."""
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                self.command(*arguments),
                env=self.environment | settings,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(DEADLINE)
            assert process.stdout is not None
            process.stdout.close()
        assert 0 == status, self.log.read_text()

    def served_url(self) -> str:
        return str(self.wait_for("serving")["url"])

    def wait_for(self, event: str) -> Any:
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            for line in self.log.read_text().splitlines():
                with contextlib.suppress(ValueError):  # half a line so far, or a traceback
                    entry = json.loads(line)
                    if entry["event"] == event:
                        return entry
            time.sleep(0.02)
        raise AssertionError(f"no {event!r} in the log:\n{self.log.read_text()}")


def get(
    url: str, headers: dict[str, str] | None = None, method: str = "GET", body: bytes | None = None
) -> tuple[int, Any, dict[str, str]]:
    """Status, decoded body and headers."""
    request = urllib.request.Request(url, headers=headers or {}, method=method, data=body)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as reply:
            return reply.status, json.load(reply), dict(reply.headers)
    except urllib.error.HTTPError as e:
        with e:
            return e.code, json.load(e), dict(e.headers)


def signed(key: dict[str, Any], path: str) -> dict[str, str]:
    """The headers of a request for `path` (and body, if any) with the key."""
    signature = hmac.new(key["secret"].encode(), path.encode(), hashlib.sha256).hexdigest()
    return {"Apikey": key["api_key"], "Signature": signature}
