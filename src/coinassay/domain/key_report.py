"""What was found out about an exchange key before it is stored.

What the exchange does not let one find out is UNKNOWN, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, fact: bool | None) -> Answer:
        """None is what could not be found out."""
        return cls.UNKNOWN if fact is None else cls.YES if fact else cls.NO


@dataclass(frozen=True, slots=True)
class Readable:
    """Whether a wallet can be read with the key."""

    answer: Answer
    reason: str = ""
    """Why not, or why it could not be found out. Holds no secret."""


@dataclass(frozen=True, slots=True)
class KeyReport:
    market_code: str
    examined_at: datetime
    works: Answer = Answer.UNKNOWN
    """Whether the exchange accepts the key and what is signed with its secret. UNKNOWN also where the exchange refuses
    it and does not say for which of several reasons."""
    failure: str = ""
    """Code of the error when no wallet could be read."""
    reason: str = ""
    """The same in words. Holds no secret."""
    may_read: Answer = Answer.UNKNOWN
    """Balances, from here."""
    may_trade: Answer = Answer.UNKNOWN
    """Place orders, or move coins between wallets of the same owner."""
    may_withdraw: Answer = Answer.UNKNOWN
    """Send coins away from the exchange."""
    ip_bound: Answer = Answer.UNKNOWN
    """Whether the key works from some addresses only."""
    expires: Answer = Answer.UNKNOWN
    expires_at: datetime | None = None
    """Given exactly when `expires` is YES."""
    clock_skew: float | None = None
    """Seconds by which this machine's clock is at least ahead of the exchange's (negative: behind). 0 where no
    difference is to be seen through the time the answer took. None: not found out."""
    unified: Answer = Answer.UNKNOWN
    """Whether spot and derivatives share one wallet at the exchange."""
    wallets: Mapping[str, Readable] = field(default_factory=dict)
    """By wallet, the primary one first."""
    others: Mapping[str, Readable] = field(default_factory=dict)
    """By market code: what else of the same exchange the key could be connected as, where that was asked for."""
