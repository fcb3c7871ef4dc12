"""The commands, run in this process on a home of their own."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from typer.testing import CliRunner, Result

from coinassay.bootstrap import open_services
from coinassay.cli.accounts import PAGE, all_accounts
from coinassay.cli.app import app
from coinassay.cli.init import ensure_owner
from coinassay.settings import Settings

SECRET = "an-exchange-secret-0001"


class Cli:
    """The command line of one installation."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self._monkeypatch = monkeypatch
        self.set(HOME=str(home), PAPER_PRICE_SOURCE="off", KEY_CHECK="off")  # their defaults ask real exchanges

    def set(self, **settings: str) -> None:
        for name, text in settings.items():
            self._monkeypatch.setenv(f"COINASSAY_{name}", text)

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin)

    def ok(self, *arguments: str, stdin: str | None = None) -> str:
        result = self.run(*arguments, stdin=stdin)
        assert 0 == result.exit_code, result.output
        return result.stdout

    def json(self, *arguments: str, stdin: str | None = None) -> Any:
        text = self.ok(*arguments, "--json", stdin=stdin)
        assert text.endswith("\n")
        assert 1 == text.count("\n"), "one line"
        return json.loads(text)

    def refused(self, *arguments: str, status: int = 1, stdin: str | None = None) -> str:
        result = self.run(*arguments, stdin=stdin)
        assert status == result.exit_code, result.output
        assert "" == result.stdout
        assert "Traceback" not in result.stderr
        return result.stderr


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    root = logging.getLogger()
    before = list(root.handlers)
    yield Cli(tmp_path / "home", monkeypatch)
    root.handlers[:] = before
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
def cli(empty: Cli) -> Cli:
    empty.ok("init", "--owner", "alice")
    return empty


class TestInit:
    def test_makes_everything_readable_by_its_owner_only(self, empty: Cli) -> None:
        result = empty.run("init")
        assert 0 == result.exit_code
        assert str(empty.home) in result.stdout
        assert "Keep a copy" in result.stderr
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (empty.home, *empty.home.iterdir())}
        assert 0o700 == modes.pop("home")
        assert {"coinassay.db", "master.key"} <= set(modes)
        assert {0o600} == set(modes.values())
        assert ["owner"] == [user["name"] for user in empty.json("users", "list")]

    def test_changes_nothing_that_is_there(self, cli: Cli) -> None:
        key = (cli.home / "master.key").read_text()
        assert {"home": str(cli.home), "owner": "alice"} == cli.json("init")
        assert {"home": str(cli.home), "owner": "alice"} == cli.json("init", "--owner", "alice")
        assert "belongs to alice" in cli.refused("init", "--owner", "bob")
        assert ["alice"] == [user["name"] for user in cli.json("users", "list")]
        assert key == (cli.home / "master.key").read_text()

    def test_a_master_key_that_is_set_makes_no_file(self, empty: Cli) -> None:
        empty.set(MASTER_KEY="ab" * 32)
        assert "Keep a copy" not in empty.run("init").stderr
        assert not (empty.home / "master.key").exists()


class TestRefusals:
    def test_without_an_installation_nothing_is_made(self, empty: Cli) -> None:
        for command in (("users", "list"), ("keys", "list"), ("accounts", "load"), ("keys", "rotate-master")):
            text = empty.refused(*command)
            assert f"error: There is no installation in {empty.home}." in text
            assert "hint: coinassay init" in text
        assert not empty.home.exists()

    def test_wrong_settings_are_all_named(self, cli: Cli) -> None:
        cli.set(PORT="x", LOG_LEVEL="loud", PRICE_SORCES="kraken")
        lines = cli.refused("users", "list").splitlines()
        assert ["error:", "error:", "error:", "hint:"] == [line.split()[0] for line in lines]

    def test_settings_that_name_no_market_or_exchange(self, cli: Cli) -> None:
        cli.set(EXCHANGE_BASE_URLS='{"krakn": "https://proxy.example"}', PRICE_SOURCES="kraken,coinbse")
        text = cli.refused("users", "list")
        assert "EXCHANGE_BASE_URLS names 'krakn'" in text
        assert "PRICE_SOURCES names 'coinbse'" in text
        assert "'kraken'" not in text

    def test_another_master_key(self, cli: Cli) -> None:
        cli.set(MASTER_KEY="ab" * 32)
        text = cli.refused("users", "list")
        assert "sealed under another" in text
        assert "abab" not in text

    def test_a_lost_master_key_is_not_replaced(self, cli: Cli) -> None:
        (cli.home / "master.key").unlink()
        assert "cannot be read" in cli.refused("init")
        assert not (cli.home / "master.key").exists()

    @pytest.mark.parametrize(
        "arguments", [("bogus",), ("keys", "create", "k"), ("keys", "revoke", "one"), ("users", "add")]
    )
    def test_a_command_line_that_makes_no_sense(self, cli: Cli, arguments: tuple[str, ...]) -> None:
        assert "Usage" in cli.refused(*arguments, status=2)

    def test_the_version_needs_no_installation(self, empty: Cli) -> None:
        assert empty.ok("--version").startswith("coinassay ")


class TestUsers:
    def test_add_and_list(self, cli: Cli) -> None:
        assert "bob" == cli.json("users", "add", "bob")["name"]
        assert ["alice", "bob"] == [user["name"] for user in cli.json("users", "list")]
        heading, *rows = [line.split("\t") for line in cli.ok("users", "list").splitlines()]
        assert ["id", "name", "since"] == heading
        assert [["1", "alice"], ["2", "bob"]] == [row[:2] for row in rows]

    def test_a_name_is_taken_once(self, cli: Cli) -> None:
        assert "error: name has already been taken\n" == cli.refused("users", "add", "alice")

    @pytest.mark.parametrize("name", ["", " ", "two\nlines", "x" * 101])
    def test_what_is_no_name(self, empty: Cli, name: str) -> None:
        assert "name must be" in empty.refused("init", "--owner", name)
        assert not empty.home.exists()
        empty.ok("init")
        assert "name must be" in empty.refused("users", "add", name)

    def test_nobody_by_that_name(self, cli: Cli) -> None:
        assert "There is no user 'carol'" in cli.refused("keys", "list", "--user", "carol")


class TestKeys:
    def test_create_prints_key_and_secret_for_programs(self, cli: Cli) -> None:
        made = cli.json("keys", "create", "bot", "--permissions", "ACCOUNTS_READ, accounts_write", "--ip", "10.0.0.0/8")
        assert ["api_key", "secret"] == list(made)
        (row,) = cli.json("keys", "list")
        assert (made["api_key"], ["ACCOUNTS_READ", "ACCOUNTS_WRITE"], ["10.0.0.0/8"], None) == (
            row["api_key"],
            row["permissions"],
            row["ip"],
            row["last_used_at"],
        )
        for listed in (cli.ok("keys", "list"), cli.ok("keys", "list", "--json")):
            assert made["secret"] not in listed

    def test_create_for_people_shows_the_secret_once(self, cli: Cli) -> None:
        assert "not shown again" in cli.ok("keys", "create", "bot", "--permissions", "ACCOUNTS_READ")

    def test_an_rsa_key_has_no_secret(self, cli: Cli, tmp_path: Path) -> None:
        public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        file = tmp_path / "public.pem"
        file.write_bytes(pem)
        options = ("--permissions", "ACCOUNTS_READ", "--public-key")
        assert cli.json("keys", "create", "rsa", *options, str(file))["secret"] is None
        assert cli.json("keys", "create", "rsa", *options, "-", stdin=pem.decode())["secret"] is None
        assert ["rsa", "rsa"] == [row["kind"] for row in cli.json("keys", "list")]

    def test_what_cannot_be_made(self, cli: Cli, tmp_path: Path) -> None:
        text = cli.refused("keys", "create", "k", "--permissions", "ACCOUNTS_READ,FLY", "--ip", "nowhere")
        assert "'FLY'" in text
        assert "'nowhere'" in text
        assert "names none of" in cli.refused("keys", "create", "k", "--permissions", " ,", status=2)
        file = tmp_path / "public.pem"
        file.write_text("not a key")
        cli.refused("keys", "create", "k", "--permissions", "ACCOUNTS_READ", "--public-key", str(file))
        cli.refused("keys", "create", "k", "--permissions", "ACCOUNTS_READ", "--public-key", "/absent", status=2)
        assert [] == cli.json("keys", "list")

    def test_revoke(self, cli: Cli) -> None:
        cli.ok("keys", "create", "bot", "--permissions", "ACCOUNTS_READ")
        cli.ok("users", "add", "bob")
        assert "There is no key 1 of bob" in cli.refused("keys", "revoke", "1", "--user", "bob")
        cli.ok("keys", "revoke", "1")
        assert cli.json("keys", "list")[0]["revoked_at"] is not None
        assert "revoked" in cli.ok("keys", "list")

    def test_rotate_the_master_key_in_its_file(self, cli: Cli) -> None:
        old = (cli.home / "master.key").read_text()
        cli.ok("keys", "rotate-master")
        assert old != (cli.home / "master.key").read_text()
        cli.ok("users", "list")
        (cli.home / "master.key").write_text(old)
        assert "sealed under another" in cli.refused("users", "list")

    def test_rotate_a_master_key_that_is_set(self, empty: Cli, tmp_path: Path) -> None:
        empty.set(MASTER_KEY="ab" * 32)
        empty.ok("init")
        assert "--to FILE" in empty.refused("keys", "rotate-master")
        new = tmp_path / "new.key"
        empty.ok("keys", "rotate-master", "--to", str(new))
        empty.refused("users", "list")
        empty.set(MASTER_KEY="", MASTER_KEY_FILE=str(new))
        empty.ok("users", "list")


class TestAccounts:
    def test_a_paper_account_from_connecting_to_removing(self, cli: Cli) -> None:
        made = cli.json(
            "accounts", "add", "paper_trading", "My paper", "--balance", "btc=0.5", "--balance", "USDT=1000"
        )
        assert (1, "paper_trading", None) == (made["id"], made["market_code"], made["loaded_at"])
        (loaded,) = cli.json("accounts", "load")
        assert loaded["loaded_at"] is not None
        shown = cli.json("accounts", "show", "1")
        assert {"BTC": "0.5", "USDT": "1000.0"} == {each["code"]: each["amount"] for each in shown["holdings"]}
        assert ["ok"] == [each["state"] for each in shown["wallets"]]
        assert "My paper" in cli.ok("accounts", "show", "1")
        assert "complete" in cli.ok("accounts", "list")
        cli.ok("accounts", "remove", "1")
        assert [] == cli.json("accounts", "list")

    def test_a_secret_comes_from_a_file_or_stdin(self, cli: Cli, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_text(SECRET + "\n")
        cli.ok("accounts", "add", "binance", "One", "--api-key", "exchange-key-1", "--secret", str(file))
        cli.ok("accounts", "add", "binance", "Two", "--api-key", "exchange-key-2", "--secret", "-", stdin=SECRET + "\n")
        for path in cli.home.iterdir():
            assert SECRET.encode() not in path.read_bytes()
        for text in (cli.ok("accounts", "list"), cli.ok("accounts", "show", "1"), cli.ok("accounts", "list", "--json")):
            assert SECRET not in text

    def test_another_field_of_an_exchange(self, cli: Cli, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_text(SECRET)
        given = ("--api-key", "exchange-key-1", "--secret", str(file))
        assert "passphrase is missing" in cli.refused("accounts", "add", "kucoin", "My", *given)
        cli.ok("accounts", "add", "kucoin", "My", *given, "--passphrase", str(file))
        cli.ok("accounts", "add", "kucoin", "My", *given[2:], "--api-key", "key-2", "--field", f"passphrase={file}")

    def test_what_cannot_be_connected(self, cli: Cli) -> None:
        assert "There is no market 'nowhere'" in cli.refused("accounts", "add", "nowhere", "My")
        text = cli.refused("accounts", "add", "binance", "M")
        assert "secret is missing" in text
        assert "name is too short" in text
        cli.refused("accounts", "add", "paper_trading", "My", "--balance", "BTC", status=2)
        cli.refused("accounts", "add", "paper_trading", "My", "--balance", "BTC=many", status=2)
        cli.refused("accounts", "add", "paper_trading", "My", "--field", "=x", status=2)
        assert [] == cli.json("accounts", "list")

    def test_another_users_account_does_not_exist(self, cli: Cli) -> None:
        cli.ok("accounts", "add", "paper_trading", "My paper")
        cli.ok("users", "add", "bob")
        for command in ("load", "show", "remove"):
            assert "There is no account 1 of bob" in cli.refused("accounts", command, "1", "--user", "bob")
        assert [] == cli.json("accounts", "list", "--user", "bob")

    async def test_more_accounts_than_a_page(self, tmp_path: Path) -> None:
        settings = Settings.from_env({"COINASSAY_HOME": str(tmp_path / "home")})
        async with open_services(settings, create=True) as services:
            alice = await ensure_owner(services, "alice")
            for number in range(PAGE + 1):
                await services.accounts.connect(alice.id, "paper_trading", f"Paper {number}", {})
            listed = await all_accounts(services, None)
        assert PAGE + 1 == len({account.id for account in listed})

    def test_the_markets_say_what_they_ask_for(self, empty: Cli) -> None:
        rows = {row["market_code"]: row for row in empty.json("accounts", "markets")}
        assert {"secret", "api_key", "passphrase"} == set(rows["kucoin"]["required"])
        assert [] == rows["paper_trading"]["required"]
        assert "kraken\t" in empty.ok("accounts", "markets")
