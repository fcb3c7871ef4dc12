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
from coinassay.domain.api_key import ApiKey
from coinassay.domain.market import FIELD_LABELS
from coinassay.domain.rates import USD
from coinassay.domain.worth import Worth
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
        self._currencies = services.currencies
        self._display = services.display
        self._markets = services.markets
        self._public_url = options.public_url.rstrip("/")
        self._encoded = lru_cache(maxsize=KEPT)(self._encode)

    async def one(self, account: Account, key: ApiKey, *, detailed: bool = False) -> AccountEntity:
        """As the user of `key` wants to see it."""
        reports = await self._portfolio.report([account])
        (worth,) = await self._display.worth(reports, self._currencies.currency_of(key))
        return self._entity(reports[0], worth, detailed=detailed)

    async def encoded(self, accounts: Sequence[Account], key: ApiKey) -> list[msgspec.Raw]:
        """The entities as JSON: of accounts in which nothing has changed, as they were encoded before."""
        reports = await self._portfolio.report(accounts)
        currency = self._currencies.currency_of(key)
        if currency == USD:
            return list(map(self._encoded, reports))
        return list(map(self._encoded, reports, await self._display.worth(reports, currency)))

    def _encode(self, report: AccountReport, worth: Worth | None = None) -> msgspec.Raw:
        return msgspec.Raw(encode(self._entity(report, worth)))

    def _entity(self, report: AccountReport, worth: Worth | None, *, detailed: bool = False) -> AccountEntity:
        market = market_of(report.account, self._markets.find(report.account.market_code))
        return to_entity(report, market, self._public_url, worth, detailed=detailed)


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
