"""Schema, queries, one module for each noun, the vault, migrations."""
