#!/usr/bin/python3
"""A terminal that was away ends with the right picture."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase  # noqa: E402
from places import FUTIAN, LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import common_pb2  # noqa: E402

TERMINAL, CHECKPOINT = LUOHU[0], FUTIAN[0]


def shenzhen_alert():
    return new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))


class Away(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU, FUTIAN])
        self.centre = home.centre("T-CENTRE")
        self.start_nodes()

    def start_nodes(self):
        self.nodes = [
            self.home.start_terminal(TERMINAL),
            self.home.start_checkpoint(CHECKPOINT),
        ]

    def report(self):
        alert = shenzhen_alert()
        self.assertStatus("RECORDED", self.centre.report(alert))
        return alert

    def revise(self, alert):
        alert.revision += 1
        self.assertStatus("RECORDED", self.centre.revise(alert))

    def withdraw(self, alert):
        reply = self.centre.withdraw(alert.alert_id, alert.revision + 1)
        self.assertStatus("RECORDED", reply)

    def test_what_happened_meanwhile_is_there_afterwards(self):
        known = [self.report() for _ in range(3)]
        for alert in known:
            self.wait_held(self.centre, alert.alert_id)
        for node in self.nodes:
            node.stop()
        kept, revised, withdrawn = known
        self.revise(revised)
        self.revise(withdrawn)
        self.withdraw(withdrawn)
        new, come_and_gone = self.report(), self.report()
        self.revise(come_and_gone)
        self.withdraw(come_and_gone)
        self.start_nodes()
        for alert in (*known, new, come_and_gone):
            self.wait_held(self.centre, alert.alert_id)
        expected = {
            kept.alert_id: 1,
            revised.alert_id: 2,
            new.alert_id: 1,
        }
        self.assertEqual(expected, self.home.on_terminal(TERMINAL))
        self.assertEqual(expected, self.home.on_checkpoint(CHECKPOINT))

    def test_a_terminal_enrolled_after_the_report_shows_the_alert(self):
        alert = self.report()
        self.wait_held(self.centre, alert.alert_id)
        name, kind, division, point = LUOHU
        self.home.enrol_checkpoint("T-LATER", division, point, kind)
        later = self.home.start_checkpoint("T-LATER")
        later.wait_out('"event": "complete"')
        expected = {alert.alert_id: 1}
        self.assertEqual(expected, self.home.on_checkpoint("T-LATER"))


if __name__ == "__main__":
    unittest.main()
