#!/usr/bin/python3
"""A checkpoint's daemon is killed again and again: no word of an officer is
lost or said twice, and no alert goes by without the command being run on it."""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, binary  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import common_pb2  # noqa: E402

NODE = LUOHU[0]
ROUNDS = int(os.environ.get("TOCSIN_KILLS", "12"))


class TerminalKilled(SystemCase):
    """Reports and sightings keep coming; the daemon keeps going."""

    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        self.centre = home.centre("T-CENTRE")
        self.rung = self.folder + "/rung"
        self.alerts = []
        self.confirmed = []

    def start(self):
        command = (
            'sed -n \'s/.*"alertId":"\\([A-Z0-9]*\\)".*/\\1/p\' | head -1'
            f" >> {self.rung}"
        )
        return self.home.start_terminal(NODE, "--on-alert", command)

    def report(self):
        target = common_pb2.Target(divisions=[SHENZHEN])
        alert = new_alert(SEEN, target)
        self.assertStatus("RECORDED", self.centre.report(alert))
        self.alerts.append(alert.alert_id)

    def sight(self):
        """Begin to say that the child was seen."""
        return subprocess.Popen(
            [
                binary("tocsin-terminal"), "sighting", self.alerts[0],
                "--officer", "P-1", "--json",
                "--bundle", self.home.bundle_path(NODE),
                "--store", self.home.store_path(NODE),
            ],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def take_word(self, officer):
        out, err = officer.communicate(timeout=60)
        self.assertEqual(0, officer.returncode, err)
        self.confirmed.append(bytes.fromhex(json.loads(out)["answerId"]))

    def recorded(self):
        return [
            fact.answer_id
            for fact in self.home.export()
            if fact.rung == "RUNG_SIGHTING"
        ]

    def test_no_word_is_lost_and_no_alert_goes_by(self):
        terminal = self.start()
        self.report()
        self.wait_held(self.centre, self.alerts[0])
        for _ in range(ROUNDS):
            officer = self.sight()
            self.report()
            # The moment is the test: anywhere between the first message and
            # long after the last.
            try:
                terminal.popen.wait(self.chance.uniform(0, 0.25))
            except subprocess.TimeoutExpired:
                pass
            terminal.kill()
            terminal = self.start()
            self.take_word(officer)
        for alert in self.alerts:
            self.wait_board(
                self.centre, alert, lambda p: p.shown >= p.nodes == 1
            )
        self.wait_told(
            self.centre,
            self.alerts[0],
            lambda: self.centre.show(self.alerts[0]).alert_detail,
            lambda detail: detail.summary.sightings >= ROUNDS,
        )
        terminal.stop()
        self.home.stop()
        self.assertEqual(sorted(self.confirmed), sorted(self.recorded()))
        rung = Path(self.rung).read_text(encoding="ascii").split()
        # An officer who has seen the child of the first needs no bell for it.
        self.assertLessEqual(set(self.alerts[1:]), set(rung))


if __name__ == "__main__":
    unittest.main()
