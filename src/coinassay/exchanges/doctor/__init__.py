"""Finding out what an exchange key is good for. One module for each exchange that tells."""

from __future__ import annotations

from coinassay.exchanges.doctor.examination import ExchangeDoctor

__all__ = ["ExchangeDoctor"]
