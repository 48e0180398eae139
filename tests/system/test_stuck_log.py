#!/usr/bin/python3
"""Nobody reads the log: a frozen ssh session, ^S on a console, a collector
that hangs. Whoever writes it must go on serving."""

import fcntl
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, binary, run_program  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402
from processes import DIES_WITH_US  # noqa: E402

NODE = LUOHU[0]
PIPE_BYTES = 4096
REPORTS = 40  # each is a line or more: together more than the pipe holds


class StuckLog(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = self.make_home()
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_nodes([LUOHU])

    def launch_unread(self, *argv):
        """Its log goes into a pipe that is open and never read."""
        unread, log = os.pipe()
        fcntl.fcntl(log, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        process = subprocess.Popen(
            [*DIES_WITH_US, *map(str, argv)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        os.close(log)
        self.addCleanup(os.close, unread)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertRegex(process.stdout.readline().decode(), "^ready")
        return process

    def report(self):
        """What is said when it is refused, or nothing."""
        done = run_program(
            "tocsin", "report", "--sex", "female", "--age", "6",
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
            "--timeout", "10", "--key", self.home.bundle_path("T-CENTRE"),
        )  # fmt: skip
        return done.stderr if done.returncode != 0 else ""

    def test_a_broker_takes_every_report(self):
        self.launch_unread(binary("tocsind"), "run", self.home.path)
        for number in range(REPORTS):
            self.assertEqual("", self.report(), f"report {number}")

    def test_a_checkpoint_goes_on_hearing_its_centre(self):
        self.home.start()
        self.launch_unread(
            binary("tocsin-terminal"), "run",
            "--bundle", self.home.bundle_path(NODE),
            "--store", self.home.store_path(NODE),
        )  # fmt: skip
        for _ in range(REPORTS):
            self.assertEqual("", self.report())
        self.wait_until(lambda: len(self.home.on_terminal(NODE)) == REPORTS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
