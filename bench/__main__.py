"""`python -m bench [NAME …] [--quick]`: measures, and prints a table of ratios. Nothing here asserts a time."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import history, limits, load, overview, pie, refresh, start, summary
from bench.harness import BenchError, Line, Profile, table

BENCHES: dict[str, Callable[[Profile, Path], list[Line]]] = {
    "pie": pie.run,
    "summary": summary.run,
    "load": load.run,
    "limits": limits.run,
    "refresh": refresh.run,
    "start": start.run,
    "history": history.run,
    "overview": overview.run,
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run, of {', '.join(BENCHES)}; all of them")
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes; the figures mean little")
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in BENCHES:
            parser.error(f"there is no {name}; there are {', '.join(BENCHES)}")
    profile = Profile(options.quick)
    lines: list[Line] = []
    failed = False
    began = time.perf_counter()
    for name in options.names or BENCHES:
        print(f"{name} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="coinassay-bench-") as work:
            try:
                lines += BENCHES[name](profile, Path(work))
            except BenchError as e:
                failed = True
                print(f"{name} could not be measured: {e}", file=sys.stderr)
    print(table(lines))
    took = time.perf_counter() - began
    print(
        f"\n{'A quick look: these figures mean little. ' if profile.quick else ''}{took:.0f} s, {os.cpu_count()} CPUs."
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
