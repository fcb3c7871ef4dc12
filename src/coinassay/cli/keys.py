"""`coinassay keys`: the keys with which clients sign, and the master key that seals every secret."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from coinassay.cli.output import Json, at, print_json, print_table
from coinassay.cli.run import UserName, find_user, found, on_installation, read_file
from coinassay.domain.api_key import ApiKey, Permission
from coinassay.services.api_keys import IssuedKey
from coinassay.services.bundle import Services
from coinassay.settings import Settings

app = typer.Typer(no_args_is_help=True, help="API keys, and the master key.")

PERMISSIONS = ",".join(Permission)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for, in your words.")],
    permissions: Annotated[
        str, typer.Option(metavar="A,B", help=f"What it may do, of {PERMISSIONS}. Only ACCOUNTS_ ones matter so far.")
    ],
    public_key: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="An RSA public key (PEM): requests are then signed with the private one."),
    ] = None,
    ip: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="Whence it may be used, e.g. 192.0.2.7 or 2001:db8::/32. May be repeated."),
    ] = None,
    user: UserName = None,
    as_json: Json = False,
) -> None:
    """Make an API key. Its secret is shown this once and never again."""
    pem = None if public_key is None else read_file(public_key)
    granted = [each for each in permissions.split(",") if each.strip()]
    if not granted:
        raise typer.BadParameter(f"names none of {PERMISSIONS}", param_hint="--permissions")

    async def work(services: Services) -> IssuedKey:
        owner = await find_user(services, user)
        return await services.api_keys.issue(owner.id, name, granted, ip or (), pem)

    issued = on_installation(work)
    if as_json:
        print_json({"api_key": issued.key.api_key, "secret": issued.secret})
        return
    print(f"API key  {issued.key.api_key}")
    print(f"Secret   {issued.secret or 'your private key'}")
    if issued.secret:
        print("Keep the secret now: it is not shown again.")


@app.command("list")
def list_(user: UserName = None, as_json: Json = False) -> None:
    """List the API keys, without their secrets."""

    async def work(services: Services) -> list[ApiKey]:
        return list(await services.api_keys.list_keys((await find_user(services, user)).id))

    keys = on_installation(work)
    if as_json:
        print_json([_row(key) for key in keys])
        return
    columns = ("id", "name", "key", "kind", "may", "from", "last used", "state")
    print_table(columns, [_cells(key) for key in keys], ("id",))


def _row(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "api_key": key.api_key,
        "kind": key.kind.value,
        "permissions": sorted(key.permissions),
        "ip": [str(network) for network in key.networks],
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }


def _cells(key: ApiKey) -> tuple[str, ...]:
    return (
        str(key.id),
        key.name,
        f"{key.api_key[:8]}…",
        key.kind.value,
        ",".join(sorted(key.permissions)),
        ",".join(str(network) for network in key.networks) or "anywhere",
        at(key.last_used_at),
        "active" if key.revoked_at is None else "revoked",
    )


@app.command()
def revoke(
    key_id: Annotated[int, typer.Argument(metavar="ID", help="As `coinassay keys list` shows it.")],
    user: UserName = None,
) -> None:
    """Revoke an API key, from the next request on and for good."""

    async def work(services: Services) -> None:
        owner = await find_user(services, user)
        with found(f"key {key_id} of {owner.name}"):
            await services.api_keys.revoke(owner.id, key_id)

    on_installation(work)
    print(f"Revoked key {key_id}.")


@app.command()
def rotate_master(
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The new key's file, made if missing; for a master key given by a setting."),
    ] = None,
) -> None:
    """Seal everything under a new master key, also while a server runs. The old one opens nothing any more."""
    from coinassay import bootstrap

    settings = Settings.from_env()
    asyncio.run(bootstrap.rotate_master(settings, to))
    if to is None:
        print(f"The new master key is in {bootstrap.master_key_file(settings)}. Replace your copy of the old one.")
    else:
        print(f"The new master key is in {to}. Set COINASSAY_MASTER_KEY_FILE to it before the next start.")
