"""Deposits and withdrawals: amounts are strings with all their digits."""

from __future__ import annotations

from typing import Literal

import msgspec

from coinassay.api.wire.account import timestamp
from coinassay.api.wire.numbers import text
from coinassay.domain.movement import FlowReading
from coinassay.domain.snapshot import Flow, FlowPrice


class FlowPriceEntity(msgspec.Struct, frozen=True):
    origin: Literal["ticker", "close", "held", "given"]
    """The exchange's markets at that moment, a close of that time, what the account's own snapshot was valued at, or
    what the user said."""
    usd: str
    """US dollars for one."""
    btc_rate: str | None
    """US dollars for one BTC."""
    at: str
    """The moment the price is of."""
    source: str


class FlowEntity(msgspec.Struct, frozen=True):
    id: int
    account_id: int
    at: str
    """When it counts: at the latest with the first load that shows it."""
    moved_at: str | None
    """When it happened as the exchange says, where that is another moment."""
    kind: Literal["opening", "deposit", "withdrawal", "transfer"]
    """An opening is what a first load found."""
    source: Literal["load", "exchange", "manual", "import", "paper"]
    asset: str
    """Empty for an opening."""
    amount: str | None
    """Of `asset`; negative for what left the account, the fee included."""
    fee: str | None
    """The part of `amount` that did not arrive at the other side."""
    usd_value: str | None
    """At its own time; null where no price is known so far."""
    btc_value: str | None
    price: FlowPriceEntity | None
    counterpart: int | None
    """The user's account with the other leg, where this is a leg of a transfer: not counted in the summary."""
    txid: str
    reference: str
    note: str


class FlowReadingEntity(msgspec.Struct, frozen=True):
    state: Literal["ok", "failed", "unsupported", "never"]
    """ "unsupported": the exchange does not tell them; "never": it was not asked so far."""
    confirmed: bool
    """Whether profit is known to contain no deposit and no withdrawal up to `read_at`."""
    read_at: str | None
    """Everything up to then is counted."""
    asked_at: str | None
    since: str | None
    """What happened before is part of the opening."""
    reason: str
    pending: int
    """Deposits and withdrawals that are under way."""


class FlowList(msgspec.Struct, frozen=True):
    reading: FlowReadingEntity
    flows: list[FlowEntity]
    """Newest first."""


def to_flow(flow: Flow) -> FlowEntity:
    return FlowEntity(
        id=flow.id,
        account_id=flow.account_id,
        at=timestamp(flow.at),
        moved_at=None if flow.moved_at is None else timestamp(flow.moved_at),
        kind=flow.kind.value,
        source=flow.source.value,
        asset=flow.asset,
        amount=None if flow.amount is None else text(flow.amount),
        fee=None if flow.fee is None else text(flow.fee),
        usd_value=text(flow.money.usd) if flow.priced else None,
        btc_value=text(flow.money.btc) if flow.priced else None,
        price=None if flow.price is None else _price(flow.price),
        counterpart=flow.counterpart if flow.link else None,
        txid=flow.txid,
        reference=flow.reference,
        note=flow.note,
    )


def _price(price: FlowPrice) -> FlowPriceEntity:
    return FlowPriceEntity(
        origin=price.origin.value,
        usd=text(price.usd),
        btc_rate=None if price.btc_rate is None else text(price.btc_rate),
        at=timestamp(price.at),
        source=price.source,
    )


def to_reading(reading: FlowReading | None) -> FlowReadingEntity:
    if reading is None:
        return FlowReadingEntity("never", False, None, None, None, "", 0)
    return FlowReadingEntity(
        state=reading.state.value,
        confirmed=reading.confirmed,
        read_at=None if reading.read_at is None else timestamp(reading.read_at),
        asked_at=timestamp(reading.asked_at),
        since=timestamp(reading.since),
        reason=reading.reason,
        pending=sum(each.open for each in reading.waiting),
    )
