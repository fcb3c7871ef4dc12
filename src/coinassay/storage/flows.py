"""Deposits and withdrawals."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from coinassay.domain.snapshot import Flow, FlowKind, FlowPrice, FlowSource, Money, PriceOrigin
from coinassay.storage.codec import integer_to_moment, moment_to_integer, to_json
from coinassay.storage.database import Row


class _PriceText(msgspec.Struct, array_like=True, frozen=True):
    """[origin, usd, btc_rate, at, source]; decimals as text, `at` in microseconds."""

    origin: str
    usd: Decimal
    btc_rate: Decimal | None
    at: int
    source: str


_price = msgspec.json.Decoder(_PriceText)


def flow_row(flow: Flow) -> dict[str, object]:
    """The row of a flow, without its id."""
    return {
        "account_id": flow.account_id,
        "at": flow.at,
        "kind": flow.kind.value,
        "usd": flow.money.usd,
        "btc": flow.money.btc,
        "asset": flow.asset,
        "amount": flow.amount,
        "reference": flow.reference,
        "source": flow.source.value,
        "link": flow.link,
        "counterpart": flow.counterpart,
        "note": flow.note,
        "moved_at": flow.moved_at,
        "txid": flow.txid,
        "fee": flow.fee,
        "priced": flow.priced,
        "price": price_text(flow.price),
    }


def price_text(price: FlowPrice | None) -> str | None:
    if price is None:
        return None
    text = _PriceText(price.origin.value, price.usd, price.btc_rate, moment_to_integer(price.at), price.source)
    return to_json(text).decode()


def flow_of(row: Row) -> Flow:
    account_id, at, kind, usd, btc, asset, amount, reference, number, source, link, counterpart, *rest = row
    note, moved_at, txid, fee, priced, price = rest
    return Flow(
        account_id,
        at,
        FlowKind(kind),
        Money(usd, btc),
        asset,
        amount,
        reference,
        number,
        FlowSource(source),
        link,
        counterpart,
        note,
        moved_at,
        txid,
        fee,
        priced,
        None if price is None else _price_of(price),
    )


def _price_of(text: str) -> FlowPrice:
    price = _price.decode(text)
    return FlowPrice(PriceOrigin(price.origin), price.usd, price.btc_rate, integer_to_moment(price.at), price.source)
