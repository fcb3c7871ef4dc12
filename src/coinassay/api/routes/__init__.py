"""One module for each group of endpoints. A new group is a class with a `table`, named below."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.options import ApiOptions
from coinassay.api.routes.accounts import AccountRoutes
from coinassay.api.routes.budgets import BudgetRoutes
from coinassay.api.routes.connect import ConnectRoutes
from coinassay.api.routes.events import EventRoutes
from coinassay.api.routes.flows import FlowRoutes
from coinassay.api.routes.history import HistoryRoutes
from coinassay.api.routes.market_data import MarketDataRoutes
from coinassay.api.routes.paper import PaperRoutes
from coinassay.api.routes.portfolio import PortfolioRoutes
from coinassay.api.routes.refresh import RefreshRoutes
from coinassay.api.routes.service import ServiceRoutes
from coinassay.api.routes.user import UserSettingsRoutes
from coinassay.api.routes.users import UserRoutes
from coinassay.api.routes.valuation import ValuationRoutes
from coinassay.api.routes.volume import VolumeRoutes
from coinassay.api.routes.wallets import WalletRoutes
from coinassay.api.routing import Route
from coinassay.services.bundle import Services


def all_routes(services: Services, options: ApiOptions) -> Sequence[Route]:
    return (
        *ServiceRoutes(services).table(),
        *AccountRoutes(services, options).table(),
        *ConnectRoutes(services, options).table(),
        *PortfolioRoutes(services, options).table(),
        *PaperRoutes(services, options).table(),
        *VolumeRoutes(services).table(),
        *WalletRoutes(services).table(),
        *MarketDataRoutes(services, options).table(),
        *UserRoutes(services).table(),
        *UserSettingsRoutes(services).table(),
        *EventRoutes(services, options).table(),
        *ValuationRoutes(services).table(),
        *HistoryRoutes(services).table(),
        *RefreshRoutes(services).table(),
        *FlowRoutes(services).table(),
        *BudgetRoutes(services).table(),
    )
