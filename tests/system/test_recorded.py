#!/usr/bin/python3
"""Today's programs and what an earlier version has left and said.

interop/recorded/README.md says what was recorded and how. The clock of the
programs is that of the recording: alerts are as old as they were then.
"""

import json
import sys
import threading
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

import zmq  # noqa: E402
from clock import Clock  # noqa: E402
from google.protobuf import (  # noqa: E402
    descriptor_pb2,
    descriptor_pool,
    message_factory,
)
from home import INTEROP, PATIENCE_S, SystemCase  # noqa: E402
from recorded import same_without_snapshot, unpack  # noqa: E402

from centre import Centre  # noqa: E402
from tocsin_wire import (  # noqa: E402
    Desk,
    Key,
    desk_pb2,
)

RECORDED = INTEROP / "recorded"
ADDRESS = "127.77.77.77"


def old_classes():
    """By name, from the .proto files of then."""
    files = descriptor_pb2.FileDescriptorSet.FromString(
        (RECORDED / "protos.bin").read_bytes()
    )
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return lambda name: factory.GetPrototype(
        pool.FindMessageTypeByName(f"tocsin.v1.{name}")
    )


OLD = old_classes()
SAID = json.loads((RECORDED / "conversation.json").read_text())


def as_then(frame, kind="Reply"):
    """What a reader of then makes of these bytes, but for the clock."""
    message = OLD(kind).FromString(frame)
    message.DiscardUnknownFields()
    if kind == "Reply":
        message.time_ms = 0
        message.request_id = b""
        people = ()
        if message.WhichOneof("body") == "principal_list":
            people = message.principal_list.principals
    else:
        people = message.nodes
    for one in people:  # who has been heard since the start is on no disk
        one.ClearField("last_heard_ms")
    return message


class RecordedCase(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = unpack(self, RECORDED / "home.tar.xz", ADDRESS)
        self.clock = Clock(self.folder, "then")
        self.clock.says(SAID["time_ms"] / 1000)
        self.node = SAID["node"]


    def old_broker(self, gates):
        """At the field desk and the feed of these."""
        told = json.loads((self.home.path / "keys/broker.key").read_text())
        broker = OldBroker(Key(bytes.fromhex(told["seed"])), gates)
        self.addCleanup(broker.close)
        return broker


class NewBroker(RecordedCase):
    def start(self):
        self.home.start(self.clock.env())

    def replies(self, name, requests):
        """To packed requests, each the very bytes of then."""
        with Desk(self.home.bundle(name)) as desk:
            for frame in requests:
                asked = desk_pb2.Request.FromString(frame)
                yield desk.ask_bytes(frame, asked.request_id)

    def ask_all(self, name):
        said = [bytes.fromhex(item["request"]) for item in SAID["said"]]
        return [reply.SerializeToString() for reply in self.replies(name, said)]

    def book(self):
        """What the broker tells of everything that was recorded."""
        centre = Centre(self.home.bundle("T-CENTRE"))
        told = [
            centre.show(SAID[name]).SerializeToString()
            for name in ("alert", "withdrawn")
        ]
        told.append(
            centre.ask(list_alerts=desk_pb2.ListAlerts()).SerializeToString()
        )
        told.append(
            centre.ask(
                list_principals=desk_pb2.ListPrincipals()
            ).SerializeToString()
        )
        board = centre.board(SAID["alert"]).SerializeToString()
        centre.desk.close()
        return [as_then(frame) for frame in told], as_then(board, "Board")

    def test_the_old_journal_verifies_and_is_served_as_it_was(self):
        self.home.verify()
        self.start()
        told, board = self.book()
        was = [
            as_then(bytes.fromhex(frame)) for frame in SAID["book"]["shown"]
        ]
        self.assertEqual(was, told[:2])
        self.assertEqual(
            [as_then(bytes.fromhex(x), "Board")
             for x in SAID["book"]["boards"]],
            [board],
        )  # fmt: skip
        self.home.stop()
        self.home.verify()

    def test_the_book_is_the_same_from_the_snapshot_and_from_all_facts(self):
        same_without_snapshot(self)

    def test_an_old_checkpoint_is_answered_as_then(self):
        self.start()
        told = [as_then(frame) for frame in self.ask_all(self.node)]
        was = [as_then(bytes.fromhex(x["reply"])) for x in SAID["said"]]
        self.assertEqual(len(was), len(told))
        for before, now in zip(was, told, strict=True):
            self.assertEqual(before, now)
        self.home.stop()
        self.home.verify()


class OldBroker:
    """Says the recorded replies and feed, from a thread."""

    def __init__(self, key, node):
        self.replies = {}
        for item in SAID["said"]:
            asked = OLD("Request").FromString(bytes.fromhex(item["request"]))
            reply = OLD("Reply").FromString(bytes.fromhex(item["reply"]))
            self.replies.setdefault(asked.WhichOneof("body"), reply)
        self.acknowledged = []  # the requests' bytes
        self.topics = set()
        self.changed = threading.Condition()
        self.context = zmq.Context()
        self.desk = self._bind(zmq.ROUTER, key, node.field)
        self.feed = self._bind(zmq.XPUB, key, node.feed)
        self.orders = self.context.socket(zmq.PAIR)
        self.orders.bind("inproc://orders")
        self.control = self.context.socket(zmq.PAIR)
        self.control.connect("inproc://orders")
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _bind(self, kind, key, endpoint):
        public, secret = key.curve()
        socket = self.context.socket(kind)
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, secret)
        socket.setsockopt(zmq.LINGER, 0)
        socket.bind(endpoint)
        return socket

    def close(self):
        self.control.send_multipart([b"stop"])
        self.thread.join(PATIENCE_S)
        for socket in (self.desk, self.feed, self.orders, self.control):
            socket.close(0)
        self.context.term()

    def publish(self, item):
        self.control.send_multipart(
            [item["topic"].encode(), bytes.fromhex(item["message"])]
        )

    def wait(self, enough):
        with self.changed:
            if not self.changed.wait_for(enough, PATIENCE_S):
                raise AssertionError("the terminal never did that")

    def _serve(self):
        poller = zmq.Poller()
        for socket in (self.desk, self.feed, self.orders):
            poller.register(socket, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self.feed in ready:
                self.topics.add(self.feed.recv()[1:].decode())
            if self.desk in ready:
                self._answer(*self.desk.recv_multipart())
            if self.orders in ready:
                frames = self.orders.recv_multipart()
                if frames == [b"stop"]:
                    return
                self.feed.send_multipart(frames)
            with self.changed:
                self.changed.notify_all()

    def _answer(self, peer, frame):
        asked = OLD("Request").FromString(frame)
        kind = asked.WhichOneof("body")
        reply = OLD("Reply")()
        if kind in self.replies:
            reply.CopyFrom(self.replies[kind])
        else:
            reply.status = desk_pb2.STATUS_INVALID  # a body it cannot know
            reply.field = "body"
            reply.reason = "is missing or of an unknown kind"
        reply.request_id = asked.request_id
        if kind == "acknowledge":
            self.acknowledged.append(frame)
        self.desk.send_multipart([peer, reply.SerializeToString()])


class NewCommand(RecordedCase):
    def test_what_a_broker_of_then_does_not_know_is_called_so(self):
        centre = self.home.bundle("T-CENTRE")
        self.old_broker(SimpleNamespace(field=centre.command, feed=centre.feed))
        done = self.home.run_tocsin(
            "cases", key="T-CENTRE", code=1, env=self.clock.env()
        )
        self.assertIn("the broker is of an earlier version", done.stderr)


class NewTerminal(RecordedCase):
    def setUp(self):
        super().setUp()
        self.broker = self.old_broker(self.home.bundle(self.node))
        self.start_of_feed = self.first_document()

    def first_document(self):
        """How many recorded messages there are up to the first notice."""
        topics = [item["topic"] for item in SAID["feed"]]
        return next(i for i, topic in enumerate(topics) if topic != "b/") + 1

    def answers(self):
        said = []
        for frame in list(self.broker.acknowledged):
            asked = OLD("Request").FromString(frame)
            sealed = asked.acknowledge.answer
            answer = OLD("Answer").FromString(sealed.content)
            self.assertEqual(
                (frame, sealed.content),
                (self.known(asked), self.known(answer)),
                "there is something in it that nobody knew then",
            )
            said.append((answer.alert_id, answer.revision, answer.rung))
        return said

    @staticmethod
    def known(message):
        """Its bytes without what a reader of then does not know."""
        copy = type(message)()
        copy.CopyFrom(message)
        copy.DiscardUnknownFields()
        return copy.SerializeToString()

    def test_a_terminal_lives_with_a_broker_of_then(self):
        self.home.start_terminal(
            self.node, "--on-alert", "true", env=self.clock.env()
        )
        alert = SAID["alert"]

        def shown(revision):
            env = self.clock.env()
            on = self.home.on_terminal(self.node, env=env)
            return on.get(alert) == revision

        self.broker.wait(
            lambda: {(alert, 2, 1), (alert, 2, 2)} <= set(self.answers())
        )
        self.assertTrue(shown(2))
        topics = {item["topic"] for item in SAID["feed"]}
        self.broker.wait(lambda: topics <= self.broker.topics)
        for item in SAID["feed"][: self.start_of_feed]:
            self.broker.publish(item)
        self.broker.wait(
            lambda: {(alert, 3, 1), (alert, 3, 2)} <= set(self.answers())
        )
        self.assertTrue(shown(3))
        for item in SAID["feed"][self.start_of_feed :]:
            self.broker.publish(item)
        self.broker.wait(lambda: (alert, 4, 1) in self.answers())
        self.assertTrue(shown(None))


if __name__ == "__main__":
    unittest.main()
