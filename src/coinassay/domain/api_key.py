"""Keys with which clients sign requests to this server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address


class Permission(StrEnum):
    BOTS_READ = "BOTS_READ"
    BOTS_WRITE = "BOTS_WRITE"
    ACCOUNTS_READ = "ACCOUNTS_READ"
    ACCOUNTS_WRITE = "ACCOUNTS_WRITE"
    SMART_TRADES_READ = "SMART_TRADES_READ"
    SMART_TRADES_WRITE = "SMART_TRADES_WRITE"


class KeyKind(StrEnum):
    HMAC = "hmac"
    RSA = "rsa"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as stored, with what is needed to verify a signature."""

    id: int
    user_id: int
    name: str
    api_key: str
    kind: KeyKind
    verifier: bytes = field(repr=False)
    """HMAC: the secret's bytes, opened from the vault. RSA: the public key, PEM."""
    permissions: frozenset[Permission]
    networks: tuple[IPv4Network | IPv6Network, ...]
    """Whence it may be used; empty: from anywhere."""
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    display_currency: str = ""
    """What its user wants amounts shown in; empty for the installation's."""

    def allows_ip(self, address: str) -> bool:
        """Whether a caller at `address` may use the key. IPv4 inside IPv6 counts as IPv4."""
        if not self.networks:
            return True
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(ip, "ipv4_mapped", None)
        ip = mapped or ip
        return any(ip.version == network.version and ip in network for network in self.networks)
