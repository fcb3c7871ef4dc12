"""Clients from npm, driven through Node.js."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from tests.acceptance.installation import DEADLINE, Key

ROOT = Path(__file__).parents[2]
MODULES = ROOT / ".tools" / "node"


def provide() -> Path:
    """Where the clients are installed. Skips the test where they cannot be."""
    try:
        done = subprocess.run(
            [ROOT / "tools" / "node"], capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install the clients within three minutes")
    if done.returncode:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        pytest.skip(f"Node.js or the clients from npm are not here and could not be installed: {reason}")
    return MODULES


class NodeClient:
    """One client with one key, in a process of its own. A context manager."""

    def __init__(self, name: str, url: str, key: Key) -> None:
        self._process = subprocess.Popen(
            ["node", str(Path(__file__).parent / "node" / "run.js"), name, url, key.api_key, key.secret],
            env={"PATH": os.environ["PATH"], "NODE_CLIENTS": str(provide())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> NodeClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate(timeout=DEADLINE)

    def call(self, method: str, *args: Any, mode: str = "real") -> Any:
        """{"returned": …} or {"rejected": …}."""
        return self._ask({"mode": mode, "method": method, "args": args})

    def methods(self) -> list[str]:
        """The names of everything the client can do."""
        methods: list[str] = self._ask({"mode": "real", "method": None, "args": []})["methods"]
        return methods

    def _ask(self, question: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the client ended"
        return json.loads(line)
