"""The load generator: a process of its own, so that its work is on nobody's account.

`python -m bench.loadgen` reads jobs from standard input, a JSON object a line, and answers each with a line:

    {"port": 8000, "requests": FILE, "connections": 16, "seconds": 0.7, "most": 4000, "offset": 0}
    -> {"requests": 9000, "seconds": 0.7003, "offset": 9000}

FILE holds a JSON list of whole HTTP requests (latin-1). They are sent in turn, one in flight on each keep-alive
connection, from `offset` on, for `seconds` or until `most` are sent; every answer must be 200 or 201, or the job fails
with {"error": …}.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_EXPECTED = (b"HTTP/1.1 201", b"HTTP/1.1 200")


class _Job:
    def __init__(self, requests: list[bytes], offset: int, most: int) -> None:
        self.requests = requests
        self.next = offset
        self.end = offset + most
        self.answered = 0
        self.deadline = 0.0
        self.failure = ""

    def take(self) -> bytes | None:
        """The next request, or None when it is time to stop."""
        if self.failure or self.next >= self.end or time.perf_counter() >= self.deadline:
            return None
        request = self.requests[self.next % len(self.requests)]
        self.next += 1
        return request


class _Connection(asyncio.Protocol):
    def __init__(self, job: _Job) -> None:
        self._job = job
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]  # uvloop's transport is no asyncio.Transport

    def start(self) -> None:
        self._send()

    def _send(self) -> None:
        request = self._job.take()
        assert self._transport is not None
        if request is not None:
            self._transport.write(request)
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        end = data.find(b"\r\n\r\n")
        length = _LENGTH.search(data, 0, end) if end >= 0 else None
        if end >= 0 and length is None:
            self._job.failure = f"an answer without a length: {data[:200]!r}"
        elif length is None or len(data) < end + 4 + int(length[1]):
            self._buffer = data
            return
        elif not data.startswith(_EXPECTED):
            self._job.failure = f"not the expected status: {data[:300]!r}"
        self._buffer = b""
        self._job.answered += 1
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self._job.failure = self._job.failure or f"the server closed a connection: {exc!r}"
            self.done.set_result(None)


async def run(
    port: int, requests: list[bytes], connections: int, seconds: float, offset: int, most: int
) -> dict[str, Any]:
    """Sends for `seconds` or until `most` are sent, then waits for what is under way."""
    job = _Job(requests, offset, most)
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(lambda: _Connection(job), "127.0.0.1", port) for _ in range(connections)]
    began = time.perf_counter()
    job.deadline = began + seconds
    for _, connection in opened:
        connection.start()
    async with asyncio.timeout(seconds + 30):
        await asyncio.gather(*(connection.done for _, connection in opened))
    if job.failure:
        return {"error": job.failure}
    return {"requests": job.answered, "seconds": time.perf_counter() - began, "offset": job.next}


def main() -> None:
    files: dict[str, list[bytes]] = {}
    loop = uvloop.new_event_loop()
    for line in sys.stdin:
        job = json.loads(line)
        path = job["requests"]
        if path not in files:
            files[path] = [each.encode("latin-1") for each in json.loads(Path(path).read_text())]
        result = loop.run_until_complete(
            run(job["port"], files[path], job["connections"], job["seconds"], job["offset"], job["most"])
        )
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
