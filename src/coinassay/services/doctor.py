"""Which keys are let in, and what is said about them.

A key that may withdraw is refused unless the owner insists: nobody who only reads needs it, and who gets at it can
empty the account. A key that does not work is kept all the same, and marked: what was typed is not lost, and a load
says so again. Whatever could not be found out keeps nobody out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from coinassay.domain.account import PAPER, Account, Credentials, KeyState
from coinassay.domain.key_report import Answer, KeyReport, Readable
from coinassay.domain.market import Market
from coinassay.errors import CredentialsRejected, InvalidRequest
from coinassay.services.ports import AccountStore, KeyDoctor, KeyReportStore, Markets

EXAMINATION = 5.0
"""Seconds an examination may take: somebody is waiting for the answer."""

OFF_BY = 1.0
"""Seconds from which on a clock is called wrong. Binance refuses requests from more than one second ahead."""

MAY_WITHDRAW = (
    "may withdraw, which is not needed here and dangerous wherever it is kept. Make a key at the exchange that may "
    "only read: leave trading and withdrawals off, and bind it to this server's address"
)
"""What `error_attributes` say of `api_key`."""

Caution = Callable[[Account, Sequence[str]], None]
"""Told of each new key that there is something to say about."""


@dataclass(frozen=True, slots=True)
class Examined:
    key_state: KeyState = KeyState.OK
    report: KeyReport | None = None
    """None where keys are not examined."""


@dataclass(frozen=True, slots=True)
class Connectable:
    """A market that a key could be connected as."""

    market: Market
    connected: bool
    """Whether this user has connected the key as this market already."""
    available: bool
    """False where the exchange does not let the key read it, or there is no such account."""
    unified: bool
    """Whether the exchange keeps spot and derivatives in one wallet for this user."""


class Accounts(AccountStore, KeyReportStore, Protocol):
    """The two stores this needs, usually one object."""


class KeyService:
    """Examines keys before they are stored."""

    def __init__(
        self,
        store: Accounts,
        markets: Markets,
        doctor: KeyDoctor,
        *,
        examines: bool = True,
        allow_withdraw: bool = False,
        timeout: float = EXAMINATION,
        caution: Caution | None = None,
    ) -> None:
        """`examines`: False stores keys unseen. `allow_withdraw`: lets in keys that may withdraw."""
        self._store = store
        self._markets = markets
        self._doctor = doctor
        self._examines = examines
        self._allow_withdraw = allow_withdraw
        self._timeout = timeout
        self._caution = caution

    async def check(self, market: Market, credentials: Credentials) -> Examined:
        """What to store with a key. Raises InvalidRequest for one that may withdraw."""
        if not self._examines or market.code == PAPER:
            return Examined()
        report = await self._doctor.examine(market, credentials, self._timeout)
        self.refuse_dangerous(report)
        return Examined(key_state_of(report), report)

    def refuse_dangerous(self, report: KeyReport) -> None:
        """Raises InvalidRequest for a key that may withdraw, unless the owner lets those in."""
        if report.may_withdraw is Answer.YES and not self._allow_withdraw:
            raise InvalidRequest({"api_key": [MAY_WITHDRAW]})

    def tell(self, account: Account, report: KeyReport | None) -> None:
        """Passes on what is to be said about a key that was stored."""
        found = () if report is None else cautions(report)
        if found and self._caution is not None:
            self._caution(account, found)

    async def examine(self, market_code: str, fields: Mapping[str, str]) -> KeyReport:
        """The report alone, also where keys are stored unseen; nothing is stored and nothing refused.

        Raises InvalidRequest for bad fields.
        """
        market = self._markets.find(market_code)
        if market is None:
            raise InvalidRequest({"type": ["does not have a valid value"]})
        credentials = self._markets.check_credentials(market, fields)
        return await self._doctor.examine(market, credentials, self._timeout, self._markets.sharing_keys(market)[1:])

    async def find_report(self, user_id: int, account_id: int) -> KeyReport | None:
        """The last one about the account's key. Raises NotFound."""
        account = await self._store.get_account(user_id, account_id)
        return await self._store.find_key_report(account.id)

    async def types_to_connect(
        self, user_id: int, market_code: str | None, fields: Mapping[str, str]
    ) -> Sequence[Connectable]:
        """Every market the key could be connected as, the asked one first.

        Without all the credentials the exchange is not asked, and everything is called available. Raises InvalidRequest
        for bad fields and for a key that may withdraw, CredentialsRejected for one that the exchange rejects.
        """
        if market_code is None:
            raise InvalidRequest({"type": ["is missing"]})
        market = self._markets.find(market_code)
        if market is None:
            raise InvalidRequest({"type": ["does not have a valid value"]})
        family = self._markets.sharing_keys(market)
        credentials = self._given(market, fields)
        report: KeyReport | None = None
        if credentials is not None and self._examines and market.code != PAPER:
            report = await self._doctor.examine(market, credentials, self._timeout, family[1:])
            self.refuse_dangerous(report)
            if report.failure == CredentialsRejected.code:
                raise CredentialsRejected(report.reason, exchange_id=market.exchange_id)
        identity = Credentials(fields).identity
        connected = await self._connected(user_id, identity) if identity else frozenset()
        return [
            Connectable(
                each,
                connected=each.code in connected,
                available=report is None or _available(report, each),
                unified=report is not None and report.unified is Answer.YES,
            )
            for each in family
        ]

    def _given(self, market: Market, fields: Mapping[str, str]) -> Credentials | None:
        """None where a required field is missing. Raises InvalidRequest for one that is there and bad."""
        try:
            return self._markets.check_credentials(market, fields)
        except InvalidRequest as e:
            bad = {name: texts for name, texts in e.fields.items() if name in fields}
            if bad:
                raise InvalidRequest(bad) from e
            return None

    async def _connected(self, user_id: int, identity: str) -> frozenset[str]:
        """The market codes this user has connected the key as."""
        accounts = await self._store.list_accounts(user_id, api_key=identity)
        return frozenset(account.market_code for account in accounts)


def key_state_of(report: KeyReport) -> KeyState:
    """What a load would make of it: rejected is invalid, and nothing else is."""
    return KeyState.INVALID if report.failure == CredentialsRejected.code else KeyState.OK


def _available(report: KeyReport, market: Market) -> bool:
    answer = report.may_read if market.code == report.market_code else report.others[market.code].answer
    return answer is not Answer.NO


# ------------------------------------------------------------------------------------------------- what is said


def cautions(report: KeyReport) -> tuple[str, ...]:
    """What the owner of the key should know, a sentence each; nothing about a key that only reads, from one address."""
    found: list[str] = []
    if report.failure:
        found.append(f"The account could not be read. {report.reason}")
    match report.may_withdraw:
        case Answer.YES:
            found.append("The key may withdraw. Nothing here needs that: replace it by one that may only read.")
        case Answer.UNKNOWN:
            found.append(
                "Whether the key may withdraw could not be found out: make sure at the exchange that it may not."
            )
    if report.may_trade is Answer.YES:
        found.append("The key may trade or move coins. Nothing here needs that: one that may only read is enough.")
    if report.ip_bound is Answer.NO:
        found.append("The key works from any address: bind it to this server's at the exchange.")
    if report.expires_at is not None:
        found.append(f"The key expires on {report.expires_at:%Y-%m-%d}.")
    if report.clock_skew is not None and abs(report.clock_skew) >= OFF_BY:
        ahead = "ahead of" if report.clock_skew > 0 else "behind"
        found.append(
            f"This machine's clock is at least {abs(report.clock_skew):.0f} s {ahead} the exchange's: set it by NTP."
        )
    if not report.failure:
        found += [_unread(name, each) for name, each in report.wallets.items() if each.answer is not Answer.YES]
    return tuple(found)


def _unread(name: str, wallet: Readable) -> str:
    return f"The wallet {name} could not be read. {wallet.reason}"
