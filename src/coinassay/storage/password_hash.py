"""Passwords as Argon2id hashes, made on threads of their own."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from coinassay.errors import TooManyRequests

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")

MEMORY_KIB = 64 * 1024
ROUNDS = 3
LANES = 4
"""The second recommended option of RFC 9106, section 4."""
AT_ONCE = 2
MOST_WAITING = 16
WAIT_SECONDS = 5


class Argon2Hasher:
    """The port PasswordHasher. At most `AT_ONCE` are worked on, in 64 MiB each; the event loop goes on meanwhile."""

    def __init__(self, memory_kib: int = MEMORY_KIB, rounds: int = ROUNDS, lanes: int = LANES) -> None:
        self._parameters = (memory_kib, rounds, lanes)
        self._made: PasswordHasher | None = None
        self._executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="coinassay-passwords")
        self._under_way = 0

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._argon2.hash(password))

    async def verify(self, encoded: str | None, password: str) -> bool:
        return await self._run(lambda: self._verify(self._nobodys if encoded is None else encoded, password))

    def is_outdated(self, encoded: str) -> bool:
        return self._argon2.check_needs_rehash(encoded)

    def close(self) -> None:
        self._executor.shutdown(wait=False)

    def _verify(self, encoded: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            return self._argon2.verify(encoded, password)
        except (InvalidHashError, VerificationError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= AT_ONCE + MOST_WAITING:
            raise TooManyRequests(WAIT_SECONDS)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._under_way -= 1

    @property
    def _argon2(self) -> PasswordHasher:
        if self._made is None:
            from argon2 import PasswordHasher  # when the first password comes: servers start without

            memory, rounds, lanes = self._parameters
            self._made = PasswordHasher(time_cost=rounds, memory_cost=memory, parallelism=lanes)
        return self._made

    @property
    def _nobodys(self) -> str:
        """A hash with the present parameters that no password is known to have."""
        memory, rounds, lanes = self._parameters
        salt, digest = (base64.b64encode(bytes(length)).rstrip(b"=").decode() for length in (16, 32))
        return f"$argon2id$v=19$m={memory},t={rounds},p={lanes}${salt}${digest}"
