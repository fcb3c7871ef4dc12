"""Every statement the program runs, written in SQLAlchemy Core, a module for each noun.

They are not run from here: `python -m coinassay.storage.compile` makes `statements.py` of them. Running a compiled
statement on the driver costs a small part of what SQLAlchemy needs to run it, and not importing SQLAlchemy saves a
server about 20 MB and 0.2 s of its start.

Each name in capitals of these modules is a statement, but for those that begin with an underscore. Its parameters are
its `bindparam`s, its rows are tuples in the order of its columns.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.sql.base import Executable

from coinassay.storage.queries import (
    accounts,
    api_keys,
    attention,
    budgets,
    currencies,
    events,
    flows,
    history,
    imports,
    key_reports,
    loads,
    pasts,
    preferences,
    refresh,
    retention,
    trades,
    users,
    vault,
    web,
)


def all_queries() -> Iterator[tuple[str, Executable]]:
    """Name and statement. Raises ValueError where two modules use one name."""
    seen: dict[str, str] = {}
    for module in (
        users,
        api_keys,
        accounts,
        attention,
        budgets,
        currencies,
        events,
        key_reports,
        loads,
        pasts,
        preferences,
        refresh,
        history,
        flows,
        retention,
        imports,
        trades,
        vault,
        web,
    ):
        for name, value in vars(module).items():
            if name.isupper() and name[0] != "_" and isinstance(value, Executable):
                if name in seen:
                    raise ValueError(f"{name} is in {seen[name]} and in {module.__name__}")
                seen[name] = module.__name__
                yield name, value
