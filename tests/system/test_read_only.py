#!/usr/bin/python3
"""The disk of a dead machine is mounted so that nothing can be written there:
what only reads a home does."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, binary  # noqa: E402
from places import SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import common_pb2  # noqa: E402

MOUNT = 'mount --bind "$1" "$2" && mount -o remount,ro,bind "$2" && shift 2 && "$@"'


def read_only(what, where, *words):
    """Run this where `what` is mounted at `where` for it alone."""
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", MOUNT, "sh", what, where, *map(str, words)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def can_mount():
    return (
        os.geteuid() == 0
        and read_only("/tmp", "/mnt", "true").returncode == 0
    )


@unittest.skipUnless(can_mount(), "only root mounts a disk to read it")
class ReadOnly(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        centre = home.centre("T-CENTRE")
        alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
        self.assertStatus("RECORDED", centre.report(alert))
        self.disk = home.folder / "a disk %41?#"
        self.disk.mkdir()

    def tocsin(self, *words, code=0):
        done = read_only(self.home.path, self.disk, binary("tocsin"), *words)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def read_all(self):
        folder = self.home.folder
        self.assertIn("verified 3 facts", self.tocsin("journal", "verify", self.disk))
        told = self.tocsin("journal", "search", self.disk, "--node", "T-CENTRE")
        self.assertIn("alertIssued", told)
        self.tocsin(
            "report-period", self.disk, "--from", "2026-01-01", "--to", "2099-01-01"
        )
        self.tocsin("backup", self.disk, folder / "copy")
        self.tocsin("restore", self.disk, folder / "restored")
        for name, count in (("copy", 3), ("restored", 4)):
            told = self.tocsin("journal", "verify", folder / name)
            self.assertIn(f"verified {count} facts", told)

    def test_of_a_broker_that_was_stopped(self):
        self.home.stop()
        self.read_all()

    def test_of_one_that_was_stopped_and_only_read_since(self):
        self.home.stop()
        self.home.verify()
        self.read_all()

    def test_of_a_broker_that_was_killed(self):
        self.home.kill()
        self.read_all()

    def test_what_must_write_says_that_it_cannot(self):
        self.home.stop()
        done = read_only(
            self.home.path, self.disk, binary("tocsind"), "run", self.disk
        )
        self.assertEqual(4, done.returncode)
        self.assertIn("Read-only file system", done.stderr)


if __name__ == "__main__":
    unittest.main()
