"""What the simulated exchanges tell of trades, networks and addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from coinassay.testing.simulator.state import SimulatedState

AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_trades_are_numbered_by_symbol() -> None:
    state = SimulatedState("binance")
    user = state.add_user("alice")
    fills = [state.trade(user, symbol, "1", "2", at=AT) for symbol in ("BTC/USDT", "ETH/USDT", "BTC/USDT")]
    assert [1, 1, 2] == [fill.number for fill in fills]
    assert int(AT.timestamp()) * 1000 == fills[0].at
    assert {} == user.held("spot"), "the history is told, the wallets are as they were set"


@pytest.mark.parametrize(("symbol", "amount", "price"), [("BTC/USDT", "0", "1"), ("BTC/USDT", "1", "-1")])
def test_a_trade_has_an_amount_and_a_price(symbol: str, amount: str, price: str) -> None:
    state = SimulatedState("binance")
    with pytest.raises(ValueError, match="positive"):
        state.trade(state.add_user("alice"), symbol, amount, price)


def test_a_trade_is_of_a_market_there_is() -> None:
    state = SimulatedState("binance")
    with pytest.raises(KeyError):
        state.trade(state.add_user("alice"), "BTC/MOON", "1", "1")


def test_prices_and_amounts_stay_exact() -> None:
    state = SimulatedState("kraken")
    fill = state.trade(
        state.add_user("alice"), "BTC/USD", "0.123456789123456789", "1.1", buy=False, at=AT + timedelta(1)
    )
    assert (Decimal("0.123456789123456789"), False) == (fill.amount, fill.buy)
