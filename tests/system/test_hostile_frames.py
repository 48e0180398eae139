#!/usr/bin/python3
"""10,000 random and 10,000 mutated frames at each of the three sockets. The
feed cuts off who sends so many; test_hostile_feed.py has more of that."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

import zmq  # noqa: E402

from home import SystemCase  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402
from processes import SHADOW  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import (  # noqa: E402
    CONNECTING,
    Desk,
    Line,
    answer_pb2,
    common_pb2,
    desk_pb2,
    now_ms,
    sign_answer,
    topics_of,
)

FRAMES = 10_000
WINDOW = 100
GROWTH_MAX_KIB = SHADOW * 48 * 1024
NODE = LUOHU[0]
# ASan keeps freed memory for a while; that is not the broker's growth.
LEAN = {"ASAN_OPTIONS": "quarantine_size_mb=8"}


class Frames(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home()
        home.configure("node_rate", 100_000)  # nothing is dropped for its mass
        home.configure("peer_rate", 100_000)
        home.start(LEAN)
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        self.centre = home.centre("T-CENTRE")
        self.bundle = home.bundle(NODE)

    # ---- frames ----

    def random_frame(self):
        size = self.chance.choice([0, 1, 7, 60, 400, 3000])
        return self.chance.randbytes(self.chance.randint(0, size))

    def mutated(self, frames):
        """A good frame with a few bytes changed, lost, added or doubled."""
        frame = bytearray(self.chance.choice(frames))
        for _ in range(self.chance.randint(1, 4)):
            at = self.chance.randrange(len(frame) + 1)
            way = self.chance.randrange(4)
            if way == 0 and at < len(frame):
                frame[at] ^= 1 << self.chance.randrange(8)
            elif way == 1:
                del frame[at : at + self.chance.randint(1, 9)]
            elif way == 2:
                frame[at:at] = self.chance.randbytes(3)
            else:
                frame += frame[at:]
        return bytes(frame)[:60000]

    def request(self, **body):
        request_id = self.chance.randbytes(16)
        request = desk_pb2.Request(request_id=request_id, **body)
        return request.SerializeToString()

    def field_frames(self, alert):
        answer = answer_pb2.Answer(
            answer_id=self.chance.randbytes(16),
            node=NODE,
            alert_id=alert.alert_id,
            revision=1,
            rung=answer_pb2.RUNG_SIGHTING,
            at_ms=now_ms(),
            officer="P-17",
        )
        signed = sign_answer(answer, self.bundle.key)
        return [
            self.request(heartbeat=desk_pb2.Heartbeat(software="x")),
            self.request(sync=desk_pb2.Sync(epoch=bytes(16), after=7)),
            self.request(get_keys=desk_pb2.GetKeys()),
            self.request(acknowledge=desk_pb2.Acknowledge(answer=signed)),
        ]

    def command_frames(self):
        alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
        signed = self.centre.signed(alert=alert)
        target = common_pb2.Target(divisions=[SHENZHEN])
        question = desk_pb2.ResolveTarget(target=target, list=True)
        return [
            self.request(heartbeat=desk_pb2.Heartbeat(software="x")),
            self.request(report=desk_pb2.Report(alert=signed)),
            self.request(resolve_target=question),
            self.request(get_board=desk_pb2.GetBoard(alert="01JA")),
            self.request(list_divisions=desk_pb2.ListDivisions(match="Sh")),
        ]

    # ---- throwing them ----

    def throw(self, desk, frames):
        """Each gets one reply; statuses by name, counted."""
        counts, owed = {}, 0
        for frame in frames:
            desk.send_raw(frame)
            owed += 1
            if owed >= WINDOW:
                owed -= self.collect(desk, counts)
        while owed:
            owed -= self.collect(desk, counts)
        return counts

    def collect(self, desk, counts):
        reply = desk.receive(60)
        self.assertIsNotNone(reply, "the broker broke the line")
        name = desk_pb2.Status.Name(reply.status)
        counts[name] = counts.get(name, 0) + 1
        return 0 if reply.WhichOneof("body") == "push" else 1

    def attack(self, gate, who, desk, good):
        before = self.home.broker.resident_kib()
        counts = self.throw(
            desk, (self.random_frame() for _ in range(FRAMES))
        )
        self.assertEqual({"STATUS_INVALID": FRAMES}, counts)
        self.home.wait_refused(gate, who, "INVALID/request.*", FRAMES)
        counts = self.throw(desk, (self.mutated(good) for _ in range(FRAMES)))
        print(f"{gate}: {counts}")
        self.assertGreater(counts["STATUS_INVALID"], FRAMES // 2)
        refused = sum(
            count
            for name, count in counts.items()
            if name not in ("STATUS_OK", "STATUS_RECORDED",
                            "STATUS_DUPLICATE")
        )  # fmt: skip
        self.home.wait_refused(gate, who, r"\S*", FRAMES + refused)
        self.assertUnharmed(before)

    def assertUnharmed(self, before_kib):
        """It still serves, and it has not grown."""
        alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
        self.assertStatus("RECORDED", self.centre.report(alert))
        self.home.start_checkpoint(NODE)
        self.wait_held(self.centre, alert.alert_id)
        growth = self.home.broker.resident_kib() - before_kib
        print(f"grown by {growth} KiB")
        self.assertLess(growth, GROWTH_MAX_KIB)

    def test_the_field_desk_bears_it(self):
        alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
        self.assertStatus("RECORDED", self.centre.report(alert))
        with Desk(self.bundle) as desk:
            self.attack("field", NODE, desk, self.field_frames(alert))

    def test_the_command_desk_bears_it(self):
        with Desk(self.centre.bundle) as desk:
            self.attack("command", "T-CENTRE", desk, self.command_frames())

    def test_a_frame_that_is_too_large_ends_only_its_own_line(self):
        with Desk(self.bundle) as desk:
            desk.send_raw(bytes(65537))
            while desk.line.state != CONNECTING:
                desk.line.monitor.poll()
                desk.line.look()
        before = self.home.broker.resident_kib()
        self.assertUnharmed(before)

    # ---- the feed ----

    def subscription(self):
        """Random, or a true topic mutated; what is not a subscription of a
        topic of ours is counted as refused."""
        if self.chance.random() < 0.5:
            return self.chance.randbytes(self.chance.randint(1, 100))
        topic = self.chance.choice(topics_of("440303")).encode()
        return self.mutated([b"\x01" + topic, b"\x00" + topic])[:120]

    def test_the_feed_bears_it(self):
        before = self.home.broker.resident_kib()
        context = zmq.Context()
        line = Line(
            context,
            zmq.XSUB,
            self.bundle.feed,
            self.bundle.broker_key,
            self.bundle.key,
            options=[(zmq.SNDHWM, 0)],
        )
        self.addCleanup(context.term)
        self.addCleanup(line.close)
        while not line.look():
            line.monitor.poll()
        frames = [self.subscription() for _ in range(2 * FRAMES)]
        for frame in filter(None, frames):
            line.socket.send(frame)
        self.home.wait_refused("feed", NODE, "subscription")
        self.home.wait_refused("feed", NODE, "subscriptions/cut")
        self.assertUnharmed(before)


if __name__ == "__main__":
    unittest.main()
