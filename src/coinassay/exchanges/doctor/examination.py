"""Examining a key: everything is asked at the same time, and what is not answered in time is unknown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from typing import Any

from coinassay.domain.account import Credentials
from coinassay.domain.balance import WalletReading
from coinassay.domain.key_report import Answer, KeyReport, Readable
from coinassay.domain.market import Market
from coinassay.errors import (
    CredentialsRejected,
    ExchangeError,
    ExchangePermissionMissing,
    ExchangeUnavailable,
    NotSupportedByExchange,
)
from coinassay.exchanges import paper
from coinassay.exchanges.calls import ask, ask_knowing
from coinassay.exchanges.connector import MARGIN, ExchangeConnector, Outcome, Read, judge
from coinassay.exchanges.doctor import binance, bitget, bybit, gate, kraken, kucoin, okx
from coinassay.exchanges.doctor.clock import skew
from coinassay.exchanges.doctor.facts import Ask, KeyFacts
from coinassay.exchanges.errors import is_ambiguous
from coinassay.exchanges.limiter import DEADLINE
from coinassay.exchanges.reading import WalletPlan
from coinassay.exchanges.wallets import plan as plan_of
from coinassay.services.ports import Catalogue, Clock

ASKED: Mapping[str, Ask] = {
    **dict.fromkeys(("binance", "binanceusdm", "binancecoinm"), binance.ask),
    **dict.fromkeys(("bybit", "bybiteu", "bybitid"), bybit.ask),
    **dict.fromkeys(("okx", "myokx", "okxus"), okx.ask),
    **dict.fromkeys(("kucoin", "kucoinfutures"), kucoin.ask),
    "kraken": kraken.ask,
    "bitget": bitget.ask,
    **dict.fromkeys(("gate", "gateeu"), gate.ask),
}
"""By ccxt id. Of all others no more is known than what reading the wallets shows."""

SHORTEST_WAIT = 0.05
"""Seconds: what was started comes to where it can be stopped."""

NO_FACTS = KeyFacts()
REFUSALS = (CredentialsRejected, ExchangePermissionMissing, NotSupportedByExchange)


class ExchangeDoctor:
    """The port `KeyDoctor`, through the connector's objects and within its limits."""

    def __init__(
        self,
        connector: ExchangeConnector,
        catalogue: Catalogue,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connector = connector
        self._catalogue = catalogue
        self._clock = clock
        self._now = monotonic

    async def examine(
        self, market: Market, credentials: Credentials, timeout: float, others: Sequence[Market] = ()
    ) -> KeyReport:
        at = self._clock()
        if market.exchange_id == paper.PAPER_EXCHANGE:
            return KeyReport(
                market.code, at, Answer.YES, may_read=Answer.YES, may_trade=Answer.NO, may_withdraw=Answer.NO
            )
        until = self._now() + timeout - min(MARGIN, timeout / 10)
        before = DEADLINE.set(until)
        try:
            async with AsyncExitStack() as stack:
                try:
                    async with asyncio.timeout(until - self._now()):
                        questions = await self._questions(market, credentials, others, stack)
                except TimeoutError:
                    return _unexamined(market, at, _late(market, timeout))
                except ExchangeError as e:
                    return _unexamined(market, at, e)
                answers = await _gather(questions, until - self._now(), _late(market, timeout))
        finally:
            DEADLINE.reset(before)
        return _report(market, at, others, answers)

    async def _questions(
        self, market: Market, credentials: Credentials, others: Sequence[Market], stack: AsyncExitStack
    ) -> dict[_Question, Coroutine[Any, Any, Any]]:
        """What is asked of the exchange, under way as soon as it is awaited."""
        secrets = tuple(credentials.values())
        exchange = await stack.enter_async_context(self._connector.lend(market, credentials))
        lent = [await stack.enter_async_context(self._connector.lend(each, credentials, market)) for each in others]

        async def read(plan: WalletPlan, through: Any) -> Read:
            resolve = partial(self._catalogue.resolve, through.id)
            fetched, answered = await ask_knowing(through.id, plan.fetch(through, resolve), secrets)
            return Read(fetched, proved=answered or bool(fetched.balances))

        plans = plan_of(market)
        questions: dict[_Question, Coroutine[Any, Any, Any]] = {
            ("wallet", plan.name): read(plan, exchange) for plan in plans
        }
        for other, through in zip(others, lent, strict=True):
            primary = next(iter(plan_of(other)), None)
            if primary is not None and primary not in plans:  # else it is a wallet that is read anyway
                questions["other", other.code] = read(primary, through)
        facts = ASKED.get(market.exchange_id)
        if facts is not None:
            questions["facts", ""] = ask(exchange.id, facts(exchange, credentials), secrets)
        questions["clock", ""] = ask(exchange.id, skew(exchange), secrets)
        return questions


_Question = tuple[str, str]
"""What it is about, and which."""


async def _gather(
    questions: Mapping[_Question, Coroutine[Any, Any, Any]], timeout: float, late: ExchangeError
) -> dict[_Question, Any]:
    """What came of each question: its answer, or the ExchangeError. None waits for another."""
    tasks = {name: asyncio.create_task(each, name=f"examine {name}") for name, each in questions.items()}
    try:
        await asyncio.wait(tasks.values(), timeout=max(SHORTEST_WAIT, timeout))
    finally:
        for task in tasks.values():
            task.cancel()
        results = await asyncio.gather(*tasks.values(), return_exceptions=True)
    answers: dict[_Question, Any] = {}
    for name, result in zip(tasks, results, strict=True):
        if isinstance(result, asyncio.CancelledError):
            answers[name] = late
        elif isinstance(result, BaseException) and not isinstance(result, ExchangeError):
            raise result
        else:
            answers[name] = result
    return answers


# --------------------------------------------------------------------------------------------- what it comes to


def _report(market: Market, at: datetime, others: Sequence[Market], answers: Mapping[_Question, Any]) -> KeyReport:
    wallets: dict[str, Outcome] = {name: each for (kind, name), each in answers.items() if kind == "wallet"}
    told = answers.get(("facts", ""), NO_FACTS)
    facts = told if isinstance(told, KeyFacts) else NO_FACTS
    failure: ExchangeError | None = None
    try:
        if not wallets:
            raise NotSupportedByExchange(exchange_id=market.exchange_id)
        reading = judge(tuple(wallets), tuple(wallets.values()))
        readable = {each.wallet: _of_reading(each) for each in reading.wallets}
    except ExchangeError as e:
        failure = e
        readable = {name: _readable(each) for name, each in wallets.items()}
    rejected = [each for each in (failure, told) if isinstance(each, CredentialsRejected) and not is_ambiguous(each)]
    if failure is None or facts is not NO_FACTS:
        works = Answer.YES
    elif rejected:
        works, failure = Answer.NO, rejected[0]
    else:
        works = Answer.YES if isinstance(failure, ExchangePermissionMissing) else Answer.UNKNOWN
    clock = answers.get(("clock", ""))
    primary = next(iter(readable.values()), Readable(Answer.UNKNOWN))
    return KeyReport(
        market_code=market.code,
        examined_at=at,
        works=works,
        failure=failure.code if failure else "",
        reason=failure.message if failure else "",
        may_read=_may_read(facts, failure),
        may_trade=facts.may_trade,
        may_withdraw=facts.may_withdraw,
        ip_bound=facts.ip_bound,
        expires=facts.expires,
        expires_at=facts.expires_at,
        clock_skew=clock if isinstance(clock, float) else None,
        unified=facts.unified,
        wallets=readable,
        others={
            each.code: _readable(answers["other", each.code]) if ("other", each.code) in answers else primary
            for each in others
        },
    )


def _may_read(facts: KeyFacts, failure: ExchangeError | None) -> Answer:
    """What was seen goes before what was said."""
    if failure is None:
        return Answer.YES
    if isinstance(failure, (CredentialsRejected, ExchangePermissionMissing)):
        return Answer.NO
    return facts.may_read


def _of_reading(wallet: WalletReading) -> Readable:
    if not wallet.failure:
        return Readable(Answer.YES)
    refused = any(wallet.failure == each.code for each in REFUSALS)
    return Readable(Answer.NO if refused else Answer.UNKNOWN, wallet.reason)


def _readable(outcome: Outcome) -> Readable:
    if isinstance(outcome, Read):
        return Readable(Answer.YES)
    return Readable(Answer.NO if isinstance(outcome, REFUSALS) else Answer.UNKNOWN, outcome.message)


def _unexamined(market: Market, at: datetime, failure: ExchangeError) -> KeyReport:
    return KeyReport(market.code, at, failure=failure.code, reason=failure.message)


def _late(market: Market, timeout: float) -> ExchangeUnavailable:
    return ExchangeUnavailable(f"{market.exchange_id} did not answer in {timeout:g} s.", exchange_id=market.exchange_id)
