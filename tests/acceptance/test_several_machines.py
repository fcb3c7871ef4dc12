"""Two servers and two workers on PostgreSQL, one simulated exchange, and a worker that is killed in the middle of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.integration.machine import Machine
from tests.integration.test_many_loads import connect, exchange, load_all
from tests.postgres import Cluster

from coinassay.domain.money import CONTEXT, add_up
from coinassay.testing.simulator.__main__ import MADE_UP_COINS

ACCOUNTS = 200
DEADLINE = 50.0
"""Seconds until every account is loaded."""

pytestmark = pytest.mark.slow


@contextmanager
def worker(machine: Machine) -> Iterator[subprocess.Popen[bytes]]:
    """Its log is there also when it was killed."""
    with machine.log.open("wb") as log:
        process = subprocess.Popen(
            machine.command("worker", "--concurrency", "8"),
            env=machine.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def lines(machine: Machine) -> list[dict[str, Any]]:
    """A killed process may have written half a line last."""
    text = machine.log.read_text()
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


class Stored:
    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url, autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()

    def count(self, what: str) -> int:
        return int(self(f"SELECT count(*) FROM {what}")[0][0])


def until(condition: Any, what: str, machines: list[Machine]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not {what}\n" + "\n".join(each.log.read_text()[-2000:] for each in machines))
        time.sleep(0.1)


def test_every_account_is_loaded_once_also_those_of_a_killed_worker(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.create_database(postgres.prepared)
    stored = Stored(url)
    machines = []
    for name in ("server-1", "server-2", "worker-1", "worker-2"):
        (tmp_path / name).mkdir()
        machines.append(Machine(tmp_path / name))
    with ExitStack() as stack:
        options = ("--users", str(ACCOUNTS), "--catalogue", "100", "--latency", "0.02")
        simulated = stack.enter_context(exchange(*options))
        for machine in machines:
            machine.environment |= {
                "COINASSAY_DATABASE_URL": url,
                "COINASSAY_MASTER_KEY": "5a" * 32,
                "COINASSAY_BACKGROUND": "auto",
                "COINASSAY_EXCHANGE_BASE_URLS": json.dumps({"binance": simulated["url"]}),
                "COINASSAY_EXCHANGE_LIMITS": '{"binance": 100000}',
                "COINASSAY_REFRESH_INTERVAL": "1h",
                "COINASSAY_RATE_LIMIT": "off",
            }
        key, ids = asyncio.run(connect(machines[0], simulated["users"]))
        assert ACCOUNTS == stored.count("refreshes WHERE next_at <= now()")
        servers, workers = machines[:2], machines[2:]
        for machine in servers:
            stack.enter_context(machine.running("serve", "--port", "0"))
        urls = [machine.served_url() for machine in servers]
        time.sleep(0.5)
        assert 0 == stored.count("loads"), "servers on PostgreSQL leave it to the workers"

        processes = [stack.enter_context(worker(machine)) for machine in workers]
        until(lambda: stored.count("accounts WHERE loaded_at IS NOT NULL") >= ACCOUNTS // 4, "begun", machines)
        processes[0].kill()
        killed_at = time.monotonic()
        jobs = stored("SELECT count(*) FROM coinassay_tasks.procrastinate_jobs WHERE status = 'doing'")
        assert jobs > [(0,)], "in the middle of it"

        # Meanwhile both servers are asked for accounts that the workers may be loading at this very moment.
        async def ask_both() -> list[Any]:
            both = await asyncio.gather(*(load_all(each, key, ids[-4:]) for each in urls))
            return list(zip(*both, strict=True))

        for one, other in asyncio.run(ask_both()):
            assert (201, 201) == (one.status_code, other.status_code), one.text
            assert one.json()["usd_amount"] == other.json()["usd_amount"]

        until(lambda: stored.count("accounts WHERE loaded_at IS NULL") == 0, "every account loaded", machines)
        took = time.monotonic() - killed_at
        until(lambda: stored.count("leases") == 0, "every lease given back", machines)
        until(lambda: stored.count("coinassay_tasks.procrastinate_jobs") == 0, "the queue empty", machines)
        check = machines[0].run("worker", "--check", "--json")
        assert {"good": True, "late": False, "workers": 1} == json.loads(check.stdout), check.stderr
        processes[1].terminate()
        assert 0 == processes[1].wait(30), "ended cleanly"
        nobody = machines[0].run("worker", "--check")
        assert 1 == nobody.returncode
        assert took < DEADLINE

    check_what_is_stored(stored)
    said = [line for machine in workers for line in lines(machine)]
    assert ACCOUNTS * 0.9 <= Counter(line["event"] for line in said)["refresh finished"] <= ACCOUNTS
    chores = Counter(line["chore"] for line in said if line["event"] == "chore finished")
    assert chores, "there are some"
    assert {1} == set(chores.values()), "each once, whoever did it; one that was cut off was begun again"
    assert not [line for line in said if line["level"] == "error"]
    assert any(line["event"] == "a job of a lost worker is taken up" for line in said)
    for machine in machines:
        text = machine.log.read_text()
        assert not any(user["secret"] in text for user in simulated["users"])
        assert "p%40ss" not in text
        assert "5a" * 32 not in text


def check_what_is_stored(stored: Stored) -> None:
    """Nothing torn, nothing doubled, and the sums right to the last digit."""
    good = dict(stored("SELECT account_id, count(*) FROM loads WHERE failure = '' GROUP BY account_id"))
    assert ACCOUNTS == len(good)
    assert [] == stored("SELECT * FROM loads WHERE failure <> ''")
    # One each, but for the four that were asked for besides, and what a worker had loaded when it was killed before it
    # could say so.
    assert ACCOUNTS <= sum(good.values()) <= ACCOUNTS + 4 * 2 + 8
    assert good == dict(stored("SELECT account_id, count(*) FROM snapshots GROUP BY account_id"))
    assert good == dict(stored("SELECT account_id, count(*) FROM compositions GROUP BY account_id"))
    assert {(ACCOUNTS, 1)} == {
        (len(per_account), most)
        for per_account in [stored("SELECT account_id, count(*) FROM flows GROUP BY account_id")]
        for most in [max(count for _, count in per_account)]
    }, "one opening deposit each"

    held: dict[int, dict[str, Decimal]] = {}
    prices: dict[str, set[Decimal]] = {}
    worth: dict[int, list[Decimal]] = {}
    for account_id, asset, total, price, usd in stored("SELECT account_id, asset, total, price, usd FROM holdings"):
        assert asset not in held.setdefault(account_id, {}), "doubled"
        held[account_id][asset] = total
        prices.setdefault(asset, set()).add(price)
        worth.setdefault(account_id, []).append(usd)
        assert CONTEXT.multiply(total, price) == usd
    assert {1} == {len(each) for each in prices.values()}, "nothing moved at the exchange"
    accounts = stored("SELECT id, name, total_usd, net_deposits_usd, complete FROM accounts")
    assert ACCOUNTS == len(accounts)
    for account_id, name, total, deposits, complete in accounts:
        number = int(name.removeprefix("user ")) + 1
        assert held[account_id] == {
            coin: Decimal(f"{number}.{place}0000001") for place, coin in enumerate(MADE_UP_COINS)
        }
        assert add_up(worth[account_id]) == total == deposits
        assert complete
    torn = """SELECT account_id FROM snapshots JOIN accounts ON accounts.id = account_id
              WHERE (snapshots.total_usd, snapshots.net_deposits_usd) <> (accounts.total_usd, accounts.net_deposits_usd)"""
    assert [] == stored(torn)
