"""What holds for every test: nothing leaves this machine, and no digit is lost by accident."""

from __future__ import annotations

import decimal
import os
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests import postgres as postgresql

# Contexts take their traps from decimal.DefaultContext when they are made: the product's own are made by this import,
# before any test changes the default.
import coinassay.domain.money  # noqa: F401

_common = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50
)
settings.register_profile("dev", _common)
settings.register_profile("ci", _common, derandomize=True, database=None, print_blob=True)
settings.register_profile("thorough", _common, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


# ------------------------------------------------------------------------------------------ no digit is lost


@pytest.fixture(autouse=True)
def ambient_decimal_context() -> Iterator[None]:
    """Outside the product's own contexts an operation that would lose a digit, or that mixes in a float, raises.

    Also in threads started meanwhile: they take their context from `decimal.DefaultContext`.
    """
    signals = (decimal.Inexact, decimal.FloatOperation)
    before = decimal.getcontext().copy()
    traps = {signal: decimal.DefaultContext.traps[signal] for signal in signals}
    strict = before.copy()
    for signal in signals:
        strict.traps[signal] = True
        decimal.DefaultContext.traps[signal] = True
    decimal.setcontext(strict)
    yield
    decimal.setcontext(before)
    for signal, trapped in traps.items():
        decimal.DefaultContext.traps[signal] = trapped


# ------------------------------------------------------------------------------------- nothing leaves this machine


class LeavesThisMachine(RuntimeError):
    """A test tried to reach another machine."""


_attempts: list[str] = []


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or not isinstance(host, str):
        return host is None
    if host in {"", "localhost"}:
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guard(event: str, args: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"}:
        address = args[1]
        host = address[0] if isinstance(address, tuple) and address else None
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = args[0]
    else:
        return
    if not _is_loopback(host):
        _attempts.append(f"{event} {host!r}")
        raise LeavesThisMachine(f"tests talk to loopback addresses only, not to {host!r}")


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine() -> Iterator[None]:
    """Also fails the test whose code swallowed the refusal."""
    _attempts.clear()
    yield
    attempts, _attempts[:] = list(_attempts), []
    assert not attempts, f"tried to leave this machine: {attempts}"


# ------------------------------------------------------------------------------------------------ databases


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Cluster]:
    """A PostgreSQL server of this run's own."""
    if postgresql.programs() is None:
        pytest.skip(postgresql.MISSING)
    with postgresql.running() as cluster:
        yield cluster


# --------------------------------------------------------------------------------------------------- the run


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests come last: what is quick to know is known first. The order is random otherwise."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what tools/provision could not install."""
    missing = Path(__file__).parent.parent / ".tools" / "missing"
    if missing.exists() and (rows := missing.read_text().splitlines()):
        terminalreporter.section("could not be run on this machine")
        for row in rows:
            terminalreporter.line(row)
