#!/usr/bin/python3
"""The library's patience: silence, BUSY, a broker that comes and goes."""

import json
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from fake_broker import World  # noqa: E402
from home import PATIENCE_S, SystemCase, binary, free_address  # noqa: E402
from places import SHENZHEN  # noqa: E402

import zmq  # noqa: E402

from tocsin_wire import desk_pb2, now_ms  # noqa: E402

SILENT, BUSY, STOPPING, NONSENSE, STRANGE = range(5)
RETRY_MS = 300


class Desk:
    """A command desk that answers its first requests as a script says, and
    every later one with an empty list of alerts."""

    def __init__(self, key, endpoint, script=()):
        self.key = key
        self.endpoint = endpoint
        self.pages = []  # of alerts, for those that are answered
        self.script = list(script)
        self.asked = []  # (request_id, when)
        self.context = zmq.Context()
        self.stop = threading.Event()
        self.socket = self._bind()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _bind(self):
        public, secret = self.key.curve()
        socket = self.context.socket(zmq.ROUTER)
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, secret)
        socket.setsockopt(zmq.LINGER, 0)
        socket.bind(self.endpoint)
        return socket

    def close(self):
        self.stop.set()
        self.thread.join(PATIENCE_S)
        self.socket.close(0)
        self.context.term()

    def _serve(self):
        while not self.stop.is_set():
            if self.socket.poll(50):
                peer, frame = self.socket.recv_multipart()
                for reply in self._replies(frame):
                    self.socket.send_multipart([peer, reply])

    def _replies(self, frame):
        request = desk_pb2.Request.FromString(frame)
        self.asked.append((request.request_id, now_ms()))
        step = self.script.pop(0) if self.script else None
        reply = desk_pb2.Reply(request_id=request.request_id, time_ms=now_ms())
        if step == SILENT:
            return []
        if step == BUSY:
            reply.status = desk_pb2.STATUS_BUSY
            reply.retry_after_ms = RETRY_MS
        elif step == STOPPING:
            reply.status = desk_pb2.STATUS_UNAVAILABLE
        else:
            reply.status = desk_pb2.STATUS_OK
            reply.alert_list.SetInParent()
            if self.pages:
                before, *page = self.pages.pop(0)
                assert request.list_alerts.before == before
                for alert_id, sequence in page:
                    reply.alert_list.alerts.add(
                        alert_id=alert_id, sequence=sequence
                    )
                reply.alert_list.more = page[-1][1] > 1
        bytes_ = reply.SerializeToString()
        if step == NONSENSE:
            return [b"\xff\xff\xff", bytes_]
        if step == STRANGE:
            reply.request_id = b"0123456789abcdef"
            reply.status = desk_pb2.STATUS_DENIED
            return [reply.SerializeToString(), bytes_]
        return [bytes_]


class Client(SystemCase):
    def setUp(self):
        super().setUp()
        self.world = World(Path(self.folder), free_address(self.chance))
        self.bundle = self.world.centre("T-CENTRE", SHENZHEN)
        self.desk = None
        self.addCleanup(self.close_desk)

    def open_desk(self, *script):
        endpoint = self.bundle.command
        self.desk = Desk(self.world.broker, endpoint, script)

    def close_desk(self):
        if self.desk is not None:
            self.desk.close()
            self.desk = None

    def start(self, timeout="30"):
        path = Path(self.folder) / "T-CENTRE.json"
        argv = [binary("tocsin"), "alerts", "--json", "--key", path,
                "--timeout", timeout]  # fmt: skip
        return self.launch("tocsin", argv)

    def expect(self, script, least_ms, attempts):
        """Answered in the end; always the same request; not too early."""
        self.open_desk(*script)
        client = self.start()
        self.assertEqual(0, client.wait_end(), client.tail())
        asked = self.desk.asked
        self.assertEqual(1, len({request_id for request_id, _ in asked}))
        self.assertEqual(attempts, len(asked))
        self.assertGreaterEqual(asked[-1][1] - asked[0][1], least_ms)

    def test_a_question_without_an_answer_is_asked_again(self):
        self.expect([SILENT, SILENT], 3900, 3)

    def test_busy_is_waited_out(self):
        self.expect([BUSY] * 4, 4 * RETRY_MS - 50, 5)

    def test_a_broker_that_is_stopping_is_asked_again(self):
        self.expect([STOPPING], 400, 2)

    def test_noise_and_replies_to_others_are_passed_over(self):
        self.expect([NONSENSE], 0, 1)
        self.close_desk()
        self.expect([STRANGE], 0, 1)

    def test_a_broker_that_comes_later_is_found(self):
        client = self.start()
        self.assertTrue(client.running())
        self.open_desk()
        self.assertEqual(0, client.wait_end(), client.tail())

    def listed(self, *pages):
        self.open_desk()
        self.desk.pages = list(pages)
        client = self.start()
        self.assertEqual(0, client.wait_end(), client.tail())
        self.assertEqual([], self.desk.pages)
        alerts = json.loads("".join(client.out.now()))["alerts"]
        self.close_desk()
        return [(x["alertId"], int(x["sequence"])) for x in alerts]

    def test_what_changes_while_pages_are_asked_for_is_on_the_list(self):
        a, b, c, f = ("A", 9), ("B", 8), ("C", 7), ("F", 1)
        # nothing has: the front is the same
        self.assertEqual(
            [a, b, c, f], self.listed([0, a, b], [8, c, f], [0, a, b])
        )
        # one that had not come yet, and one that had
        d, a2 = ("D", 10), ("A", 11)
        self.assertEqual(
            [a2, d, b, c, f], self.listed([0, a, b], [8, c, f], [0, a2, d, b])
        )
        # as many as fill a page, and then one more
        e, c2 = ("E", 12), ("C", 13)
        self.assertEqual(
            [c2, e, a2, d, b, f],
            self.listed(
                [0, a, b], [8, c, f], [0, e, a2], [11, d, b], [0, c2, e]
            ),
        )

    def test_a_question_outlives_a_broker(self):
        self.open_desk(*[SILENT] * 100)
        client = self.start()
        while not self.desk.asked:
            self.assertTrue(client.running())
        first = self.desk.asked[0][0]
        self.close_desk()
        self.open_desk()
        self.assertEqual(0, client.wait_end(), client.tail())
        self.assertEqual(first, self.desk.asked[0][0])

    def test_no_broker_at_all_is_unreachable(self):
        client = self.start(timeout="1")
        self.assertEqual(3, client.wait_end())
        self.assertIn("cannot reach", client.tail())

    def test_a_broker_that_never_answers_is_unreachable(self):
        self.open_desk(*[SILENT] * 100)
        client = self.start(timeout="3")
        self.assertEqual(3, client.wait_end())
        self.assertIn("no answer in time", client.tail())


if __name__ == "__main__":
    unittest.main()
