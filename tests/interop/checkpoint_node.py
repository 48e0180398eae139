"""A checkpoint: holds the feed, verifies, stores, answers, notices gaps.

Prints one JSON object a line on standard output for everything it notices.
"""

import collections
import json
import random
import secrets
import time

import zmq

from picture import AFTER, START, Held, Picture
from tocsin_limits import check_document, in_target, is_reached
from tocsin_wire import (
    BEACONS,
    REFUSED,
    Line,
    Refused,
    alert_pb2,
    answer_pb2,
    desk_pb2,
    feed_pb2,
    now_ms,
    open_document,
    open_feed,
    parsed,
)

SOFTWARE = "tocsin-checkpoint.py 0.1.0"
RESEND_S = 5
WINDOW = 64
HEARTBEAT_S = 30
WAITING_MAX = 64
DIGEST_SYNC_S = 60
MACHINE_RUNGS = (answer_pb2.RUNG_HELD, answer_pb2.RUNG_SHOWN)


def say(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


class Asked:
    """A request under way: sent again, the same bytes, until answered."""

    def __init__(self, frame, answered, due=0.0):
        self.frame = frame
        self.answered = answered
        self.due = due


class Checkpoint:
    def __init__(self, bundle, store, screen=False):
        self.bundle = bundle
        self.store = store
        self.screen = screen
        self.picture = Picture(bundle.division)
        store.load(self.picture)
        self.asked = {}
        self.keys = {}  # generation -> topic -> key
        self.unopened = collections.deque(maxlen=WAITING_MAX)
        self.keys_due = None
        self.asking_keys = False
        self.syncing = None  # AFTER or START while pages come
        self.sync_due = None
        self.start_sync_after = 0.0
        self.complete = False
        self.beacon_due = time.monotonic() + 5
        self.interval = 2.0
        self.heartbeat_due = 0.0
        self.seen_change = None
        self.enrolled = 0  # as the keys say
        self.running = True

    # ---- asking ----

    def ask(self, answered, **body):
        request = desk_pb2.Request(request_id=secrets.token_bytes(16), **body)
        frame = request.SerializeToString()
        self.asked[request.request_id] = Asked(frame, answered)

    def send_due(self, now):
        for asked in list(self.asked.values())[:WINDOW]:
            if asked.due > now:
                continue
            try:
                self.desk.socket.send(asked.frame, zmq.DONTWAIT)
            except zmq.Again:
                return
            asked.due = now + RESEND_S

    def take_reply(self, frame):
        reply = parsed(desk_pb2.Reply, frame)
        if reply.WhichOneof("body") == "push":
            self.take_payload(reply.push, pushed=True)
            return
        asked = self.asked.get(reply.request_id)
        if asked is None:
            return
        if reply.status == desk_pb2.STATUS_BUSY:
            asked.due = time.monotonic() + reply.retry_after_ms / 1000
        elif asked.answered == self.answer_settled and (
            reply.status == desk_pb2.STATUS_DENIED
            and reply.field == "principal"
        ):
            asked.due = time.monotonic() + HEARTBEAT_S
        elif reply.status != desk_pb2.STATUS_UNAVAILABLE:
            del self.asked[reply.request_id]
            asked.answered(reply)

    # ---- answers ----

    def load_answers(self):
        """Also what another process has left in the store."""
        self.seen_change = self.store.changed()
        for request_id, frame in self.store.waiting():
            if request_id not in self.asked:
                self.asked[request_id] = Asked(frame, self.answer_settled)

    def answer_settled(self, reply):
        with self.store:
            self.store.settle(reply.request_id, reply)
        say(
            "answered",
            status=desk_pb2.Status.Name(reply.status),
            sequence=reply.sequence,
            reason=reply.reason,
        )

    def answer_by_machine(self, alert_id, revision, rungs=MACHINE_RUNGS):
        for rung in rungs:
            if rung == answer_pb2.RUNG_SHOWN and not self.screen:
                return
            answer = answer_pb2.Answer(
                node=self.bundle.id,
                alert_id=alert_id,
                revision=revision,
                rung=rung,
            )
            self.store.put_answer(answer, self.bundle.key)

    def answer_again(self, alert_id):
        """A push means that the broker knows of no HELD of ours."""
        held = self.picture.alerts.get(alert_id)
        row = self.store.machine_answer(
            alert_id, held.revision, answer_pb2.RUNG_HELD
        )
        if not row:
            with self.store:
                self.answer_by_machine(
                    alert_id, held.revision, [answer_pb2.RUNG_HELD]
                )
            self.load_answers()
        elif row[0] not in self.asked:
            self.asked[row[0]] = Asked(row[1], self.answer_settled)

    # ---- what comes in ----

    def take_feed(self, topic, frame):
        message = parsed(feed_pb2.FeedMessage, frame)
        keys = self.keys.get(message.generation)
        if keys is None:
            self.unopened.append((topic, message))
            newest = max(self.keys, default=0)
            if message.generation > newest:
                self.want_keys(3 * random.random() if topic == BEACONS else 0)
            elif topic != BEACONS:
                self.want_sync(AFTER)
            return
        self.take_message(topic, message, keys)

    def take_message(self, topic, message, keys):
        try:
            payload = open_feed(topic, message, keys[topic])
        except (KeyError, Refused) as error:
            say("unopened", topic=topic, why=str(error))
            self.want_sync(AFTER)
            return
        if topic == BEACONS:
            self.take_beacon(message.epoch, payload.beacon)
            return
        due = self.picture.message(topic, message)
        if not (
            payload.HasField("notice")
            and self.picture.overtaken(message, payload.notice)
        ):
            self.take_payload(payload)
        with self.store:
            self.store.put_state(self.picture)
        if due is not None:
            say("gap", topic=topic)
            self.want_sync(due)

    def take_beacon(self, epoch, beacon):
        self.interval = beacon.interval_ms / 1000
        self.beacon_due = time.monotonic() + 2.5 * self.interval
        if self.judge(self.picture.beacon(epoch, beacon)):
            say("agreed", head=beacon.head)

    def judge(self, due):
        """What a beacon or presence says of our picture. While a sync is
        under way it says nothing: the next one will be compared."""
        if self.syncing is not None:
            return False
        if due is not None:
            self.want_sync(due)
        elif self.sync_due is None:
            self.set_complete(True)
        return due is None

    def take_payload(self, payload, pushed=False):
        if payload.WhichOneof("kind") == "notice":
            self.take_notice(payload.notice, pushed)

    def take_notice(self, notice, pushed=False):
        try:
            body = open_document(notice.document, self.bundle.authority)
            check_document(body)
        except Refused as error:
            say("rejected", why=str(error))
            return
        fresh = self.picture.news(body.alert_id, body.revision)
        with self.store:
            if fresh:
                self.keep(body, notice, pushed)
            held = self.picture.alerts[body.alert_id]
            same = held.revision == body.revision
            ended = same and self.picture.told(body.alert_id, notice, now_ms())
            come = same and not fresh and self.ring_comes(body, notice, pushed)
            self.store.put_held(body.alert_id, held)
        if fresh or come:
            self.load_answers()
        if pushed and same:
            self.answer_again(body.alert_id)
        if fresh or ended or come:
            self.report(body.alert_id, held)

    def ring_comes(self, body, notice, pushed):
        """A document that is held and has waited for its ring is shown now."""
        held = self.picture.alerts[body.alert_id]
        if held.reached or not isinstance(body, alert_pb2.Alert):
            return False
        held.reached = is_reached(body, self.bundle, notice, pushed)
        if held.reached and held.for_us:
            self.answer_by_machine(
                body.alert_id, body.revision, [answer_pb2.RUNG_SHOWN]
            )
        return held.reached

    def keep(self, body, notice, pushed):
        alert = isinstance(body, alert_pb2.Alert)
        held = Held(
            revision=body.revision,
            sequence=notice.sequence,
            case_number=notice.case_number,
            prefixes=tuple(notice.prefixes),
            exercise=body.exercise,
            withdrawn=not alert,
            expires_ms=body.expires_ms if alert else 0,
            for_us=alert and in_target(body.target, self.bundle),
            reached=not alert
            or is_reached(body, self.bundle, notice, pushed),
        )
        self.picture.take(body.alert_id, held)
        self.store.put_alert(
            body.alert_id, held, notice.document.SerializeToString()
        )
        if held.for_us or held.withdrawn:
            self.answer_by_machine(
                body.alert_id,
                body.revision,
                MACHINE_RUNGS if held.reached else MACHINE_RUNGS[:1],
            )

    def report(self, alert_id, held):
        say(
            "withdrawn" if held.withdrawn else "alert",
            alert_id=alert_id,
            revision=held.revision,
            for_us=held.for_us,
            reached=held.reached,
            expired=held.expired,
            exercise=held.exercise,
        )

    # ---- keys ----

    def want_keys(self, within_s):
        due = time.monotonic() + within_s
        if self.keys_due is None or due < self.keys_due:
            self.keys_due = due

    def ask_keys(self):
        self.keys_due = None
        self.asking_keys = True
        self.ask(self.take_keys, get_keys=desk_pb2.GetKeys())

    def take_keys(self, reply):
        self.asking_keys = False
        if reply.status != desk_pb2.STATUS_OK:
            say("denied", what="keys", reason=reply.reason)
            return
        keys = {item.topic: item.key for item in reply.keys.keys}
        self.keys[reply.keys.generation] = keys
        for old in sorted(self.keys)[:-2]:
            del self.keys[old]
        say("keys", generation=reply.keys.generation)
        self.enrolled = reply.keys.enrolled
        if self.enrolled > self.picture.whole and self.syncing is None:
            self.want_sync(START)
        waiting, self.unopened = self.unopened, collections.deque(
            maxlen=WAITING_MAX
        )
        for topic, message in waiting:
            known = self.keys.get(message.generation)
            if known is not None:
                self.take_message(topic, message, known)
            elif topic != BEACONS:
                self.want_sync(AFTER)

    # ---- sync ----

    def want_sync(self, kind, within_s=0.0):
        """AFTER from head; START from the start, at most once a minute, because a
        document that we reject makes digests differ for good."""
        self.set_complete(False)
        now = time.monotonic()
        due = now + within_s
        if kind == START and self.picture.epoch:
            due = max(due, self.start_sync_after)
        if self.sync_due is None or self.sync_due[0] > due:
            self.sync_due = (due, kind)

    def begin_sync(self):
        self.syncing = self.sync_due[1]
        self.sync_due = None
        start = self.syncing == START
        if start:
            self.start_sync_after = time.monotonic() + DIGEST_SYNC_S
        self.ask_page(self.picture.epoch, 0 if start else self.picture.head)

    def ask_page(self, epoch, after):
        sync = desk_pb2.Sync(epoch=epoch, after=after)
        self.ask(self.take_page, sync=sync)

    def take_page(self, reply):
        if reply.status != desk_pb2.STATUS_OK:
            self.syncing = None
            say("denied", what="sync", reason=reply.reason)
            return
        page = reply.sync_page
        if page.from_start and self.picture.named is None:
            self.picture.begin_naming()
        for notice in page.notices:
            self.take_notice(notice)
        if page.generation > max(self.keys, default=0):
            self.want_keys(0)
        if page.more:
            self.ask_page(page.epoch, page.next)
            return
        self.finish_sync(page, reply.time_ms)

    def finish_sync(self, page, time_ms):
        self.picture.last_page(page, time_ms)
        gone = []
        if self.picture.named is not None:
            gone = self.picture.end_naming()
        with self.store:
            for alert_id in gone:
                self.store.drop_alert(alert_id)
            self.store.put_state(self.picture)
        for alert_id in gone:
            say("gone", alert_id=alert_id)
        self.syncing = None
        if self.enrolled > self.picture.whole:
            self.want_sync(START)
        if self.sync_due is None:
            self.set_complete(True)

    def set_complete(self, complete):
        if complete != self.complete:
            say("complete" if complete else "incomplete")
        self.complete = complete

    # ---- the clock ----

    def heartbeat(self, now):
        self.heartbeat_due = now + HEARTBEAT_S * (1 - random.random() / 3)
        beat = desk_pb2.Heartbeat(
            epoch=self.picture.epoch,
            head=self.picture.head,
            software=SOFTWARE,
        )
        self.ask(self.take_presence, heartbeat=beat)

    def take_presence(self, reply):
        if reply.status != desk_pb2.STATUS_OK:
            say("denied", what="heartbeat", reason=reply.reason)
            return
        if reply.presence.generation > max(self.keys, default=0):
            self.want_keys(0)
        self.judge(self.picture.presence(reply.presence))

    def tick(self, now):
        if self.store.changed() != self.seen_change:
            self.load_answers()
        if now >= self.beacon_due:
            say("stale")
            self.beacon_due = now + 2.5 * self.interval
            self.heartbeat(now)
        if now >= self.heartbeat_due:
            self.heartbeat(now)
        if self.keys_due is not None and not self.asking_keys:
            if now >= self.keys_due:
                self.ask_keys()
        if self.syncing is None and self.sync_due is not None:
            if now >= self.sync_due[0]:
                self.begin_sync()
        self.send_due(now)

    # ---- the lines ----

    def open_lines(self):
        self.context = zmq.Context()
        setup = (self.bundle.broker_key, self.bundle.key)
        topics = self.picture.topics
        self.feed = Line(
            self.context, zmq.SUB, self.bundle.feed, *setup, topics
        )
        self.desk = Line(self.context, zmq.DEALER, self.bundle.field, *setup)
        self.mend_at = {}

    def look_after(self, line, name):
        if line.look():
            say("connected", line=name, count=line.connects)
            if name == "desk":
                self.on_new_connection(line.connects)
        if line.state != REFUSED:
            return
        now = time.monotonic()
        if name not in self.mend_at:
            say("refused", line=name)
            self.mend_at[name] = now + 1 + random.random()
        if now >= self.mend_at[name]:
            del self.mend_at[name]
            line.again()

    def on_new_connection(self, count):
        """The first word on it tells the broker where we are."""
        outstanding, self.asked = self.asked, {}
        self.heartbeat(time.monotonic())
        for asked in outstanding.values():
            asked.due = 0.0
        self.asked.update(outstanding)
        if not self.keys:
            self.want_keys(0)
        if self.syncing is None:
            late = 0 if count == 1 else 2 * random.random()
            self.want_sync(AFTER if self.picture.epoch else START, late)

    def drain(self):
        for _ in range(256):
            try:
                parts = self.feed.socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                break
            if len(parts) == 2:
                self.guarded(self.take_feed, parts[0].decode(), parts[1])
        for _ in range(256):
            try:
                frame = self.desk.socket.recv(zmq.DONTWAIT)
            except zmq.Again:
                break
            self.guarded(self.take_reply, frame)

    @staticmethod
    def guarded(take, *args):
        try:
            take(*args)
        except Refused as error:
            say("malformed", why=str(error))

    def run(self):
        self.load_answers()
        self.open_lines()
        say("started", node=self.bundle.id)
        while self.running:
            poller = zmq.Poller()
            for line in (self.feed, self.desk):
                poller.register(line.socket, zmq.POLLIN)
                poller.register(line.monitor, zmq.POLLIN)
            poller.poll(100)
            self.look_after(self.feed, "feed")
            self.look_after(self.desk, "desk")
            self.drain()
            self.tick(time.monotonic())
        self.feed.close()
        self.desk.close()
        self.context.term()

    def stop(self, *_):
        self.running = False
