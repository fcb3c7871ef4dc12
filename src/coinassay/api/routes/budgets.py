"""How much of the exchanges' limits is taken."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import Call
from coinassay.api.routing import OWN, Route
from coinassay.api.wire.budgets import ExchangeBudget, to_budget
from coinassay.api.wire.numbers import encode
from coinassay.domain.api_key import Permission
from coinassay.services.bundle import Services


class BudgetRoutes:
    def __init__(self, services: Services) -> None:
        self._budgets = services.budgets

    def table(self) -> Sequence[Route]:
        return (
            Route(
                "GET",
                "/v1/budgets",
                self.budgets,
                Permission.ACCOUNTS_READ,
                summary="How much of the exchanges' limits is taken",
                answer=list[ExchangeBudget],
                prefix=OWN,
            ),
        )

    async def budgets(self, _: Call) -> bytes:
        """What each exchange allows the addresses it is asked from, and how much of that all accounts together have
        taken. Units are those of ccxt, in which an endpoint has a cost."""
        return encode([to_budget(each) for each in await self._budgets.list_budgets()])
