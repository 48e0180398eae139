"""A time of day that is wrong for some programs: fast_clock.c from the test's
side."""

import mmap
import os
import struct
import time
from pathlib import Path


class Clock:
    """Start programs with env(); set it whenever it pleases."""

    def __init__(self, folder, name):
        self.path = Path(folder) / f"clock.{name}"
        self.path.write_bytes(bytes(mmap.PAGESIZE))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def env(self):
        return {
            "LD_PRELOAD": os.environ["TOCSIN_FAST_CLOCK"],
            "ASAN_OPTIONS": "verify_asan_link_order=0",
            "TOCSIN_CLOCK_OFF": str(self.path),
        }

    def wrong_by(self, seconds):
        self.map[:8] = struct.pack("=q", int(seconds * 1e9))

    def says(self, unix_seconds):
        self.wrong_by(unix_seconds - time.time())

    def right(self):
        self.wrong_by(0)
