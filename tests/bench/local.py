#!/usr/bin/python3
"""Runs local_bench and draws it: local.py BUILD OUT [FACTS].

Writes OUT/local.txt and OUT/local.svg.
"""

import re
import subprocess
import sys
from pathlib import Path

from picture import draw_bars


def bars_of(said):
    """Every "something ... in 1.5 ms" that a line holds."""
    for line in said.splitlines():
        for what, value, unit in re.findall(
            r"([^:(,]+?)(?: rebuilt)? in ([\d.]+) (ms|s)\b", line
        ):
            name = line.split(":")[0] if ":" in line else line.split(",")[0]
            label = f"{name}: {what.strip()}"
            yield label[:60], float(value) * (1000 if unit == "s" else 1)


def main():
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    out = Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    said = subprocess.run(
        [Path(sys.argv[1]) / "bin" / "local_bench", *sys.argv[3:]],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    print(said, end="")
    (out / "local.txt").write_text(said)
    draw_bars(
        out / "local.svg", "What one process does by itself", "ms",
        list(bars_of(said)),
    )  # fmt: skip


if __name__ == "__main__":
    main()
