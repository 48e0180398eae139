#!/usr/bin/python3
"""Programs written from proto/ alone work with the real ones, both ways."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase  # noqa: E402
from places import (  # noqa: E402
    BAOAN,
    DONGCHENG,
    FUTIAN,
    IN_SHENZHEN,
    LUOHU,
    NANSHAN,
    SEEN,
    SHENZHEN,
    TIANHE,
)

from centre import circle, new_alert, text  # noqa: E402
from tocsin_limits import in_target  # noqa: E402
from tocsin_wire import (  # noqa: E402
    ANSWER,
    answer_pb2,
    common_pb2,
    desk_pb2,
    verified,
)

TERMINALS = (LUOHU[0], FUTIAN[0])
CHECKPOINTS = (NANSHAN[0], BAOAN[0])


class Interop(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes(IN_SHENZHEN)
        self.centre = home.centre("T-CENTRE")
        self.terminals = [home.start_terminal(name) for name in TERMINALS]
        self.checkpoints = [home.start_checkpoint(n) for n in CHECKPOINTS]

    def report(self, **areas):
        target = common_pb2.Target(**(areas or {"divisions": [SHENZHEN]}))
        alert = new_alert(SEEN, target)
        self.assertStatus("RECORDED", self.centre.report(alert))
        return alert

    def on_screens(self, name):
        if name in TERMINALS:
            return self.home.on_terminal(name)
        return self.home.on_checkpoint(name)

    def assertEverywhere(self, expected):
        for name in TERMINALS + CHECKPOINTS:
            self.assertEqual(expected, self.on_screens(name), name)

    def test_a_report_a_revision_and_a_withdrawal_reach_every_screen(self):
        alert = self.report()
        board = self.wait_held(self.centre, alert.alert_id)
        self.assertEqual(4, board.summary.progress.nodes)
        self.assertEverywhere({alert.alert_id: 1})
        alert.revision = 2
        alert.circumstances.append(text("Seen boarding a bus."))
        self.assertStatus("RECORDED", self.centre.revise(alert))
        self.wait_held(self.centre, alert.alert_id)
        self.assertEverywhere({alert.alert_id: 2})
        reply = self.centre.withdraw(alert.alert_id, 3)
        self.assertStatus("RECORDED", reply)
        self.wait_held(self.centre, alert.alert_id)
        self.assertEverywhere({})

    def test_only_nodes_in_the_exact_target_show_an_alert(self):
        _, _, _, (latitude, longitude) = FUTIAN
        alert = self.report(circles=[circle(latitude, longitude, 1)])
        board = self.wait_held(self.centre, alert.alert_id)
        self.assertEqual([FUTIAN[0]], [node.node for node in board.nodes])
        everywhere = self.report()
        self.wait_held(self.centre, everywhere.alert_id)
        both = {alert.alert_id: 1, everywhere.alert_id: 1}
        for name in TERMINALS + CHECKPOINTS:
            expected = dict(both)
            if name != FUTIAN[0]:
                del expected[alert.alert_id]
            self.assertEqual(expected, self.on_screens(name), name)

    def test_the_real_centre_and_a_python_checkpoint_understand_each_other(
        self,
    ):
        latitude, longitude = SEEN
        told = self.home.tocsin_json(
            "report", "--sex", "female", "--age", "6",
            "--seen", f"{latitude},{longitude}", "--seen-time", "-20m",
            "--division", SHENZHEN, key="T-CENTRE",
        )  # fmt: skip
        alert_id = told["alertId"]
        self.assertEqual(4, told["nodes"])
        self.wait_held(self.centre, alert_id)
        node = NANSHAN[0]
        for rung in ("read", "sighting"):
            self.home.checkpoint(
                node, "answer", alert_id, rung, "--officer", "P-17",
                "--text", "at gate four",
            )  # fmt: skip
        self.home.checkpoint(
            BAOAN[0], "answer", alert_id, "negative", "--officer", "P-18"
        )
        board = self.wait_board(
            self.centre, alert_id, lambda p: p.sighting and p.negative
        )
        progress = board.summary.progress
        self.assertEqual((4, 2, 1, 1), (
            progress.held, progress.read, progress.negative,
            progress.sighting,
        ))  # fmt: skip
        self.assertSigned(alert_id, node, answer_pb2.RUNG_SIGHTING)
        seen = self.home.tocsin_json("board", alert_id, key="T-CENTRE")
        progress = seen["summary"]["progress"]
        self.assertEqual((4, 1), (progress["held"], progress["sighting"]))

    def assertSigned(self, alert_id, node, rung):
        """The centre can prove who said so."""
        detail = self.centre.show(alert_id).alert_detail
        key = self.home.bundle(node).key.public
        signed = [
            item.answer
            for item in detail.answers
            if answer_pb2.Answer.FromString(item.answer.content).rung == rung
        ]
        self.assertEqual(1, len(signed))
        content, signature = signed[0].content, signed[0].signature
        self.assertTrue(verified(key, ANSWER, content, signature))
        answer = answer_pb2.Answer.FromString(content)
        self.assertEqual((node, "P-17"), (answer.node, answer.officer))

    def test_officers_at_a_real_terminal_are_heard_by_a_python_centre(self):
        alert = self.report()
        self.wait_held(self.centre, alert.alert_id)
        self.home.terminal(
            LUOHU[0], "sighting", alert.alert_id, "--officer", "P-17",
            "--text", "platform two", "--wait", "30",
        )  # fmt: skip
        board = self.centre.board(alert.alert_id)
        self.assertEqual(1, board.summary.progress.sighting)
        self.assertSigned(
            alert.alert_id, LUOHU[0], answer_pb2.RUNG_SIGHTING
        )


class SamePicture(SystemCase):
    """Chain, beacon and digest agree without a sync, whatever happens."""

    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU, NANSHAN, TIANHE, DONGCHENG])
        self.centre = home.centre("T-CENTRE")
        names = (LUOHU[0], NANSHAN[0], TIANHE[0], DONGCHENG[0])
        self.nodes = [home.start_checkpoint(name) for name in names]
        for node in self.nodes:
            node.wait_out('"event": "agreed"')

    def assertAgreed(self, sequence):
        """Everywhere, by a beacon at or past it, and nobody had to sync."""
        for node in self.nodes:
            lines = node.out
            agreed = lines.wait(lambda x: heads(x) >= sequence)
            self.assertIsNotNone(agreed, f"{node.name}: {lines.now()}")
            first = next(i for i, x in enumerate(lines.now()) if heads(x))
            later = "\n".join(lines.now()[first:])
            self.assertNotIn('"incomplete"', later, node.name)

    def done(self, reply):
        self.assertStatus("RECORDED", reply)
        return reply.sequence

    def alert(self, *divisions, exercise=False, **more):
        target = common_pb2.Target(divisions=divisions, **more)
        return new_alert(SEEN, target, exercise)

    def test_when_an_alert_is_widened_and_narrowed(self):
        alert = self.alert("440303")
        self.assertAgreed(self.done(self.centre.report(alert)))
        for divisions in (
            ["440000"], ["440305"], ["000000"], ["110101", "440303"],
        ):  # fmt: skip
            alert.revision += 1
            alert.target.divisions[:] = divisions
            self.assertAgreed(self.done(self.centre.revise(alert)))
        reply = self.centre.withdraw(alert.alert_id, alert.revision + 1)
        self.assertAgreed(self.done(reply))

    def test_when_an_alert_expires(self):
        alert = self.alert("440000")
        alert.expires_ms = alert.sent_ms + 1500
        self.done(self.centre.report(alert))
        for node in self.nodes[:3]:
            node.wait_out('"expired": true')
        self.assertAgreed(self.done(self.centre.report(self.alert("000000"))))

    def test_when_exercises_and_actual_alerts_mix(self):
        for number in range(8):
            alert = self.alert("440300", exercise=number % 2 == 0)
            sequence = self.done(self.centre.report(alert))
        self.assertAgreed(sequence)

    def test_when_somebody_is_revoked_and_keys_change(self):
        self.home.enrol("supervisor", "T-SUP", SHENZHEN)
        for _ in range(3):
            self.home.tocsin("revoke", "T-SUP", "--reason", "test")
            self.home.enrol("supervisor", "T-SUP", SHENZHEN, "--rekey")
            alert = self.alert("440300")
            sequence = self.done(self.centre.report(alert))
            self.wait_held(self.centre, alert.alert_id)
        self.assertAgreed(sequence)

    def test_when_kinds_and_circles_cut_through_a_topic(self):
        latitude, longitude = SEEN
        for radius_km in (1, 5, 20, 200):
            area = [circle(latitude, longitude, radius_km)]
            alert = self.alert(circles=area, kinds=[4, 5])
            sequence = self.done(self.centre.report(alert))
        self.assertAgreed(sequence)


def heads(line):
    told = json.loads(line)
    return told["head"] if told["event"] == "agreed" else 0


class ExactTargets(SystemCase):
    def random_node(self, number):
        division = self.chance.choice(["440303", "440305", "440106"])
        point = (
            round(self.chance.uniform(22, 24), 4),
            round(self.chance.uniform(113, 115), 4),
        )
        kind = self.chance.choice(["railway", "bus", "port", "toll"])
        return f"T-{number:03}", kind, division, point

    def random_point(self):
        latitude = self.chance.uniform(22, 24)
        return common_pb2.Point(
            latitude=latitude, longitude=self.chance.uniform(113, 115)
        )

    def random_target(self):
        target = common_pb2.Target()
        for _ in range(self.chance.randint(0, 2)):
            area = target.circles.add(radius_km=self.chance.uniform(1, 80))
            area.centre.CopyFrom(self.random_point())
        for _ in range(self.chance.randint(0, 2)):
            corners = self.chance.randint(3, 7)
            area = target.polygons.add()
            area.points.extend(self.random_point() for _ in range(corners))
        if self.chance.random() < 0.3 or not (
            target.circles or target.polygons
        ):
            target.divisions.append(self.chance.choice(["440303", "440100"]))
        if self.chance.random() < 0.4:
            target.kinds.extend(self.chance.sample([1, 2, 4, 6], 2))
        return target

    def test_broker_and_python_agree_on_who_is_in_a_target(self):
        home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        nodes = [self.random_node(number) for number in range(120)]
        home.enrol_nodes(nodes)
        centre = home.centre("T-CENTRE")
        bundles = [home.bundle(node[0]) for node in nodes]
        for _ in range(200):
            target = self.random_target()
            question = desk_pb2.ResolveTarget(target=target, list=True)
            reach = centre.ask(resolve_target=question).reach
            expected = [b.id for b in bundles if in_target(target, b)]
            self.assertEqual(expected, [x.node for x in reach.list], target)
            self.assertEqual(len(expected), reach.nodes)


if __name__ == "__main__":
    unittest.main()
