"""Issuing, finding and revoking the keys with which clients sign."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_network

from coinassay.domain.api_key import ApiKey, KeyKind, Permission
from coinassay.domain.names import is_plain
from coinassay.errors import InvalidRequest
from coinassay.services.ports import ApiKeyStore, Clock, NewKey


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key; the only moment its secret is known outside the vault. None for an RSA key: the user keeps it."""

    key: ApiKey
    secret: str | None = field(repr=False)


PublicKeyReader = Callable[[str], bytes]
"""An RSA public key as it is kept (PEM). Raises InvalidRequest for anything that is none."""


class ApiKeyService:
    def __init__(self, store: ApiKeyStore, clock: Clock, read_public_key: PublicKeyReader) -> None:
        self._store = store
        self._clock = clock
        self._read_public_key = read_public_key
        self._used: dict[int, datetime] = {}

    async def issue(
        self,
        user_id: int,
        name: str,
        permissions: Iterable[str],
        networks: Iterable[str] = (),
        public_key: str | None = None,
    ) -> IssuedKey:
        """A new HMAC key, or, given a public key (PEM), an RSA key. Raises InvalidRequest naming every bad field."""
        problems: dict[str, Sequence[str]] = {}
        granted: set[Permission] = set()
        for each in permissions:
            try:
                granted.add(Permission(each.strip().upper()))
            except ValueError:
                problems["permissions"] = [f"{each.strip()!r} does not have a valid value"]
        allowed: list[str] = []
        for each in networks:
            try:
                allowed.append(str(ip_network(each.strip(), strict=False)))
            except ValueError:
                problems["ip"] = [f"{each.strip()!r} is invalid"]
        if not name.strip():
            problems["name"] = ["is missing"]
        elif not is_plain(name.strip()):
            problems["name"] = ["is invalid"]
        verifier = b""
        if public_key is not None:
            try:
                verifier = self._read_public_key(public_key)
            except InvalidRequest as e:
                problems.update(e.fields)
        if problems:
            raise InvalidRequest(problems)
        secret = None if public_key is not None else secrets.token_hex(64)
        new = NewKey(
            name=name.strip(),
            api_key=secrets.token_hex(32),
            kind=KeyKind.HMAC if public_key is None else KeyKind.RSA,
            verifier=verifier if secret is None else secret.encode(),
            permissions=frozenset(granted),
            networks=tuple(allowed),
        )
        return IssuedKey(await self._store.add_key(user_id, new, self._clock()), secret)

    async def find(self, api_key: str) -> ApiKey | None:
        """A key that may be used now; None for an unknown or revoked one."""
        key = await self._store.find_key(api_key)
        return None if key is None or key.revoked_at is not None else key

    async def list_keys(self, user_id: int) -> Sequence[ApiKey]:
        return await self._store.list_keys(user_id)

    async def revoke(self, user_id: int, key_id: int) -> None:
        """Takes effect at the next request. Raises NotFound."""
        await self._store.revoke_key(user_id, key_id, self._clock())

    def note_use(self, key: ApiKey) -> None:
        """Remembers that the key was just used; `flush` writes it down."""
        self._used[key.id] = self._clock()

    async def flush(self) -> None:
        """Writes the noted last-used times. Called every few seconds and at the end, not at each request."""
        if self._used:
            used, self._used = self._used, {}
            await self._store.record_used(used)
