"""The use cases of one running installation, put together by coinassay.bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

from coinassay.services.accounts import AccountService
from coinassay.services.api_keys import ApiKeyService
from coinassay.services.budgets import BudgetService
from coinassay.services.currencies import CurrencyService
from coinassay.services.display import DisplayService
from coinassay.services.doctor import KeyService
from coinassay.services.events import EventService
from coinassay.services.flows import FlowService
from coinassay.services.history import HistoryService
from coinassay.services.imports import ImportService
from coinassay.services.ledger import LedgerService
from coinassay.services.market_data import MarketDataService
from coinassay.services.paper import PaperService
from coinassay.services.portfolio import PortfolioService
from coinassay.services.ports import Catalogue, Clock, Markets, UserStore
from coinassay.services.ports.attention import AttentionStore
from coinassay.services.ports.backup import BackupStore
from coinassay.services.preferences import PreferenceService
from coinassay.services.refresh import RefreshService
from coinassay.services.sample import SampleService
from coinassay.services.sign_in import SignInService
from coinassay.services.sync import SyncService
from coinassay.services.valuation import ValuationService
from coinassay.services.volume import VolumeService
from coinassay.services.wallets import WalletService


@dataclass(frozen=True, slots=True)
class Services:
    users: UserStore
    api_keys: ApiKeyService
    accounts: AccountService
    keys: KeyService
    budgets: BudgetService
    sync: SyncService
    refresh: RefreshService
    portfolio: PortfolioService
    history: HistoryService
    ledger: LedgerService
    flows: FlowService
    imports: ImportService
    currencies: CurrencyService
    display: DisplayService
    valuation: ValuationService
    events: EventService
    market_data: MarketDataService
    paper: PaperService
    volume: VolumeService
    wallets: WalletService
    attention: AttentionStore
    sign_in: SignInService
    sample: SampleService
    backups: BackupStore
    preferences: PreferenceService
    markets: Markets
    catalogue: Catalogue
    clock: Clock
