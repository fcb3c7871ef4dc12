"""Addresses of databases."""

from __future__ import annotations

from urllib.parse import urlsplit

SQLITE = "sqlite:///"
POSTGRES = ("postgresql", "postgres")


def is_postgres(url: str) -> bool:
    """Whether it is an address of a database on PostgreSQL."""
    scheme, separator, _ = url.partition("://")
    return bool(separator) and scheme in POSTGRES


def place_of(url: str) -> str:
    """Which database on PostgreSQL an address means, in words for people: without the user and the password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "PostgreSQL"
    return f"{parts.netloc.rpartition('@')[2] or 'this machine'}{parts.path}"
