"""Makes `statements.py` from `queries/` and `schema.py`: run `python -m coinassay.storage.compile` after a change.

A test compares, so the two cannot part. This is a tool for developers; the running program does not import it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import ColumnElement, Dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.base import Executable, ReadOnlyColumnCollection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from coinassay.storage.columns import Stored
from coinassay.storage.database import Compiled
from coinassay.storage.queries import all_queries
from coinassay.storage.schema import metadata

TARGET = Path(__file__).with_name("statements.py")
SQLITE = sqlite.dialect(paramstyle="qmark")
POSTGRES = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types there

LINE = 120
_COMMA = ",\n"
_BETWEEN = ";\n\n"

_HEAD = '''"""The SQL that is run, compiled from `queries/` and `schema.py` by `python -m coinassay.storage.compile`.

Not to be changed by hand.
"""

from __future__ import annotations

from coinassay.storage.database import Compiled, Statement
'''


def compiled(statement: Executable, dialect: Dialect) -> Compiled:
    """The statement's text and parameters for one dialect."""
    result = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # what is executable can be compiled
    assert isinstance(result, SQLCompiler)
    names = result.positiontup or []
    return Compiled(_one_line(str(result)), " ".join(_with_codec(name, result.binds[name].type) for name in names))


def columns_of(statement: Executable) -> str:
    """The columns of the rows it gives, with their codecs."""
    columns: ReadOnlyColumnCollection[str, ColumnElement[object]] | tuple[()]
    columns = getattr(statement, "exported_columns", ())
    return " ".join(_with_codec(column.key, column.type) for column in columns)


def _with_codec(name: str, kind: TypeEngine[object]) -> str:
    return f"{name}:{kind.codec}" if isinstance(kind, Stored) else name


def schema_sql(dialect: Dialect) -> Iterator[str]:
    """The statements that make an empty database."""
    for table in metadata.sorted_tables:
        yield _lines(str(CreateTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield _lines(str(CreateIndex(index).compile(dialect=dialect)))


def source() -> str:
    """The text of `statements.py`, as `ruff format` would lay it out."""
    parts = [_HEAD]
    for name, dialect in (("SCHEMA", SQLITE), ("POSTGRES_SCHEMA", POSTGRES)):
        parts.append(f'{name} = """\n{_BETWEEN.join(schema_sql(dialect))};\n"""\n')
    for name, statement in all_queries():
        forms = "".join(_call(compiled(statement, dialect)) for dialect in (SQLITE, POSTGRES))
        columns = columns_of(statement)
        parts.append(
            f'{name} = Statement(\n    "{name}",\n{forms}'
            + (_literals(columns, 4, "columns=") if columns else "")
            + ")\n"
        )
    return "\n".join(parts)


def _call(form: Compiled) -> str:
    inner = _literals(form.sql, 8) + (_literals(form.binds, 8, "binds=") if form.binds else "")
    return f"    Compiled(\n{inner}    ),\n"


def _one_line(sql: str) -> str:
    return " ".join(sql.split())


def _lines(sql: str) -> str:
    lines = [line.rstrip().replace("\t", "    ") for line in sql.strip().splitlines() if line.strip()]
    return "\n".join(line.replace(" REFERENCES", "\n        REFERENCES") for line in lines)


def _literals(text: str, indent: int, keyword: str = "") -> str:
    """An argument of a call: a string literal, several of them where one would be too long for a line."""
    assert not {'"', "\\"} & set(text), text
    margin = " " * indent
    if indent + len(keyword) + len(text) + len('"",') <= LINE:
        return f'{margin}{keyword}"{text}",\n'
    if keyword:
        return f"{margin}{keyword}(\n{_literals(text, indent + 4).removesuffix(_COMMA)}\n{margin}),\n"
    lines = textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f'{margin}"{line} "' for line in lines[:-1]) + f'\n{margin}"{lines[-1]}",\n'


if __name__ == "__main__":
    TARGET.write_text(source())
