"""Clocks for some programs that are wrong, or run fast: fast_clock.c from the
test's side."""

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


class FastTime:
    """Time that runs so many times as fast, from now on, for programs started
    with env(). Python's own clocks stay as they are."""

    def __init__(self, speed):
        self.speed = speed
        self.wall_ns, self.monotonic_ns = time.time_ns(), time.monotonic_ns()

    def env(self):
        return {
            "LD_PRELOAD": os.environ["TOCSIN_FAST_CLOCK"],
            "ASAN_OPTIONS": "verify_asan_link_order=0",
            "TOCSIN_FAST": str(self.speed),
            "TOCSIN_FAST_WALL": str(self.wall_ns),
            "TOCSIN_FAST_MONOTONIC": str(self.monotonic_ns),
        }

    def passed(self):
        """Seconds of it since it began."""
        return (time.monotonic_ns() - self.monotonic_ns) * self.speed / 1e9

    def now(self):
        """Its time of day, in seconds."""
        return self.wall_ns / 1e9 + self.passed()
