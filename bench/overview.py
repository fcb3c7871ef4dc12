"""`overview`: the first page of somebody with 50 accounts and five years of history, on the server and in a browser."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import os
import random
import shutil
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench import dataset
from bench.dataset import AccountData, Dataset, KeyData
from bench.harness import BenchError, Line, LoadGenerator, Profile, Server, Side, cpu_seconds, in_turn, ratio
from bench.history import add_snapshots, five_years
from bench.pie import KEPT, NEW
from bench.product import API, Installation
from bench.summary import signed
from coinassay.bootstrap import open_services
from coinassay.services.ports.web import Caller

ACCOUNTS, HOLDINGS = 50, 20
ROUNDS_OF_ONE = 5
"""Requests a round where each comes after a change of everything."""
OVERVIEW, HISTORY, PIE = "overview", "history", "pie"
MOST_KB = 150


def run(profile: Profile, work: Path) -> list[Line]:
    rng = random.Random(5)
    key = KeyData(0, rng.randbytes(32).hex(), rng.randbytes(64).hex())
    wide = dataset.make(0, 1).large[0].holdings
    small = [AccountData(tuple(rng.sample(wide, HOLDINGS))) for _ in range(ACCOUNTS)]
    data = Dataset(small, [], [key], {})
    with ExitStack() as stack:
        installation = Installation.create(work / "home")
        installation.store(data)
        moments = list(five_years(datetime.now(UTC)))
        add_snapshots(
            installation.database, [account.id for account in small], moments[:: 1 if not profile.quick else 20]
        )
        server = stack.enter_context(installation.serve())
        server.wait_until_ready()
        cookie = f"coinassay-{server.port}-session={_sign_in(installation, small[0].user)}"
        calls = {
            OVERVIEW: _request("/", cookie),
            HISTORY: _request("/history.json?range=all&width=1200", cookie),
            PIE: signed("POST", f"{API}/accounts/summary/pie_chart_data", key),
        }
        _check(server, cookie)
        files = {}
        for name, request in calls.items():
            files[name] = file = work / f"{name}.json"
            file.write_text(json.dumps([request.decode("latin-1")]))
        generator = LoadGenerator()
        stack.callback(generator.close)
        sides = _measure(server, files, installation.outdate, generator, profile)
        return [*_lines(sides), *_browse(server, cookie, profile)]


def _sign_in(installation: Installation, user_id: int) -> str:
    """The token of a new session."""

    async def work() -> str:
        async with open_services(installation.settings()) as services:
            return (await services.sign_in.begin_demo(user_id, Caller("127.0.0.1", "bench"))).token

    return asyncio.run(work())


def _request(path: str, cookie: str) -> bytes:
    lines = (f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", "Accept-Encoding: gzip")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _check(server: Server, cookie: str) -> None:
    """Raises BenchError unless both answers are the whole of what they should be."""
    page = _answer(server, "/", cookie)
    if page.count('<li class="card" id="account-') != ACCOUNTS or "worth-total" not in page:
        raise BenchError(f"that is no overview of {ACCOUNTS} accounts: {page[:400]}")
    points = json.loads(_answer(server, "/history.json?range=all&width=1200", cookie))["points"]
    if len(points) < 1000:
        raise BenchError(f"a history of {len(points)} points")


def _answer(server: Server, path: str, cookie: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise BenchError(f"{response.status} to {path}: {server.log_tail()}")
    return (gzip.decompress(body) if response.headers["Content-Encoding"] == "gzip" else body).decode()


def _measure(
    server: Server, files: dict[str, Path], outdate: Callable[[], None], generator: LoadGenerator, profile: Profile
) -> dict[tuple[str, str], Side]:
    sides: dict[tuple[str, str], Side] = {}
    measures: list[Callable[[], None]] = []
    for name, file in files.items():
        for kept in (KEPT, NEW):
            side = sides[name, kept] = Side(f"{name}, {kept}")
            before = outdate if kept == NEW else None
            measures.append(partial(_one_round, generator, server, file, before, side, profile))
    in_turn(1, measures)  # to warm up: its figures are thrown away
    for side in sides.values():
        side.figures.clear()
    in_turn(profile.rounds, measures)
    return sides


def _one_round(
    generator: LoadGenerator,
    server: Server,
    file: Path,
    outdate: Callable[[], None] | None,
    side: Side,
    profile: Profile,
) -> None:
    used, answered = 0.0, 0
    if outdate is None:
        generator.run(server.port, file, profile.seconds, 0, 1, connections=1)  # from here on the answer is kept
    for _ in range(1 if outdate is None else ROUNDS_OF_ONE):
        if outdate is not None:
            outdate()
        used -= cpu_seconds(server.pid)
        result = generator.run(server.port, file, profile.seconds, 0, 10**6 if outdate is None else 1, connections=1)
        used += cpu_seconds(server.pid)
        answered += result["requests"]
    side.add(cpu_us=used * 1e6 / answered)


def _lines(sides: dict[tuple[str, str], Side]) -> list[Line]:
    lines = []
    for name, what, goal in (
        (OVERVIEW, f"overview of {ACCOUNTS} accounts x {HOLDINGS} holdings", 5),
        (HISTORY, "history of 5 years, thinned for 1,200 pixels", 0),
    ):
        for kept in (KEPT, NEW):
            over, under = sides[name, kept], sides[PIE, kept]
            cost = ratio(over, under, "cpu_us")
            beside = f"{over.median('cpu_us'):.0f} : {under.median('cpu_us'):.0f} us"
            wanted, met = (f"<= {goal}", cost.value <= goal) if goal else ("", None)
            lines.append(
                Line("overview", f"{what}, {kept}", "pie_chart_data of the same", str(cost), beside, wanted, met)
            )
    return lines


# ------------------------------------------------------------------------------------------------ in a browser

_TIMINGS = """() => {
  const entries = performance.getEntriesByType("resource");
  const library = entries.find((each) => each.name.endsWith("/plotly.min.js"));
  const page = performance.getEntriesByType("navigation")[0];
  const own = entries.filter((each) => each !== library);
  return {
    painted: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    total: window.largest ?? 0,
    asked: library.startTime,
    loaded: library.responseEnd,
    library: library.transferSize,
    whole: library.decodedBodySize,
    bytes: page.transferSize + own.reduce((sum, each) => sum + each.transferSize, 0),
    shift: window.shifted ?? 0,
  };
}"""
_WATCH = """
  new PerformanceObserver((list) => { for (const each of list.getEntries()) window.largest = each.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => { for (const each of list.getEntries()) window.shifted = (window.shifted ?? 0) + each.value; })
    .observe({ type: "layout-shift", buffered: true });
"""  # noqa: E501


def _browse(server: Server, cookie: str, profile: Profile) -> list[Line]:
    found = [path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))]
    if not found:
        return [Line("overview", "in Chromium", "", "not measured", "there is no Chromium on this machine")]
    from playwright.sync_api import sync_playwright

    first: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    name, _, value = cookie.partition("=")
    url = f"http://127.0.0.1:{server.port}/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found[0], args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        for _ in range(profile.scaled(5, 2)):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies([{"name": name, "value": value, "url": url}])
            page = context.new_page()
            page.add_init_script(_WATCH)
            for visits in (first, again):
                page.goto(url)
                page.wait_for_selector(".chart.history[data-drawn]")
                page.wait_for_selector(".chart.shares[data-drawn]")
                visits.append(page.evaluate(_TIMINGS))
            context.close()
        browser.close()

    def median(measure: str, visits: list[dict[str, Any]] = first) -> float:
        return statistics.median(float(each[measure]) for each in visits)

    before = all(max(each["painted"], each["total"]) < each["asked"] for each in first)
    kept = max(each["library"] for each in again)
    return [
        Line(
            "overview",
            "in Chromium: content painted",
            "chart library loaded",
            f"{median('painted') / median('loaded'):.2f}",
            f"painted {median('painted'):.0f} ms, totals {median('total'):.0f} ms, library asked for "
            f"{median('asked'):.0f} ms, loaded {median('loaded'):.0f} ms",
            "before it is asked for",
            before,
        ),
        Line(
            "overview",
            "in Chromium: transfer without the library",
            "",
            f"{median('bytes') / 1000:.0f} KB",
            f"on the next visit {median('bytes', again) / 1000:.0f} KB; layout shift {median('shift'):.3f}",
            f"<= {MOST_KB} KB",
            median("bytes") <= MOST_KB * 1000,
        ),
        Line(
            "overview",
            "in Chromium: the library, compressed",
            "as it is",
            f"{median('library') / median('whole'):.2f}",
            f"{median('library') / 1e6:.2f} of {median('whole') / 1e6:.2f} MB; on the next visit {kept / 1000:.0f} KB",
            "not sent again",
            kept == 0,
        ),
    ]
