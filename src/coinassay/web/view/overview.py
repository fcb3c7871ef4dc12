"""The overview: everything a user has, and what is not known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from coinassay.domain.account import Account, WalletStatus
from coinassay.domain.completeness import STALE_AFTER
from coinassay.domain.market import Market
from coinassay.domain.money import CONTEXT, ZERO
from coinassay.domain.profit import Deposits, percentage
from coinassay.domain.rates import BTC, USD
from coinassay.domain.snapshot import Money
from coinassay.domain.worth import Worth
from coinassay.services.portfolio import AccountReport
from coinassay.services.ports.attention import LastFailure, Stake
from coinassay.web.view.condition import Condition, Standing, standing
from coinassay.web.view.shares import Place


@dataclass(frozen=True, slots=True)
class Gain:
    """A profit in the visitor's currency, with what was deposited and withdrawn taken out."""

    label: str
    amount: Decimal | None
    """None where the currency's rate of back then is not known."""
    percent: Decimal | None
    """Of what it was made with."""
    explanation: str
    deposits: Decimal | None
    """Net, taken out of it. Told in USD and BTC: in another currency only the ledger tells it, day by day."""


@dataclass(frozen=True, slots=True)
class Card:
    """One account among the others."""

    account: Account
    place: Place
    icon: str
    day: Decimal | None
    """Earned in 24 hours, in the visitor's currency."""
    percent: Decimal | None
    standing: Standing
    unpriced: int


@dataclass(frozen=True, slots=True)
class Unpriced:
    """An asset that counts as nothing, because nobody says what it is worth."""

    asset: str
    amount: Decimal
    account_id: int
    account: str


@dataclass(frozen=True, slots=True)
class Overview:
    total: Money
    gains: Sequence[Gain]
    cards: Sequence[Card]
    places: Mapping[int, Place]
    stakes: Sequence[Stake]
    """Of the accounts that count in the summary."""
    unpriced: Sequence[Unpriced]
    counted: int
    """Accounts that count in the summary."""
    oldest: datetime | None
    """When the account that was read longest ago was read, of those that count."""

    @property
    def troubled(self) -> Sequence[Card]:
        """The cards with something to be said about them."""
        return [card for card in self.cards if card.standing.troubles or card.standing.condition is Condition.STALE]

    @property
    def gaps(self) -> Sequence[str]:
        """What the total does not hold, in a few words each."""
        cards = [card for card in self.cards if card.account.include_in_summary]
        never = sum(card.standing.condition is Condition.NEVER for card in cards)
        wallets = sum(bool(trouble.wallet) for card in cards for trouble in card.standing.troubles)
        rejected = sum(card.standing.condition is Condition.REJECTED for card in cards)
        stale = sum(card.standing.condition is Condition.STALE for card in cards)
        coins = len({each.asset for each in self.unpriced})
        counts = (
            (never, "account not read yet", "accounts not read yet"),
            (rejected, "key rejected", "keys rejected"),
            (stale, "account out of date", "accounts out of date"),
            (wallets, "wallet not read", "wallets not read"),
            (coins, "coin without a price", "coins without a price"),
        )
        return [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the services said, all of one moment."""

    now: datetime
    reports: Sequence[AccountReport]
    worths: Sequence[Worth]
    """Of the same accounts, in the visitor's currency."""
    summary: AccountReport
    summary_worth: Worth
    """All that count as one."""
    stakes: Sequence[Stake]
    unread: Mapping[int, Sequence[WalletStatus]]
    failed: Mapping[int, LastFailure]
    markets: Mapping[str, Market]
    """By code, of every account whose market is still known."""
    stale_after: Mapping[int, timedelta]


def make(facts: Facts) -> Overview:
    places, cards, unpriced_of = {}, [], _unpriced_assets(facts.stakes)
    for report, worth in zip(facts.reports, facts.worths, strict=True):
        account = report.account
        market = facts.markets.get(account.market_code)
        places[account.id] = place = place_of(account, market)
        cards.append(
            Card(
                account=account,
                place=place,
                icon=market.icon if market else account.market_code,
                day=worth.day,
                percent=percent_of(worth.day, worth.amount),
                standing=standing(
                    account,
                    facts.now,
                    facts.unread.get(account.id, ()),
                    facts.failed.get(account.id),
                    facts.stale_after.get(account.id, STALE_AFTER),
                ),
                unpriced=len(unpriced_of.get(account.id, ())),
            )
        )
    counted = [report for report in facts.reports if report.account.include_in_summary]
    included = {report.account.id for report in counted}
    return Overview(
        total=facts.summary.account.total,
        gains=gains(facts.summary_worth, facts.summary.deposits),
        cards=cards,
        places=places,
        stakes=[stake for stake in facts.stakes if stake.account_id in included],
        unpriced=[
            Unpriced(asset, amount, account_id, places[account_id].name)
            for account_id, amounts in unpriced_of.items()
            if account_id in included
            for asset, amount in amounts.items()
        ],
        counted=len(counted),
        oldest=min((loaded for each in counted if (loaded := each.account.loaded_at) is not None), default=None),
    )


def gains(worth: Worth, deposits: Deposits) -> Sequence[Gain]:
    """The three profits people ask for, and what was taken out of them."""
    taken_out = "Deposits and withdrawals in between are taken out, each at its value of that moment"
    ever = (
        "The value now, less everything that was ever deposited, plus everything that was ever withdrawn, each at its "
        "value of that moment. What was found the first time counts as deposited."
    )

    def out(net: Money) -> Decimal | None:
        return {USD: net.usd, BTC: net.btc}.get(worth.currency)

    return tuple(
        Gain(label, amount, percent_of(amount, worth.amount), explanation, out(net))
        for label, amount, explanation, net in (
            ("24 hours", worth.day, f"The value now, less the value 24 hours ago. {taken_out}.", deposits.day),
            ("30 days", worth.month, f"The value now, less the value 30 days ago. {taken_out}.", deposits.month),
            ("Total", worth.total, ever, deposits.total),
        )
    )


def percent_of(profit: Decimal | None, now: Decimal | None) -> Decimal | None:
    return None if profit is None or now is None else percentage(profit, now)


def place_of(account: Account, market: Market | None) -> Place:
    if market is None:  # no longer offered
        return Place(account.id, account.name, account.market_code, account.market_code)
    return Place(account.id, account.name, market.name, market.exchange_id)


def _unpriced_assets(stakes: Sequence[Stake]) -> dict[int, dict[str, Decimal]]:
    """By account, how much there is of what has no price."""
    unpriced: dict[int, dict[str, Decimal]] = {}
    for stake in stakes:
        if stake.usd is None:
            amounts = unpriced.setdefault(stake.account_id, {})
            amounts[stake.asset] = CONTEXT.add(amounts.get(stake.asset, ZERO), stake.amount)
    return unpriced
