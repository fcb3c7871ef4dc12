"""Rate sources and the currency catalogue."""
