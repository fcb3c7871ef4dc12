"""Complete, partial, stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coinassay.domain.account import Account, KeyState
from coinassay.domain.completeness import Completeness, completeness, of_all, stale_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEN = timedelta(minutes=10)
ACCOUNT = Account(1, 1, "kraken", "x", "", None, None, True, KeyState.OK, NOW, NOW, loaded_at=NOW - TEN)
COMPLETE, PARTIAL, STALE, NONE = Completeness


@pytest.mark.parametrize(
    ("minutes", "complete", "failing", "interval", "state"),
    [
        (60, True, False, 10, COMPLETE),
        (61, True, False, 10, STALE),
        (61, True, False, 0, STALE),
        (120, True, False, 60, COMPLETE),
        (121, True, False, 60, STALE),
        (1, False, False, 10, PARTIAL),
        (1, True, True, 10, STALE),
        (61, False, True, 10, STALE),
    ],
)
def test_the_state(minutes: int, complete: bool, failing: bool, interval: int, state: Completeness) -> None:
    account = replace(ACCOUNT, complete=complete, loaded_at=NOW - timedelta(minutes=minutes))
    assert completeness(account, failing, timedelta(minutes=interval), NOW) == state


def test_what_was_never_loaded() -> None:
    assert completeness(replace(ACCOUNT, loaded_at=None), True, TEN, NOW) == NONE


def test_how_long_a_total_is_good_for() -> None:
    assert stale_after(timedelta()) == stale_after(TEN) == timedelta(hours=1)
    assert stale_after(timedelta(hours=6)) == timedelta(hours=12)


@pytest.mark.parametrize(
    ("states", "together"),
    [
        ([], NONE),
        ([NONE, NONE], NONE),
        ([COMPLETE, COMPLETE], COMPLETE),
        ([COMPLETE, NONE], PARTIAL),
        ([COMPLETE, PARTIAL], PARTIAL),
        ([COMPLETE, STALE, NONE, PARTIAL], STALE),
    ],
)
def test_several_accounts(states: list[Completeness], together: Completeness) -> None:
    assert of_all(states) == together
