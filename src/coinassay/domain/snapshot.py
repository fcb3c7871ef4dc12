"""A stored valuation, and money crossing an account's border."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from coinassay.domain.money import CONTEXT, ZERO


@dataclass(frozen=True, slots=True)
class Money:
    """An amount reported in both currencies the interface reports in."""

    usd: Decimal = ZERO
    btc: Decimal = ZERO

    def __add__(self, other: Money) -> Money:
        return Money(CONTEXT.add(self.usd, other.usd), CONTEXT.add(self.btc, other.btc))

    def __sub__(self, other: Money) -> Money:
        return Money(CONTEXT.subtract(self.usd, other.usd), CONTEXT.subtract(self.btc, other.btc))

    def __neg__(self) -> Money:
        return Money(CONTEXT.minus(self.usd), CONTEXT.minus(self.btc))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an account was worth at one moment."""

    account_id: int
    taken_at: datetime
    total: Money
    complete: bool = True
    """False where a wallet was carried forward."""


class FlowKind(StrEnum):
    OPENING = "opening"
    """What the first load found: counts as a deposit (semantics.md, Profit)."""
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    """Between two accounts of one user: a withdrawal of the one and a deposit of the other, as the sign says."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A deposit (positive) or withdrawal (negative `money`), valued at its own time."""

    account_id: int
    at: datetime
    kind: FlowKind
    money: Money
    asset: str = ""
    amount: Decimal | None = None
    reference: str = ""
    """The exchange's own id of the movement; empty for an opening."""
