"""What accounts are worth, how that divides up, and what was earned."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from coinassay.domain.account import SUMMARY, SUMMARY_ID, Account, KeyState, Mode, WalletStatus
from coinassay.domain.allocation import Share, Shown, Stake, allocate, combine, show
from coinassay.domain.breakdown import Contents, Line, break_down
from coinassay.domain.profit import DAY, MONTH, Deposits, Profit, matched, moved_inside, period_deposits, period_profit
from coinassay.domain.series import Point, daily, day_of, start_of
from coinassay.domain.snapshot import Flow, Leg, Money, Snapshot
from coinassay.services.closed_days import ClosedDays, Recorded
from coinassay.services.ports import Clock, LoadStore, PortfolioStore, State, StoredHolding

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
MOST_REPORTS = 10_000
"""Kept in memory."""
READ_AT_ONCE = 50
"""Accounts whose balances are read in one statement, before others have their turn."""
ACCOUNTS_AT_ONCE = 20
"""Whose flows are read in one statement, before others have their turn."""
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class AccountReport:
    """An account with its profits as of now. As long as nothing changes it is the same object."""

    account: Account
    profit: Profit
    deposits: Deposits = field(default_factory=Deposits)
    """What is not in the profits, because it came from outside."""


class Stored(LoadStore, PortfolioStore, Protocol):
    """What the last good loads found; usually one object."""


class PortfolioService:
    def __init__(self, stored: Stored, history: Recorded, clock: Clock) -> None:
        self._stored = stored
        self._history = history
        self._closed = ClosedDays(history)
        self._clock = clock
        self._reports: dict[int, tuple[Sequence[Snapshot | None], AccountReport]] = {}
        """Of loaded accounts, with the snapshots their periods begin with."""

    async def report(self, accounts: Sequence[Account]) -> Sequence[AccountReport]:
        """The accounts' profits over 24 h, 30 days and all time; a fixed number of statements for any number of them.

        An account that was never loaded has earned nothing.
        """
        return (await self._report(accounts))[0]

    async def _report(
        self, accounts: Sequence[Account]
    ) -> tuple[Sequence[AccountReport], Mapping[int, Sequence[Snapshot | None]]]:
        """The reports, and the snapshots that the periods of loaded accounts begin with, day and month."""
        now = self._clock()
        loaded = [account for account in accounts if account.loaded_at is not None]
        starts = (
            await self._history.find_starts([account.id for account in loaded], (now - DAY, now - MONTH))
            if loaded
            else {}
        )
        reports = {account.id: report for account in loaded if (report := self._known(account, starts[account.id]))}
        changed = [account for account in loaded if account.id not in reports]
        if changed:
            reports |= await self._earn(changed, starts)
        return [reports.get(account.id) or AccountReport(account, Profit()) for account in accounts], starts

    def _known(self, account: Account, starts: Sequence[Snapshot | None]) -> AccountReport | None:
        """The report that was made last, while it is right: of an account that is what it was, deposits and version
        included, the profit changes only when a period begins with another snapshot."""
        begun, report = self._reports.get(account.id, (None, None))
        return report if report is not None and begun == starts and report.account == account else None

    async def _earn(
        self, accounts: Sequence[Account], starts: Mapping[int, Sequence[Snapshot | None]]
    ) -> Mapping[int, AccountReport]:
        """Reports of loaded accounts, by id."""
        taken = [start.taken_at for account in accounts for start in starts[account.id] if start is not None]
        flows = await self._history.list_flows([account.id for account in accounts], min(taken, default=EARLIEST))
        reports: dict[int, AccountReport] = {}
        if len(self._reports) + len(accounts) > MOST_REPORTS:
            self._reports = {}
        for account in accounts:
            day, month = starts[account.id]
            own = flows[account.id]
            profit = Profit(
                day=period_profit(account.total, day, own),
                month=period_profit(account.total, month, own),
                total=account.total - account.net_deposits,
            )
            deposits = Deposits(period_deposits(day, own), period_deposits(month, own), account.net_deposits)
            reports[account.id] = report = AccountReport(account, profit, deposits)
            self._reports[account.id] = starts[account.id], report
        return reports

    async def summary(self, user_id: int, mode: Mode) -> AccountReport:
        """The accounts that count in the summary as if they were one: sums of totals, deposits and profits, in which
        what was moved between two of them is no deposit or withdrawal."""
        return (await self.report_all(user_id, await self._stored.list_included(user_id, mode)))[1]

    async def report_all(self, user_id: int, every: Sequence[Account]) -> tuple[Sequence[AccountReport], AccountReport]:
        """The reports of a user's accounts, and `summary` of those that count in it."""
        of_every, begun = await self._report(every)
        reports = [report for report in of_every if report.account.include_in_summary]
        accounts = [report.account for report in reports]
        starts = {account.id: begun[account.id] for account in accounts if account.id in begun}
        transfers = await self._transfers(list(starts))
        inside = moved_inside(transfers.values())
        now = self._clock()
        loaded = [account.loaded_at for account in accounts if account.loaded_at is not None]
        account = Account(
            id=SUMMARY_ID,
            user_id=user_id,
            market_code=SUMMARY,
            name="Summary",
            api_key="",
            customer_id=None,
            subaccount_name=None,
            include_in_summary=True,
            key_state=KeyState.OK,
            created_at=min((account.created_at for account in accounts), default=now),
            updated_at=max((account.updated_at for account in accounts), default=now),
            loaded_at=max(loaded, default=None),
            complete=all(account.complete for account in accounts),
            total=_sum(account.total for account in accounts),
            net_deposits=_sum(account.net_deposits for account in accounts) - inside,
        )
        inside_day = moved_inside(transfers.values(), _begun(starts, 0))
        inside_month = moved_inside(transfers.values(), _begun(starts, 1))
        profit = Profit(
            day=_sum(report.profit.day for report in reports) + inside_day,
            month=_sum(report.profit.month for report in reports) + inside_month,
            total=_sum(report.profit.total for report in reports) + inside,
        )
        deposits = Deposits(
            day=_sum(report.deposits.day for report in reports) - inside_day,
            month=_sum(report.deposits.month for report in reports) - inside_month,
            total=account.net_deposits,
        )
        return of_every, AccountReport(account, profit, deposits)

    async def allocation(self, account: Account) -> Sequence[Share]:
        """The shares of the last good load, largest first. Empty for an account that was never loaded."""
        holdings = await self._stored.list_holdings(account.id)
        return allocate(
            (Stake(each.balance.asset, each.balance.equity, each.usd) for each in holdings), account.btc_rate
        )

    async def holdings(self, account: Account) -> Sequence[StoredHolding]:
        """What the last good load found, balance by balance, each with its price's provenance or why it has none."""
        return await self._stored.list_holdings(account.id)

    async def shown_allocation(self, account_id: int) -> tuple[State, Sequence[Shown]]:
        """`allocation` as it is shown and as the load made it ready, with the state it was read in. Raises NotFound."""
        return await self._stored.get_shown(account_id)

    async def included(self, user_id: int, mode: Mode) -> Sequence[Account]:
        """The accounts that count in the summary, oldest first."""
        return await self._stored.list_included(user_id, mode)

    async def states(self, user_id: int, mode: Mode) -> Sequence[State]:
        """Of the accounts that count in the summary, oldest first."""
        return await self._stored.list_states(user_id, mode)

    async def combined_allocation(self, account_ids: Sequence[int]) -> tuple[Sequence[State], Sequence[Shown]]:
        """The shares of these accounts together, largest first, and the states they were made from."""
        found = await self._stored.list_parts(account_ids)
        return [state for state, _ in found], [show(share) for share in combine(part for _, part in found)]

    async def breakdown(self, account_ids: Sequence[int]) -> tuple[Sequence[State], Sequence[Line]]:
        """What these accounts have of each asset, and the states that was made from."""
        found: list[tuple[State, Contents]] = []
        for place in range(0, len(account_ids), READ_AT_ONCE):
            if place:
                await asyncio.sleep(0)
            found += await self._stored.list_contents(account_ids[place : place + READ_AT_ONCE])
        states, contents = [state for state, _ in found], [each for _, each in found]
        if len(contents) <= READ_AT_ONCE:
            return states, break_down(contents)
        return states, await asyncio.to_thread(break_down, contents)

    async def series(self, accounts: Sequence[Account], first: date, last: date | None) -> Sequence[Point]:
        """The value of the accounts together, a point for each UTC day from `first` to `last`, both included, oldest
        first. Without `last` up to today, and then a point for now.

        The days before the first load of all are left out. Empty for accounts that were never loaded.
        """
        now = self._clock()
        loaded = [account for account in accounts if account.loaded_at is not None]
        begin = await self._first_day(loaded, first)
        end = day_of(now) if last is None else min(last, day_of(now))
        if begin is None or begin > end:
            return ()
        ids = [account.id for account in loaded]
        transfers = await self._transfers(ids)
        totals = await self._closed.totals(ids, begin, end, day_of(now))
        moved: list[Flow] = []
        for place in range(0, len(ids), ACCOUNTS_AT_ONCE):
            flows = await self._history.list_flows(ids[place : place + ACCOUNTS_AT_ONCE], start_of(begin) - TICK)
            moved += (flow for found in flows.values() for flow in found if flow.link not in transfers)
            await asyncio.sleep(0)
        points = daily(totals, begin, moved)
        if last is None:
            points.append(Point(now, _sum(account.total for account in loaded), Money()))
        return points

    async def wallets(self, account: Account) -> Sequence[WalletStatus]:
        """What could be read of each wallet at the last good load. Empty for an account that was never loaded."""
        return await self._stored.list_wallets(account.id)

    async def _transfers(self, account_ids: Sequence[int]) -> Mapping[str, Sequence[Leg]]:
        """Those between two of these accounts, by their link."""
        return matched(await self._history.list_legs(account_ids)) if len(account_ids) > 1 else {}

    async def _first_day(self, accounts: Sequence[Account], wanted: date) -> date | None:
        """`wanted`, or the day of the first snapshot of all where that is later."""
        starts = await self._history.find_starts([account.id for account in accounts], [EARLIEST])
        taken = [snapshot.taken_at for snapshots in starts.values() for snapshot in snapshots if snapshot is not None]
        return max(wanted, day_of(min(taken))) if taken else None


def _sum(amounts: Iterable[Money]) -> Money:
    total = Money()
    for each in amounts:
        total = total + each
    return total


def _begun(starts: Mapping[int, Sequence[Snapshot | None]], period: int) -> Mapping[int, datetime]:
    """When the period began for each account."""
    return {account_id: start.taken_at for account_id, found in starts.items() if (start := found[period]) is not None}
