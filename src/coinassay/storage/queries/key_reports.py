"""What was found out about the exchange key of an account."""

from __future__ import annotations

from sqlalchemy import delete, select

from coinassay.storage.queries.expressions import add, given
from coinassay.storage.schema import key_reports

_report = add(key_reports)
SET_KEY_REPORT = _report.on_conflict_do_update(
    index_elements=[key_reports.c.account_id],
    set_={name: _report.excluded[name] for name in ("examined_at", "body")},
)
GET_KEY_REPORT = select(key_reports.c.body).where(key_reports.c.account_id == given(key_reports.c.account_id))
DROP_KEY_REPORT = delete(key_reports).where(key_reports.c.account_id == given(key_reports.c.account_id))
