"""`coinassay import` and `coinassay history`, run in this process on a home of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.test_cli import Cli, cli, empty

__all__ = ["cli", "empty"]

DAY = 86_400
FIRST = 1_577_836_800
"""1 January 2020."""


def saved(path: Path, *usd: str, first: int = FIRST) -> str:
    rows = [
        {
            "date": first + n * DAY,
            "usd": float(each),
            "btc": 0.5,
            "btc_deposit_amount": 0.0,
            "usd_deposit_amount": 0.0,
        }
        for n, each in enumerate(usd)
    ]
    path.write_text(json.dumps(rows))
    return str(path)


@pytest.fixture
def paper(cli: Cli) -> Cli:
    cli.ok("accounts", "add", "paper_trading", "Play money", "--balance", "USDT=1000")
    return cli


def test_history_is_imported_once(paper: Cli, tmp_path: Path) -> None:
    paper.ok("accounts", "load", "1")
    file = saved(tmp_path / "one.json", "10", "20")
    assert {
        "account_id": 1,
        "days": 2,
        "first": "2020-01-01",
        "last": "2020-01-02",
        "left_out": 0,
        "changed": True,
    } == paper.json("import", "3commas-history", file, "--account", "1")
    told = paper.ok("import", "3commas-history", file, "--account", "1")
    assert "Nothing new: 2 days, 2020-01-01 to 2020-01-02, of Play money.\n" in told
    assert "as profit" in told


def test_what_cannot_be_imported(paper: Cli, tmp_path: Path) -> None:
    file = saved(tmp_path / "one.json", "10", "20")
    assert "error: account 1 was not loaded yet" in paper.refused("import", "3commas-history", file, "--account", "1")
    paper.ok("accounts", "load", "1")
    other = saved(tmp_path / "two.json", "30")
    told = paper.refused("import", "3commas-history", file, other, "--account", "1")
    assert "disagree about 2020-01-01" in told
    assert "There is no account 7" in paper.refused("import", "3commas-history", file, "--account", "7")
    bad = tmp_path / "bad.json"
    bad.write_text("<html>")
    told = paper.refused("import", "3commas-history", file, str(bad), "--account", "1")
    assert f"error: {bad} is not JSON\n" == told
    together = saved(tmp_path / "3commas-summary.json", "1")
    assert "all accounts together" in paper.refused("import", "3commas-history", together, "--account", "1")


def test_a_command_line_that_is_not_understood(paper: Cli, tmp_path: Path) -> None:
    file = saved(tmp_path / "one.json", "10")
    for account in ("summary", "0"):
        told = paper.refused("import", "3commas-history", file, "--account", account, status=2)
        assert "all accounts together" in " ".join(told.replace("│", " ").split())
    assert "not the id" in paper.refused("import", "3commas-history", file, "--account", "mine", status=2)
    missing = str(tmp_path / "none.json")
    assert "cannot be read" in paper.refused("import", "3commas-history", missing, "--account", "1", status=2)


def test_thinning_by_hand(paper: Cli) -> None:
    paper.ok("accounts", "load", "1")
    paper.ok("accounts", "load", "1")
    assert {"snapshots": 0, "attempts": 0} == paper.json("history", "thin")
    assert "Dropped 0 snapshots and 0 records of attempts to load.\n" == paper.ok("history", "thin")
