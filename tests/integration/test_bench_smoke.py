"""The benchmarks run and print their table. How fast anything is stands in docs/reference/benchmarks.md, not here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_quick_run_compares_every_pair_and_prints_a_table() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick"], cwd=ROOT, capture_output=True, text=True, timeout=180
    )
    assert 0 == done.returncode, done.stderr
    header, rule, *rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert "ratio" in header
    assert set(rule) == {"|", "-"}
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert {row[0] for row in cells} == {"pie", "load", "start"}
    for row in cells:
        assert len(row) == header.count("|") - 1
        assert float(row[3].split()[0]) >= 0
    against = {row[2] for row in cells}
    assert {"raw ASGI, from memory", "FastAPI + ORM, SQLite"} <= against


def test_a_bench_that_does_not_exist_is_named() -> None:
    done = subprocess.run([sys.executable, "-m", "bench", "pies"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert 2 == done.returncode
    assert "there is no pies; there are pie, load, start" in done.stderr
