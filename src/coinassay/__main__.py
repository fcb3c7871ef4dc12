"""`python -m coinassay`."""

from coinassay.cli import main

if __name__ == "__main__":
    main()
