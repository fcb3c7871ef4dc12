"""Column types of the schema, and the few expressions that each database writes in its own way."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Dialect, Integer, Numeric, Text, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import expression
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import TypeDecorator, TypeEngine

from coinassay.storage import codec as codecs


class Stored(TypeDecorator[Any]):
    """A type whose values are converted by the codec of its name."""

    impl = Text
    cache_ok = True
    codec: str
    on_sqlite: TypeEngine[Any]
    on_postgresql: TypeEngine[Any]

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(self.on_postgresql if dialect.name == "postgresql" else self.on_sqlite)


class Exact(Stored):
    """A Decimal with all its digits."""

    codec = codecs.EXACT
    on_sqlite = Text()
    on_postgresql = Numeric()


class Moment(Stored):
    """An aware datetime, to the microsecond."""

    codec = codecs.MOMENT
    on_sqlite = Integer()
    on_postgresql = postgresql.TIMESTAMP(timezone=True)


class Flag(Stored):
    codec = codecs.FLAG
    on_sqlite = Integer()
    on_postgresql = Boolean()


class Ids(Stored):
    codec = codecs.IDS
    on_sqlite = Text()
    on_postgresql = postgresql.ARRAY(BigInteger())


class Moments(Stored):
    codec = codecs.MOMENTS
    on_sqlite = Text()
    on_postgresql = postgresql.ARRAY(postgresql.TIMESTAMP(timezone=True))


SerialNumber = BigInteger().with_variant(Integer(), "sqlite")
"""Counts rows that may become more than 2**31. INTEGER of SQLite has 64 bits, and only that name makes a row id."""


class exact_sum(expression.ColumnElement[Any]):
    """The exact sum of two Exact values.

    SQLite would turn the texts into binary floating point, so there `coinassay.storage.sqlite` brings the addition.
    """

    inherit_cache = True
    type = Exact()

    def __init__(self, left: expression.ColumnElement[Any], right: expression.ColumnElement[Any]) -> None:
        self.left = left
        self.right = right


@compiles(exact_sum, "sqlite")
def _sum_on_sqlite(element: exact_sum, compiler: SQLCompiler, **kw: Any) -> str:
    return f"exact_sum({compiler.process(element.left, **kw)}, {compiler.process(element.right, **kw)})"


@compiles(exact_sum)
def _sum_elsewhere(element: exact_sum, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.left, **kw)} + {compiler.process(element.right, **kw)})"


class list_items(expression.FunctionElement[Any]):
    """The items of a list as rows with a column `value`: of a JSON array on SQLite, of an array on PostgreSQL."""

    inherit_cache = True
    name = "list_items"


@compiles(list_items, "sqlite")
def _items_on_sqlite(element: list_items, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(list_items)
def _items_elsewhere(element: list_items, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **kw)}) AS value)"


def items(name: str, kind: TypeEngine[Any], alias: str) -> expression.TableValuedAlias:
    """The parameter `name`, a list of type `kind` (Ids or Moments), as a table with the column `value`.

    To be cast: to BigInteger, as an id that is asked for may be any integer of 64 bits, or to Moment.
    """
    parameter: BindParameter[Any] = bindparam(name, type_=kind)
    return list_items(parameter).table_valued("value", name=alias)


class present_moment(expression.FunctionElement[Any]):
    """The present moment on the database's clock. On SQLite that is this machine's, to about 50 microseconds."""

    inherit_cache = True
    type = Moment()
    name = "present_moment"


@compiles(present_moment, "sqlite")
def _now_on_sqlite(element: present_moment, compiler: SQLCompiler, **kw: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"


@compiles(present_moment)
def _now_elsewhere(element: present_moment, compiler: SQLCompiler, **kw: Any) -> str:
    return "clock_timestamp()"
