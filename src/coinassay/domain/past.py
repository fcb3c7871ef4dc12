"""What accounts held at a moment of the past."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from coinassay.domain.allocation import Stake, share_of
from coinassay.domain.money import CONTEXT, ZERO, add_up, divide
from coinassay.domain.series import day_of
from coinassay.domain.snapshot import Money, Snapshot
from coinassay.domain.valuation import in_btc


@dataclass(frozen=True, slots=True)
class PastAccount:
    """An account as its last load before a moment left it."""

    snapshot: Snapshot
    stakes: Sequence[Stake] | None
    """What the snapshot was made of, all wallets of one asset together; None where nobody knows, as of an imported
    day."""

    @property
    def btc_rate(self) -> Decimal | None:
        """US dollars for one Bitcoin, as the snapshot was valued; None where it has no value to tell it from."""
        total = self.snapshot.total
        return divide(total.usd, total.btc) if total.btc and total.usd else None


@dataclass(frozen=True, slots=True)
class PastLine:
    """One asset of all the accounts together."""

    asset: str
    amount: Decimal
    """The equity; negative for a debt."""
    usd: Decimal | None
    """None for an asset that had no price."""
    btc: Decimal | None
    percentage: Decimal
    """Of the positive USD total, unrounded; 0 for a debt."""


@dataclass(frozen=True, slots=True)
class Past:
    """What accounts held at a moment, as far as it is known. Accounts that had not been loaded by then are left out."""

    moment: datetime
    accounts: tuple[PastAccount, ...]
    lines: tuple[PastLine, ...]
    """Largest value first, debts last, ties by code."""

    @property
    def total(self) -> Money:
        """Also of snapshots whose composition nobody knows."""
        total = Money()
        for account in self.accounts:
            total = total + account.snapshot.total
        return total

    @property
    def complete(self) -> bool:
        """Whether every wallet could be read."""
        return all(account.snapshot.complete for account in self.accounts)

    @property
    def carried(self) -> bool:
        """Whether an account's last load was on a day before the moment's."""
        return any(is_carried(account, self.moment) for account in self.accounts)

    @property
    def imported(self) -> bool:
        """Whether an account's last value is as another program knew it."""
        return any(account.snapshot.origin for account in self.accounts)

    @property
    def known(self) -> bool:
        """Whether `lines` tell all of `total`."""
        return all(account.stakes is not None for account in self.accounts)


def is_carried(account: PastAccount, moment: datetime) -> bool:
    """Whether its last load was on a day, in UTC, before the moment's."""
    return day_of(account.snapshot.taken_at) < day_of(moment)


def look_back(accounts: Iterable[PastAccount], moment: datetime) -> Past:
    """What the accounts held together. `accounts`: each as of the moment."""
    known = tuple(accounts)
    amounts: dict[str, list[Decimal]] = {}
    values: dict[str, list[Money]] = {}
    for account in known:
        rate = account.btc_rate
        for asset, amount, usd in account.stakes or ():
            amounts.setdefault(asset, []).append(amount)
            if usd is not None:
                values.setdefault(asset, []).append(Money(usd, in_btc(usd, rate)))
    usd_of = {asset: add_up(value.usd for value in found) for asset, found in values.items()}
    whole = add_up(usd for usd in usd_of.values() if usd > ZERO)
    lines = [
        PastLine(
            asset=asset,
            amount=add_up(held),
            usd=usd_of.get(asset),
            btc=add_up(value.btc for value in values[asset]) if asset in values else None,
            percentage=share_of(usd_of[asset], whole) if usd_of.get(asset, ZERO) > ZERO else ZERO,
        )
        for asset, held in amounts.items()
    ]
    lines.sort(key=lambda line: (CONTEXT.minus(line.usd or ZERO), line.asset))
    return Past(moment, known, tuple(lines))
