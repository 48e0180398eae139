#!/usr/bin/python3
"""Is this plate sought? What a checkpoint answers when it cannot know."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, run_program  # noqa: E402
from places import FUTIAN, LUOHU, SHENZHEN  # noqa: E402

NODE, OTHER = LUOHU[0], FUTIAN[0]
PLATE = "粤B12345"
NOT_SOUGHT = 1


class Query(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = self.make_home().start()
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_nodes([LUOHU, FUTIAN])

    def query(self, node, *more):
        return run_program(
            "tocsin-terminal", "query", PLATE,
            "--bundle", self.home.bundle_path(node), *more,
        )  # fmt: skip

    def hear_the_centre(self):
        """The plate is sought, and the checkpoint has it."""
        alert = self.home.tocsin_json(
            "report", "--sex", "female", "--age", "6", "--seen-at", NODE,
            "--seen-time", "-5m", "--vehicle", PLATE, key="T-CENTRE",
        )["alertId"]  # fmt: skip
        terminal = self.home.start_terminal(NODE)
        self.wait_until(lambda: alert in self.home.on_terminal(NODE))
        terminal.stop()
        self.assertEqual(0, self.query(NODE).returncode)

    def test_trouble_is_not_told_as_not_sought(self):
        """A barrier reads the exit code, and 1 lets the car pass."""
        self.hear_the_centre()
        other = self.home.store_path(OTHER)
        self.query(OTHER)
        done = self.query(NODE, "--store", other)
        self.assertIn("is the store of", done.stderr)
        self.assertNotEqual(NOT_SOUGHT, done.returncode, done.stderr)
        self.home.bundle_path(NODE).chmod(0o640)
        done = self.query(NODE)
        self.assertIn("readable by others", done.stderr)
        self.assertNotEqual(NOT_SOUGHT, done.returncode, done.stderr)

    def test_how_old_the_answer_is_goes_with_it(self):
        """The centre was never heard here; or since last week it was not."""
        self.hear_the_centre()
        done = self.query(NODE, "--store", self.home.folder / "new")
        self.assertEqual("", done.stdout)
        self.assertIn("NO PICTURE YET", done.stderr)
        self.assertNotEqual(NOT_SOUGHT, done.returncode, done.stderr)
        done = run_program(
            "tocsin-terminal", "query", "粤B99999",
            "--bundle", self.home.bundle_path(NODE),
        )  # fmt: skip
        self.assertEqual(NOT_SOUGHT, done.returncode, done.stderr)
        self.assertIn("NO DAEMON IS RUNNING", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
