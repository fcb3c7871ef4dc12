"""`python -m coinassay`."""

from coinassay.cli import main

main()
