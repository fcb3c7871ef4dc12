"""What the server needs to know of an exchange's way of talking."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from coinassay.testing.faults import Fault
from coinassay.testing.http import Reply, Request
from coinassay.testing.simulator.board import Board
from coinassay.testing.simulator.users import SimulatedUser


@dataclass(slots=True)
class World:
    """The state a dialect answers from."""

    clock: Callable[[], int]
    """The exchange's own clock, milliseconds since 1970."""
    board: Board
    users: dict[str, SimulatedUser] = field(default_factory=dict)
    """By API key."""


class Dialect(Protocol):
    wallets: Mapping[str, tuple[str, ...]]
    """The endpoints each wallet is read from."""
    scopes: frozenset[str]
    """The exchange's own names of permissions, beside ours."""

    def answer(self, request: Request) -> Reply:
        """The true answer, or the exchange's own refusal."""
        ...

    def refusal(self, fault: Fault, request: Request) -> Reply:
        """What the exchange says to one of `coinassay.testing.faults.REFUSALS`."""
        ...

    def api_key_of(self, request: Request) -> str | None:
        """The API key the request was sent with, known or not."""
        ...

    def asset_id(self, code: str) -> str:
        """The exchange's own code of what everybody calls `code`; its own codes stay as they are."""
        ...

    def credentials(self, seed: str) -> tuple[str, str]:
        """An API key and a secret of the form the exchange gives out, always the same for the same seed."""
        ...

    def check_secret(self, secret: str) -> None:
        """Raises ValueError where the exchange gives out no such secrets."""
        ...


def made_up(seed: str, size: int) -> bytes:
    """Bytes that look random and are always the same for the same seed: for keys nobody ever had."""
    made = b""
    while len(made) < size:
        made += hashlib.sha512(f"coinassay simulator {seed} {len(made)}".encode()).digest()
    return made[:size]
