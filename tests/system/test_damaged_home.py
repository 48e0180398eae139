#!/usr/bin/python3
"""A broker whose disk has damaged its journal: it never goes on with less than
was confirmed, says which file it is, and what the runbook says then works."""

import contextlib
import os
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from damage import PAGE, overwrite  # noqa: E402
from home import SystemCase, run_program  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

NODE = LUOHU[0]
MANY = 12
REFUSED = 1


class DamagedHome(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        home.start()
        self.terminal = home.start_terminal(NODE)
        self.alerts = {self.report() for _ in range(MANY)}
        self.wait_until(
            lambda: self.alerts == set(self.home.on_terminal(NODE))
        )
        home.stop()
        self.journal = Path(home.path) / "journal.db"
        self.log = Path(home.path) / "journal.db-wal"

    def report(self):
        return self.home.tocsin_json(
            "report", "--sex", "female", "--age", "6",
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
            key="T-CENTRE",
        )["alertId"]  # fmt: skip

    def start_refused(self, name):
        """Gives what it says."""
        done = run_program("tocsind", "run", self.home.path)
        self.assertEqual(REFUSED, done.returncode, done.stderr)
        self.assertIn(str(name), done.stderr)
        return done.stderr

    def wait_known(self):
        """At the broker, each of them."""
        self.wait_until(
            lambda: all(
                run_program(
                    "tocsin", "board", alert_id,
                    "--key", self.home.bundle_path("T-CENTRE"),
                ).returncode == 0
                for alert_id in self.alerts
            )
        )  # fmt: skip
        self.terminal.stop()

    def test_a_log_with_confirmed_facts_behind_a_damaged_page_ends_the_start(self):
        whole = self.log.read_bytes()
        for place in (0, len(whole) // 2 // PAGE * PAGE):
            self.log.write_bytes(whole)
            overwrite(self.log, place)
            damaged = self.log.read_bytes()
            for _ in range(2):
                said = self.start_refused(self.log)
                self.assertIn("commits lie behind it", said)
                self.assertEqual(damaged, self.log.read_bytes())
        # as the runbook says
        aside = Path(f"{self.home.path}.damaged")
        os.rename(self.home.path, aside)
        done = run_program("tocsin", "restore", aside, self.home.path)
        self.assertEqual(0, done.returncode, done.stderr)
        self.home.start()
        self.wait_known()

    def test_a_damaged_page_of_the_journal_itself_is_named(self):
        with contextlib.closing(sqlite3.connect(self.journal)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole = self.journal.read_bytes()
        for page in (0, 1, len(whole) // PAGE // 2, len(whole) // PAGE - 1):
            self.journal.write_bytes(whole)
            overwrite(self.journal, page * PAGE)
            self.start_refused(self.journal)
        self.terminal.stop()

    def test_nor_is_a_log_whose_beginning_is_lost_and_that_is_in_the_file(self):
        with contextlib.closing(sqlite3.connect(self.journal)) as db:
            db.execute("PRAGMA wal_checkpoint(FULL)")
            log = self.log.read_bytes()
        self.log.write_bytes(log)
        overwrite(self.log)
        self.home.start()
        self.wait_known()

    def test_nor_is_a_torn_end_of_the_log_taken_for_damage(self):
        """Of a commit that was never confirmed: a power cut leaves that."""
        with open(self.log, "ab") as log:
            log.write(b"\xff" * (PAGE + 24))
        self.home.start()
        self.wait_known()

    def cut_short(self, size):
        """A power cut while a commit of so many bytes is written: its end is
        on the disk, its beginning is not."""
        with contextlib.closing(sqlite3.connect(self.journal)) as db:
            db.execute("PRAGMA wal_autocheckpoint=0")
            before = self.log.read_bytes()
            db.execute("INSERT INTO filler VALUES(zeroblob(?))", (size,))
            db.commit()
            left = {x: x.read_bytes() for x in (self.journal, self.log)}
        place = len(os.path.commonprefix([before, left[self.log]]))
        for path, content in left.items():
            path.write_bytes(content)
        overwrite(self.log, place)

    def test_nor_is_what_two_power_cuts_left_in_one_log(self):
        """The end of the first one lies behind that of the second one."""
        with contextlib.closing(sqlite3.connect(self.journal)) as db:
            db.execute("PRAGMA wal_autocheckpoint=0")
            db.execute("CREATE TABLE filler(content)")
            left = {x: x.read_bytes() for x in (self.journal, self.log)}
        for path, content in left.items():
            path.write_bytes(content)
        self.cut_short(20 * PAGE)
        self.cut_short(10 * PAGE)
        self.home.start()
        self.wait_known()


if __name__ == "__main__":
    unittest.main(verbosity=2)
