"""Server processes, what they use, and ratios between sides measured in turn."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

ROOT = Path(__file__).parent.parent
CONNECTIONS = 16
"""Kept open by the load generator, each with one request in flight."""


class BenchError(Exception):
    """A side could not be measured: it did not start, or its answers were wrong."""


@dataclass(frozen=True)
class Profile:
    """How long and how often: the full run, or a quick look whose figures mean little."""

    quick: bool = False

    @property
    def rounds(self) -> int:
        return 2 if self.quick else 7

    @property
    def seconds(self) -> float:
        """Of load on one side in one round."""
        return 0.15 if self.quick else 0.7

    def scaled(self, full: int, quick: int) -> int:
        return quick if self.quick else full


def cores() -> tuple[set[int], set[int]]:
    """The CPUs for servers, and those for whoever drives them; the same where there is only one."""
    available = sorted(os.sched_getaffinity(0))
    return ({available[0]}, set(available[1:]) or {available[0]})


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def environment(extra: Mapping[str, str] = {}) -> dict[str, str]:
    """This process's environment without the product's own settings, and `extra`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("COINASSAY_")}
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**own, "PYTHONPATH": os.pathsep.join(paths), **extra}


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and its descendants so far, all threads included."""
    total = 0.0
    for each in (pid, *_descendants(pid)):
        # The process's CPU clock, as clock_getcpuclockid(3) makes its id on Linux: /proc counts in steps of 10 ms.
        with contextlib.suppress(OSError):  # it has ended
            total += time.clock_gettime((~each << 3) | 2)
    return total


def rss_mb(pid: int) -> float:
    """Resident memory of the process in MB (10**6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise BenchError(f"process {pid} has no memory")


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except FileNotFoundError:
        return found
    for child in children:
        found += [child, *_descendants(child)]
    return found


class Server:
    """A server process on a loopback port, pinned to the servers' CPU."""

    def __init__(self, name: str, command: Sequence[str], port: int, log: Path, env: Mapping[str, str] = {}) -> None:
        self.name = name
        self.port = port
        self.log = log
        servers, _ = cores()
        self.started = time.perf_counter()
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=ROOT, env=environment(env)
            )
        os.sched_setaffinity(self.process.pid, servers)

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until_ready(self, path: str = "/public/api/ver1/ping", timeout: float = 60) -> float:
        """Seconds from the start of the process to its first answer, whatever the status."""
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
        deadline = self.started + timeout
        while time.perf_counter() < deadline:
            if self.process.poll() is not None:
                raise BenchError(f"{self.name} ended at its start: {self.log_tail()}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as s:
                    s.sendall(request)
                    if s.recv(12).startswith(b"HTTP/1.1 "):
                        return time.perf_counter() - self.started
            except ConnectionError:
                pass
            time.sleep(0.002)
        raise BenchError(f"{self.name} did not answer within {timeout} s: {self.log_tail()}")

    def log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()


def uvicorn(target: str, port: int) -> list[str]:
    """The command for a reference application: the loop, parser and silence the product's server runs with."""
    return [
        sys.executable,
        *("-m", "uvicorn", target, "--host", "127.0.0.1", "--port", str(port)),
        *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"),
    ]


class LoadGenerator:
    """`bench.loadgen` in its own process on its own CPU."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.loadgen"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment(),
            text=True,
        )
        os.sched_setaffinity(self._process.pid, cores()[1])

    def run(
        self, port: int, requests: Path, seconds: float, offset: int, most: int, connections: int = CONNECTIONS
    ) -> dict[str, Any]:
        """What `bench.loadgen` answers. Raises BenchError for a request that was not answered well."""
        job = {
            "port": port,
            "requests": str(requests),
            "seconds": seconds,
            "offset": offset,
            "most": most,
            "connections": connections,
        }
        stdin, stdout = self._pipes()
        stdin.write(json.dumps(job) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise BenchError("the load generator ended")
        result: dict[str, Any] = json.loads(line)
        if "error" in result:
            raise BenchError(str(result["error"]))
        return result

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def close(self) -> None:
        for pipe in self._pipes():
            pipe.close()
        self._process.wait(10)


@dataclass
class Side:
    """One side of comparisons, with a figure a round: each measure by name."""

    name: str
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, **figures: float) -> None:
        for name, figure in figures.items():
            self.figures.setdefault(name, []).append(figure)

    def median(self, measure: str) -> float:
        return statistics.median(self.figures[measure])


@dataclass(frozen=True)
class Ratio:
    """The median of the rounds' ratios, and their range."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f}" if self.low == self.high else f"{self.value:.2f} ({self.low:.2f}-{self.high:.2f})"


def ratio(over: Side, under: Side, measure: str) -> Ratio:
    """`over` / `under`, round by round: what disturbed a round disturbed both."""
    each = [a / b for a, b in zip(over.figures[measure], under.figures[measure], strict=True)]
    return Ratio(statistics.median(each), min(each), max(each))


def in_turn(rounds: int, measures: Sequence[Callable[[], None]]) -> None:
    """Runs every measure once a round, in an order that turns, so that none always comes first."""
    for n in range(rounds):
        for i in range(len(measures)):
            measures[(n + i) % len(measures)]()


@dataclass(frozen=True)
class Line:
    """One row of the printed table."""

    what: str
    measured: str
    against: str
    ratio: str
    """The ratio the goal is about."""
    beside: str = ""
    """Other figures of the same rounds."""
    goal: str = ""
    met: bool | None = None


def table(lines: Sequence[Line]) -> str:
    """A Markdown table, aligned to be read as it is."""
    rows = [("bench", "measured", "against", "ratio: median (range)", "beside it", "goal", "met")]
    rows += [
        (
            line.what,
            line.measured,
            line.against,
            line.ratio,
            line.beside,
            line.goal,
            "" if line.met is None else "yes" if line.met else "NO",
        )
        for line in lines
    ]
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]

    def written(row: Sequence[str]) -> str:
        return "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([written(rows[0]), rule, *(written(row) for row in rows[1:])])
