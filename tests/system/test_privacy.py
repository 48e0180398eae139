#!/usr/bin/python3
"""What is known of a child stands in no log and in no file of the broker."""

import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, run_program  # noqa: E402
from places import FUTIAN, LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import new_alert, text  # noqa: E402
from tocsin_wire import common_pb2  # noqa: E402

SECRETS = ("Ueberallnirgends", "zinnoberrot", "Gleisdreieck")


class Privacy(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU, FUTIAN])
        centre = home.centre("T-CENTRE")
        home.start_terminal(LUOHU[0])
        home.start_checkpoint(FUTIAN[0])
        alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
        name, clothing, where = SECRETS
        alert.child.name = name
        alert.child.clothing.append(text(f"A {clothing} coat."))
        self.assertStatus("RECORDED", centre.report(alert))
        self.wait_held(centre, alert.alert_id)
        home.terminal(
            LUOHU[0], "sighting", alert.alert_id, "--officer", "P-17",
            "--text", f"at {where}", "--wait", "30",
        )  # fmt: skip
        alert.revision = 2
        self.assertStatus("RECORDED", centre.revise(alert))
        self.wait_held(centre, alert.alert_id)

    def test_no_log_names_the_child(self):
        self.home.stop()
        for process in self.processes:
            for secret in SECRETS:
                self.assertNotIn(secret, "\n".join(process.err.now()))

    def test_no_file_of_the_broker_shows_what_is_known(self):
        self.home.kill()
        for path in self.home.path.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            for secret in SECRETS:
                self.assertNotIn(secret.encode(), content, path)


class Tampering(SystemCase):
    def test_a_changed_journal_does_not_verify(self):
        home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.stop()
        home.verify()
        with sqlite3.connect(home.path / "journal.db") as journal:
            journal.execute(
                "UPDATE journal SET principal = 'nobody' WHERE sequence = 2"
            )
        journal.close()
        done = run_program("tocsind", "journal", "verify", home.path)
        self.assertEqual(1, done.returncode, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
