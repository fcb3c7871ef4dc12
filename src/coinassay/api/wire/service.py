"""The answers that say hardly anything."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Done = Annotated[bool, msgspec.Meta(extra_json_schema={"const": True})]
"""The bare value true: it was done."""


class Pong(msgspec.Struct, frozen=True):
    pong: Literal["pong"] = "pong"


class ServerTime(msgspec.Struct, frozen=True):
    server_time: int
    """Whole seconds since 1970."""


class Validity(msgspec.Struct, frozen=True):
    valid: Done = True
