#!/usr/bin/python3
"""A copy of the home that was put back by hand, not by tocsin restore: a disk's
snapshot, last night's folder. It has the journal that everybody knows, without
the end of it."""

import os
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

SIGHTED = 6  # founded, two enrolled, reported, held, and then
SAID = "by the third pillar, in a green coat"


class PutBack(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        self.node = LUOHU[0]
        home.stop()
        self.copy = Path(self.folder) / "copy"
        shutil.copytree(home.path, self.copy)
        home.start()
        self.terminal = home.start_terminal(self.node)
        self.terminal.wait_err(r"sync\.done")
        self.alert = home.tocsin_json(
            "report", "--sex", "female", "--age", "6",
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
            key="T-CENTRE",
        )["alertId"]  # fmt: skip
        self.terminal.wait_err(rf"alert\.stored alert={self.alert}")
        home.terminal(self.node, "sighting", self.alert, "--officer", "7",
                      "--text", SAID, "--wait", "20")  # fmt: skip
        self.wait_until(
            lambda: home.terminal_json(self.node, "status")["head"] >= SIGHTED
        )
        home.kill()

    def test_what_it_lacks_comes_back_and_it_is_called_what_it_is(self):
        home = self.home
        shutil.rmtree(home.path)
        os.rename(self.copy, home.path)
        home.start()
        home.broker.wait_err(
            rf"error journal\.older alert={self.alert} by={self.node}"
        )
        self.wait_until(
            lambda: SAID in home.tocsin("show", self.alert, key="T-CENTRE")
        )
        self.assertIn(self.alert, home.on_terminal(self.node))
        self.assertFalse(
            [x for x in self.terminal.err.now() if "alert.gone" in x]
        )


if __name__ == "__main__":
    unittest.main(verbosity=2)
