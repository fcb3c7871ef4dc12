"""Benchmarks: `python -m bench` prints a table of ratios, both sides of each measured in turn within one run."""
