#!/usr/bin/python3
"""Nobody opens what they are not entitled to, whatever they hear."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

import zmq  # noqa: E402

from home import PATIENCE_S, SystemCase  # noqa: E402
from places import DONGCHENG, LUOHU, NANSHAN, SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import (  # noqa: E402
    BEACONS,
    Desk,
    Line,
    Refused,
    common_pb2,
    desk_pb2,
    feed_pb2,
    open_feed,
)

EVERYTHING = [""]


class Ear:
    """A subscriber that takes all topics, and the keys that it was given."""

    def __init__(self, case, bundle):
        self.case = case
        self.context = zmq.Context()
        self.line = Line(
            self.context,
            zmq.SUB,
            bundle.feed,
            bundle.broker_key,
            bundle.key,
            EVERYTHING,
        )
        case.addCleanup(self.context.term)
        case.addCleanup(self.line.close)
        self.desk = Desk(bundle)
        case.addCleanup(self.desk.close)
        self.keys = self.ask_keys().keys.keys
        while self.hear()[0] != BEACONS:
            pass  # a beacon: the subscription stands

    def ask_keys(self):
        request = desk_pb2.Request(get_keys=desk_pb2.GetKeys())
        return self.desk.ask(request)

    def hear(self):
        if not self.line.socket.poll(PATIENCE_S * 1000):
            raise AssertionError("the feed is silent")
        topic, frame = self.line.socket.recv_multipart()
        return topic.decode(), feed_pb2.FeedMessage.FromString(frame)

    def hear_until(self, sequence):
        """All messages up to the first beacon at or past sequence."""
        heard = []
        while True:
            topic, message = self.hear()
            heard.append((topic, message))
            if topic == BEACONS and message.sequence >= sequence:
                return heard

    def opens(self, topic, message):
        """With any key that it has, under any topic's name."""
        for item in self.keys:
            for name in {topic, item.topic}:
                try:
                    return open_feed(name, message, item.key)
                except Refused:
                    pass
        return None


class Feed(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU, NANSHAN, DONGCHENG])
        self.centre = home.centre("T-CENTRE")

    def report(self, *divisions):
        alert = new_alert(SEEN, common_pb2.Target(divisions=divisions))
        reply = self.centre.report(alert)
        self.assertStatus("RECORDED", reply)
        return reply.sequence

    def alerts(self, heard):
        return [(topic, m) for topic, m in heard if topic != BEACONS]

    def test_another_provinces_terminal_opens_nothing_it_hears(self):
        near = Ear(self, self.home.bundle(LUOHU[0]))
        far = Ear(self, self.home.bundle(DONGCHENG[0]))
        sequence = self.report("440303")
        for ear, entitled in ((near, True), (far, False)):
            heard = self.alerts(ear.hear_until(sequence))
            self.assertGreater(len(heard), 0)
            for topic, message in heard:
                opened = ear.opens(topic, message) is not None
                self.assertEqual(entitled, opened, topic)

    def test_a_neighbouring_countys_terminal_opens_nothing_either(self):
        ear = Ear(self, self.home.bundle(NANSHAN[0]))
        heard = self.alerts(ear.hear_until(self.report("440303")))
        self.assertGreater(len(heard), 0)
        for topic, message in heard:
            self.assertIsNone(ear.opens(topic, message), topic)

    def test_keys_are_given_for_ones_own_topics_only(self):
        ear = Ear(self, self.home.bundle(DONGCHENG[0]))
        expected = {"a/110101/", "a/1101/", "a/11/", "a//", BEACONS}
        expected |= {"x/110101/", "x/1101/", "x/11/", "x//"}
        self.assertEqual(expected, {item.topic for item in ear.keys})
        self.assertEqual(9, len({item.key for item in ear.keys}))

    def test_a_revoked_terminal_opens_nothing_that_comes_afterwards(self):
        ear = Ear(self, self.home.bundle(LUOHU[0]))
        heard = ear.hear_until(self.report("440303"))
        opened = [ear.opens(*item) for item in self.alerts(heard)]
        self.assertNotIn(None, opened)
        self.home.tocsin("revoke", LUOHU[0], "--reason", "stolen")
        self.assertStatus("DENIED", ear.ask_keys())
        sequence = self.report("440303", "440305")
        later = [
            item
            for item in ear.hear_until(sequence)
            if item[1].sequence >= sequence
        ]
        self.assertGreater(len(self.alerts(later)), 0)
        for topic, message in later:
            self.assertIsNone(ear.opens(topic, message), topic)

    def test_an_old_key_opens_nothing_that_comes_after_a_rekey(self):
        ear = Ear(self, self.home.bundle(LUOHU[0]))
        name, kind, division, (latitude, longitude) = LUOHU
        self.home.enrol(
            "checkpoint", name, division, "--kind", kind, "--rekey",
            "--lat", latitude, "--lon", longitude,
        )  # fmt: skip
        self.assertStatus("DENIED", ear.ask_keys())
        sequence = self.report("440303")
        heard = self.alerts(ear.hear_until(sequence))
        self.assertGreater(len(heard), 0)
        for topic, message in heard:
            self.assertIsNone(ear.opens(topic, message), topic)

    def test_the_others_open_what_comes_after_a_revocation(self):
        ear = Ear(self, self.home.bundle(NANSHAN[0]))
        self.home.tocsin("revoke", LUOHU[0], "--reason", "stolen")
        ear.keys = ear.ask_keys().keys.keys
        heard = self.alerts(ear.hear_until(self.report("440305")))
        self.assertGreater(len(heard), 0)
        for topic, message in heard:
            self.assertIsNotNone(ear.opens(topic, message), topic)

    def test_a_message_stays_under_8000_bytes(self):
        ear = Ear(self, self.home.bundle(LUOHU[0]))
        alert = new_alert(SEEN, common_pb2.Target(divisions=["440303"]))
        for number in range(2):
            alert.circumstances.add(language=f"x-{number}", text="z" * 1900)
        reply = self.centre.report(alert)
        self.assertStatus("RECORDED", reply)
        heard = self.alerts(ear.hear_until(reply.sequence))
        self.assertGreater(len(heard), 0)
        for _, message in heard:
            self.assertLessEqual(message.ByteSize(), 8000)


if __name__ == "__main__":
    unittest.main()
