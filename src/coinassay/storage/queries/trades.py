"""Paper operations, and how much an account traded."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, func, literal_column, or_, select, update

from coinassay.domain.account import PAPER
from coinassay.storage.columns import exact_sum
from coinassay.storage.queries.expressions import add, constant, given
from coinassay.storage.schema import (
    accounts,
    compositions,
    paper_balances,
    paper_trades,
    trade_readings,
    transfers,
    volumes,
)

DROP_PAPER_BALANCES = delete(paper_balances).where(paper_balances.c.account_id == given(paper_balances.c.account_id))
LIST_ALL_PAPER_BALANCES = (
    select(accounts.c.id, accounts.c.name, accounts.c.market_code, paper_balances.c.asset, paper_balances.c.amount)
    .select_from(accounts.outerjoin(paper_balances, paper_balances.c.account_id == accounts.c.id))
    .where(accounts.c.user_id == given(accounts.c.user_id), accounts.c.market_code == constant(PAPER))
    .order_by(accounts.c.id, paper_balances.c.position)
)

ADD_PAPER_TRADE = add(paper_trades)
FIND_LAST_PAPER_TRADE = select(func.max(paper_trades.c.at).label("at")).where(
    paper_trades.c.account_id == given(paper_trades.c.account_id), paper_trades.c.kind == given(paper_trades.c.kind)
)

ADD_TRANSFER = add(transfers)
LIST_TRANSFERS = (
    select(*transfers.columns)
    .where(
        transfers.c.account_id == given(transfers.c.account_id),
        transfers.c.asset == given(transfers.c.asset),
        transfers.c.at >= given(transfers.c.at, "since"),
    )
    .order_by(transfers.c.id.desc())
    .limit(bindparam("limit", type_=BigInteger()))
    .offset(bindparam("offset", type_=BigInteger()))
)

_volume = add(volumes)
ADD_VOLUME = _volume.on_conflict_do_update(
    index_elements=[volumes.c.account_id, volumes.c.day],
    set_={
        "usd": exact_sum(volumes.c.usd, _volume.excluded.usd),
        "btc": exact_sum(volumes.c.btc, _volume.excluded.btc),
        "trades": volumes.c.trades + _volume.excluded.trades,
        "approximate": or_(volumes.c.approximate, _volume.excluded.approximate),
    },
)
LIST_VOLUMES = (
    select(volumes.c.day, volumes.c.usd, volumes.c.btc, volumes.c.trades, volumes.c.approximate)
    .where(
        volumes.c.account_id == given(volumes.c.account_id),
        volumes.c.day >= given(volumes.c.day, "start"),
        volumes.c.day < given(volumes.c.day, "end"),
    )
    .order_by(volumes.c.day)
)

FIND_TRADE_READING = select(
    trade_readings.c.read_at, trade_readings.c.cursors, trade_readings.c.complete, trade_readings.c.version
).where(trade_readings.c.account_id == given(trade_readings.c.account_id))
START_TRADE_READING = add(trade_readings).on_conflict_do_nothing(index_elements=[trade_readings.c.account_id])
SET_TRADE_READING = (
    update(trade_readings)
    .values(
        read_at=given(trade_readings.c.read_at),
        cursors=given(trade_readings.c.cursors),
        complete=given(trade_readings.c.complete),
        version=trade_readings.c.version + literal_column("1"),
    )
    .where(
        trade_readings.c.account_id == given(trade_readings.c.account_id),
        trade_readings.c.version == given(trade_readings.c.version),
    )
    .returning(trade_readings.c.version)
)
LIST_COMPOSITIONS = select(compositions.c.body).where(
    compositions.c.account_id == given(compositions.c.account_id),
    compositions.c.taken_at > given(compositions.c.taken_at, "after"),
)
