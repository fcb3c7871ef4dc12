"""The way of a statement's values to a driver and back."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import InvalidOperation
from typing import Any

from coinassay.errors import StorageError
from coinassay.storage.database import Params, Row, parsed

Converters = Mapping[str, Callable[..., object]]
"""By the name of the codec."""


def encoder(binds: str, converters: Converters) -> Callable[[Params], Sequence[Any]]:
    """Gives the positional parameters of a statement with these `binds` (`Compiled.binds`)."""
    named = [(name, converters.get(codec)) for name, codec in parsed(binds)]
    converted = [(i, convert) for i, (_, convert) in enumerate(named) if convert is not None]
    if len(named) < 2:
        names = [name for name, _ in named]
        take: Callable[[Params], Sequence[Any]] = lambda params: [params[name] for name in names]  # noqa: E731
    else:
        take = operator.itemgetter(*(name for name, _ in named))
    if not converted:
        return take

    def encode(params: Params) -> Sequence[Any]:
        values = list(take(params))
        for i, convert in converted:
            value = values[i]
            if value is not None:
                values[i] = convert(value)
        return values

    return encode


def decoder(columns: str, converters: Converters) -> Callable[[Row], Row] | None:
    """Gives a row of these `columns` (`Statement.columns`) in values of the domain; None where it has them already."""
    converts = [converters.get(codec) for _, codec in parsed(columns)]
    converted = [(i, convert) for i, convert in enumerate(converts) if convert is not None]
    if not converted:
        return None

    def decode(row: Row) -> Row:
        values = list(row)
        try:
            for i, convert in converted:
                value = values[i]
                if value is not None:
                    values[i] = convert(value)
        except (InvalidOperation, ValueError, OverflowError) as e:
            raise StorageError(f"A stored value was changed by something else: {values[i]!r}.") from e
        return values

    return decode
