"""For users too: scripted ports, simulated exchanges with faults on demand, recorded answers, a pytest plugin.

    from coinassay.testing import SimulatedExchange, bal, rates_of

    with SimulatedExchange.running("binance") as exchange:
        user = exchange.add_user(wallets={"spot": {"BTC": "1.5"}})

Importing this package costs nothing: each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coinassay.testing.faults import Fault, FaultKind, FaultPlan
    from coinassay.testing.replay import Recording, ReplayServer, load_recordings
    from coinassay.testing.scripted import (
        ScriptedConnector,
        ScriptedDoctor,
        ScriptedMarketData,
        ScriptedQuotes,
        ScriptedRates,
        ScriptedTrades,
        ScriptedWallets,
    )
    from coinassay.testing.simulator.exchange import SimulatedExchange
    from coinassay.testing.simulator.users import SimulatedUser
    from coinassay.testing.text import bal, quotes_of, rates_of, reading_of

__all__ = [
    "Fault",
    "FaultKind",
    "FaultPlan",
    "Recording",
    "ReplayServer",
    "ScriptedConnector",
    "ScriptedDoctor",
    "ScriptedMarketData",
    "ScriptedQuotes",
    "ScriptedRates",
    "ScriptedTrades",
    "ScriptedWallets",
    "SimulatedExchange",
    "SimulatedUser",
    "bal",
    "load_recordings",
    "quotes_of",
    "rates_of",
    "reading_of",
]

_HOMES = {
    "faults": ("Fault", "FaultKind", "FaultPlan"),
    "replay": ("Recording", "ReplayServer", "load_recordings"),
    "scripted": (
        "ScriptedConnector",
        "ScriptedDoctor",
        "ScriptedMarketData",
        "ScriptedQuotes",
        "ScriptedRates",
        "ScriptedTrades",
        "ScriptedWallets",
    ),
    "simulator.exchange": ("SimulatedExchange",),
    "simulator.users": ("SimulatedUser",),
    "text": ("bal", "quotes_of", "rates_of", "reading_of"),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            found: object = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
