"""A server that plays an exchange, as ccxt talks to it: markets, tickers, signed balances, histories, key restrictions.

It checks the exchange's own signature, timestamp and nonce, knows several users, and fails on demand
(`coinassay.testing.faults`). `python -m coinassay.testing.simulator` runs it as a process of its own.
"""
