"""Keys with which clients sign. Their verifiers are sealed, also public ones: a key put into the table by somebody who
can write to the database but has no master key is of no use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network

from coinassay.domain.api_key import ApiKey, KeyKind, Permission
from coinassay.errors import NotFound
from coinassay.services.ports import NewKey
from coinassay.storage import statements as sql
from coinassay.storage.database import Change, Row, change
from coinassay.storage.noun import Noun

TABLE = "api_keys"


class ApiKeys(Noun):
    """The port ApiKeyStore."""

    async def add_key(self, user_id: int, key: NewKey, created_at: datetime) -> ApiKey:
        """Raises NotFound when there is no such user, Conflict when the api_key is in use."""
        key_id = await self._take_id(TABLE)
        await self._db.write(
            [
                change(
                    sql.ADD_KEY,
                    id=key_id,
                    user_id=user_id,
                    name=key.name,
                    api_key=key.api_key,
                    kind=key.kind.value,
                    verifier=self._vault.seal(key.verifier, TABLE, key_id, key.kind.value),
                    permissions=",".join(sorted(key.permissions)),
                    networks=",".join(key.networks),
                    created_at=created_at,
                    last_used_at=None,
                    revoked_at=None,
                )
            ]
        )
        return ApiKey(
            key_id,
            user_id,
            key.name,
            key.api_key,
            key.kind,
            key.verifier,
            key.permissions,
            _networks(",".join(key.networks)),
            created_at,
        )

    async def find_key(self, api_key: str) -> ApiKey | None:
        return await self._db.fetch_kept(sql.FIND_KEY, {"api_key": api_key}, self._api_key)

    async def list_keys(self, user_id: int) -> Sequence[ApiKey]:
        """Oldest first."""
        return [self._api_key(row) for row in await self._db.fetch_all(sql.LIST_KEYS, {"user_id": user_id})]

    async def revoke_key(self, user_id: int, key_id: int, revoked_at: datetime) -> None:
        await self._db.write([change(sql.REVOKE_KEY, NotFound(), id=key_id, user_id=user_id, revoked_at=revoked_at)])

    async def record_used(self, used_at: Mapping[int, datetime]) -> None:
        """A later time that is stored already stays. Keys that have gone are passed over."""
        rows = [{"id": key_id, "last_used_at": at, "before": at} for key_id, at in used_at.items()]
        await self._db.write([Change(sql.RECORD_USED, rows)])

    def _api_key(self, row: Row) -> ApiKey:
        (
            key_id,
            user_id,
            name,
            api_key,
            kind,
            sealed,
            permissions,
            networks,
            created_at,
            last_used_at,
            revoked_at,
            display_currency,
        ) = row
        return ApiKey(
            key_id,
            user_id,
            name,
            api_key,
            KeyKind(kind),
            self._vault.open(sealed, TABLE, key_id, kind),
            frozenset(Permission(name) for name in permissions.split(",") if name),
            _networks(networks),
            created_at,
            last_used_at,
            revoked_at,
            display_currency,
        )


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(network) for network in text.split(",") if network)
