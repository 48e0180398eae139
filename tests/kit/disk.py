"""A disk that tests can hurt: hurt_disk.c from the test's side."""

import errno
import mmap
import os
import struct
from pathlib import Path

NAMES, WRITES, SYNCS, GROWTH, READS = 1, 2, 4, 8, 16
SPACE = NAMES | WRITES  # what a full disk refuses
FIELDS = (
    "count", "fail_at", "error", "lasting", "hits", "failed", "die_at", "over",
    "reads_from", "reads_to",
)  # fmt: skip


class Disk:
    """The folder `disk` of a test's folder; start programs with env()."""

    def __init__(self, folder, logged=False):
        self.root = Path(folder) / "disk"
        self.root.mkdir()
        self.log = Path(folder) / "disk.log" if logged else None
        self._control(Path(folder) / "disk.control")

    def beside(self, name):
        """The same folder and log, hurt for other programs only."""
        other = Disk.__new__(Disk)
        other.root, other.log = self.root, self.log
        other._control(self.control.with_suffix("." + name))
        return other

    def _control(self, path):
        self.control = path
        path.write_bytes(bytes(mmap.PAGESIZE))
        with open(path, "r+b") as file:
            self.numbers = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def env(self):
        told = {
            "LD_PRELOAD": os.environ["TOCSIN_HURT_DISK"],
            "ASAN_OPTIONS": "verify_asan_link_order=0",
            "TOCSIN_DISK_FOLDER": str(self.root),
            "TOCSIN_DISK_CONTROL": str(self.control),
        }
        if self.log is not None:
            told["TOCSIN_DISK_LOG"] = str(self.log)
        return told

    def get(self, field):
        at = 8 * FIELDS.index(field)
        return struct.unpack_from("<Q", self.numbers, at)[0]

    def set(self, **fields):
        for field, value in fields.items():
            struct.pack_into("<Q", self.numbers, 8 * FIELDS.index(field), value)

    def heal(self):
        """Space again: nothing more fails."""
        self.set(fail_at=0, die_at=0)

    def fill(self, hits=SPACE):
        """From now on there is no space left."""
        self.fail_from(1, hits, errno.ENOSPC)

    def tighten(self, room=0):
        """From now on there is no space for more than so many bytes at once;
        what is there already can be written over."""
        self._arm(GROWTH, errno.ENOSPC, lasting=1)
        self.set(over=room)
        self.set(fail_at=1)

    def spoil(self, start=0, end=0):
        """From now on these places of a file cannot be read; end 0: all."""
        self._arm(READS, errno.EIO, lasting=1)
        self.set(reads_from=start, reads_to=end)
        self.set(fail_at=1)

    def fail_from(self, number, hits, error):
        """From the number'th operation of these kinds on."""
        self._arm(hits, error, lasting=1)
        self.set(fail_at=number)

    def fail_once(self, number, hits, error):
        self._arm(hits, error, lasting=0)
        self.set(fail_at=number)

    def kill_before(self, number, hits=NAMES | WRITES | SYNCS):
        """The process dies on the point of the number'th operation."""
        self._arm(hits, 0, lasting=0)
        self.set(die_at=number)

    def watch(self, hits):
        """Only count."""
        self._arm(hits, 0, lasting=0)

    def _arm(self, hits, error, lasting):
        self.heal()
        self.set(hits=hits, error=error, lasting=lasting)
        self.set(over=0, count=0, failed=0)
