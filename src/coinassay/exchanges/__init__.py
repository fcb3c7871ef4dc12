"""The only code that imports ccxt: connectors, markets, quirks of single exchanges."""
