"""Putting an installation together, and taking it apart again."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from coinassay.bootstrap import open_services
from coinassay.errors import ConfigurationError, NotSupportedByExchange
from coinassay.settings import Settings
from coinassay.testing import SimulatedExchange

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def settings_of(home: Path, **more: str) -> Settings:
    return Settings.from_env({"COINASSAY_HOME": str(home)} | {f"COINASSAY_{name}": text for name, text in more.items()})


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


async def test_what_is_noted_in_memory_is_written_down_at_the_end(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    async with open_services(settings, create=True, clock=lambda: NOON) as services:
        user = await services.users.add_user("alice", NOON)
        issued = await services.api_keys.issue(user.id, "bot", ["ACCOUNTS_READ"])
        services.api_keys.note_use(issued.key)
        (key,) = await services.api_keys.list_keys(user.id)
        assert key.last_used_at is None
    async with open_services(settings) as services:
        (key,) = await services.api_keys.list_keys(user.id)
        assert NOON == key.last_used_at


async def test_the_end_is_the_same_after_a_failure(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)

    async def use_and_fail() -> None:
        async with open_services(settings, create=True) as services:
            user = await services.users.add_user("alice", NOON)
            services.api_keys.note_use((await services.api_keys.issue(user.id, "bot", [])).key)
            raise LookupError

    with pytest.raises(LookupError):
        await use_and_fail()
    async with open_services(settings) as services:
        (user,) = await services.users.list_users()
        (key,) = await services.api_keys.list_keys(user.id)
        assert key.last_used_at is not None
        assert datetime.now(UTC) - key.last_used_at < timedelta(minutes=1)


async def test_two_may_have_it_open_at_once(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    async with open_services(settings, create=True) as one, open_services(settings) as other:
        user = await one.users.add_user("alice", NOON)
        assert user == await other.users.get_user(user.id)


async def test_the_database_may_lie_elsewhere(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home", DATABASE_URL=f"sqlite:///{tmp_path}/elsewhere.db")
    async with open_services(settings, create=True):
        assert (tmp_path / "elsewhere.db").exists()
    assert ["master.key"] == names_in(tmp_path / "home")


async def test_the_source_of_paper_prices_follows_the_base_url(tmp_path: Path) -> None:
    with SimulatedExchange.running("binance") as exchange:
        exchange.set_price("BTC/USDT", last="12345")
        settings = settings_of(tmp_path, EXCHANGE_BASE_URLS=f'{{"binance": "{exchange.url}"}}')
        async with open_services(settings, create=True, isolated=True) as services:
            user = await services.users.add_user("alice", NOON)
            account = await services.accounts.connect(user.id, "paper_trading", "Paper", {}, {"BTC": Decimal(1)})
            loaded = await services.sync.sync_account(user.id, account.id)
            paper = services.markets.find("paper_trading")
            assert paper is not None
            assert "USDT_PEPE" in await services.market_data.list_pairs(paper)
        # The dollar's worth of USDT is not known there: it is taken for one.
        assert Decimal(12345) == loaded.total.usd


async def test_where_no_exchange_is_asked_paper_has_the_daily_closes(tmp_path: Path) -> None:
    async with open_services(settings_of(tmp_path), create=True, isolated=True) as services:
        user = await services.users.add_user("alice", NOON)
        account = await services.accounts.connect(user.id, "paper_trading", "Paper", {})
        assert (await services.sync.sync_account(user.id, account.id)).total.usd > 0
        paper, okx = services.markets.find("paper_trading"), services.markets.find("okex")
        assert paper is not None
        assert okx is not None
        assert "USD_BTC" in await services.market_data.list_pairs(paper)
        with pytest.raises(NotSupportedByExchange, match="okx is not one"):
            await services.market_data.list_pairs(okx)


async def test_a_setting_that_names_nothing_that_exists_is_refused(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, EXCHANGE_LIMITS='{"binanse": 5}', PAPER_PRICE_SOURCE="binance")
    with pytest.raises(ConfigurationError, match="EXCHANGE_LIMITS names 'binanse'"):
        async with open_services(settings, create=True):
            pass
    assert [] == names_in(tmp_path)


SERVE_IN_SHORT = """
import asyncio, sys
from coinassay.api.app import create_app
from coinassay.bootstrap import open_services
from coinassay.settings import Settings

async def main():
    async with open_services(Settings.from_env(), create=True) as services:
        app, sent = create_app(services), []
        scope = {"type": "http", "method": "GET", "path": "/public/api/ver1/accounts/market_list", "query_string": b"",
                 "headers": []}
        await app(scope, empty, sent_to(sent))
        assert sent[0]["status"] == 200 and b'"market_code":"binance"' in sent[1]["body"], sent
        print(*sys.modules)

async def empty():
    return {"type": "http.request"}

def sent_to(sent):
    async def send(message):
        sent.append(message)
    return send

asyncio.run(main())
"""


@pytest.mark.slow
def test_what_only_a_load_or_a_migration_needs_is_not_imported(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVE_IN_SHORT],
        env={"PATH": os.environ["PATH"], "COINASSAY_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(done.stdout.split())
    assert "coinassay.api.app" in modules
    assert not {"ccxt", "aiohttp", "sqlalchemy", "alembic", "typer"} & modules
