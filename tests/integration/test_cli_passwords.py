"""The commands that let people in to the pages."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from pathlib import Path

import pytest
from tests.integration.machine import Machine
from tests.integration.test_cli import Cli, cli, empty  # noqa: F401  fixtures

from coinassay.bootstrap import open_services
from coinassay.errors import NotAuthenticated
from coinassay.services.ports.web import Caller
from coinassay.settings import Settings

CODE = r"([A-Z2-9]{4}-){3}[A-Z2-9]{4}"
PASSWORD = "correct horse battery staple"
CALLER = Caller("192.0.2.1", "")


def signs_in(name: str, password: str) -> bool:
    async def attempt() -> bool:
        async with open_services(Settings.from_env()) as services:
            try:
                await services.sign_in.sign_in(name, password, CALLER)
            except NotAuthenticated:
                return False
            return True

    return asyncio.run(attempt())


def redeem(code: str) -> int:
    """The id of whose it was."""

    async def work() -> int:
        async with open_services(Settings.from_env()) as services:
            return (await services.sign_in.redeem_code(code, PASSWORD, CALLER)).session.user_id

    return asyncio.run(work())


class TestCode:
    def test_for_the_owner(self, cli: Cli) -> None:  # noqa: F811
        code = cli.ok("users", "code").strip()
        assert re.fullmatch(CODE, code)
        assert 1 == redeem(code)
        assert signs_in("alice", PASSWORD)

    def test_for_somebody_else(self, cli: Cli) -> None:  # noqa: F811
        cli.ok("users", "add", "bob")
        made = cli.json("users", "code", "bob")
        assert "bob" == made["name"]
        assert 2 == redeem(made["code"])

    def test_for_nobody(self, cli: Cli) -> None:  # noqa: F811
        assert "no user 'carol'" in cli.refused("users", "code", "carol")


class TestPassword:
    def test_from_a_file(self, cli: Cli, tmp_path: Path) -> None:  # noqa: F811
        (tmp_path / "password").write_text(PASSWORD + "\n")
        said = cli.ok("users", "password", "--password-file", str(tmp_path / "password"))
        assert PASSWORD not in said
        assert signs_in("alice", PASSWORD)
        assert not signs_in("alice", PASSWORD + "\n")

    def test_from_stdin_for_somebody_else(self, cli: Cli) -> None:  # noqa: F811
        cli.ok("users", "add", "bob")
        cli.ok("users", "password", "bob", "--password-file", "-", stdin=PASSWORD)
        assert signs_in("bob", PASSWORD)
        assert not signs_in("alice", PASSWORD)

    def test_asked_for(self, cli: Cli) -> None:  # noqa: F811
        cli.ok("users", "password", stdin=f"{PASSWORD}\n{PASSWORD}\n")
        assert signs_in("alice", PASSWORD)

    def test_too_short(self, cli: Cli) -> None:  # noqa: F811
        stderr = cli.refused("users", "password", "--password-file", "-", stdin="short")
        assert "at least 12 characters" in stderr
        assert not signs_in("alice", "short")

    def test_for_nobody(self, cli: Cli) -> None:  # noqa: F811
        cli.refused("users", "password", "carol", "--password-file", "-", stdin=PASSWORD)


@pytest.mark.slow
class TestServe:
    def test_it_prints_a_code_until_there_is_a_password(self, tmp_path: Path) -> None:
        machine = Machine(tmp_path)
        with machine.running("serve", "--port", "0") as process:
            url = machine.served_url()
            assert process.stdout is not None
            said = b"".join(process.stdout.readline() for _ in range(4)).decode()
            assert f"{url}/welcome" in said
            code = re.search(CODE, said)
            assert code
            assert code[0] not in machine.log.read_text(), "the log is kept"
            with urllib.request.urlopen(f"{url}/") as reply:
                assert reply.url == f"{url}/welcome"
                assert "Welcome" in reply.read().decode()
            line = machine.wait_for("page")
            assert ("/", 303) == (line["route"], line["status"])
        for path in machine.home.glob("*.db*"):
            assert code[0].replace("-", "").encode() not in path.read_bytes()
        machine.run("users", "password", "--password-file", str(self.password_file(tmp_path)))
        with machine.running("serve", "--port", "0") as process:
            machine.served_url()
            process.terminate()
            assert process.stdout is not None
            assert b"" == process.stdout.read()

    def password_file(self, directory: Path) -> Path:
        (directory / "password").write_text(PASSWORD)
        return directory / "password"
