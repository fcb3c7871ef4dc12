"""Fixtures for tests against Coinassay, there for every project in whose environment it is installed.

    def test_what_i_hold(simulated_binance):
        user = simulated_binance.add_user(wallets={"spot": {"BTC": "1.5"}})

Loading this module imports nothing of Coinassay: a project that does not use the fixtures pays nothing for them. The
simulated exchanges run in a thread of their own, so the fixtures serve plain and asynchronous tests alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from coinassay.testing.scripted import ScriptedConnector
    from coinassay.testing.simulator.exchange import SimulatedExchange


@pytest.fixture
def simulated_binance() -> Iterator[SimulatedExchange]:
    """A simulated Binance with the demo market and no users."""
    from coinassay.testing.simulator.exchange import SimulatedExchange

    with SimulatedExchange.running("binance") as exchange:
        yield exchange


@pytest.fixture
def simulated_kraken() -> Iterator[SimulatedExchange]:
    """A simulated Kraken with the demo market and no users."""
    from coinassay.testing.simulator.exchange import SimulatedExchange

    with SimulatedExchange.running("kraken") as exchange:
        yield exchange


@pytest.fixture
def scripted_connector() -> ScriptedConnector:
    """A connector that answers what `script` tells it to."""
    from coinassay.testing.scripted import ScriptedConnector

    return ScriptedConnector()
