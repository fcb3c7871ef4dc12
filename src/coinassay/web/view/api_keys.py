"""What the page of the API keys shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from coinassay.domain.api_key import ApiKey, KeyKind, Permission

OFFERED = (
    (Permission.ACCOUNTS_READ, "Read accounts", "Balances, values, history: everything that only looks."),
    (Permission.ACCOUNTS_WRITE, "Change accounts", "Connect, load, rename and remove accounts."),
)
"""The permissions that mean something here, with what they are for."""


@dataclass(frozen=True, slots=True)
class KeyLine:
    id: int
    name: str
    api_key: str
    kind: str
    may: str
    whence: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def lines(keys: Iterable[ApiKey]) -> tuple[Sequence[KeyLine], Sequence[KeyLine]]:
    """Those that can be used, the newest first, and those that were revoked."""
    made = [_line(key) for key in sorted(keys, key=lambda key: key.id, reverse=True)]
    return [each for each in made if each.revoked_at is None], [each for each in made if each.revoked_at is not None]


def _line(key: ApiKey) -> KeyLine:
    named = {permission: label for permission, label, _ in OFFERED}
    return KeyLine(
        key.id,
        key.name,
        key.api_key,
        "HMAC" if key.kind is KeyKind.HMAC else "RSA",
        ", ".join(named.get(each, each.value) for each in sorted(key.permissions)) or "nothing",
        ", ".join(map(str, key.networks)) or "anywhere",
        key.created_at,
        key.last_used_at,
        key.revoked_at,
    )


def curl(url: str, api_key: str, path: str = "/public/api/ver1/accounts") -> str:
    """A command that signs with the secret in the variable SECRET, so that it does not stand in a history."""
    return (
        f"""SIGNATURE=$(printf '%s' '{path}' | openssl dgst -sha256 -hmac "$SECRET" -hex | sed 's/^.* //')\n"""
        f"""curl '{url}{path}' -H 'Apikey: {api_key}' -H "Signature: $SIGNATURE\""""
    )


def python(url: str, api_key: str, path: str = "/public/api/ver1/accounts") -> str:
    """The same in Python, with nothing but its standard library."""
    return f"""import hashlib, hmac, json, os, urllib.request

path = "{path}"
signature = hmac.new(os.environ["SECRET"].encode(), path.encode(), hashlib.sha256).hexdigest()
headers = {{"Apikey": "{api_key}", "Signature": signature}}
request = urllib.request.Request("{url}" + path, headers=headers)
with urllib.request.urlopen(request) as answer:
    for account in json.load(answer):
        print(account["name"], account["usd_amount"])"""
