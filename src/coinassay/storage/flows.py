"""Deposits and withdrawals: how they lie in the database, and the port FlowStore."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from coinassay.domain.money import ZERO, divide
from coinassay.domain.movement import FlowReading, Movement, MovementState, ReadingState, Sight, Waiting
from coinassay.domain.snapshot import Flow, FlowKind, FlowPrice, FlowSource, Money, PriceOrigin
from coinassay.errors import NotFound
from coinassay.storage import statements as sql
from coinassay.storage.codec import integer_to_moment, moment_to_integer, to_json
from coinassay.storage.database import Change, Row, change
from coinassay.storage.noun import Noun

MOST_SIGHTS = 2000


class Flows(Noun):
    """The port FlowStore."""

    async def find_flow_reading(self, account_id: int) -> FlowReading | None:
        row = await self._db.fetch_one(sql.FIND_FLOW_READING, {"account_id": account_id})
        if row is None:
            return None
        since, asked_at, read_at, state, failure, reason, waiting = row
        return FlowReading(since, asked_at, read_at, ReadingState(state), failure, reason, _waiting_of(waiting))

    async def list_sights(self, account_id: int, after: datetime, until: datetime) -> Sequence[Sight]:
        params = {"account_id": account_id, "after": after, "until": until, "limit": MOST_SIGHTS}
        first = await self._db.fetch_all(sql.LIST_SIGHTS, params)
        rows = {row[0]: row for row in first}
        if len(first) == MOST_SIGHTS:
            rows |= {row[0]: row for row in await self._db.fetch_all(sql.LIST_LAST_SIGHTS, params)}
        return [_sight(rows[taken_at]) for taken_at in sorted(rows)]

    async def list_unpriced_flows(self, account_id: int) -> Sequence[Flow]:
        return [flow_of(row) for row in await self._db.fetch_all(sql.LIST_UNPRICED_FLOWS, {"account_id": account_id})]

    async def list_account_flows(self, account_id: int, *, limit: int, offset: int = 0) -> Sequence[Flow]:
        params = {"account_id": account_id, "limit": limit, "offset": offset}
        return [flow_of(row) for row in await self._db.fetch_all(sql.LIST_ACCOUNT_FLOWS, params)]

    async def list_unlinked_flows(
        self, user_id: int, assets: frozenset[str], after: datetime, until: datetime
    ) -> Sequence[Flow]:
        params = {"user_id": user_id, "after": after, "until": until}
        found = (flow_of(row) for row in await self._db.fetch_all(sql.LIST_UNLINKED_FLOWS, params))
        return [flow for flow in found if flow.asset in assets]

    async def add_flow(self, flow: Flow, added_at: datetime) -> Flow:
        row = flow_row(flow)
        written = await self._db.write(
            [
                change(sql.CHANGE_VERSION, NotFound(), id=flow.account_id, updated_at=added_at),
                *counting(row),
                change(sql.GET_FLOW_BY_REFERENCE, account_id=flow.account_id, reference=flow.reference),
            ]
        )
        return flow_of(written[-1][0])

    async def remove_flow(self, account_id: int, flow_id: int, removed_at: datetime) -> None:
        own = {"account_id": account_id, "id": flow_id}
        found = await self._db.fetch_one(sql.GET_MANUAL_FLOW, own)
        if found is None:
            raise NotFound
        flow = flow_of(found)
        taken_back = flow_row(flow) | {"usd": (-flow.money).usd, "btc": (-flow.money).btc}
        await self._db.write(
            [
                change(sql.CHANGE_VERSION, NotFound(), id=account_id, updated_at=removed_at),
                change(sql.REMOVE_MANUAL_FLOW, NotFound(), **own),
                Change(sql.COUNT_FLOW, [taken_back]),
                Change(sql.CORRECT_SNAPSHOTS, [taken_back]),
                change(sql.UNLINK_TRANSFER, link=flow.link),
            ]
        )

    async def link_flows(self, withdrawal: Flow, deposit: Flow, link: str) -> bool:
        legs = ((withdrawal, deposit), (deposit, withdrawal))
        try:
            await self._db.write(
                [
                    change(
                        sql.LINK_FLOW,
                        NotFound(),
                        account_id=own.account_id,
                        id=own.id,
                        link=link,
                        counterpart=other.account_id,
                    )
                    for own, other in legs
                ]
            )
        except NotFound:
            return False
        return True


# ------------------------------------------------------------------------------------------------------- flows


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


def counting(row: dict[str, object]) -> Iterable[Change]:
    """What adds a flow: once, where its reference is not stored yet."""
    return (Change(statement, [row]) for statement in (sql.COUNT_FLOW, sql.CORRECT_SNAPSHOTS, sql.ADD_FLOW))


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


def pricing_changes(valued: Sequence[Flow]) -> Iterable[Change]:
    """What gives stored flows the value they had not: counted once, whoever comes first."""
    for flow in valued:
        row = flow_row(flow) | {"id": flow.id}
        yield Change(sql.COUNT_PRICED, [row])
        yield Change(sql.PRICE_FLOW, [row])


# ---------------------------------------------------------------------------------------------------- readings


class _MovementText(msgspec.Struct, array_like=True, frozen=True):
    """[reference, kind, at, asset, amount, fee, state, txid, note, counted]; `at` in microseconds."""

    reference: str
    kind: str
    at: int
    asset: str
    amount: Decimal
    fee: Decimal
    state: str
    txid: str
    note: str
    counted: bool


_movements = msgspec.json.Decoder(list[_MovementText])


def reading_changes(account_id: int, reading: FlowReading | None) -> Sequence[Change]:
    if reading is None:
        return ()
    return [
        change(
            sql.PUT_FLOW_READING,
            account_id=account_id,
            since=reading.since,
            read_at=reading.read_at,
            asked_at=reading.asked_at,
            state=reading.state.value,
            failure=reading.failure,
            reason=reading.reason,
            waiting=_waiting_text(reading.waiting),
        )
    ]


def _waiting_text(waiting: Iterable[Waiting]) -> str:
    return to_json(
        [
            _MovementText(
                each.movement.reference,
                each.movement.kind.value,
                moment_to_integer(each.movement.at),
                each.movement.asset,
                each.movement.amount,
                each.movement.fee,
                each.movement.state.value,
                each.movement.txid,
                each.movement.note,
                each.counted,
            )
            for each in waiting
        ]
    ).decode()


def _waiting_of(text: str) -> tuple[Waiting, ...]:
    return tuple(
        Waiting(
            Movement(
                each.reference,
                FlowKind(each.kind),
                integer_to_moment(each.at),
                each.asset,
                each.amount,
                each.fee,
                MovementState(each.state),
                each.txid,
                each.note,
            ),
            each.counted,
        )
        for each in _movements.decode(text)
    )


# ------------------------------------------------------------------------------------------------------ sights

_composition = msgspec.json.Decoder(dict[str, tuple[Decimal, Decimal | None]])


def _sight(row: Row) -> Sight:
    taken_at, body, usd, btc = row
    held = _composition.decode(zlib.decompress(body))
    return Sight(
        taken_at,
        taken_at,
        {asset: amount for asset, (amount, _) in held.items()},
        {asset: value for asset, (_, value) in held.items() if value is not None},
        divide(usd, btc) if btc > ZERO else None,
    )
