#!/usr/bin/python3
"""Runs alert_bench at several sizes and draws what it found.

    scale.py BUILD OUT [--sizes 1000,5000,9500] [--rounds 15]

Writes OUT/alerts.txt (what alert_bench says), OUT/alerts.json (one line a size),
OUT/alerts.svg and OUT/answers.svg. Exits with 1 when a goal is missed, or when
the last terminal's time grows faster than the number of terminals (by more than
15 % from the smallest to the largest size).
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

WIDTH, HEIGHT, LEFT, TOP = 760, 380, 70, 50
COLOURS = {"tocsin": "#b3261e", "bare": "#3c6e91", "redis": "#8a8a8a"}
NAMES = {
    "tocsin": "Tocsin (CURVE, sealed, fsynced)",
    "bare": "bare libzmq (CURVE)",
    "redis": "Redis (in clear, fsynced)",
}
WHENS = ("first", "median", "p99", "last")


class Picture:
    """An SVG with one pair of axes."""

    def __init__(self, title, across, up, xs, most):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{HEIGHT}" font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            f'<text x="{LEFT}" y="24" font-size="15">{title}</text>',
        ]
        self.xs, self.most = xs, most
        self.right, self.bottom = WIDTH - 30, HEIGHT - 45
        self.text((LEFT + self.right) / 2, HEIGHT - 8, across, "middle")
        self.text(LEFT, 44, up, "start")
        for i in range(6):
            y = self.y(most * i / 5)
            self.line(LEFT, y, self.right, y, "#e0e0e0", 1)
            self.text(LEFT - 6, y + 4, f"{most * i / 5:.0f}", "end")
        for x in xs:
            self.text(self.x(x), self.bottom + 18, str(x), "middle")

    def x(self, value):
        return LEFT + (self.right - LEFT - 40) * value / max(self.xs) + 20

    def y(self, value):
        return self.bottom - (self.bottom - TOP) * value / self.most

    def text(self, x, y, words, anchor):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
            f"{words}</text>"
        )

    def line(self, x1, y1, x2, y2, colour, width):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{colour}" stroke-width="{width}"/>'
        )

    def curve(self, name, points, number, dashed=False):
        colour = COLOURS[name]
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" '
            f'stroke-width="2"{dash}/>'
        )
        for x, y in points:
            self.parts.append(
                f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3" '
                f'fill="{colour}"/>'
            )
        if not dashed:
            y = TOP + 14 + 18 * number
            self.line(LEFT + 20, y - 4, LEFT + 45, y - 4, colour, 2)
            self.text(LEFT + 52, y, NAMES[name], "start")

    def write(self, path):
        path.write_text("\n".join([*self.parts, "</svg>", ""]))


def draw(results, out):
    sizes = [r["terminals"] for r in results]
    sides = [s for s in NAMES if s in results[0]]
    most = max(r[s]["last"] for r in results for s in sides) * 1.1
    picture = Picture(
        "From the report to the last terminal (dashed: the first)",
        "terminals",
        "ms",
        sizes,
        most,
    )
    for number, side in enumerate(sides):
        for when in ("last", "first"):
            points = [(r["terminals"], r[side][when]) for r in results]
            picture.curve(side, points, number, when == "first")
    picture.write(out / "alerts.svg")
    sides = [s for s in sides if s != "redis"]
    most = max(r[s]["answers"] for r in results for s in sides) * 1.1
    picture = Picture(
        "One answer from each terminal, until all are durable and confirmed",
        "terminals",
        "ms",
        sizes,
        most,
    )
    for number, side in enumerate(sides):
        points = [(r["terminals"], r[side]["answers"]) for r in results]
        picture.curve(side, points, number)
    picture.write(out / "answers.svg")


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
    draw(results, args.out)
    each = [r["tocsin"]["last"] / r["terminals"] for r in results]
    growth = each[-1] / each[0]
    print(f"time per terminal, largest size of smallest: {growth:.2f}")
    sys.exit(0 if good and growth <= 1.15 else 1)


if __name__ == "__main__":
    main()
