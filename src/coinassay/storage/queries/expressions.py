"""Small words the queries share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Table, bindparam, cast, literal_column, select
from sqlalchemy.dialects.postgresql import Insert, insert  # SQLite's ON CONFLICT is written with it as well

from coinassay.storage.columns import Ids, items


def given(column: Column[Any], name: str = "") -> ColumnElement[Any]:
    """A parameter of the column's type, named like it unless told otherwise."""
    return bindparam(name or column.name, type_=column.type)


def constant(text: str) -> ColumnElement[str]:
    """A text that is part of the statement. Not for what comes from outside."""
    assert text.replace("_", "").isalnum() or not text, "would have to be quoted"
    return literal_column(f"'{text}'")


def among(column: Column[Any], name: str) -> ColumnElement[bool]:
    """Whether the column's value is one of the integers in the parameter `name`."""
    item = items(name, Ids(), "item")
    return column.in_(select(cast(item.c.value, BigInteger)))


def add(table: Table) -> Insert:
    """An insert of one row, with a parameter for each column but a serial number."""
    columns = [column for column in table.columns if column is not table.autoincrement_column]
    return insert(table).values({column.name: given(column) for column in columns})
