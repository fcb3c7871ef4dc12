"""Values and profits in the currency a user wants to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from coinassay.domain.account import Account, Mode
from coinassay.domain.money import divide
from coinassay.domain.profit import DAY, MONTH, matched, moved_inside
from coinassay.domain.rates import BTC, USD
from coinassay.domain.snapshot import Leg, Money, Snapshot
from coinassay.domain.worth import Bases, Worth, bases, converted_at, together, worth, worth_in_btc, worth_in_usd
from coinassay.services.currencies import CurrencyService
from coinassay.services.portfolio import EARLIEST, AccountReport, PortfolioService
from coinassay.services.ports import Clock, HistoryStore

MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Lens:
    """What amounts of the present are shown in."""

    currency: str = USD
    rate: Decimal = Decimal(1)
    """USD for one unit of it."""


DOLLARS = Lens()


class DisplayService:
    def __init__(
        self, portfolio: PortfolioService, history: HistoryStore, currencies: CurrencyService, clock: Clock
    ) -> None:
        self._portfolio = portfolio
        self._history = history
        self._currencies = currencies
        self._clock = clock
        self._kept: dict[tuple[int, str], tuple[AccountReport, Bases]] = {}

    async def lens(self, currency: str) -> Lens:
        """US dollars where the currency has no price now."""
        if currency == USD:
            return DOLLARS
        rate = await self._currencies.now(currency)
        return DOLLARS if rate is None else Lens(currency, rate.usd)

    async def value(self, total: Money, currency: str) -> tuple[str, Decimal]:
        """A present value in the currency, or in US dollars where that has no price now."""
        if currency == BTC:
            return BTC, total.btc
        lens = await self.lens(currency)
        return lens.currency, total.usd if lens is DOLLARS else divide(total.usd, lens.rate)

    async def worth(self, reports: Sequence[AccountReport], currency: str) -> Sequence[Worth]:
        """Of each of the accounts. In USD altogether where the currency has no price now."""
        if currency == USD:
            return [worth_in_usd(report.account.total, report.profit) for report in reports]
        if currency == BTC:
            return [worth_in_btc(report.account.total, report.profit) for report in reports]
        rate = await self._currencies.now(currency)
        if rate is None:
            return await self.worth(reports, USD)
        known = {report.account.id: self._known(report, currency) for report in reports}
        missing = [report for report in reports if known[report.account.id] is None]
        if missing:
            known |= await self._compare(missing, currency)
        return [
            worth(currency, report.account.total, known[report.account.id] or Bases(), rate.usd) for report in reports
        ]

    async def summary_worth(self, summary: AccountReport, user_id: int, mode: Mode, currency: str) -> Worth:
        """Of all accounts together; `summary` as PortfolioService gives it."""
        if currency in (USD, BTC) or await self._currencies.now(currency) is None:
            return (await self.worth([summary], currency))[0]
        accounts = await self._portfolio.included(user_id, mode)
        parts = await self.worth(await self._portfolio.report(accounts), currency)
        return together(currency, parts, await self._inside(accounts, currency))

    def _known(self, report: AccountReport, currency: str) -> Bases | None:
        if report.account.loaded_at is None:
            return Bases(day_known=False, month_known=False, total=Decimal(0))
        kept = self._kept.get((report.account.id, currency))
        return kept[1] if kept is not None and kept[0] is report else None

    async def _compare(self, reports: Sequence[AccountReport], currency: str) -> Mapping[int, Bases]:
        now = self._clock()
        accounts = {report.account.id: report.account for report in reports}
        starts = await self._history.find_starts(list(accounts), (now - DAY, now - MONTH))
        flows = await self._history.list_flows(list(accounts), EARLIEST)
        moments = [start.taken_at for found in starts.values() for start in found if start is not None]
        moments += [flow.at for found in flows.values() for flow in found]
        rate_at = (await self._rates(currency, moments)).get
        if len(self._kept) + len(reports) > MOST_KEPT:
            self._kept = {}
        made: dict[int, Bases] = {}
        for report in reports:
            account = report.account
            day, month = starts[account.id]
            made[account.id] = bases(day, month, flows[account.id], account.net_deposits, rate_at)
            self._kept[account.id, currency] = report, made[account.id]
        return made

    async def _rates(self, currency: str, moments: Sequence[datetime]) -> Mapping[datetime, Decimal | None]:
        distinct = sorted(set(moments))
        return dict(zip(distinct, await self._currencies.list_rates(currency, distinct), strict=True))

    async def _inside(self, accounts: Sequence[Account], currency: str) -> Worth:
        """What the accounts lost by moving something between them, in which period."""
        loaded = [account.id for account in accounts if account.loaded_at is not None]
        transfers = matched(await self._history.list_legs(loaded)) if len(loaded) > 1 else {}
        if not transfers:
            return Worth(currency)
        now = self._clock()
        starts = await self._history.find_starts(loaded, (now - DAY, now - MONTH))
        legs = [leg for found in transfers.values() for leg in found]
        rate_at = (await self._rates(currency, [leg.at for leg in legs])).get
        converted: dict[str, list[Leg]] = {}
        for link, found in transfers.items():
            for leg in found:
                amount = converted_at(leg.money.usd, leg.at, rate_at)
                if amount is None:
                    return Worth(currency, day=None, month=None, total=None)
                converted.setdefault(link, []).append(replace(leg, money=Money(usd=amount)))
        return Worth(
            currency,
            day=moved_inside(converted.values(), _begun(starts, 0)).usd,
            month=moved_inside(converted.values(), _begun(starts, 1)).usd,
            total=moved_inside(converted.values()).usd,
        )


def _begun(starts: Mapping[int, Sequence[Snapshot | None]], place: int) -> Mapping[int, datetime]:
    return {account_id: start.taken_at for account_id, found in starts.items() if (start := found[place]) is not None}
