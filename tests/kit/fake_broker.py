"""A broker's field desk and feed that say what a test wants, and when.

It has the true broker's key, so a terminal takes its word; it shows how a
terminal bears up when messages come late, twice, in the wrong order or forged.
"""

import collections
import json
import os
import struct
import threading

import nacl.bindings as sodium
import zmq

from home import PATIENCE_S
from tocsin_wire import (
    CERTIFICATE,
    Bundle,
    Key,
    alert_pb2,
    desk_pb2,
    digest_of,
    feed_pb2,
    now_ms,
    topics_of,
)

Newest = collections.namedtuple("Newest", "revision live notice")

GENERATION = 1
YEAR_MS = 365 * 86_400_000


class World:
    """An authority, a broker's key, and bundles, with no broker needed."""

    def __init__(self, folder, host):
        self.folder = folder
        self.authority = Key()
        self.broker = Key()
        self.common = {
            "tocsin": 1,
            "authority": self.authority.public.hex(),
            "broker": {
                "key": self.broker.public.hex(),
                "command": f"tcp://{host}:5570",
                "feed": f"tcp://{host}:5571",
                "field": f"tcp://{host}:5572",
            },
        }

    def _bundle(self, name, **told):
        path = self.folder / f"{name}.json"
        told = {**self.common, "id": name, "name": f"Test {name}", **told}
        path.touch(0o600)
        path.write_text(json.dumps(told), encoding="utf-8")
        return Bundle(path)

    def node(self, name, division, point):
        return self._bundle(
            name,
            role="ROLE_CHECKPOINT",
            kind="NODE_KIND_LAND_BORDER",
            division=division,
            latitude=point[0],
            longitude=point[1],
            seed=Key().seed.hex(),
        )

    def centre(self, name, division):
        key, exercise_key = Key(), Key()
        content = alert_pb2.Certificate(
            principal=name,
            role="ROLE_CENTRE",
            public_key=key.public,
            exercise_key=exercise_key.public,
            division=division,
            not_before_ms=now_ms() - YEAR_MS,
            not_after_ms=now_ms() + YEAR_MS,
        ).SerializeToString()
        signature = self.authority.sign(CERTIFICATE, content)
        return self._bundle(
            name,
            role="ROLE_CENTRE",
            division=division,
            seed=key.seed.hex(),
            exercise_seed=exercise_key.seed.hex(),
            certificate={
                "content": content.hex(),
                "signature": signature.hex(),
            },
        )


class FakeBroker:
    """Answers Heartbeat, GetKeys, Sync and Acknowledge from a thread."""

    def __init__(self, key, node):
        self.epoch = os.urandom(16)
        topics = topics_of(node.division)
        self.county = topics[0]
        self.keys = {topic: os.urandom(32) for topic in topics}
        self.head = 1
        self.last = {}
        self.newest = {}  # alert_id -> Newest: the true picture
        self.answers = []  # SignedAnswers that were taken
        self.request_ids = set()  # of answers
        self.only_notes = False  # OK, as for an older revision's HELD
        self.deaf = 0  # so many answers yet get no reply
        self.syncs = 0
        self.peer = None
        self.changed = threading.Condition()
        self.context = zmq.Context()
        self.desk = self._bind(zmq.ROUTER, key, node.field)
        self.feed = self._bind(zmq.XPUB, key, node.feed)
        self.orders = self.context.socket(zmq.PAIR)
        self.orders.bind("inproc://orders")
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        self.control = self.context.socket(zmq.PAIR)
        self.control.connect("inproc://orders")

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

    # ---- what a test orders ----

    def book(self, notice):
        """From now on this is part of the true picture."""
        document = alert_pb2.AlertDocument.FromString(notice.document.content)
        kind = document.WhichOneof("kind")
        body = getattr(document, kind)
        before = self.newest.get(body.alert_id)
        if before is None or body.revision > before.revision:
            newest = Newest(body.revision, kind == "alert", notice)
            self.newest[body.alert_id] = newest

    def push(self, notice):
        """Straight to the terminal, as to one that has said no HELD."""
        reply = desk_pb2.Reply(time_ms=now_ms())
        reply.push.notice.CopyFrom(notice)
        self.control.send_multipart([b"push", reply.SerializeToString()])

    def publish(self, topic, payload, sequence, previous, key=None):
        """On the feed, sealed with the topic's key or another one."""
        message = feed_pb2.FeedMessage(
            epoch=self.epoch,
            sequence=sequence,
            previous=previous,
            generation=GENERATION,
            nonce=os.urandom(24),
        )
        bound = topic.encode() + b"\0" + self.epoch
        bound += struct.pack(">QQI", sequence, previous, GENERATION)
        message.sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
            payload.SerializeToString(),
            bound,
            message.nonce,
            key or self.keys[topic],
        )
        frames = [b"feed", topic.encode(), message.SerializeToString()]
        self.control.send_multipart(frames)

    def wait(self, enough):
        """Until enough() holds, looked at after everything that comes in."""
        with self.changed:
            if not self.changed.wait_for(enough, PATIENCE_S):
                raise AssertionError("the terminal never did that")

    # ---- the thread ----

    def _serve(self):
        poller = zmq.Poller()
        for socket in (self.desk, self.feed, self.orders):
            poller.register(socket, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self.feed in ready:
                self.feed.recv()
            if self.desk in ready:
                self._answer(*self.desk.recv_multipart())
            if self.orders in ready and not self._obey():
                return

    def _answer(self, peer, frame):
        request = desk_pb2.Request.FromString(frame)
        deaf = False
        if request.WhichOneof("body") == "acknowledge":
            self.request_ids.add(request.request_id)
            deaf, self.deaf = self.deaf > 0, max(0, self.deaf - 1)
        if not deaf:
            self.desk.send_multipart([peer, self._reply(request)])
        with self.changed:
            self.peer = peer
            self.changed.notify_all()

    def _obey(self):
        order, *frames = self.orders.recv_multipart()
        if order == b"push":
            self.desk.send_multipart([self.peer, *frames])
        elif order == b"feed":
            self.feed.send_multipart(frames)
        return order != b"stop"

    def _reply(self, request):
        reply = desk_pb2.Reply(
            request_id=request.request_id,
            status=desk_pb2.STATUS_OK,
            time_ms=now_ms(),
        )
        kind = request.WhichOneof("body")
        if kind == "heartbeat":
            reply.presence.epoch = self.epoch
            reply.presence.head = self.head
            reply.presence.generation = GENERATION
        elif kind == "get_keys":
            reply.keys.generation = GENERATION
            for topic, key in self.keys.items():
                reply.keys.keys.add(topic=topic, key=key)
        elif kind == "sync":
            self._page(request.sync, reply.sync_page)
        elif kind == "acknowledge":
            self.answers.append(request.acknowledge.answer)
            if not self.only_notes:
                reply.status = desk_pb2.STATUS_RECORDED
                reply.sequence = self.head + len(self.answers)
        else:
            reply.status = desk_pb2.STATUS_NOT_FOUND
        return reply.SerializeToString()

    def _page(self, sync, page):
        self.syncs += 1
        page.epoch = self.epoch
        page.generation = GENERATION
        page.from_start = sync.epoch != self.epoch or sync.after == 0
        for newest in list(self.newest.values()):
            if page.from_start or newest.notice.sequence > sync.after:
                page.notices.append(newest.notice)
        page.head = self.head
        for topic in self.keys:
            alerts = self._live() if topic == self.county else []
            page.topics.add(
                topic=topic,
                last=self.last.get(topic, 0),
                count=len(alerts),
                digest=digest_of(alerts),
            )

    def _live(self):
        pairs = list(self.newest.items())
        return [(name, item.revision) for name, item in pairs if item.live]
