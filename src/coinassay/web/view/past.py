"""A past day as a chart and its table."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.domain.money import ZERO, divide
from coinassay.domain.past import Past
from coinassay.web.view.shares import Find, Slice, colour_of


def past_slices(past: Past, find: Find) -> Sequence[Slice]:
    """A row for each asset, largest value first, as the day's snapshots valued it."""
    return [
        Slice(
            key=line.asset,
            label=line.asset,
            detail=name if (name := find(line.asset).name) != line.asset else "",
            colour=colour_of(line.asset),
            usd=line.usd or ZERO,
            share=line.percentage,
            priced=line.usd is not None,
            unpriced=int(line.usd is None),
            amount=line.amount,
            price=divide(line.usd, line.amount) if line.usd is not None and line.amount else None,
        )
        for line in past.lines
    ]
