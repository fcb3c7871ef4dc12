"""What accounts are worth, how that divides up, and what was earned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coinassay.domain.account import Account, WalletStatus
from coinassay.domain.allocation import Share, Stake, allocate
from coinassay.domain.profit import DAY, MONTH, Profit, period_profit
from coinassay.services.ports import Clock, HistoryStore, LoadStore


@dataclass(frozen=True, slots=True)
class AccountReport:
    """An account with its profits as of now."""

    account: Account
    profit: Profit


class PortfolioService:
    def __init__(self, loads: LoadStore, history: HistoryStore, clock: Clock) -> None:
        self._loads = loads
        self._history = history
        self._clock = clock

    async def report(self, accounts: Sequence[Account]) -> Sequence[AccountReport]:
        """The accounts' profits over 24 h, 30 days and all time; a fixed number of statements for any number of them.

        An account that was never loaded has earned nothing.
        """
        now = self._clock()
        loaded = [account.id for account in accounts if account.loaded_at is not None]
        starts = await self._history.find_starts(loaded, (now - DAY, now - MONTH)) if loaded else {}
        month_ago = now - MONTH
        flows = await self._history.list_flows(loaded, month_ago) if loaded else {}
        reports = []
        for account in accounts:
            day, month = starts.get(account.id, (None, None))
            own = flows.get(account.id, ())
            profit = (
                Profit()
                if account.loaded_at is None
                else Profit(
                    day=period_profit(account.total, day, own),
                    month=period_profit(account.total, month, own),
                    total=account.total - account.net_deposits,
                )
            )
            reports.append(AccountReport(account, profit))
        return reports

    async def allocation(self, account: Account) -> Sequence[Share]:
        """The shares of the last good load, largest first. Empty for an account that was never loaded."""
        holdings = await self._loads.list_holdings(account.id)
        return allocate(
            (Stake(each.balance.asset, each.balance.equity, each.usd) for each in holdings), account.btc_rate
        )

    async def wallets(self, account: Account) -> Sequence[WalletStatus]:
        """What could be read of each wallet at the last good load. Empty for an account that was never loaded."""
        return await self._loads.list_wallets(account.id)
