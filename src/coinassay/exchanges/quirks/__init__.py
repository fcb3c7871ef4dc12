"""One module for each exchange that needs more than ccxt's defaults."""
