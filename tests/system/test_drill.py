#!/usr/bin/python3
"""A drill goes the whole way, ends by itself and is scored; the score is the
same afterwards, and after a restart."""

import csv
import io
import json
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import PATIENCE_S, SystemCase, binary  # noqa: E402
from places import BAOAN, FUTIAN, LUOHU, SHENZHEN  # noqa: E402


class Drill(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU, FUTIAN, BAOAN])

    def start_drill(self, *more):
        argv = [binary("tocsin"), "drill", *more, "--json", "--key",
                self.home.bundle_path("T-CENTRE")]  # fmt: skip
        drill = self.launch("drill", argv)
        drill.expected_end = True
        return drill, drill.wait_err("is out").split()[-3]

    def ended(self, drill):
        self.assertEqual(0, drill.wait_end(), drill.tail())
        return json.loads("\n".join(drill.out.now()))

    def read(self, node, alert):
        self.wait_until(lambda: alert in self.home.on_terminal(node[0]))
        self.home.terminal(node[0], "read", alert, "--officer", "7",
                           "--wait", "20")  # fmt: skip

    def again(self, alert, *more):
        return self.home.tocsin("drill", "--score", alert, *more,
                                key="T-CENTRE")  # fmt: skip

    def test_it_ends_when_all_have_read_and_is_scored_the_same_again(self):
        home = self.home
        for node in (LUOHU, FUTIAN):
            home.start_terminal(node[0]).wait_out(r"^ready")
        drill, alert = self.start_drill(
            "--division", LUOHU[2], "--division", FUTIAN[2]
        )
        for node in (LUOHU, FUTIAN):
            self.read(node, alert)
        score = self.ended(drill)
        self.assertTrue(score["exercise"])
        total = score["total"]
        self.assertEqual((2, 2, 2, 0), tuple(
            total[name] for name in ("nodes", "held", "read", "dark")))
        for node in score["nodes"]:
            self.assertLessEqual(node["heldMs"], node["readMs"])
        self.assertEqual(
            max(node["readMs"] for node in score["nodes"]),
            total["readTo100Ms"],
        )
        self.assertEqual(
            [LUOHU[2], FUTIAN[2]],
            [row["division"] for row in score["divisions"]],
        )
        shown = home.tocsin_json("show", alert, key="T-CENTRE")["summary"]
        self.assertEqual("ALERT_STATE_WITHDRAWN", shown["state"])
        self.assertEqual(score, json.loads(self.again(alert, "--json")))
        home.kill()
        home.start()
        self.assertEqual(score, json.loads(self.again(alert, "--json")))
        rows = list(csv.DictReader(io.StringIO(self.again(alert, "--csv"))))
        self.assertEqual(
            [str(node["heldMs"]) for node in score["nodes"]],
            [row["heldMs"] for row in rows if row["row"] == "node"],
        )
        self.assertEqual(
            str(total["readTo95Ms"]), rows[0]["readTo95Ms"], rows[0]
        )
        self.assertEqual(None, rows[0].get(None))
        self.assertIn("EXERCISE", self.again(alert, "--by", "prefecture"))

    def test_an_interrupt_ends_it_and_names_who_is_dark(self):
        self.home.start_terminal(LUOHU[0]).wait_out(r"^ready")
        drill, alert = self.start_drill("--division", SHENZHEN, "--by",
                                        "prefecture")  # fmt: skip
        self.wait_until(lambda: alert in self.home.on_terminal(LUOHU[0]))
        drill.popen.send_signal(signal.SIGINT)
        score = self.ended(drill)
        self.assertEqual(
            [BAOAN[0], FUTIAN[0]],
            [node["node"] for node in score["nodes"] if node["dark"]],
        )
        self.assertEqual([SHENZHEN], [
            row["division"] for row in score["divisions"]])
        self.assertIsNone(score["total"]["heldTo95Ms"])
        self.wait_until(lambda: alert not in self.home.on_terminal(LUOHU[0]))

    def test_a_shell_that_is_closed_leaves_no_exercise_on_the_screens(self):
        self.home.start_terminal(LUOHU[0]).wait_out(r"^ready")
        drill, alert = self.start_drill("--division", SHENZHEN)
        self.wait_until(lambda: alert in self.home.on_terminal(LUOHU[0]))
        drill.popen.send_signal(signal.SIGHUP)
        self.assertEqual(2, self.ended(drill)["total"]["dark"])
        self.wait_until(lambda: alert not in self.home.on_terminal(LUOHU[0]))

    def test_who_does_not_read_what_it_says_does_not_end_it(self):
        drill = subprocess.Popen(
            [binary("tocsin"), "drill", "--division", SHENZHEN, "--for", "2s",
             "--timeout", "1", "--key", self.home.bundle_path("T-CENTRE")],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(drill.kill)
        self.assertIn("is out", drill.stderr.readline())
        drill.stderr.close()
        self.home.kill()  # of which it complains
        self.assertEqual(3, drill.wait(PATIENCE_S))

    def test_it_ends_when_its_time_is_over(self):
        drill, alert = self.start_drill("--division", LUOHU[2], "--for", "1s")
        self.assertEqual(1, self.ended(drill)["total"]["dark"])
        alerts = self.home.tocsin_json("alerts", key="T-CENTRE")
        self.assertNotIn(alert, str(alerts))

    def test_without_a_target_it_asks_for_one(self):
        done = self.home.run_tocsin("drill", code=2, key="T-CENTRE")
        self.assertIn("--division", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
