"""The currency a visitor's amounts are shown in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from coinassay.domain.money import divide
from coinassay.domain.series import Point
from coinassay.services.bundle import Services
from coinassay.web.format import Lens
from coinassay.web.session import Visit
from coinassay.web.view.charts import Shown


async def lens_of(visit: Visit, at: datetime | None = None) -> Lens:
    """As of now, or of a past moment. US dollars where the user's currency had no price then."""
    code = visit.services.currencies.currency_of(visit.user)
    if code == "USD":
        return Lens()
    (rate,) = await visit.services.currencies.list_rates(code, [at or visit.services.clock()])
    if rate is None or rate <= 0:
        return Lens()
    return Lens(code, rate, fiat=visit.services.catalogue.find(code).kind == "fiat")


async def look_through(visit: Visit, at: datetime | None = None) -> Lens:
    """From here on the page's filters write amounts in the user's currency."""
    lens = await lens_of(visit, at)
    visit.fmt = replace(visit.fmt, lens=lens)
    return lens


async def shown_in(lens: Lens, points: Sequence[Point], services: Services) -> list[Shown]:
    """Each point at the rate of its own moment; where the currency had none, at the nearest later one."""
    if lens.code == "USD":
        return [Shown(point.at, point.total.usd, point.deposits.usd) for point in points]
    rates = list(await services.currencies.list_rates(lens.code, [point.at for point in points]))
    rate = lens.usd
    for n in range(len(rates) - 1, -1, -1):
        rate = rates[n] = rates[n] or rate
    return [
        Shown(point.at, divide(point.total.usd, each or rate), divide(point.deposits.usd, each or rate))
        for point, each in zip(points, rates, strict=True)
    ]
