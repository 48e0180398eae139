#!/usr/bin/python3
"""Runs alert_bench at several sizes and draws what it found.

    scale.py BUILD OUT [--sizes 1000,5000,9500] [--rounds 15]

Writes OUT/alerts.txt (what alert_bench says), OUT/alerts.json (one line a size)
and a picture of each thing that was measured, OUT/*.svg. Exits with 1 when a goal is missed, or when
the last terminal's time grows faster than the number of terminals (by more than
15 % from the smallest to the largest size).
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from picture import Picture

COLOURS = {"tocsin": "#b3261e", "bare": "#3c6e91", "redis": "#8a8a8a"}
NAMES = {
    "tocsin": "Tocsin (CURVE, sealed, fsynced)",
    "bare": "bare libzmq (CURVE)",
    "redis": "Redis (in clear, fsynced)",
}
# file: title, unit, the key, the key that is dashed
PICTURES = {
    "alerts": (
        "From the report to the last terminal (dashed: the first)",
        "ms", "last", "first",
    ),
    "spread": (
        "From the report to 99 in 100 terminals (dashed: to half of them)",
        "ms", "p99", "median",
    ),
    "answers": (
        "One answer from each terminal, until all are durable and confirmed",
        "ms", "answers", None,
    ),
    "cpu": (
        "CPU of the server: an alert per terminal (dashed: an answer)",
        "us", "alert_cpu", "answer_cpu",
    ),
    "connections": (
        "Connections set up and shaken hands on", "a second", "handshakes", None,
    ),
    "memory": ("Memory per idle terminal", "KiB", "kib", None),
    "syncs": (
        "All terminals ask for their whole picture at once", "ms", "sync", None,
    ),
}  # fmt: skip


def draw(results, path, title, unit, solid, dashed):
    sides = [s for s in NAMES if results[0].get(s, {}).get(solid)]
    keys = [solid] + ([dashed] if dashed else [])
    most = max(r[s][k] for r in results for s in sides for k in keys) * 1.3
    sizes = [r["terminals"] for r in results]
    picture = Picture(title, "terminals", unit, sizes, most)
    for number, side in enumerate(sides):
        for key in keys:
            points = [(r["terminals"], r[side][key]) for r in results]
            if any(y for _, y in points):
                picture.curve(
                    NAMES[side], COLOURS[side], points, number, key == dashed
                )
    picture.write(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sizes", default="1000,5000,9500")
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    lines = args.out / "alerts.json"
    lines.unlink(missing_ok=True)
    good = True
    with open(args.out / "alerts.txt", "w", encoding="utf-8") as text:
        for size in args.sizes.split(","):
            done = subprocess.run(
                [args.build / "bin" / "alert_bench", size, str(args.rounds),
                 lines],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                check=False,
            )  # fmt: skip
            print(done.stdout, flush=True)
            text.write(done.stdout + "\n")
            good = good and done.returncode == 0
    results = [json.loads(line) for line in lines.read_text().splitlines()]
    if not results:
        raise SystemExit("nothing was measured")
    for name, what in PICTURES.items():
        draw(results, args.out / f"{name}.svg", *what)
    each = [r["tocsin"]["last"] / r["terminals"] for r in results]
    growth = each[-1] / each[0]
    print(f"time per terminal, largest size of smallest: {growth:.2f}")
    sys.exit(0 if good and growth <= 1.15 else 1)


if __name__ == "__main__":
    main()
