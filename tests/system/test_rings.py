#!/usr/bin/python3
"""Rings in fast motion: real programs, steps of seconds."""

import json
import re
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase  # noqa: E402
from places import (  # noqa: E402
    BAOAN,
    DONGCHENG,
    FUTIAN,
    LUOHU,
    SHENZHEN,
    TIANHE,
)

from centre import circle, new_alert  # noqa: E402
from tocsin_wire import common_pb2  # noqa: E402

# LUOHU is where the child was seen, FUTIAN 6 km away, BAOAN 33, TIANHE 106.
SPEC = "3@0,20@{0}s,60@{1}s,150@{2}s,air=0,rail=0,road=0,water=0"
CENTRE = "T-CENTRE"


class Rings(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = self.make_home().start()
        self.home.enrol("centre", CENTRE, SHENZHEN)
        self.home.enrol_nodes([LUOHU, FUTIAN, BAOAN, TIANHE, DONGCHENG])

    def report(self, *seconds, seen="now", more=()):
        filed = self.home.tocsin(
            "report", "--sex", "female", "--age", "5",
            "--seen-at", LUOHU[0], "--seen-time", seen,
            "--rings", SPEC.format(*seconds), *more, key=CENTRE,
        )  # fmt: skip
        return re.search(r"alert +(\w+)", filed)[1], int(
            re.search(r"nodes +(\d+)", filed)[1]
        )

    def board(self, alert, *more):
        return self.home.tocsin_json("board", alert, *more, key=CENTRE)

    def nodes(self, alert):
        return self.board(alert)["summary"]["progress"].get("nodes", 0)

    def wait_nodes_count(self, alert, count):
        self.wait_until(lambda: self.nodes(alert) >= count)
        self.assertEqual(count, self.nodes(alert))

    def widened(self):
        return [
            line
            for line in self.home.broker.err.now()
            if "alert.widened" in line
        ]

    def test_each_ring_wakes_those_whom_it_reaches_and_nobody_twice(self):
        names = [LUOHU[0], BAOAN[0], TIANHE[0]]
        terminals = {n: self.home.start_terminal(n) for n in names}
        python = self.home.start_checkpoint(FUTIAN[0], "--screen")
        for terminal in terminals.values():
            terminal.wait_out(r"^ready")
        python.wait_out(r'"complete"')
        alert, nodes = self.report(8, 14, 20)
        self.assertEqual(1, nodes)
        self.wait_until(lambda: alert in self.home.on_terminal(LUOHU[0]))
        self.assertEqual({}, self.home.on_checkpoint(FUTIAN[0]))
        self.wait_until(lambda: alert in self.home.on_checkpoint(FUTIAN[0]))
        self.wait_until(lambda: alert in self.home.on_terminal(BAOAN[0]))
        self.wait_until(lambda: alert in self.home.on_terminal(TIANHE[0]))
        self.wait_nodes_count(alert, 4)
        self.wait_until(
            lambda: self.board(alert)["summary"]["progress"]["held"] == 4
        )
        self.assertEqual(3, len(self.widened()))
        facts = self.home.export()
        held = [fact.node for fact in facts if fact.rung == "RUNG_HELD"]
        self.assertEqual(len(held), len(set(held)), "HELD is said once")
        rings = [fact for fact in facts if fact.kind == "ringWidened"]
        self.assertEqual([alert] * 3, [fact.alert_id for fact in rings])

    def test_what_came_due_while_the_broker_was_down_comes_at_its_start(self):
        alert, nodes = self.report(4, 5, 600)
        filed = time.time()
        self.assertEqual(1, nodes)
        self.home.kill()
        self.wait_until(lambda: self.home.verify() or time.time() > filed + 6)
        self.assertEqual([], self.widened())
        self.home.start()
        self.wait_nodes_count(alert, 3)
        self.home.verify()

    def test_a_late_report_starts_at_the_ring_of_its_age(self):
        _, nodes = self.report(100, 1000, 100000, seen="-20m")
        self.assertEqual(3, nodes)

    def test_the_default_policy_is_in_force_when_nothing_is_said(self):
        filed = self.home.tocsin(
            "report", "--sex", "male", "--age", "5", "--seen-at", LUOHU[0],
            "--seen-time", "-30m", "--json", key=CENTRE,
        )  # fmt: skip
        # 106 km by rail in half an hour; 1,950 km to Beijing never
        self.assertEqual(4, json.loads(filed)["nodes"])
        alert = json.loads(filed)["alertId"]
        board = self.board(alert)["summary"]
        self.assertEqual(
            [100, 200, 300, 500], [ring["radiusKm"] for ring in board["rings"]]
        )
        shown = self.home.tocsin("show", alert, key=CENTRE)
        self.assertIn("rings         100 km at once, 200 km after 1 h", shown)

    def test_the_board_shows_rings_and_who_can_be_reached_first(self):
        alert, _ = self.report(2, 300, 600)
        self.wait_nodes_count(alert, 2)
        board = self.board(alert)["summary"]
        self.assertEqual([1, 1, 1, 1], [r["nodes"] for r in board["rings"]])
        self.assertEqual(
            [True, True, False, False],
            [ring.get("inForce", False) for ring in board["rings"]],
        )
        self.assertEqual(
            board["nextRingMs"], board["rings"][2]["dueMs"]
        )
        text = self.home.tocsin("board", alert, key=CENTRE)
        self.assertRegex(text, r"ring +20 km +1 +1 reached +in force since")
        self.assertRegex(text, r"ring +60 km +1 +0 reached +comes")
        self.assertRegex(text, r"reaches more +20")

    def test_the_watch_is_ordered_by_arrival(self):
        filed = self.home.tocsin_json(
            "report", "--sex", "male", "--age", "5", "--seen-at", LUOHU[0],
            "--seen-time", "-3h", key=CENTRE,
        )  # fmt: skip
        board = self.board(filed["alertId"], "--by-arrival", "--list", "all")
        names = [node["node"] for node in board["nodes"]]
        # 6 km by rail, 33 by air, 106 by rail; 0 by road is there at once
        self.assertEqual(
            [LUOHU[0], FUTIAN[0], BAOAN[0], TIANHE[0]], names
        )
        times = [int(node["earliestMs"]) for node in board["nodes"]]
        self.assertEqual(sorted(times), times)

    def test_a_policy_comes_from_a_file_and_is_refused_by_name(self):
        policy = self.home.folder / "rings"
        policy.write_text("# ours\n50@0\n150@2h\nair=0 rail=0\n")
        base = [
            "report", "--sex", "female", "--age", "5",
            "--seen-at", LUOHU[0], "--seen-time", "now",
        ]  # fmt: skip
        filed = self.home.tocsin_json(*base, "--rings", policy, key=CENTRE)
        self.assertEqual(3, filed["nodes"])
        for spec, says in (
            ("100@0,50@1h", "step 2: radius_km"),
            ("100@0,now@1h", "'now@1h' is not KM@TIME"),
            ("100@0,air=5000", "rings.air_kmh: is not within 0..2000"),
        ):
            with self.assertRaisesRegex(AssertionError, re.escape(says)):
                self.home.tocsin(*base, "--rings", spec, key=CENTRE)
        filed = self.home.tocsin_json(*base, "--no-rings", key=CENTRE)
        self.assertEqual(3, filed["nodes"])
        self.assertNotIn("rings", self.board(filed["alertId"])["summary"])

    def test_a_centre_in_python_signs_rings(self):
        centre = self.home.centre(CENTRE)
        here = LUOHU[3]
        alert = new_alert(
            here, common_pb2.Target(circles=[circle(*here, 60)])
        )
        alert.last_seen.time_ms = alert.sent_ms
        for after_ms, radius_km in ((0, 3), (4000, 60)):
            alert.rings.steps.add(after_ms=after_ms, radius_km=radius_km)
        reply = self.assertStatus("RECORDED", centre.report(alert))
        self.assertEqual(1, reply.filed.nodes)
        self.wait_board(centre, alert.alert_id, lambda p: p.nodes == 3)
        alert.revision = 2
        alert.rings.steps[1].radius_km = 61
        reply = self.assertStatus("INVALID", centre.revise(alert))
        self.assertEqual("alert.rings", reply.field)

    def test_widening_by_hand_takes_the_next_ring_at_once(self):
        alert, nodes = self.report(600, 1200, 1800)
        self.assertEqual(1, nodes)
        widen = ["widen", alert]
        self.assertEqual(
            2, self.home.tocsin_json(*widen, key=CENTRE)["nodes"]
        )
        self.assertEqual(
            3, self.home.tocsin_json(*widen, key=CENTRE)["nodes"]
        )
        self.assertEqual(
            4,
            self.home.tocsin_json(*widen, "--km", 120, key=CENTRE)["nodes"],
        )
        rings = self.board(alert)["summary"]["rings"]
        self.assertEqual([120, 150], [ring["radiusKm"] for ring in rings])

    def test_a_new_place_moves_the_rings(self):
        alert, nodes = self.report(600, 1200, 1800)
        self.home.tocsin(
            "revise", alert, "--seen-at", TIANHE[0], "--seen-time", "now",
            key=CENTRE,
        )  # fmt: skip
        board = self.board(alert, "--list", "all")
        self.assertEqual(
            {LUOHU[0], TIANHE[0]}, {node["node"] for node in board["nodes"]}
        )
        self.assertTrue(board["summary"]["rings"][0]["inForce"])


if __name__ == "__main__":
    unittest.main()
