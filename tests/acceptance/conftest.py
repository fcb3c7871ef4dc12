"""A running installation with simulated exchanges, shared by the tests of one module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.acceptance.installation import Installation

from coinassay.testing import SimulatedExchange


@pytest.fixture(scope="session")
def binance() -> Iterator[SimulatedExchange]:
    with SimulatedExchange.running(dialect="binance") as exchange:
        yield exchange


@pytest.fixture(scope="session")
def kraken() -> Iterator[SimulatedExchange]:
    with SimulatedExchange.running(dialect="kraken") as exchange:
        yield exchange


@pytest.fixture(scope="module")
def installation(
    binance: SimulatedExchange, kraken: SimulatedExchange, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A running server whose binance and kraken are simulated; alice has a funded user at both."""
    home = tmp_path_factory.mktemp("installation") / "home"
    made = Installation(home, {"binance": binance.url, "kraken": kraken.url})
    made.cli("init", "--owner", "alice")
    made.start(COINASSAY_RATE_LIMIT="off")
    try:
        yield made
    finally:
        if made.process is not None:
            made.stop()
