"""Python client of a Coinassay server."""
