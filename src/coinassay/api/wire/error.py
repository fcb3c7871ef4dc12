"""The body of every refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """Every refusal has a string `error`, and no good answer has that key."""

    error: str
    """A code, or a text that clients match."""
    error_description: str | msgspec.UnsetType = msgspec.UNSET
    """What went wrong, in words."""
    error_attributes: Mapping[str, Sequence[str]] | msgspec.UnsetType = msgspec.UNSET
    """What is wrong with each parameter; of an exchange's error its finer code, as `exchange`."""
    retry_after: int | msgspec.UnsetType = msgspec.UNSET
    """Seconds after which the same request may do."""


class DescribedFirst(msgspec.Struct, frozen=True):
    """The same in the order in which some refusals are documented."""

    error_description: str | msgspec.UnsetType
    error: str
