#!/usr/bin/python3
"""Exercises and actual alerts never pass for one another."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

import zmq  # noqa: E402

from home import PATIENCE_S, SystemCase  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import (  # noqa: E402
    ALERT,
    EXERCISE,
    Line,
    alert_pb2,
    common_pb2,
    desk_pb2,
    feed_pb2,
)


class Exercise(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        self.centre = home.centre("T-CENTRE")

    def alert(self, exercise):
        target = common_pb2.Target(divisions=[SHENZHEN])
        return new_alert(SEEN, target, exercise)

    def listen(self):
        """Everything on the feed, as an enrolled node hears it."""
        bundle = self.home.bundle(LUOHU[0])
        context = zmq.Context()
        line = Line(
            context, zmq.SUB, bundle.feed, bundle.broker_key, bundle.key, [""]
        )
        self.addCleanup(context.term)
        self.addCleanup(line.close)
        while self.heard(line)[0] != "b/":
            pass  # a beacon: the subscription stands
        return line

    def heard(self, line):
        if not line.socket.poll(PATIENCE_S * 1000):
            raise AssertionError("the feed is silent")
        topic, frame = line.socket.recv_multipart()
        return topic.decode(), feed_pb2.FeedMessage.FromString(frame)

    def topic_of_next(self, line, sequence):
        while True:
            topic, message = self.heard(line)
            if message.sequence == sequence and topic != "b/":
                return topic

    def test_they_travel_on_topics_of_their_own(self):
        line = self.listen()
        for exercise, kind in ((True, "x/"), (False, "a/")):
            reply = self.centre.report(self.alert(exercise))
            self.assertStatus("RECORDED", reply)
            topic = self.topic_of_next(line, reply.sequence)
            self.assertEqual(kind, topic[:2])

    def signed_as(self, exercise, context, key):
        """An alert signed under a context and key that may not fit it."""
        document = alert_pb2.AlertDocument(alert=self.alert(exercise))
        content = document.SerializeToString()
        sealed = alert_pb2.SignedAlert(
            content=content,
            signature=key.sign(context, content),
            certificate=self.centre.bundle.certificate,
        )
        return self.centre.ask(report=desk_pb2.Report(alert=sealed))

    def test_an_exercise_key_signs_no_actual_alert_nor_the_other_way(self):
        bundle = self.centre.bundle
        own, drill = bundle.key, bundle.exercise_key
        for exercise, context, key, status in (
            (False, ALERT, own, "RECORDED"),
            (True, EXERCISE, drill, "RECORDED"),
            (False, ALERT, drill, "DENIED"),
            (False, EXERCISE, drill, "DENIED"),
            (False, EXERCISE, own, "DENIED"),
            (True, EXERCISE, own, "DENIED"),
            (True, ALERT, own, "DENIED"),
            (True, ALERT, drill, "DENIED"),
        ):
            with self.subTest(exercise=exercise, context=context):
                reply = self.signed_as(exercise, context, key)
                self.assertStatus(status, reply)

    def test_an_exercise_never_becomes_actual(self):
        alert = self.alert(True)
        self.assertStatus("RECORDED", self.centre.report(alert))
        alert.revision, alert.exercise = 2, False
        self.assertStatus("INVALID", self.centre.revise(alert))
        reply = self.centre.withdraw(alert.alert_id, 2, exercise=False)
        self.assertStatus("INVALID", reply)
        reply = self.centre.withdraw(alert.alert_id, 2, exercise=True)
        self.assertStatus("RECORDED", reply)

    def test_an_exercise_is_marked_on_every_screen(self):
        name = LUOHU[0]
        self.home.start_terminal(name)
        alert = self.alert(True)
        self.assertStatus("RECORDED", self.centre.report(alert))
        self.wait_held(self.centre, alert.alert_id)
        items = self.home.terminal_json(name, "list")
        self.assertEqual([True], [item["exercise"] for item in items])
        self.assertIn("EXERCISE", self.home.terminal(name, "list").upper())
        text = self.home.terminal(name, "show", alert.alert_id)
        self.assertIn("EXERCISE", text.upper())
        listed = self.home.tocsin("alerts", key="T-CENTRE")
        self.assertIn("EXERCISE", listed.upper())

    def test_the_operator_files_an_exercise(self):
        latitude, longitude = SEEN
        told = self.home.tocsin_json(
            "report", "--exercise", "--sex", "male", "--age", "18m",
            "--seen", f"{latitude},{longitude}", "--seen-time", "-5m",
            key="T-CENTRE",
        )  # fmt: skip
        detail = self.centre.show(told["alertId"]).alert_detail
        self.assertTrue(detail.summary.exercise)


if __name__ == "__main__":
    unittest.main()
