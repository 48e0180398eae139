"""A QR code as a terminal shows it, read back as a camera would.

Drawn with half blocks, two rows of modules to a line of text. Needs zbarimg
(zbar-tools).
"""

import subprocess
import tempfile
from pathlib import Path

# upper half, lower half: lit or not
BLOCKS = {" ": (0, 0), "\u2580": (1, 0), "\u2584": (0, 1), "\u2588": (1, 1)}
SCALE = 6  # pixels a module
MARGIN = 4  # modules of the terminal around it


def drawing(text):
    """The lines of a text that are nothing but blocks."""
    return [
        line
        for line in text.splitlines()
        if line.strip() and set(line) <= set(BLOCKS)
    ]


def picture(lines, lit, dark):
    """As a PGM: on a dark terminal lit is 255, on a light one 0."""
    width = max(map(len, lines))
    rows = []
    for line in lines:
        modules = [BLOCKS[block] for block in line.ljust(width)]
        rows += [[half[at] for half in modules] for at in (0, 1)]
    blank = [0] * width
    rows = [blank] * MARGIN + rows + [blank] * MARGIN
    pixels = bytearray()
    for row in rows:
        row = [0] * MARGIN + row + [0] * MARGIN
        line = bytes(
            value
            for module in row
            for value in [lit if module else dark] * SCALE
        )
        pixels += line * SCALE
    head = f"P5 {(width + 2 * MARGIN) * SCALE} {len(rows) * SCALE} 255\n"
    return head.encode() + bytes(pixels)


def read(lines, light_terminal=False):
    """What it says, or None when it cannot be read."""
    shown = picture(lines, 0, 255) if light_terminal else picture(lines, 255, 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "code.pgm"
        path.write_bytes(shown)
        done = subprocess.run(
            ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqr.enable",
             "-Stest-inverted", path],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    return done.stdout.rstrip("\n") or None
