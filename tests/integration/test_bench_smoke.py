"""The benchmarks run and print their table. How fast anything is stands in docs/reference/benchmarks.md, not here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
        [sys.executable, "-m", "bench", "--quick"], cwd=ROOT, capture_output=True, text=True, timeout=180
    )
    assert 0 == done.returncode, done.stderr
    cells = _rows(done.stdout)
    assert {row[0] for row in cells} == {"pie", "summary", "list", "load", "limits", "start"}
    for row in cells:
        assert len(row) == 7
        assert float(row[3].split()[0]) >= 0
    documented = {tuple(row[:3]) for row in _rows((ROOT / "docs/reference/benchmarks.md").read_text())}
    assert {row[0] for row in cells} <= {row[0] for row in documented}
    same = ("pie", "list", "start")  # a quick run of the others takes fewer accounts, and says so in the row
    assert {tuple(row[:3]) for row in cells if row[0] in same} == {row for row in documented if row[0] in same}


def test_a_bench_that_does_not_exist_is_named() -> None:
    done = subprocess.run([sys.executable, "-m", "bench", "pies"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert 2 == done.returncode
    assert "there is no pies; there are pie, summary, load, limits, start" in done.stderr
