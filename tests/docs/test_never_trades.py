"""The pages about trading on paper and volumes say what the program does."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from coinassay.api.errors import reply_to
from coinassay.domain import paper
from coinassay.domain.money import plain
from coinassay.errors import UnavailableForAccount, UnavailableForAccountType
from coinassay.exchanges.fills import COMMON_QUOTES, FIRST_DAYS, MOST_STREAMS
from coinassay.services.paper import DUST_REST

PAGES = Path(__file__).parents[2] / "docs" / "explanation"


def page(name: str) -> str:
    return " ".join((PAGES / name).read_text(encoding="utf-8").split())


def test_the_refusals_are_the_ones_that_are_sent() -> None:
    for error in (UnavailableForAccount(), UnavailableForAccountType()):
        reply = reply_to(error)
        assert f"403 `{reply.body.decode()}`" in page("never-trades.md")
        assert 403 == reply.status


def test_fees_and_limits_are_the_ones_that_are_used() -> None:
    text = page("never-trades.md")
    assert f"The fee is {plain(paper.FEE * 100)} %" in text
    assert f"Dust is charged {int(paper.DUST_FEE * 100)} %" in text
    assert f"less than {plain(paper.DUST_BTC)} BTC" in text
    assert f"rounded down to {paper.PLACES} decimals" in text
    assert "once in six hours" in text
    assert timedelta(hours=6) == DUST_REST


def test_the_files_it_names_are_there() -> None:
    for name in ("never-trades.md", "volume.md"):
        for path in re.findall(r"`(coinassay/[\w/.]+)`", page(name)):
            assert (PAGES.parents[1] / "src" / path).is_file(), path


def test_the_markets_that_are_asked_are_the_ones_that_are_named() -> None:
    text = page("volume.md")
    assert f"{MOST_STREAMS} at most" in text
    assert "two years" in text
    assert 730 == FIRST_DAYS
    assert all(re.search(rf"\b{code}\b", text) for code in COMMON_QUOTES)
