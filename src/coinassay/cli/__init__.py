"""The command line: one module for each group of commands."""


def main() -> None:
    """The entry point of `coinassay`."""
    from coinassay.cli.app import app

    app()
