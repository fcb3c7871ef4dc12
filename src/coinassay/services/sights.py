"""What accounts show of their amounts at a load, to compare with what exchanges tell of deposits and withdrawals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from coinassay.domain.account import Account, WalletState, WalletStatus
from coinassay.domain.balance import Balance
from coinassay.domain.money import CONTEXT, ZERO
from coinassay.domain.movement import Sight
from coinassay.services.ports import StoredHolding


def sight_of(holdings: Sequence[StoredHolding] | Sequence[Balance], read_at: datetime, taken_at: datetime) -> Sight:
    """What balances show of amounts: debts taken off, without unrealised profit."""
    amounts: dict[str, Decimal] = {}
    for each in holdings:
        balance = each if isinstance(each, Balance) else each.balance
        held = CONTEXT.subtract(balance.total, balance.borrowed)
        amounts[balance.asset] = CONTEXT.add(amounts.get(balance.asset, ZERO), held)
    return Sight(read_at, taken_at, amounts)


def present_sight(balances: Sequence[Balance], revealed: Collection[str], read_at: datetime) -> Sight:
    """What a load shows. `revealed`: the wallets that could never be read before."""
    found = sight_of([each for each in balances if each.wallet in revealed], read_at, read_at)
    known = [each for each in balances if each.wallet not in revealed]
    return replace(sight_of(known, read_at, read_at), revealed=found.amounts)


def last_sight(account: Account, holdings: Sequence[StoredHolding], wallets: Iterable[WalletStatus]) -> Sight | None:
    """The last good load; None where there was none."""
    if account.loaded_at is None:
        return None
    read = [each.read_at for each in wallets if each.read_at is not None and each.state is WalletState.OK]
    return sight_of(holdings, min(max(read, default=account.loaded_at), account.loaded_at), account.loaded_at)
