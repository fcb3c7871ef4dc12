"""What the routes about accounts share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec

from coinassay.api.declared import Text
from coinassay.api.options import ApiOptions
from coinassay.api.params import Params
from coinassay.api.wire.account import AccountEntity, market_of, to_entity
from coinassay.api.wire.numbers import encode
from coinassay.domain.account import Account
from coinassay.domain.market import FIELD_LABELS
from coinassay.services.accounts import LONGEST_NAME, SHORTEST_NAME
from coinassay.services.bundle import Services
from coinassay.services.portfolio import AccountReport
from coinassay.services.ports import Markets

NAME = Text("name", "What the owner calls the account.", "My Binance", SHORTEST_NAME, LONGEST_NAME)

FIELDS = {
    name: Text(name, f"{label.rstrip(':')}, for markets whose `form_fields` in market_list name it.")
    for name, label in FIELD_LABELS.items()
}
CREDENTIALS = tuple(FIELDS.values())
"""Everything an exchange may want to know of its user."""


KEPT = 4096
"""Encoded entities that are kept, of about 3 kB each."""


class Entities:
    """Makes the wire's entities of accounts."""

    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._portfolio = services.portfolio
        self._markets = services.markets
        self._public_url = options.public_url.rstrip("/")
        self._encoded = lru_cache(maxsize=KEPT)(self._encode)

    async def one(self, account: Account, *, detailed: bool = False) -> AccountEntity:
        return (await self.of([account], detailed=detailed))[0]

    async def encoded(self, accounts: Sequence[Account]) -> list[msgspec.Raw]:
        """The entities as JSON: of accounts in which nothing has changed, as they were encoded before."""
        return list(map(self._encoded, await self._portfolio.report(accounts)))

    def _encode(self, report: AccountReport) -> msgspec.Raw:
        return msgspec.Raw(encode(self._entity(report)))

    def _entity(self, report: AccountReport, *, detailed: bool = False) -> AccountEntity:
        market = market_of(report.account, self._markets.find(report.account.market_code))
        return to_entity(report, market, self._public_url, detailed=detailed)

    async def of(self, accounts: Sequence[Account], *, detailed: bool = False) -> list[AccountEntity]:
        return [self._entity(report, detailed=detailed) for report in await self._portfolio.report(accounts)]


def credential_fields(params: Params, markets: Markets, market_code: str | None) -> Mapping[str, str]:
    """What is given of the credentials this market knows; everything else is left unread."""
    market = None if market_code is None else markets.find(market_code)
    wanted = () if market is None else (*market.required, *market.optional)
    fields: dict[str, str] = {}
    for name in wanted:
        value = FIELDS[name].read(params)
        if value is not None:
            fields[name] = value
    return fields
