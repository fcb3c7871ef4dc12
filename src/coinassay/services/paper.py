"""Selling, converting and moving what paper accounts hold: all there is of trading here, and none of it is real.

On real accounts each of these is refused: this server only reads exchanges (docs/explanation/never-trades.md).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol, TypeVar

from coinassay.domain import paper
from coinassay.domain.account import PAPER, Account, WalletState, WalletStatus
from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, ONE, ZERO, add_up
from coinassay.domain.paper import WALLET, PaperTrade, PaperTradeKind
from coinassay.domain.rates import BTC, RateBook
from coinassay.domain.snapshot import Flow, FlowKind, FlowSource, Money
from coinassay.domain.trade import DayVolume, Transfer, start_of_day
from coinassay.domain.valuation import in_btc, value
from coinassay.errors import (
    Conflict,
    DustLimit,
    InvalidRequest,
    NotSupportedByExchange,
    UnavailableForAccount,
    UnavailableForAccountType,
)
from coinassay.services.loading import stored_holdings
from coinassay.services.ports import (
    AccountStore,
    Clock,
    Load,
    Markets,
    PaperAccount,
    PaperChange,
    PaperStore,
    RateSource,
)
from coinassay.services.sync import ATTEMPTS, DEFAULT_TIMEOUT, SyncService

T = TypeVar("T")

DUST_REST = timedelta(hours=6)
"""Between two conversions of dust, as at Binance."""

INVALID = "does not have a valid value"


class Accounts(AccountStore, PaperStore, Protocol):
    """The two stores an operation needs, usually one object."""


@dataclass(frozen=True, slots=True)
class DustConversion:
    """What came of converting dust, in the order the codes were given in."""

    at: datetime
    trades: tuple[PaperTrade, ...]

    @property
    def received(self) -> Decimal:
        """BNB after fees."""
        return add_up(trade.received for trade in self.trades)

    @property
    def fee(self) -> Decimal:
        """BNB."""
        return add_up(trade.fee for trade in self.trades)


@dataclass(frozen=True, slots=True)
class _Purse:
    """A paper account while an operation is worked out."""

    account: Account
    balances: Mapping[str, Decimal]


class PaperService:
    def __init__(
        self,
        accounts: Accounts,
        sync: SyncService,
        markets: Markets,
        rates: RateSource,
        clock: Clock,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        self._accounts = accounts
        self._sync = sync
        self._markets = markets
        self._rates = rates
        self._clock = clock
        self._timeout = timeout

    async def sell_to_dollars(self, user_id: int, account_id: int) -> Account:
        """Sells whatever has a price and is not dollars already, for USDT. Raises UnavailableForAccount, NotFound."""
        return await self._sell_all(user_id, account_id, paper.DOLLAR, paper.dollars)

    async def sell_to_btc(self, user_id: int, account_id: int) -> Account:
        """Sells whatever has a price, for BTC. Raises UnavailableForAccount, NotFound."""
        return await self._sell_all(user_id, account_id, BTC, lambda _: frozenset())

    async def convert_dust(self, user_id: int, account_id: int, codes: Sequence[str]) -> DustConversion:
        """Sells all of each of `codes` for BNB.

        Raises UnavailableForAccountType, NotFound, DustLimit when the last conversion was less than 6 h ago, and
        InvalidRequest, with nothing done, where one of them is not held, has no price, or is worth too much to be dust.
        """
        await self._paper_account(user_id, account_id, UnavailableForAccountType)
        wanted = tuple(dict.fromkeys(code.upper() for code in codes))

        async def convert() -> DustConversion:
            purse = await self._open(user_id, account_id)
            now = self._clock()
            last = await self._accounts.find_last_paper_trade(account_id, PaperTradeKind.DUST)
            if last is not None and now - last < DUST_REST:
                raise DustLimit
            rates = await self._priced([purse.balances], paper.BNB)
            held = {code: purse.balances.get(code, ZERO) for code in wanted}
            trades = paper.sell(held, wanted, paper.BNB, rates, paper.DUST_FEE, PaperTradeKind.DUST)
            if len(trades) < len(wanted) or not all(paper.is_dust(held[code], code, rates) for code in wanted):
                raise InvalidRequest({"codes": [INVALID]})
            await self._record(purse, trades, rates, now)
            return DustConversion(now, trades)

        return await _again(convert)

    async def transfer(self, user_id: int, source_id: int, target_id: int, code: str, amount: Decimal) -> Transfer:
        """Moves some of one paper account to another of the same user, free of charge.

        It is a withdrawal of the one and a deposit of the other, at what it is worth now; what has no price is worth
        nothing in both. Raises UnavailableForAccount, NotFound, and InvalidRequest where there is not so much.
        """
        for each in (source_id, target_id):
            await self._paper_account(user_id, each)
        if source_id == target_id:
            raise InvalidRequest({"to_account_id": [INVALID]})
        asset = code.upper()

        async def move() -> Transfer:
            source, target = await self._open(user_id, source_id), await self._open(user_id, target_id)
            try:
                left, filled = paper.move(source.balances, target.balances, asset, amount)
            except ValueError as e:
                raise InvalidRequest({"amount": ["is more than the account holds"]}) from e
            now = self._clock()
            rates = await self._rates_of([source.balances, target.balances])
            sent = _flow(source, now, asset, CONTEXT.minus(amount), rates)
            received = _flow(target, now, asset, amount, rates)
            return await self._accounts.record_transfer(
                self._change(source, left, rates, now, flows=(sent,)),
                self._change(target, filled, rates, now, flows=(received,)),
                asset,
                amount,
            )

        return await _again(move)

    async def list_transfers(
        self, user_id: int, account_id: int, code: str, since: datetime, *, page: int = 1, per_page: int = 10
    ) -> Sequence[Transfer]:
        """One page, newest first. Raises UnavailableForAccount, NotFound."""
        await self._paper_account(user_id, account_id)
        return await self._accounts.list_transfers(
            account_id, code.upper(), since, limit=per_page, offset=(page - 1) * per_page
        )

    async def list_accounts(self, user_id: int) -> Sequence[PaperAccount]:
        """What can be transferred, and between which accounts."""
        return await self._accounts.list_paper_accounts(user_id)

    async def _sell_all(
        self, user_id: int, account_id: int, bought: str, kept: Callable[[Mapping[str, Decimal]], Collection[str]]
    ) -> Account:
        await self._paper_account(user_id, account_id)

        async def sell() -> Account:
            purse = await self._open(user_id, account_id)
            rates = await self._priced([purse.balances], bought)
            codes = frozenset(purse.balances) - frozenset(kept(purse.balances))
            return await self._record(purse, paper.sell(purse.balances, codes, bought, rates), rates, self._clock())

        return await _again(sell)

    # ------------------------------------------------------------------------------------------------ accounts

    async def _paper_account(
        self, user_id: int, account_id: int, refusal: type[UnavailableForAccount] = UnavailableForAccount
    ) -> Account:
        account = await self._accounts.get_account(user_id, account_id)
        if not account.is_paper:
            raise refusal
        return account

    async def _open(self, user_id: int, account_id: int) -> _Purse:
        """The account, loaded once at least: what it was opened with has been counted as a deposit.

        Its balances belong to its version or to a later one, and then recording what comes of them is refused.
        """
        account = await self._paper_account(user_id, account_id)
        if account.loaded_at is None:
            account = await self._sync.sync_account(user_id, account_id)
        return _Purse(account, await self._accounts.get_paper_balances(account_id))

    async def _rates_of(self, balances: Iterable[Mapping[str, Decimal]], *more: str) -> RateBook:
        wanted = dict.fromkeys(code for each in balances for code in each) | dict.fromkeys(more)
        market = self._markets.find(PAPER)
        assert market is not None
        return await self._rates.fetch_rates(market, [Balance(code, WALLET, ONE) for code in wanted], self._timeout)

    async def _priced(self, balances: Iterable[Mapping[str, Decimal]], bought: str) -> RateBook:
        """Rates by which something can be sold for `bought`. Raises NotSupportedByExchange where it has none."""
        rates = await self._rates_of(balances, bought)
        if rates.get(bought) is None:
            raise NotSupportedByExchange(f"{bought} has no price: {rates.why_not(bought)}.", exchange_id="paper")
        return rates

    async def _record(self, purse: _Purse, trades: tuple[PaperTrade, ...], rates: RateBook, now: datetime) -> Account:
        money = sum((trade.money for trade in trades), Money())
        volume = DayVolume(start_of_day(now), money, len(trades)) if trades else None
        after = paper.settle(purse.balances, trades)
        return await self._accounts.record_paper_trades(
            self._change(purse, after, rates, now, trades=trades, volume=volume)
        )

    def _change(
        self,
        purse: _Purse,
        after: Mapping[str, Decimal],
        rates: RateBook,
        now: datetime,
        *,
        flows: tuple[Flow, ...] = (),
        trades: tuple[PaperTrade, ...] = (),
        volume: DayVolume | None = None,
    ) -> PaperChange:
        balances = [Balance(code, WALLET, amount, free=amount) for code, amount in after.items() if amount]
        valuation = value(balances, rates)
        load = Load(
            account_id=purse.account.id,
            started_at=now,
            finished_at=now,
            holdings=stored_holdings(balances, valuation),
            wallets=(WalletStatus(WALLET, WalletState.OK, now),),
            total=Money(valuation.usd, valuation.btc),
            btc_rate=valuation.btc_rate,
            btc_day_ago=valuation.btc_day_ago,
            flows=flows,
            base_version=purse.account.version,
        )
        return PaperChange(after, load, trades, volume)


def _flow(purse: _Purse, at: datetime, asset: str, amount: Decimal, rates: RateBook) -> Flow:
    rate, btc = rates.get(asset), rates.get(BTC)
    usd = ZERO if rate is None else CONTEXT.multiply(amount, rate.price)
    money = Money(usd, in_btc(usd, None if btc is None else btc.price))
    return Flow(purse.account.id, at, FlowKind.TRANSFER, money, asset, amount, source=FlowSource.PAPER)


async def _again(attempt: Callable[[], Awaitable[T]]) -> T:
    """Makes an attempt once more when somebody else changed the account meanwhile."""
    for _ in range(ATTEMPTS):
        try:
            return await attempt()
        except Conflict:
            continue
    raise Conflict
