"""`pie`: signed pie_chart_data from an SQLite file, against raw ASGI from memory and against FastAPI with an ORM.

And from PostgreSQL, where that is installed, against raw ASGI from memory.
"""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from tests import postgres

from bench import dataset
from bench.dataset import AccountData, Dataset
from bench.harness import (
    BenchError,
    Line,
    LoadGenerator,
    Profile,
    Server,
    Side,
    cpu_seconds,
    free_port,
    in_turn,
    ratio,
    uvicorn,
)
from bench.product import Installation
from bench.reference import fastapi_orm

FEW = 8
"""Accounts asked again and again, so that whatever the product keeps of their answers is used."""

KEPT, NEW = "answer kept", "new each time"
"""The first: a few accounts asked again and again. The second: each account asked once, and before the next round all
of them count as changed, as if each had been loaded anew."""

Stream = tuple[int, str]
"""Number of holdings, and KEPT or NEW."""

PRODUCT, RAW, ORM = "coinassay", "raw ASGI, from memory", "FastAPI + ORM, SQLite"
ON_POSTGRES = "coinassay on PostgreSQL"


def run(profile: Profile, work: Path) -> list[Line]:
    sizes = profile.scaled(4000, 60), profile.scaled(400, 20)
    data = dataset.make(*sizes)
    with ExitStack() as stack:
        installation = Installation.create(work / "home")
        installation.store(data)
        outdate = {PRODUCT: installation.outdate}
        servers = [stack.enter_context(server) for server in _servers(installation, data, work)]
        if postgres.programs() is not None:
            cluster = stack.enter_context(postgres.running())
            moved = Installation.create(work / "nothing", cluster.create_database())
            moved.store(dataset.make(*sizes))  # under the same ids
            outdate[ON_POSTGRES] = moved.outdate
            servers.append(stack.enter_context(moved.serve(name=ON_POSTGRES)))
        for server in servers:
            server.wait_until_ready()
        generator = LoadGenerator()
        stack.callback(generator.close)
        streams = _streams(data)
        files = {}
        for (size, kept), accounts in streams.items():
            _compare(servers, data, accounts)
            files[size, kept] = file = work / f"{size} {kept}.json"
            file.write_text(json.dumps([request.decode() for _, request in dataset.requests(accounts, data.keys)]))
        lengths = {stream: len(accounts) for stream, accounts in streams.items()}
        return _lines(_measure(servers, files, lengths, outdate, generator, profile))


def _servers(installation: Installation, data: Dataset, work: Path) -> list[Server]:
    facts, database = work / "data.json", work / "orm.sqlite"
    data.save(facts)
    fastapi_orm.fill(data, database)
    raw, orm = free_port(), free_port()
    return [
        installation.serve(),
        Server(RAW, uvicorn("bench.reference.raw_asgi:app", raw), raw, work / "raw.log", {"BENCH_DATA": str(facts)}),
        Server(
            ORM,
            uvicorn("bench.reference.fastapi_orm:app", orm),
            orm,
            work / "orm.log",
            {"BENCH_DATABASE": str(database)},
        ),
    ]


def _streams(data: Dataset) -> dict[Stream, list[AccountData]]:
    rng = random.Random(7)
    return {
        (10, KEPT): data.small[:FEW],
        (10, NEW): rng.sample(data.small, len(data.small)),
        (200, KEPT): data.large[:FEW],
        (200, NEW): rng.sample(data.large, len(data.large)),
    }


def _measure(
    servers: Sequence[Server],
    streams: dict[Stream, Path],
    lengths: dict[Stream, int],
    outdate: Mapping[str, Callable[[], None]],
    generator: LoadGenerator,
    profile: Profile,
) -> dict[tuple[str, Stream], Side]:
    sides: dict[tuple[str, Stream], Side] = {}
    measures: list[Callable[[], None]] = []
    for stream, file in streams.items():
        for server in servers:
            side = sides[server.name, stream] = Side(f"{server.name}, {stream}")
            most = lengths[stream] if stream[1] == NEW else 1_000_000
            before = outdate.get(server.name, _nothing) if stream[1] == NEW else _nothing
            measures.append(partial(_one_round, generator, server, file, most, before, side, profile.seconds))
    in_turn(1, measures)  # to warm up: its figures are thrown away
    for side in sides.values():
        side.figures.clear()
    in_turn(profile.rounds, measures)
    return sides


def _nothing() -> None:
    pass


def _one_round(
    generator: LoadGenerator,
    server: Server,
    file: Path,
    most: int,
    before: Callable[[], None],
    side: Side,
    seconds: float,
) -> None:
    before()
    used = -cpu_seconds(server.pid)
    result = generator.run(server.port, file, seconds, 0, most)
    used += cpu_seconds(server.pid)
    side.add(cpu_us=used * 1e6 / result["requests"], per_second=result["requests"] / result["seconds"])


def _lines(sides: dict[tuple[str, Stream], Side]) -> list[Line]:
    lines = []
    for size in (10, 200):
        for kept in (KEPT, NEW):
            product = sides[PRODUCT, (size, kept)]
            for other, goal in ((RAW, 0.5), (ORM, 4.0)):
                against = sides[other, (size, kept)]
                cpu = ratio(against, product, "cpu_us")
                throughput = ratio(product, against, "per_second")
                micros = f"{product.median('cpu_us'):.0f} : {against.median('cpu_us'):.0f} us"
                beside = f"{micros}, throughput x {throughput.value:.2f}"
                wanted, met = (f">= {goal:g}", cpu.value >= goal) if size == 10 else ("", None)
                what = f"{PRODUCT}, {size} holdings, {kept}"
                lines.append(Line("pie", what, other, str(cpu), beside, wanted, met))
    for name, kept in ((PRODUCT, KEPT), (PRODUCT, NEW), (RAW, NEW), (ORM, NEW)):
        cost = ratio(sides[name, (200, kept)], sides[name, (10, kept)], "cpu_us")
        wanted, met = ("<= 4", cost.value <= 4) if name == PRODUCT else ("", None)
        what = f"{name}, 200 holdings" + (f", {kept}" if name == PRODUCT else "")
        lines.append(Line("pie", what, "the same, 10 holdings", str(cost), "less is better", wanted, met))
    return lines + _postgres_lines(sides)


def _postgres_lines(sides: dict[tuple[str, Stream], Side]) -> list[Line]:
    if (ON_POSTGRES, (10, KEPT)) not in sides:
        return [Line("pie", ON_POSTGRES, RAW, "not measured", postgres.MISSING, ">= 0.35")]
    lines = []
    for size in (10, 200):
        for kept in (KEPT, NEW):
            product, raw = sides[ON_POSTGRES, (size, kept)], sides[RAW, (size, kept)]
            cpu, throughput = ratio(raw, product, "cpu_us"), ratio(product, raw, "per_second")
            beside = (
                f"{product.median('cpu_us'):.0f} : {raw.median('cpu_us'):.0f} us, throughput x {throughput.value:.2f}"
            )
            wanted, met = (">= 0.35", cpu.value >= 0.35) if size == 10 else ("", None)
            lines.append(Line("pie", f"{ON_POSTGRES}, {size} holdings, {kept}", RAW, str(cpu), beside, wanted, met))
    return lines


def _compare(servers: Sequence[Server], data: Dataset, accounts: Sequence[AccountData]) -> None:
    """Every side gives the same answer, the product and raw ASGI byte for byte."""
    for account in accounts[:FEW]:
        ((path, request),) = dataset.requests([account], data.keys)
        bodies = {server.name: _answer(server.port, path, request) for server in servers}
        for name in (PRODUCT, ON_POSTGRES):
            if bodies.get(name, bodies[RAW]) != bodies[RAW]:
                raise BenchError(f"different answers to {path}:\n{bodies[name][:400]!r}\n{bodies[RAW][:400]!r}")
        if _exact(bodies[ORM]) != _exact(bodies[RAW]):
            raise BenchError(f"different answers to {path}:\n{bodies[ORM][:400]!r}\n{bodies[RAW][:400]!r}")


def _answer(port: int, path: str, request: bytes) -> bytes:
    lines = request.decode().split("\r\n")[1:]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = dict(line.split(": ", 1) for line in lines if line)
        connection.request("POST", path, headers=headers)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 201:
        raise BenchError(f"{response.status} to {path}: {body[:400]!r}")
    return body


def _exact(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)
