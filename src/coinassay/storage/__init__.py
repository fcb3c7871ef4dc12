"""Where everything is kept: schema, queries, one module for each noun, the vault, migrations.

Importing this package does not import SQLAlchemy: the queries are written in it (`queries/`), but what runs is the SQL
compiled from them ahead of time (`statements.py`).
"""
