"""A stored valuation, and money crossing an account's border."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    origin: str = ""
    """The program whose history it was imported from; empty for what this one found itself."""


class FlowKind(StrEnum):
    OPENING = "opening"
    """What the first load found: counts as a deposit (semantics.md, Profit)."""
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    """Between two accounts of one user: a withdrawal of the one and a deposit of the other, as the sign says."""


class FlowSource(StrEnum):
    """How it became known."""

    LOAD = "load"
    """What a load found that had been there before."""
    EXCHANGE = "exchange"
    """The exchange's history of deposits and withdrawals."""
    MANUAL = "manual"
    """Told by the user."""
    IMPORT = "import"
    """From the history of another program."""
    PAPER = "paper"
    """A transfer between paper accounts."""


class PriceOrigin(StrEnum):
    """Where the price came from that a flow was valued at."""

    TICKER = "ticker"
    """The exchange's markets, at the moment the flow was found."""
    CLOSE = "close"
    """The close of the flow's UTC day, at its exchange or as this program brings it along."""
    HELD = "held"
    """What the account's own holdings were valued at in the snapshot nearest to the flow."""
    GIVEN = "given"
    """The user said what it was worth."""


@dataclass(frozen=True, slots=True)
class FlowPrice:
    """What a flow was valued at."""

    origin: PriceOrigin
    usd: Decimal
    """US dollars for one of the asset."""
    btc_rate: Decimal | None
    """US dollars for one BTC."""
    at: datetime
    """The moment the price is of, or the beginning of the day of a close."""
    source: str = ""
    """The exchange, or the table of closes."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A deposit (positive) or withdrawal (negative `money`), valued at its own time."""

    account_id: int
    at: datetime
    """When it counts: at the latest the moment of the first snapshot that contains what it moved."""
    kind: FlowKind
    money: Money
    asset: str = ""
    amount: Decimal | None = None
    """Of `asset`; negative for what left the account, a fee included."""
    reference: str = ""
    """Unique in its account: the exchange's own id of the movement, or the user's. Empty for an opening."""
    id: int = field(default=0, compare=False)
    """Given by the database."""
    source: FlowSource = FlowSource.LOAD
    link: str = ""
    """The same on both legs of a transfer between two accounts of one user, else empty. Both count in their accounts
    and neither in the summary of them."""
    counterpart: int | None = None
    """The id of the account with the other leg."""
    note: str = ""
    moved_at: datetime | None = None
    """When it happened as the exchange says, where it counts at another moment."""
    txid: str = ""
    """The transaction on the chain, as the exchange tells it."""
    fee: Decimal | None = None
    """The part of `amount` that did not arrive at the other side: the exchange's fee of a withdrawal."""
    priced: bool = True
    """False where no price is known so far: `money` is then nothing, which is not what it is worth."""
    price: FlowPrice | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a transfer between two accounts of one user."""

    account_id: int
    at: datetime
    money: Money
    """Negative for the account it left."""
    link: str
    """The same on both legs."""
