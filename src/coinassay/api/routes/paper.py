"""Selling, converting and transferring: on paper accounts only. On real ones each of these is forbidden."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from coinassay.api.call import Call
from coinassay.api.declared import AccountId, Integer, RequiredAmount, RequiredText, RequiredTexts
from coinassay.api.options import ApiOptions
from coinassay.api.routes.entities import Entities
from coinassay.api.routing import Route
from coinassay.api.wire.account import AccountEntity
from coinassay.api.wire.numbers import encode
from coinassay.api.wire.paper import DustEntity, TransferData, TransferEntity, to_dust, to_transfer, to_transfer_data
from coinassay.domain.api_key import Permission
from coinassay.domain.trade import EPOCH
from coinassay.errors import DustLimit, ExchangeError, NotFound, UnavailableForAccount, UnavailableForAccountType
from coinassay.services.bundle import Services

MOST_PER_PAGE = 100
TRANSFERS_PER_PAGE = 10
LATEST_SECOND = 2**35
"""In the year 3058."""


CODES = RequiredTexts(
    "codes", "The currencies to convert: each is held, and worth less than 0.001 BTC.", ["ADA", "DOGE"]
)
CURRENCY = RequiredText("currency", "A currency's code.", "USDT")
AMOUNT = RequiredAmount("amount", "How much of it.", 250.5)
TARGET = AccountId("to_account_id", "The account it goes to.", 2)
SOURCE = AccountId("from_account_id", "The account it leaves.", 1)
HISTORY_ACCOUNT = AccountId("account_id", "The account's `id`.", 1)
START_TIME = Integer("start_time", "UNIX seconds: nothing older.", 1700000000, highest=LATEST_SECOND)
PAGE = Integer("page", "Which page.", 1, default=1, lowest=1)
PER_PAGE = Integer("per_page", "How many on a page.", 10, default=TRANSFERS_PER_PAGE, lowest=1, highest=MOST_PER_PAGE)


class PaperRoutes:
    def __init__(self, services: Services, options: ApiOptions) -> None:
        self._paper = services.paper
        self._entities = Entities(services, options)

    def table(self) -> Sequence[Route]:
        read, write = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE
        accounts, one = "/ver1/accounts", "/ver1/accounts/{account_id}"
        return (
            Route(
                "POST",
                f"{one}/sell_all_to_usd",
                self.sell_all_to_usd,
                write,
                summary="Sell everything for USDT, on paper",
                answer=AccountEntity,
                errors=(UnavailableForAccount, ExchangeError),
            ),
            Route(
                "POST",
                f"{one}/sell_all_to_btc",
                self.sell_all_to_btc,
                write,
                summary="Sell everything for BTC, on paper",
                answer=AccountEntity,
                errors=(UnavailableForAccount, ExchangeError),
            ),
            Route(
                "POST",
                f"{one}/convert_dust_to_bnb",
                self.convert_dust_to_bnb,
                write,
                summary="Convert small balances to BNB, on paper",
                answer=DustEntity,
                params=(CODES,),
                errors=(UnavailableForAccountType, DustLimit, ExchangeError),
            ),
            Route(
                "POST",
                f"{accounts}/transfer",
                self.transfer,
                write,
                summary="Move coins between paper accounts",
                answer=TransferEntity,
                params=(CURRENCY, AMOUNT, TARGET, SOURCE),
                errors=(UnavailableForAccount, NotFound, ExchangeError),
            ),
            Route(
                "GET",
                f"{accounts}/transfer_history",
                self.transfer_history,
                read,
                summary="What was moved between paper accounts",
                answer=list[TransferEntity],
                params=(HISTORY_ACCOUNT, CURRENCY, START_TIME, PAGE, PER_PAGE),
                errors=(UnavailableForAccount, NotFound),
            ),
            Route(
                "GET",
                f"{accounts}/transfer_data",
                self.transfer_data,
                read,
                summary="What can be moved between paper accounts",
                answer=TransferData,
            ),
        )

    async def sell_all_to_usd(self, call: Call) -> bytes:
        """Everything that has a price becomes USDT. The updated entity."""
        account = await self._paper.sell_to_dollars(call.user_id, call.take_account_id())
        return encode(await self._entities.one(account, call.admitted))

    async def sell_all_to_btc(self, call: Call) -> bytes:
        """Everything that has a price becomes BTC. The updated entity."""
        account = await self._paper.sell_to_btc(call.user_id, call.take_account_id())
        return encode(await self._entities.one(account, call.admitted))

    async def convert_dust_to_bnb(self, call: Call) -> bytes:
        """The small balances in `codes` become BNB, at most once in six hours."""
        account_id = call.take_account_id()
        codes = CODES.read(call.params)
        call.params.check()
        return encode(to_dust(await self._paper.convert_dust(call.user_id, account_id, codes)))

    async def transfer(self, call: Call) -> bytes:
        """Moves `amount` of `currency` from one account to another. What was moved."""
        params = call.params
        currency, amount = CURRENCY.read(params), AMOUNT.read(params)
        target, source = TARGET.read(params), SOURCE.read(params)
        params.check()
        call.account_id = source
        return encode(to_transfer(await self._paper.transfer(call.user_id, source, target, currency, amount)))

    async def transfer_history(self, call: Call) -> bytes:
        """One page of an account's transfers of one currency, newest first. An array."""
        params = call.params
        account_id, currency = HISTORY_ACCOUNT.read(params), CURRENCY.read(params)
        since = EPOCH + timedelta(seconds=START_TIME.read(params))
        page, per_page = PAGE.read(params), PER_PAGE.read(params)
        params.check()
        call.account_id = account_id
        found = await self._paper.list_transfers(
            call.user_id, account_id, currency, since, page=page, per_page=per_page
        )
        return encode([to_transfer(each) for each in found])

    async def transfer_data(self, call: Call) -> bytes:
        """What the user's paper accounts hold. Empty lists where there is none."""
        return encode(to_transfer_data(await self._paper.list_accounts(call.user_id)))
