"""Deposits and withdrawals as exchanges tell them, and from when on each counts.

What an exchange says of a movement and what its balances show do not change at the same moment: a deposit is listed
before it is credited, or is credited before it is listed; a withdrawal is gone from the balance before it has arrived.
A value with the one and without the other would call a deposit a profit. So a movement counts at the first snapshot
that contains it, which is told from the amounts (domain/landing.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from coinassay.domain.money import CONTEXT, ZERO
from coinassay.domain.snapshot import FlowKind

INTEREST = Decimal("0.01")
"""Of what is held: more than this is not earned between two loads."""
MONEY = frozenset(
    ("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "TRY", "BRL", "PLN", "CZK", "RON", "UAH", "ZAR", "MXN", "ARS")
)
"""Currencies that banks move."""


class MovementState(StrEnum):
    PENDING = "pending"
    """Under way: the exchange may still take it back."""
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that came to an account or went from it, as its exchange tells it."""

    reference: str
    """Unique in its account: `reference_of` of the exchange's own id."""
    kind: FlowKind
    """DEPOSIT or WITHDRAWAL."""
    at: datetime
    """When it was credited, or asked for, as the exchange says."""
    asset: str
    amount: Decimal
    """Of `asset`; what was credited, or what arrives at the other side."""
    fee: Decimal = ZERO
    """Of `asset`, taken from the account besides `amount`."""
    state: MovementState = MovementState.DONE
    txid: str = ""
    note: str = ""

    @property
    def signed(self) -> Decimal:
        """What it does to the balance."""
        if self.kind is FlowKind.DEPOSIT:
            return self.amount
        return CONTEXT.minus(CONTEXT.add(self.amount, self.fee))


def reference_of(kind: FlowKind, number: str) -> str:
    """Exchanges number deposits and withdrawals apart."""
    return f"{kind.value}:{number}"


def returned(reference: str) -> str:
    """The reference of the flow that takes back one which was counted and failed afterwards."""
    return f"{reference}:returned"


class ReadingState(StrEnum):
    OK = "ok"
    FAILED = "failed"
    """Not this time; it is asked again."""
    UNSUPPORTED = "unsupported"
    """The exchange tells nobody, or not to this key: deposits and withdrawals have to be added by hand."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A movement that is known and not settled."""

    movement: Movement
    counted: bool = False
    """It is a flow already, because the balance shows it, and if it fails that is taken back; or it is part of the
    opening."""

    @property
    def open(self) -> bool:
        """Whether something is still to be found out about it."""
        return self.movement.state is MovementState.PENDING or not self.counted


@dataclass(frozen=True, slots=True)
class FlowReading:
    """How far the deposits and withdrawals of an account were read."""

    since: datetime
    """Movements before are part of the opening."""
    asked_at: datetime
    """When it was tried last."""
    read_at: datetime | None = None
    """All movements up to then are counted; None while there was no good reading."""
    state: ReadingState = ReadingState.OK
    failure: str = ""
    """The code of the error, where the last reading failed."""
    reason: str = ""
    """The same in words."""
    waiting: tuple[Waiting, ...] = ()

    @property
    def confirmed(self) -> bool:
        """Whether profit is known to contain no deposit."""
        return self.state is ReadingState.OK and self.read_at is not None


@dataclass(frozen=True, slots=True)
class Sight:
    """What an account held at a good load."""

    read_at: datetime
    """When its wallets had been read."""
    taken_at: datetime
    """The moment of its snapshot."""
    amounts: Mapping[str, Decimal]
    """By asset, debts taken off, without unrealised profit where that is known apart."""
    values: Mapping[str, Decimal] = field(default_factory=dict)
    """US dollars, of what had a price."""
    btc_rate: Decimal | None = None
    """US dollars for one BTC."""
    revealed: Mapping[str, Decimal] = field(default_factory=dict)
    """What was found in wallets that could never be read before, by asset. Not in `amounts`: it is an opening."""

    def change_since(self, before: Sight, asset: str) -> Decimal:
        return CONTEXT.subtract(self.amounts.get(asset, ZERO), before.amounts.get(asset, ZERO))

    def same_amounts(self, other: Sight) -> bool:
        """Zeros count as not held."""
        assets = self.amounts.keys() | other.amounts.keys()
        return all(self.amounts.get(asset, ZERO) == other.amounts.get(asset, ZERO) for asset in assets)


def is_one_sided(before: Sight, now: Sight) -> bool:
    """Whether something has become more and nothing less, or the other way round, and by more than interest and fees:
    no trade does that. Or whether money changed, which comes by ways of its own."""
    assets = now.amounts.keys() | before.amounts.keys()
    changes = {asset: now.change_since(before, asset) for asset in assets}
    if any(change and asset in MONEY for asset, change in changes.items()):
        return True
    if any(change > ZERO for change in changes.values()) and any(change < ZERO for change in changes.values()):
        return False
    return any(
        change.copy_abs() > CONTEXT.multiply(before.amounts.get(asset, ZERO).copy_abs(), INTEREST)
        for asset, change in changes.items()
    )
