"""Recorded answers served over real HTTP, byte for byte.

    recordings = load_recordings(Path("tests/payloads/recordings/kraken.json"))
    with ReplayServer.running({r"/0/public/Ticker": recordings[0].reply}) as server:
        ...  # point ccxt at server.url

A recording file has the form of ccxt's static response tests: {"exchange": id, "methods": {name: [{"description",
"input", "httpResponse", "parsedResponse"}, …]}}. What is served is the text of "httpResponse" as it stands in the file:
it is never parsed and written again, so no digit of it can change.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coinassay.testing.http import HttpServer, Reply, Request
from coinassay.testing.simulator.threads import LoopThread

_RESPONSE = re.compile(r'"httpResponse"\s*:\s*')


@dataclass(frozen=True)
class Recording:
    """One recorded answer and what ccxt is said to make of it."""

    exchange_id: str
    method: str
    """ccxt's name, e.g. "fetchBalance"."""
    description: str
    input: tuple[Any, ...]
    """The arguments of the method."""
    reply: str
    """The body of the answer as it stands in the file."""
    parsed: Mapping[str, Any]
    """What ccxt's own test expects; its numbers are texts with the digits of the file."""


def load_recordings(path: Path) -> tuple[Recording, ...]:
    """The recordings of one file, in its order. Raises ValueError where the file has another form."""
    text = path.read_text(encoding="utf-8")
    read = json.loads(text, parse_float=str)
    found = [(method, case) for method, cases in read["methods"].items() for case in cases]
    decoder = json.JSONDecoder()
    replies = []
    for match in _RESPONSE.finditer(text):
        _, end = decoder.raw_decode(text, match.end())
        replies.append(text[match.end() : end])
    if len(replies) != len(found):
        raise ValueError(f"{path.name} has {len(found)} recordings but {len(replies)} answers")
    return tuple(
        Recording(
            read["exchange"],
            method,
            case["description"],
            tuple(case["input"]),
            reply,
            case["parsedResponse"],
        )
        for (method, case), reply in zip(found, replies, strict=True)
    )


class ReplayServer:
    """Answers by path: the first pattern that matches the whole of it (a regular expression) decides.

    A path without a recording is 404 with an empty JSON object, and is counted as well.
    """

    def __init__(self, replies: Mapping[str, str | bytes]) -> None:
        """`replies` maps patterns of paths to bodies."""
        self._replies = [
            (re.compile(pattern), body.encode() if isinstance(body, str) else body) for pattern, body in replies.items()
        ]
        self.requests: Counter[str] = Counter()
        """How often each path was asked for."""
        self._server = HttpServer(self._answer)

    @classmethod
    async def start(cls, replies: Mapping[str, str | bytes], port: int = 0) -> ReplayServer:
        server = cls(replies)
        await server._server.start(port=port)
        return server

    async def stop(self) -> None:
        await self._server.stop()

    async def __aenter__(self) -> ReplayServer:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    @classmethod
    @contextmanager
    def running(cls, replies: Mapping[str, str | bytes], port: int = 0) -> Iterator[ReplayServer]:
        """Serves in a thread of its own."""
        with LoopThread("recorded answers") as thread:
            server = thread.run(cls.start(replies, port))
            try:
                yield server
            finally:
                thread.run(server.stop())

    @property
    def url(self) -> str:
        return self._server.url

    async def _answer(self, request: Request) -> Reply:
        self.requests[request.path] += 1
        for pattern, body in self._replies:
            if pattern.fullmatch(request.path):
                return Reply(200, body)
        return Reply(404, b"{}")
