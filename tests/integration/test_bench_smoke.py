"""The benchmarks run and print their table. How fast anything is stands in docs/reference/benchmarks.md, not here."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from bench.__main__ import BENCHES
from bench.scale import INTERVAL, Inputs, Simulation, simulate
from tests import postgres

ROOT = Path(__file__).parents[2]


def _rows(text: str) -> list[list[str]]:
    """The cells of the table of ratios, without its head and rule."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line] for line in lines]
    assert "bench" == head[0]
    return rows


@pytest.mark.slow
def test_a_quick_run_compares_every_pair_and_prints_a_table() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert 0 == done.returncode, done.stderr
    cells = _rows(done.stdout)
    assert {row[0] for row in cells} >= {"pie", "summary", "list", "load", "limits", "refresh", "start"}
    for row in cells:
        assert len(row) == 7
        assert float(row[3].split()[0]) >= 0
    documented = {tuple(row[:3]) for row in _rows((ROOT / "docs/reference/benchmarks.md").read_text())}
    assert {row[0] for row in cells} <= {row[0] for row in documented}
    same = ("pie", "list", "start")  # a quick run of the others takes fewer accounts, and says so in the row
    if postgres.programs() is None:
        documented = {row for row in documented if "PostgreSQL" not in row[1]}
    assert {tuple(row[:3]) for row in cells if row[0] in same} == {row for row in documented if row[0] in same}


def test_a_bench_that_does_not_exist_is_named() -> None:
    done = subprocess.run([sys.executable, "-m", "bench", "pies"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert 2 == done.returncode
    assert f"there is no pies; there are {', '.join(BENCHES)}" in done.stderr


def test_a_simulation_of_more_accounts_than_one_address_may_read() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.scale", "500", "100000"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert 0 == done.returncode, done.stderr
    inputs, _, _, few, many = done.stdout.splitlines()
    assert Inputs() == Inputs(**json.loads(inputs))
    assert ["500", "0.8", "1", "1", "1"] == [cell.strip() for cell in few.split("|")[1:6]]
    assert "binance's limit" == many.split("|")[-2].strip()


def test_what_is_planned_is_enough_and_less_is_not() -> None:
    enough = simulate(5000, Inputs())
    assert abs(enough.interval - INTERVAL) < 1
    assert enough.late < 60
    fewer = replace(enough.plan, addresses=enough.plan.addresses - 1)
    short = Simulation(fewer, Inputs()).run(4 * INTERVAL)
    assert short.late > enough.late
    slow = Simulation(enough.plan, Inputs(cpu=0.2)).run(4 * INTERVAL)
    assert "worker CPU" == slow.limited_by
    assert slow.interval > 1.2 * INTERVAL
