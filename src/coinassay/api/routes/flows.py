"""Deposits and withdrawals of an account: what is known of them, and what the user adds."""

from __future__ import annotations

from collections.abc import Sequence

from coinassay.api.call import Call
from coinassay.api.declared import (
    AccountId,
    Amount,
    Integer,
    Moment,
    RequiredAmount,
    RequiredChoice,
    RequiredText,
    Text,
)
from coinassay.api.routing import OWN, Route
from coinassay.api.wire.flows import FlowEntity, FlowList, to_flow, to_reading
from coinassay.api.wire.numbers import encode
from coinassay.domain.api_key import Permission
from coinassay.domain.snapshot import FlowKind
from coinassay.services.bundle import Services
from coinassay.services.flows import LONGEST_CODE, LONGEST_NOTE, LONGEST_REFERENCE, MOST_PER_PAGE, NewFlow

PAGE = Integer("page", "Which page.", 1, default=1, lowest=1)
PER_PAGE = Integer(
    "per_page", "How many on a page.", MOST_PER_PAGE, default=MOST_PER_PAGE, lowest=1, highest=MOST_PER_PAGE
)
KIND = RequiredChoice("kind", "Which of the two.", "deposit", allowed=("deposit", "withdrawal"))
ASSET = RequiredText("asset", "The currency's code.", "USDT", shortest=1, longest=LONGEST_CODE)
AMOUNT = RequiredAmount("amount", "How much came, or left the account with its fee.", "250.5")
AT = Moment("at", "When; now where it is not given.", "2026-03-01T11:30:00Z")
USD = Amount("usd_value", "What all of it was worth in US dollars; looked up where it is not given.", "250.5")
REFERENCE = Text("reference", "Your own name of it: sent twice, it counts once.", "bank-7", longest=LONGEST_REFERENCE)
NOTE = Text("note", "For yourself.", "from the bank", longest=LONGEST_NOTE)
FLOW = AccountId("id", "The `id` of a flow of the source `manual`.", 2)


class FlowRoutes:
    def __init__(self, services: Services) -> None:
        self._flows = services.flows
        self._clock = services.clock

    def table(self) -> Sequence[Route]:
        path = "/v1/accounts/{account_id}/flows"
        return (
            Route(
                "GET",
                path,
                self.flows,
                Permission.ACCOUNTS_READ,
                summary="Deposits and withdrawals",
                answer=FlowList,
                params=(PAGE, PER_PAGE),
                prefix=OWN,
            ),
            Route(
                "POST",
                path,
                self.add_flow,
                Permission.ACCOUNTS_WRITE,
                summary="Add a deposit or withdrawal",
                answer=FlowEntity,
                params=(KIND, ASSET, AMOUNT, AT, USD, REFERENCE, NOTE),
                prefix=OWN,
            ),
            Route(
                "DELETE",
                path,
                self.remove_flow,
                Permission.ACCOUNTS_WRITE,
                summary="Remove a deposit or withdrawal that was added",
                answer=FlowList,
                params=(FLOW,),
                prefix=OWN,
            ),
        )

    async def flows(self, call: Call) -> bytes:
        """What came to the account and went from it, valued at its own time, and how far the exchange's own history of
        it was read."""
        account_id = call.take_account_id()
        page, per_page = PAGE.read(call.params), PER_PAGE.read(call.params)
        call.params.check()
        return await self._tell(call.user_id, account_id, page, per_page)

    async def add_flow(self, call: Call) -> bytes:
        """For exchanges that do not tell them, and for what they do not tell. It counts in net deposits and profit from
        its time on."""
        account_id = call.take_account_id()
        params = call.params
        kind, asset, amount = KIND.read(params), ASSET.read(params), AMOUNT.read(params)
        at, usd, reference, note = AT.read(params), USD.read(params), REFERENCE.read(params), NOTE.read(params)
        params.check()
        new = NewFlow(FlowKind(kind), asset.upper(), amount, at or self._clock(), usd, reference or "", note or "")
        return encode(to_flow(await self._flows.add_flow(call.user_id, account_id, new)))

    async def remove_flow(self, call: Call) -> bytes:
        """As if it had never been added. What the exchange has told cannot be removed."""
        account_id = call.take_account_id()
        flow_id = FLOW.read(call.params)
        call.params.check()
        await self._flows.remove_flow(call.user_id, account_id, flow_id)
        return await self._tell(call.user_id, account_id, 1, MOST_PER_PAGE)

    async def _tell(self, user_id: int, account_id: int, page: int, per_page: int) -> bytes:
        reading = await self._flows.find_reading(user_id, account_id)
        flows = await self._flows.list_flows(user_id, account_id, page=page, per_page=per_page)
        return encode(FlowList(to_reading(reading), [to_flow(flow) for flow in flows]))
