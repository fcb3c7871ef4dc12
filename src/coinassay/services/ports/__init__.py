"""What the use cases need from the outside. Implementations: coinassay.exchanges, .pricing, .storage, .testing.

The contract suites in tests/contract run over every implementation of a port.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from coinassay.services.ports.budgets import BudgetStore, PriceListStore, StoredBudget, StoredPrices
from coinassay.services.ports.exchanges import Connection, Connector, KeyDoctor, Markets, QuoteSource
from coinassay.services.ports.market_data import DailyCloses, MarketData
from coinassay.services.ports.pricing import Catalogue, RateSource
from coinassay.services.ports.storage import (
    AccountStore,
    ApiKeyStore,
    Changes,
    FailedLoad,
    HistoryStore,
    KeyReportStore,
    Load,
    LoadStore,
    NewKey,
    PortfolioStore,
    State,
    StoredHolding,
    UserStore,
)
from coinassay.services.ports.trades import (
    NewTrades,
    PaperAccount,
    PaperChange,
    PaperStore,
    TradeReading,
    TradeSource,
    VolumeStore,
)
from coinassay.services.ports.wallets import WalletSource

Clock = Callable[[], datetime]
"""The present moment, aware, in UTC."""

__all__ = [
    "AccountStore",
    "ApiKeyStore",
    "BudgetStore",
    "Catalogue",
    "Changes",
    "Clock",
    "Connection",
    "Connector",
    "DailyCloses",
    "FailedLoad",
    "HistoryStore",
    "KeyDoctor",
    "KeyReportStore",
    "Load",
    "LoadStore",
    "MarketData",
    "Markets",
    "NewKey",
    "NewTrades",
    "PaperAccount",
    "PaperChange",
    "PaperStore",
    "PortfolioStore",
    "PriceListStore",
    "QuoteSource",
    "RateSource",
    "State",
    "StoredBudget",
    "StoredHolding",
    "StoredPrices",
    "TradeReading",
    "TradeSource",
    "UserStore",
    "VolumeStore",
    "WalletSource",
]
