#!/usr/bin/python3
"""A terminal works through an outage."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import common_pb2  # noqa: E402

NODE = LUOHU[0]


class Outage(SystemCase):
    """A terminal that holds an alert, and then no broker."""

    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        self.centre = home.centre("T-CENTRE")
        self.terminal = home.start_terminal(NODE)
        target = common_pb2.Target(divisions=[SHENZHEN])
        self.alert = new_alert(SEEN, target)
        self.assertStatus("RECORDED", self.centre.report(self.alert))
        self.wait_held(self.centre, self.alert.alert_id)
        home.stop()

    def listed(self):
        return set(self.home.on_terminal(NODE))

    def sight(self, officer):
        self.home.terminal(
            NODE, "sighting", self.alert.alert_id, "--officer", officer
        )

    def waiting(self):
        return self.home.terminal_json(NODE, "status").get("waiting", 0)

    def test_a_terminal_starts_and_shows_what_it_holds(self):
        self.terminal.stop()
        self.terminal = self.home.start_terminal(NODE)
        self.terminal.wait_out(r"^offline node=" + NODE)
        self.assertEqual({self.alert.alert_id}, self.listed())
        self.terminal.stop()
        self.assertEqual({self.alert.alert_id}, self.listed())

    def test_an_answer_given_in_an_outage_is_recorded_once(self):
        self.sight("P-1")
        self.terminal.kill()
        self.sight("P-2")
        self.assertEqual(2, self.waiting())
        self.terminal = self.home.start_terminal(NODE)
        self.terminal.wait_out(r"^offline")
        self.sight("P-3")
        self.terminal.kill()
        self.terminal = self.home.start_terminal(NODE)
        self.home.start()
        self.wait_sightings(3)
        self.terminal.wait_err_times("answer.recorded", 3)
        self.terminal.stop()
        self.assertEqual(0, self.waiting())
        self.home.stop()
        rungs = [fact.rung for fact in self.home.export()]
        self.assertEqual(3, rungs.count("RUNG_SIGHTING"))

    def wait_sightings(self, count):
        self.wait_told(
            self.centre,
            self.alert.alert_id,
            lambda: self.centre.show(self.alert.alert_id).alert_detail,
            lambda detail: detail.summary.sightings >= count,
        )

    def test_an_answer_needs_no_daemon_to_be_given(self):
        self.terminal.stop()
        self.sight("P-1")
        self.home.start()
        self.home.start_terminal(NODE)
        self.wait_sightings(1)

    def test_a_running_terminal_finds_the_broker_again(self):
        self.home.start()
        target = common_pb2.Target(divisions=[SHENZHEN])
        alert = new_alert(SEEN, target)
        self.assertStatus("RECORDED", self.centre.report(alert))
        self.wait_held(self.centre, alert.alert_id)
        both = {alert.alert_id, self.alert.alert_id}
        self.assertEqual(both, self.listed())


if __name__ == "__main__":
    unittest.main()
