"""The commands as processes of their own: what only a real process shows."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import stat
import subprocess
import termios
from pathlib import Path

import pytest
from tests.integration.machine import DEADLINE, Machine, get, signed

pytestmark = pytest.mark.slow


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class TestServe:
    def test_an_empty_home_a_request_and_the_end(self, machine: Machine) -> None:
        with machine.running("serve", "--port", "0"):
            url = machine.served_url()
            status, body, headers = get(f"{url}/public/api/ver1/ping?secret=hush-hush", {"Apikey": "hush-hush"})
            assert (200, {"pong": "pong"}) == (status, body)
            assert "server" not in {name.lower() for name in headers}
            line = machine.wait_for("request")
            assert ("/ver1/ping", 200, None) == (line["route"], line["status"], line["key_id"])
        log = machine.log.read_text()
        assert "hush-hush" not in log
        assert "The master key was made" in log
        assert 0o700 == stat.S_IMODE(machine.home.stat().st_mode)
        assert not list(machine.home.glob("*-wal")), "the database is closed in order"

    def test_ctrl_c_ends_it_as_well(self, machine: Machine) -> None:
        with machine.running("serve", "--port", "0") as process:
            machine.served_url()
            process.send_signal(signal.SIGINT)
            assert 0 == process.wait(DEADLINE)

    def test_a_command_writes_while_it_runs(self, machine: Machine) -> None:
        with machine.running("serve", "--port", "0"):
            url = machine.served_url()
            made = machine.run("keys", "create", "bot", "--permissions", "ACCOUNTS_READ", "--json")
            key = json.loads(made.stdout)
            path = "/public/api/ver1/accounts"
            headers = signed(key, path)
            assert (200, []) == get(url + path, headers)[:2]
            machine.run("keys", "rotate-master")
            assert (200, []) == get(url + path, headers)[:2], "it goes on with the data key it has"
            machine.run("keys", "revoke", "1")
            assert 401 == get(url + path, headers)[0]
            assert key["secret"] not in machine.log.read_text()
        (row,) = json.loads(machine.run("keys", "list", "--json").stdout)
        assert row["last_used_at"] is not None, "written down at the end at the latest"

    def test_a_port_that_is_taken(self, machine: Machine) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            done = machine.run("serve", COINASSAY_PORT=str(other.getsockname()[1]))
        assert 1 == done.returncode
        assert ["error:", "hint:"] == [line.split()[0] for line in done.stderr.splitlines()]
        assert not machine.home.exists()


class TestDemo:
    def test_everything_in_one_line_for_programs(self, machine: Machine) -> None:
        with machine.running("demo", "--json", "--port", "0") as process:
            assert process.stdout is not None
            made = json.loads(process.stdout.readline())
            assert ["url", "api_key", "secret", "accounts", "account_ids"] == list(made)
            assert ["paper_trading", "binance", "kraken"] == [each["market_code"] for each in made["accounts"]]
            assert made["account_ids"] == [each["id"] for each in made["accounts"]]
            for account_id in made["account_ids"]:
                path = f"/public/api/ver1/accounts/{account_id}/pie_chart_data"
                status, rows, _ = get(made["url"] + path, signed(made, path), "POST")
                assert 201 == status
                assert any(row["percentage"] > 0 for row in rows)
        assert [] == list((machine.home.parent / "tmp").iterdir()), "it cleans up"
        assert not machine.home.exists(), "nothing of one's own is touched"
        assert made["secret"] not in machine.log.read_text()

    def test_whoever_asks_it_asks_nobody_outside_this_machine(self, machine: Machine) -> None:
        with machine.running("demo", "--json", "--port", "0") as process:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"] + "/public/api/ver1/accounts/market_pairs?market_code="
            for code in ("binance", "kraken", "paper_trading"):
                assert "USDT_BTC" in get(url + code, {})[1]
            for code in ("okex", "binance_futures", "bybit"):
                status, body, _ = get(url + code, {})
                assert (422, {"exchange": ["not_supported_by_exchange"]}) == (status, body["error_attributes"])

    def test_the_printed_commands_work_when_pasted(self, machine: Machine) -> None:
        with machine.running("demo", PORT="0") as process:
            assert process.stdout is not None
            lines: list[str] = []
            while not lines or not lines[-1].startswith("Serving on"):
                lines.append(process.stdout.readline().decode())
            commands = [line for line in lines if line.startswith("curl ")]
            assert 2 == len(commands)
            for command in commands:
                url = command.split()[-1]
                headers = dict(re.findall(r"-H '(\w+): (\w+)'", command))
                assert 201 == get(url, headers, "POST")[0]


def read_until(terminal: int, text: bytes) -> bytes:
    shown = b""
    while text not in shown:
        assert select.select([terminal], [], [], DEADLINE)[0], shown
        shown += os.read(terminal, 1024)
    return shown


def test_a_missing_secret_is_asked_for_at_a_terminal(machine: Machine) -> None:
    machine.run("init")
    terminal, other_end = pty.openpty()
    process = subprocess.Popen(
        machine.command("accounts", "add", "binance", "Mine", "--api-key", "exchange-key-1"),
        env=machine.environment | {"COLUMNS": "80"},
        stdin=other_end,
        stdout=other_end,
        stderr=other_end,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(other_end)
    shown = read_until(terminal, b"API Secret: ")  # the blank comes when the echo is off
    os.write(terminal, b"an-exchange-secret-0001\n")
    shown += read_until(terminal, b"Next:")
    assert 0 == process.wait(DEADLINE)
    os.close(terminal)
    assert b"Connected Mine as account 1" in shown
    assert b"an-exchange-secret-0001" not in shown, "it is not echoed"
