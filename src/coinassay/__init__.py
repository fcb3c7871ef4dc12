"""Coinassay: reads exchange accounts, values them to the last digit, answers the accounts API of 3Commas."""

__version__ = "0.1.0"
