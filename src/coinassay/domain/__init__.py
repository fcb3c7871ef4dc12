"""What the numbers mean: pure, frozen, Decimal; no I/O, no clock, no third party."""
