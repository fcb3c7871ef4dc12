"""What the routes about accounts share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coinassay.api.declared import Text
from coinassay.api.options import ApiOptions
from coinassay.api.params import Params
from coinassay.api.wire.account import AccountEntity, market_of, to_entity
from coinassay.domain.account import Account
from coinassay.domain.market import FIELD_LABELS
from coinassay.services.accounts import LONGEST_NAME, SHORTEST_NAME
from coinassay.services.bundle import Services
from coinassay.services.ports import Markets

NAME = Text("name", "What the owner calls the account.", "My Binance", SHORTEST_NAME, LONGEST_NAME)

FIELDS = {
    name: Text(name, f"{label.rstrip(':')}, for markets whose `form_fields` in market_list name it.")
    for name, label in FIELD_LABELS.items()
}
CREDENTIALS = tuple(FIELDS.values())
"""Everything an exchange may want to know of its user."""


class Entities:
    """Makes the wire's entities of accounts."""

    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._portfolio = services.portfolio
        self._markets = services.markets
        self._public_url = options.public_url.rstrip("/")

    async def one(self, account: Account, *, detailed: bool = False) -> AccountEntity:
        return (await self.of([account], detailed=detailed))[0]

    async def of(self, accounts: Sequence[Account], *, detailed: bool = False) -> list[AccountEntity]:
        return [
            to_entity(
                report,
                market_of(report.account, self._markets.find(report.account.market_code)),
                self._public_url,
                detailed=detailed,
            )
            for report in await self._portfolio.report(accounts)
        ]


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
