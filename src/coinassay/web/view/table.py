"""Tables that leave the house: CSV and JSON with every digit."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from coinassay.domain.money import plain

Cell = str | int | bool | Decimal | datetime | date | None
Row = Mapping[str, Cell]

_ACTIVE = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""


def to_csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """RFC 4180, with a line of names first. Amounts have all their digits; what is not known is empty.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay as they are.
    """
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_csv_cell(row[column]) for column in columns])
    return target.getvalue()


def to_json(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """A list of objects. Amounts are strings with all their digits; what is not known is null."""
    return json.dumps(
        [{column: _json_cell(row[column]) for column in columns} for row in rows], ensure_ascii=False, indent=1
    )


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_ACTIVE) else cell
    value = _json_cell(cell)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _json_cell(cell: Cell) -> str | int | bool | None:
    if isinstance(cell, Decimal):
        return plain(cell)
    if isinstance(cell, datetime):
        return cell.isoformat().replace("+00:00", "Z")
    if isinstance(cell, date):
        return cell.isoformat()
    return cell
