"""The plugin costs nothing where it is not used, and works where it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import coinassay.testing
from coinassay.testing import ScriptedConnector, SimulatedExchange


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


def test_loading_the_plugin_imports_nothing_else_of_the_product() -> None:
    loaded = run(
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        "import coinassay.testing.pytest_plugin\n"
        "print(*sorted(set(sys.modules) - before))"
    ).split()

    assert ["coinassay", "coinassay.testing", "coinassay.testing.pytest_plugin"] == loaded


def test_a_name_is_loaded_when_it_is_first_used() -> None:
    loaded = run(
        "import sys\n"
        "from coinassay.testing import bal\n"
        "print(*(name for name in sys.modules if name.startswith('coinassay.testing')))\n"
        "print(*(name for name in ('ccxt', 'aiohttp', 'httptools', 'asyncio') if name in sys.modules))"
    ).splitlines()

    assert ["coinassay.testing coinassay.testing.text", ""] == loaded


def test_every_name_is_where_it_is_said_to_be() -> None:
    assert sorted(coinassay.testing.__all__) == coinassay.testing.__all__
    for name in coinassay.testing.__all__:
        assert getattr(coinassay.testing, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        coinassay.testing.nothing  # noqa: B018


def test_the_exchanges_are_there_for_a_plain_test(
    simulated_binance: SimulatedExchange, simulated_kraken: SimulatedExchange, http: httpx.Client
) -> None:
    assert "serverTime" in http.get(f"{simulated_binance.url}/api/v3/time").json()
    assert "result" in http.get(f"{simulated_kraken.url}/0/public/Time").json()


async def test_they_are_there_for_an_asynchronous_test(simulated_kraken: SimulatedExchange) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        assert 200 == (await client.get(f"{simulated_kraken.url}/0/public/Time")).status_code


def test_the_connector_is_there(scripted_connector: ScriptedConnector) -> None:
    assert {} == scripted_connector.calls


@pytest.mark.slow
def test_another_projects_tests_have_the_fixtures(tmp_path: Path) -> None:
    """Without pytest-asyncio, in a directory of its own."""
    (tmp_path / "test_mine.py").write_text(
        "import urllib.request\n"
        "def test_time(simulated_binance, scripted_connector):\n"
        "    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
        "    assert opener.open(simulated_binance.url + '/api/v3/time').status == 200\n"
    )
    options = ["-p", "no:asyncio", "-p", "no:randomly", "-p", "no:cacheprovider", "-q", "-W", "error"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout
