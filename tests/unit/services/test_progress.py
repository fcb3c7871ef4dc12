"""What is told of a load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from coinassay.domain.account import Account, KeyState, WalletState, WalletStatus
from coinassay.domain.balance import Reading, WalletReading
from coinassay.domain.event import EventKind
from coinassay.domain.snapshot import Money
from coinassay.errors import ExchangeUnavailable
from coinassay.services.progress import Progress

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACCOUNT = Account(7, 3, "kraken", "x", "", None, None, True, KeyState.OK, NOW, NOW)
DOWN = WalletReading("futures", failure="exchange_unavailable", reason="It is down.")
WHY = {"failure": "exchange_unavailable", "reason": "It is down."}


class Told:
    """A publisher that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[EventKind, Mapping[str, object]]] = []

    def publish(
        self, user_id: int, account_id: int | None, kind: EventKind, data: Mapping[str, object] | None = None
    ) -> None:
        assert (user_id, account_id) == (3, 7)
        self.events.append((kind, data or {}))


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_load_from_its_beginning_to_its_end(told: Told) -> None:
    progress = Progress(ACCOUNT, lambda: NOW, told)
    progress.started()
    progress.wallet(DOWN)
    progress.read(Reading((WalletReading("spot"), DOWN)))
    loaded = replace(ACCOUNT, complete=False, total=Money(Decimal("1.50"), Decimal("1E-7")))
    wallets = [
        WalletStatus("spot", WalletState.OK, NOW),
        WalletStatus("futures", WalletState.UNKNOWN, None, *WHY.values()),
    ]
    progress.finished(loaded, wallets)
    assert told.events == [
        (EventKind.LOAD_STARTED, {}),
        (EventKind.WALLET_DONE, {"wallet": "futures", "state": "failed", **WHY}),
        (EventKind.WALLET_DONE, {"wallet": "spot", "state": "ok"}),
        (
            EventKind.LOAD_FINISHED,
            {
                "complete": False,
                "wallets": [{"wallet": "spot", "state": "ok"}, {"wallet": "futures", "state": "unknown", **WHY}],
            },
        ),
        (EventKind.TOTAL, {"usd_amount": "1.5", "btc_amount": "0.0000001"}),
    ]


def test_a_load_that_fails_knows_what_came_of_each_wallet(told: Told) -> None:
    for account, state in ((ACCOUNT, WalletState.UNKNOWN), (replace(ACCOUNT, loaded_at=NOW), WalletState.CARRIED)):
        progress = Progress(account, lambda: NOW, told)
        progress.started()
        progress.wallet(DOWN)
        progress.failed(ExchangeUnavailable("It is down."))
        assert progress.wallets == (WalletStatus("futures", state, None, *WHY.values()),)
        assert told.events[-1] == (EventKind.LOAD_FAILED, WHY)


def test_a_load_that_begins_again_is_one(told: Told) -> None:
    progress = Progress(ACCOUNT, lambda: NOW, told)
    for _ in range(2):
        progress.started()
        progress.wallet(DOWN)
    assert [kind for kind, _ in told.events].count(EventKind.LOAD_STARTED) == 1
    assert len(progress.wallets) == 1


def test_nobody_needs_to_listen() -> None:
    progress = Progress(ACCOUNT, lambda: NOW, None)
    progress.started()
    progress.wallet(DOWN)
    progress.failed(ExchangeUnavailable())
    assert len(progress.wallets) == 1
