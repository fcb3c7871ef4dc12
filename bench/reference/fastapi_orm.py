"""The same job as most services would be written today: FastAPI, pydantic, the ORM of SQLAlchemy over aiosqlite.

Key, account and holdings come from an SQLite file (WAL) by the ORM; the HMAC is verified over the raw path; the
arithmetic is that of `raw_asgi`; the answer goes through a pydantic response model. `BENCH_DATABASE` names the file,
which `fill` writes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import AsyncIterator
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import Dialect, ForeignKey, String, create_engine, event, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from bench.dataset import BTC_RATE, Dataset

_EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
_QUOTIENT = Context(prec=60, rounding=ROUND_HALF_UP)


class ExactText(TypeDecorator[Decimal]):
    """A decimal kept as text, the only exact way in SQLite."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    pass


class ApiKey(Base):
    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    api_key: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str]


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(index=True)
    btc_rate: Mapped[Decimal] = mapped_column(ExactText)
    holdings: Mapped[list[Holding]] = relationship()


class Holding(Base):
    __tablename__ = "holdings"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    cmc_id: Mapped[str | None]
    amount: Mapped[Decimal] = mapped_column(ExactText)
    rate: Mapped[Decimal] = mapped_column(ExactText)


class Money(BaseModel):
    currency: str
    amount: str


class Row(BaseModel):
    code: str
    coinmarketcapid: str | None
    name: str
    y: float
    percentage: float
    amount: float
    btc_value: str
    usd_value: str
    primary_display_currency: Money
    account_id: int


def fill(data: Dataset, path: Path) -> None:
    """Writes the dataset into a new SQLite file."""
    engine = create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.connection().exec_driver_sql("PRAGMA journal_mode=WAL")
        for key in data.keys:
            session.add(ApiKey(user_id=key.user, api_key=key.api_key, secret=key.secret))
        for account in data.accounts:
            session.add(Account(id=account.id, user_id=account.user, btc_rate=BTC_RATE))
            for held in account.holdings:
                name, cmc_id = data.currencies[held.code]
                session.add(
                    Holding(
                        account_id=account.id,
                        code=held.code,
                        name=f"{name} ({held.code})",
                        cmc_id=cmc_id,
                        amount=Decimal(held.amount),
                        rate=Decimal(held.rate),
                    )
                )
        session.commit()
    engine.dispose()


def _engine() -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['BENCH_DATABASE']}")

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    return engine


app = FastAPI()
_sessions: async_sessionmaker[AsyncSession] | None = None


async def session() -> AsyncIterator[AsyncSession]:
    global _sessions
    if _sessions is None:
        _sessions = async_sessionmaker(_engine(), expire_on_commit=False)
    async with _sessions() as opened:
        yield opened


Database = Annotated[AsyncSession, Depends(session)]


async def signed(
    request: Request, database: Database, apikey: Annotated[str, Header()], signature: Annotated[str, Header()]
) -> ApiKey:
    key = await database.scalar(select(ApiKey).where(ApiKey.api_key == apikey))
    if key is None:
        raise HTTPException(401, "api_key_invalid_or_expired")
    target: bytes = request.scope["raw_path"]
    if request.scope["query_string"]:
        target += b"?" + request.scope["query_string"]
    expected = hmac.new(key.secret.encode(), target + await request.body(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature.lower()):
        raise HTTPException(401, "signature_invalid")
    return key


@app.post("/public/api/ver1/accounts/{account_id}/pie_chart_data", status_code=201)
async def pie_chart_data(account_id: int, key: Annotated[ApiKey, Depends(signed)], database: Database) -> list[Row]:
    account = await database.scalar(
        select(Account)
        .where(Account.id == account_id, Account.user_id == key.user_id)
        .options(selectinload(Account.holdings))
    )
    if account is None:
        raise HTTPException(404, "not_found")
    valued = [(_EXACT.multiply(held.amount, held.rate), held) for held in account.holdings]
    total = sum_of([usd for usd, _ in valued])
    valued.sort(key=lambda each: (-each[0], each[1].code))
    return [row(account, held, usd, total) for usd, held in valued]


def sum_of(values: list[Decimal]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = _EXACT.add(total, value)
    return total


def row(account: Account, held: Holding, usd: Decimal, total: Decimal) -> Row:
    share = float(rounded(_QUOTIENT.divide(_EXACT.multiply(usd, Decimal(100)), total), "0.01"))
    return Row(
        code=held.code,
        coinmarketcapid=held.cmc_id,
        name=held.name,
        y=share,
        percentage=share,
        amount=float(held.amount),
        btc_value=plain(rounded(_QUOTIENT.divide(usd, account.btc_rate), "0.00000001")),
        usd_value=plain(rounded(usd, "0.01")),
        primary_display_currency=Money(currency="USD", amount=plain(usd)),
        account_id=account.id,
    )


def rounded(value: Decimal, step: str) -> Decimal:
    return _EXACT.quantize(value, Decimal(step))


def plain(value: Decimal) -> str:
    text = format(value, "f")
    if "." not in text:
        return text + ".0"
    text = text.rstrip("0")
    return text + "0" if text[-1] == "." else text
