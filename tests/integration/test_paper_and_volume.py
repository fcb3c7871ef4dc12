"""Operations on paper, volumes and deposit addresses through the installation's own parts, over simulated exchanges."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from coinassay.bootstrap import open_services
from coinassay.domain.account import PAPER
from coinassay.domain.money import CONTEXT, ONE
from coinassay.domain.paper import FEE
from coinassay.domain.trade import start_of_day
from coinassay.errors import UnavailableForAccount
from coinassay.settings import Settings
from coinassay.testing import SimulatedExchange


async def test_trades_addresses_and_paper_over_simulated_exchanges(tmp_path: Path) -> None:
    with SimulatedExchange.all_running("binance", "kraken") as exchanges:
        binance, kraken = exchanges["binance"], exchanges["kraken"]
        binance.set_price("BTC/USDT", last="50000")
        urls = f'{{"binance": "{binance.url}", "kraken": "{kraken.url}"}}'
        settings = Settings.from_env({"COINASSAY_HOME": str(tmp_path), "COINASSAY_EXCHANGE_BASE_URLS": urls})
        async with open_services(settings, create=True, isolated=True) as services:
            user = await services.users.add_user("alice", datetime.now(UTC))
            customer = binance.add_user("alice", wallets={"spot": {"BTC": "2", "USDT": "7"}})
            account = await services.accounts.connect(
                user.id, "binance", "main", {"api_key": customer.api_key, "secret": customer.secret}
            )
            binance.trade(customer, "BTC/USDT", "0.5", "50000")
            binance.trade(customer, "BTC/USDT", "0.1", "50000", buy=False)
            volume = await services.volume.total(user.id, account.id)
            assert Decimal("0.6") == volume.money.btc
            deposit = await services.wallets.deposit(user.id, account.id, "BTC", "BTC")
            assert (Decimal(2), True) == (deposit.total, deposit.address.address.startswith("sim1"))
            before = sum(binance.requests.values())
            for operation in (services.paper.sell_to_dollars, services.paper.sell_to_btc):
                with pytest.raises(UnavailableForAccount):
                    await operation(user.id, account.id)
            assert before == sum(binance.requests.values()), "a refusal asks nobody"

            client = kraken.add_user("alice", wallets={"spot": {"BTC": "1"}})
            other = await services.accounts.connect(
                user.id, "kraken", "other", {"api_key": client.api_key, "secret": client.secret}
            )
            kraken.trade(client, "BTC/USD", "0.25", "40000")
            today = start_of_day(datetime.now(UTC))
            traded = await services.volume.between(user.id, other.id, today, today.replace(year=2100), "date")
            assert (Decimal("0.25"), Decimal(10000), False) == (traded.money.btc, traded.money.usd, traded.approximate)

            paper = await services.accounts.connect(user.id, PAPER, "paper", {}, {"BTC": Decimal(1)})
            sold = await services.paper.sell_to_dollars(user.id, paper.id)
            kept = CONTEXT.subtract(ONE, FEE)
            worth = CONTEXT.multiply(sold.net_deposits.usd, kept)
            assert 0 <= CONTEXT.subtract(worth, sold.total.usd) < Decimal("1e-15")
            assert sold.net_deposits.usd > 40000
