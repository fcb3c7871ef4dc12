"""What was found out about the exchange key of an account, as JSON."""

from __future__ import annotations

import msgspec

from coinassay.domain.key_report import KeyReport
from coinassay.errors import NotFound, StorageError
from coinassay.storage import statements as sql
from coinassay.storage.database import Change, change
from coinassay.storage.noun import Noun

_decoder = msgspec.json.Decoder(KeyReport)


class KeyReports(Noun):
    """The port KeyReportStore."""

    async def record_key_report(self, account_id: int, report: KeyReport) -> None:
        await self._db.write([change(sql.LOCK_ACCOUNT, NotFound(), id=account_id), set_report(account_id, report)])

    async def find_key_report(self, account_id: int) -> KeyReport | None:
        row = await self._db.fetch_one(sql.GET_KEY_REPORT, {"account_id": account_id})
        if row is None:
            return None
        try:
            return _decoder.decode(row[0])
        except msgspec.DecodeError as e:
            raise StorageError("A key report in the database is damaged.") from e


def set_report(account_id: int, report: KeyReport) -> Change:
    """Part of the transaction that adds an account."""
    body = msgspec.json.encode(report).decode()
    return change(sql.SET_KEY_REPORT, account_id=account_id, examined_at=report.examined_at, body=body)
