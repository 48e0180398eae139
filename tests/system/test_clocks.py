#!/usr/bin/python3
"""Clocks that are wrong by hours, that jump, that say 1970 or 2038.

Real processes; each trial sets the clock of the broker, of a checkpoint, or of
both wrong, while they run or before they start, looks, and sets it right.
Centres keep their own, right clocks. In CI 15 trials; TOCSIN_CLOCKS=all: 30.
"""

import itertools
import os
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from clock import Clock  # noqa: E402
from home import SystemCase  # noqa: E402
from places import FUTIAN, LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import common_pb2  # noqa: E402

HOUR_S = 3600
WRONG = {
    "5 h fast": lambda clock: clock.wrong_by(5 * HOUR_S),
    "5 h slow": lambda clock: clock.wrong_by(-5 * HOUR_S),
    "1 h back": lambda clock: clock.wrong_by(-HOUR_S),
    "in 1970": lambda clock: clock.says(10),
    "in 2038": lambda clock: clock.says(2148600000),
}
NODE = LUOHU[0]
HOW = ("running", "at start")
BRIEF_S = 2
ALL = os.environ.get("TOCSIN_CLOCKS") == "all"


class Clocks(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home()
        self.clocks = {
            who: Clock(self.folder, who) for who in ("broker", "terminal")
        }
        home.configure("beacon_ms", 500)
        home.start(self.clocks["broker"].env())
        for name in ("T-ONE", "T-TWO"):
            home.enrol("centre", name, SHENZHEN)
        home.enrol_nodes([LUOHU, FUTIAN])
        self.centres = [home.centre("T-ONE"), home.centre("T-TWO")]
        self.centre = self.centres[0]
        # A witness with a right clock: it says "agreed" at each beacon.
        self.witness = home.start_checkpoint(FUTIAN[0])
        self.start_terminal()
        self.standing = self.report().alert_id
        self.expected = {self.standing}
        self.answers = 0
        self.trials = 0

    def start_terminal(self):
        env = self.clocks["terminal"].env()
        self.terminal = self.home.start_terminal(NODE, env=env)
        self.terminal.wait_out("^ready")

    def new_alert(self, life_s=24 * HOUR_S):
        alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
        alert.expires_ms = alert.sent_ms + int(life_s * 1000)
        return alert

    def report(self, life_s=24 * HOUR_S):
        """Recorded, and at both checkpoints."""
        alert = self.new_alert(life_s)
        self.assertStatus("RECORDED", self.centre.report(alert))
        self.wait_held(self.centre, alert.alert_id)
        return alert

    # ---- what holds in every trial ----

    def on_screen(self):
        env = self.clocks["terminal"].env()
        return set(self.home.on_terminal(NODE, env=env))

    def beacons_go_on(self):
        since = len(self.witness.out.now())
        for _ in range(2):
            line = self.witness.wait_out('"agreed"', since)
            since = self.witness.out.now().index(line, since) + 1

    def answer_is_recorded(self):
        self.home.terminal(
            NODE, "sighting", self.standing, "--officer", "P-1",
            "--text", "invented", "--wait", "20",
            env=self.clocks["terminal"].env(),
        )  # fmt: skip
        self.answers += 1

    def brief_alert_leaves(self, brief, early):
        """By the true time, whatever the terminal's own clock says."""
        self.wait_until(lambda: brief.alert_id not in self.on_screen())
        if not early:
            self.assertGreaterEqual(time.time() * 1000, brief.expires_ms)

    def reports_are_refused_in_words(self):
        since = len(self.home.broker.err.now())
        for centre in self.centres:
            reply = centre.report(self.new_alert())
            self.assertStatus("INVALID", reply)
            self.assertEqual("alert.sent_ms", reply.field)
            year = time.strftime("%Y-")
            self.assertRegex(
                reply.reason,
                rf"^is {year}.*Z, the broker's clock says \d{{4}}-.*Z, more"
                " than 10 minutes apart: one of the two clocks is wrong$",
            )
        self.home.broker.wait_err(r"clock\.wrong centres=", since)

    # ---- trials ----

    def set_wrong(self, names, wrong, how):
        if how == "at start":
            if "broker" in names:
                self.home.stop()
            if "terminal" in names:
                self.terminal.stop()
        for name in names:
            WRONG[wrong](self.clocks[name])
        if how == "at start":
            if "broker" in names:
                self.home.start(self.clocks["broker"].env())
            if "terminal" in names:
                self.start_terminal()

    def trial(self, names, wrong, how):
        # Two clocks that agree are believed, but for a year before this one.
        agree = len(names) == 2 and wrong != "in 1970"
        fast = agree and wrong in ("5 h fast", "in 2038")
        brief = self.report(BRIEF_S)
        self.set_wrong(names, wrong, how)
        if "broker" in names:
            self.reports_are_refused_in_words()
        else:
            self.report_comes()
        self.beacons_go_on()
        self.answer_is_recorded()
        if not (agree and wrong == "in 2038"):
            self.screen_has_all()
        if fast or not agree:
            self.brief_alert_leaves(brief, fast)
        for name in names:
            self.clocks[name].right()
        self.report_comes()
        self.screen_has_all()
        self.brief_alert_leaves(brief, fast)
        self.trials += 1

    def report_comes(self):
        self.expected.add(self.report().alert_id)

    def screen_has_all(self):
        self.wait_until(lambda: self.expected <= self.on_screen())

    def chosen(self):
        """Each clock set wrong in one way, or in both."""
        if ALL:
            return itertools.product(WRONG, HOW)
        return [(wrong, self.chance.choice(HOW)) for wrong in WRONG]

    def each(self, *names):
        for wrong, how in self.chosen():
            began = time.monotonic()
            print(f"{' and '.join(names)} {wrong}, {how}", end="", flush=True)
            self.trial(names, wrong, how)
            print(f": {time.monotonic() - began:.1f} s", flush=True)
        self.home.stop()
        self.nothing_ended_for_good()
        print(f"{self.trials} trials, {self.answers} answers, nothing lost")

    def nothing_ended_for_good(self):
        facts = self.home.export()
        kinds = [fact.kind for fact in facts]
        self.assertNotIn("alertFiled", kinds)
        expired = {x.alert_id for x in facts if x.kind == "alertExpired"}
        self.assertEqual(set(), expired & self.expected)
        sightings = [x for x in facts if x.rung == "RUNG_SIGHTING"]
        self.assertEqual(self.answers, len(sightings))
        self.home.verify()

    def test_the_brokers_clock_is_wrong(self):
        self.each("broker")

    def test_a_terminals_clock_is_wrong(self):
        self.each("terminal")

    def test_a_list_goes_by_the_time_of_the_terminal(self):
        """Whatever was made of the clock since its last beat."""
        alert = self.report(HOUR_S / 2).alert_id
        self.wait_until(lambda: alert in self.on_screen())
        for wrong in ("5 h fast", "5 h slow", "in 1970", "in 2038"):
            just_set = Clock(self.folder, "just set")
            WRONG[wrong](just_set)
            listed = self.home.on_terminal(NODE, env=just_set.env())
            self.assertIn(alert, listed, wrong)
            standing = self.home.terminal_json(
                NODE, "status", env=just_set.env()
            )
            self.assertTrue(standing["connected"], wrong)

    def test_both_clocks_are_wrong(self):
        self.each("broker", "terminal")


if __name__ == "__main__":
    unittest.main()
