"""Bringing along the past from other programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from coinassay.domain.account import Account
from coinassay.domain.imports import ABOUT_SUMMARY, BadAnswer, DayKnown, merge, read_answer, records_of, stored_days
from coinassay.domain.retention import FOR_EVER
from coinassay.domain.series import day_of
from coinassay.domain.snapshot import Flow, FlowKind, FlowSource, Money, Snapshot
from coinassay.errors import Conflict, InvalidRequest
from coinassay.services.ports import AccountStore, Clock, HistoryStore
from coinassay.services.ports.history import ImportStore

ATTEMPTS = 3
"""How often an import is worked out whose account is loaded meanwhile."""


class Stored(AccountStore, HistoryStore, ImportStore, Protocol):
    """The stores this needs, usually one object."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an account has from another program after an import."""

    account: Account
    days: int
    first: date
    last: date
    left_out: int
    """Days that we measured ourselves."""
    changed: bool
    """False where all of it was there already."""
    until_measured: Money
    """The change from the last imported value to our own first one, which counts as profit."""


class ImportService:
    def __init__(self, stored: Stored, clock: Clock) -> None:
        self._stored = stored
        self._clock = clock

    async def import_3commas(self, user_id: int, account_id: int, files: Mapping[str, bytes]) -> Imported:
        """Puts the days of saved `balance_chart_data` answers, by the names of their files, before what was measured.

        All or nothing. What was measured stays as it is, what was imported before is completed, and the same answers
        again change nothing. Raises NotFound, and InvalidRequest with what is wrong with each file.
        """
        account = await self._stored.get_account(user_id, account_id)
        now = self._clock()
        problems: dict[str, list[str]] = {}
        answers = {}
        for name, document in files.items():
            try:
                if "summary" in name.rpartition("/")[2].lower():
                    raise BadAnswer(ABOUT_SUMMARY)
                answers[name] = read_answer(document, now)
            except BadAnswer as e:
                problems[name] = [e.message]
        if problems:
            raise InvalidRequest(problems)
        for _ in range(ATTEMPTS):
            try:
                return await self._import(account, answers)
            except Conflict:
                account = await self._stored.get_account(user_id, account_id)
        raise Conflict

    async def _import(self, account: Account, answers: Mapping[str, Sequence[DayKnown]]) -> Imported:
        measured = await self._stored.find_first_measured(account.id)
        if measured is None:
            raise InvalidRequest({f"account {account.id}": ["was not loaded yet: coinassay accounts load it first"]})
        before = await self._stored.list_imported(account.id)
        every = (await self._stored.list_flows([account.id], self._clock() - FOR_EVER))[account.id]
        former = [flow for flow in every if flow.source is FlowSource.IMPORT]
        try:
            days = merge(answers, stored_days(before, former), measured.taken_at)
        except BadAnswer as e:
            raise InvalidRequest({"the files:": [e.message]}) from e
        snapshots, flows = records_of(account.id, days, measured, _openings(every, measured))
        if not snapshots:
            raise InvalidRequest(
                {f"account {account.id}": [f"was first loaded on {day_of(measured.taken_at)}; no day is before that"]}
            )
        changed = list(snapshots) != list(before) or _by_reference(flows) != _by_reference(former)
        if changed:
            await self._stored.record_import(account.id, account.version, snapshots, flows, self._clock())
        return Imported(
            account=account,
            days=len(snapshots),
            first=day_of(snapshots[0].taken_at),
            last=day_of(snapshots[-1].taken_at),
            left_out=len({each.day for answer in answers.values() for each in answer} - {each.day for each in days}),
            changed=changed,
            until_measured=measured.total - snapshots[-1].total,
        )


def _openings(flows: Sequence[Flow], measured: Snapshot) -> Money:
    """What our own first load counted as a deposit."""
    total = Money()
    for flow in flows:
        if flow.kind is FlowKind.OPENING and flow.source is not FlowSource.IMPORT and flow.at == measured.taken_at:
            total = total + flow.money
    return total


def _by_reference(flows: Sequence[Flow]) -> Mapping[str, Flow]:
    return {flow.reference: flow for flow in flows}
