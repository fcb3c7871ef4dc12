"""`history`: charts of five years, what a snapshot takes on disk, and thinning out a million of them."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bench import dataset
from bench.dataset import CODES, AccountData, Dataset, Held, KeyData
from bench.harness import (
    BenchError,
    Line,
    LoadGenerator,
    Profile,
    Server,
    Side,
    cpu_seconds,
    environment,
    in_turn,
    ratio,
)
from bench.product import API, Installation, load_of
from bench.summary import signed
from coinassay.bootstrap import open_store
from coinassay.storage.codec import moment_to_integer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEW = 10
"""Accounts asked for in turn, and all there are in the small installation."""
HOLDINGS = 20
LOADS = 144
"""Of one account, measured on disk: a day of one every ten minutes."""

LONG, SHORT = 5 * 365, 30
"""Days."""


def run(profile: Profile, work: Path) -> list[Line]:
    return [*_charts(profile, work), _disk(profile, work), _thinning(profile, work)]


# ------------------------------------------------------------------------------------------------------ charts


@dataclass
class Place:
    """An installation with five years of history, served."""

    server: Server
    files: dict[int, Path]
    """The requests for charts, by their days."""


def _charts(profile: Profile, work: Path) -> list[Line]:
    count = profile.scaled(1000, 30)
    now = datetime.now(UTC)
    with ExitStack() as stack:
        many = stack.enter_context(_Served(work / "many", count, now))
        few = stack.enter_context(_Served(work / "few", FEW, now))
        generator = LoadGenerator()
        stack.callback(generator.close)
        sides: dict[tuple[str, int], Side] = {}
        measures: list[Callable[[], None]] = []
        for name, place in (("many", many), ("few", few)):
            for days, file in place.files.items():
                side = sides[name, days] = Side(f"{name}, {days}")
                measures.append(partial(_one_round, generator, place.server, file, side, profile))
        in_turn(1, measures)  # to warm up: its figures are thrown away
        for side in sides.values():
            side.figures.clear()
        in_turn(profile.rounds, measures)
    long = ratio(sides["many", LONG], sides["many", SHORT], "cpu_us")
    lines = [
        Line(
            "history",
            f"chart of 5 years, {count} accounts stored",
            "of 30 days",
            str(long),
            f"{_us(sides['many', LONG])} : {_us(sides['many', SHORT])} us, {LONG / SHORT:.0f} x the rows",
            "<= 40",
            long.value <= 40,
        )
    ]
    for days, name in ((LONG, "5 years"), (SHORT, "30 days")):
        among = ratio(sides["many", days], sides["few", days], "cpu_us")
        lines.append(
            Line(
                "history",
                f"chart of {name}, {count} accounts stored",
                f"{FEW} accounts stored",
                str(among),
                f"{_us(sides['many', days])} : {_us(sides['few', days])} us",
                "<= 1.3",
                among.value <= 1.3,
            )
        )
    return lines


def _us(side: Side) -> str:
    return f"{side.median('cpu_us'):.0f}"


def _one_round(generator: LoadGenerator, server: Server, file: Path, side: Side, profile: Profile) -> None:
    used = -cpu_seconds(server.pid)
    result = generator.run(server.port, file, profile.seconds, 0, 10**6, connections=1)
    side.add(cpu_us=(used + cpu_seconds(server.pid)) * 1e6 / result["requests"])


class _Served:
    def __init__(self, home: Path, count: int, now: datetime) -> None:
        self._home, self._count, self._now = home, count, now

    def __enter__(self) -> Place:
        rng = random.Random(7)
        key = KeyData(0, rng.randbytes(32).hex(), rng.randbytes(64).hex())
        held = dataset.make(1, 0).small[0].holdings
        data = Dataset([AccountData(held) for _ in range(self._count)], [], [key], {})
        installation = Installation.create(self._home)
        installation.store(data)
        ids = [account.id for account in data.accounts]
        add_snapshots(installation.database, ids, list(five_years(self._now)))
        self._server = installation.serve()
        self._server.wait_until_ready()
        files = {}
        for days in (LONG, SHORT):
            files[days] = file = self._home.parent / f"{self._home.name}-{days}.json"
            first = (self._now - timedelta(days=days)).date()
            paths = [f"{API}/accounts/{each}/balance_chart_data?date_from={first}" for each in ids[:FEW]]
            file.write_text(json.dumps([signed("GET", path, key).decode() for path in paths]))
        return Place(self._server, files)

    def __exit__(self, *_: object) -> None:
        self._server.stop()


def five_years(now: datetime) -> Iterator[datetime]:
    """As they are kept: one a day, then one an hour, then one every ten minutes."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for n in range(LONG + 1, 90, -1):
        yield midnight - n * DAY + timedelta(hours=23, minutes=53, seconds=12, microseconds=345_678)
    for n in range(90 * 24, 7 * 24, -1):
        yield midnight - n * HOUR + timedelta(minutes=53, seconds=12, microseconds=345_678)
    for n in range(7 * 144, 0, -1):
        yield midnight - n * HOUR / 6 + timedelta(seconds=12, microseconds=345_678)


def add_snapshots(
    database: Path, ids: Sequence[int], moments: Sequence[datetime], composition: bytes | None = None
) -> None:
    """Written into the file itself: loads one by one would take hours."""
    rng = random.Random(3)
    connection = sqlite3.connect(database, timeout=15)
    connection.execute("PRAGMA synchronous = OFF")
    times = [moment_to_integer(moment) for moment in moments]
    for account_id in ids:
        usd = [f"{rng.random() * 1e5:.14f}" for _ in range(97)]
        btc = [f"{rng.random():.17f}{rng.randrange(10**40)}" for _ in range(97)]
        with connection:
            connection.executemany(
                "INSERT INTO snapshots VALUES (?, ?, ?, ?, '24.0', '0.00041', 1, '')",
                ((account_id, at, usd[n % 97], btc[n % 97]) for n, at in enumerate(times)),
            )
            if composition is not None:
                connection.executemany(
                    "INSERT INTO compositions VALUES (?, ?, ?)", ((account_id, at, composition) for at in times)
                )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


# -------------------------------------------------------------------------------------------------------- disk


def _disk(profile: Profile, work: Path) -> Line:
    """What the file grows by for each load of accounts that change all the time."""
    count = profile.scaled(50, 5)
    installation = Installation.create(work / "disk")
    rng = random.Random(5)

    def account() -> AccountData:
        codes = rng.sample(CODES, HOLDINGS)
        return AccountData(
            tuple(
                Held(code, f"{rng.random() * 10 ** rng.randrange(5):.8f}", f"{rng.random() * 1000:.6f}")
                for code in codes
            )
        )

    data = Dataset([account() for _ in range(count)], [], [KeyData(0, "a" * 64, "b" * 64)], {})
    installation.store(data)
    before = _size(installation.database)

    async def work_on() -> None:
        store = await open_store(installation.settings())
        now = datetime.now(UTC)
        for n in range(LOADS):
            for each in data.accounts:
                moved = tuple(Held(held.code, f"{rng.random() * 100:.8f}", held.rate) for held in each.holdings)
                at = now + n * timedelta(minutes=10)
                await store.record_load(load_of(AccountData(moved, each.user, each.id), at, opening=False))
        await store.close()

    asyncio.run(work_on())
    each = (_size(installation.database) - before) / (LOADS * count)
    return Line(
        "history",
        f"a snapshot of {HOLDINGS} holdings on disk",
        "2048 bytes",
        f"{each / 2048:.2f}",
        f"{each:.0f} bytes, the record of the load included",
        "<= 1",
        each <= 2048,
    )


def _size(database: Path) -> int:
    connection = sqlite3.connect(database, timeout=15)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    return database.stat().st_size


# ---------------------------------------------------------------------------------------------------- thinning


def _thinning(profile: Profile, work: Path) -> Line:
    count = profile.scaled(1_000_000, 20_000)
    accounts = profile.scaled(20, 4)
    installation = Installation.create(work / "thin")
    data = Dataset([AccountData(()) for _ in range(accounts)], [], [KeyData(0, "a" * 64, "b" * 64)], {})
    installation.store(data)
    each = count // accounts
    newest = datetime.now(UTC) - timedelta(minutes=10)
    moments = [newest - n * timedelta(minutes=10) for n in range(each, 0, -1)]
    add_snapshots(installation.database, [account.id for account in data.accounts], moments, b"x" * 200)
    command = [sys.executable, "-m", "coinassay", "history", "thin", "--json"]
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment(installation.environment()), stdout=subprocess.PIPE)
    assert process.stdout is not None
    told = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    if status:
        raise BenchError("coinassay history thin failed")
    process.returncode = 0
    megabytes = usage.ru_maxrss * 1024 / 1e6
    dropped = json.loads(told)["snapshots"]
    return Line(
        "history",
        f"thinning {each * accounts:,} snapshots",
        "250 MB",
        f"{megabytes / 250:.2f}",
        f"{megabytes:.0f} MB at most, {dropped:,} dropped in {took:.0f} s",
        "<= 1",
        megabytes <= 250,
    )
