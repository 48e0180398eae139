"""People at work while a test hurts what they work with. Each remembers what
was confirmed to it, and never asks again once it was."""

import collections
import json
import secrets
import subprocess
import threading
import time

from home import PATIENCE_S, binary
from places import SEEN, SHENZHEN

from centre import Centre, new_alert, text
from tocsin_wire import (
    Bundle,
    Desk,
    Key,
    alert_pb2,
    answer_pb2,
    common_pb2,
    desk_pb2,
    now_ms,
    picture_hash,
    sign_answer,
)

CONFIRMED = (desk_pb2.STATUS_RECORDED, desk_pb2.STATUS_DUPLICATE)
LIVE_MAX = 8
PIECE = 49152
SEALING = 16 + 24 + 16  # bytes of a picture's file beyond the picture

# What was confirmed: who asked, the request's or answer's id, the sequence.
Seen = collections.namedtuple("Seen", "who id sequence")


def confirmed(who, identity, reply):
    if reply.status not in CONFIRMED:
        raise AssertionError(f"{who}: {reply}")
    return [Seen(who, identity, reply.sequence)]


class Stream(threading.Thread):
    """Works until it is told to stop, or once. Its errors are the test's."""

    def __init__(self, work, once=False):
        super().__init__(daemon=True)
        self.work = work
        self.once = once
        self.seen = []
        self.error = None
        self.over = threading.Event()
        self.confirmed = threading.Event()
        self.start()

    def run(self):
        try:
            while not self.over.is_set():
                self.seen += self.work()
                self.confirmed.set()
                if self.once:
                    return
        except Exception as error:
            self.error = error
            self.confirmed.set()

    def wait_confirmed(self):
        """For the very moment in which something is confirmed."""
        self.confirmed.clear()
        self.confirmed.wait(PATIENCE_S)
        self.check()

    def check(self):
        if self.error is not None:
            raise self.error

    def finish(self):
        self.over.set()
        self.join(3 * PATIENCE_S)
        self.check()
        if self.is_alive():
            raise AssertionError("somebody waits for ever")
        return self.seen


class Reporter:
    """Files, revises and withdraws, never more than LIVE_MAX at once; some
    with a picture."""

    def __init__(self, bundle, chance, pictures=0.0, patience=PATIENCE_S):
        self.centre = Centre(bundle)
        self.who = bundle.id
        self.chance = chance
        self.share = pictures
        self.patience = patience
        self.live = {}
        self.all_ids = []  # read by the officers' threads
        self.pictures = {}  # (alert_id, hash): content, as confirmed

    def step(self):
        time.sleep(self.chance.uniform(0, 0.05))
        if len(self.live) < LIVE_MAX and self.chance.random() < 0.6:
            reply = self.file()
        elif self.live:
            reply = self.change(self.chance.choice(sorted(self.live)))
        else:
            return []
        return confirmed(self.who, reply.request_id, reply)

    def ask(self, **body):
        return self.centre.ask(timeout=self.patience, **body)

    def file(self):
        target = common_pb2.Target(divisions=[SHENZHEN])
        alert = new_alert(SEEN, target)
        if self.chance.random() < self.share:
            alert.picture.CopyFrom(self.put_picture(alert.alert_id))
        signed = self.centre.signed(alert=alert)
        reply = self.ask(report=desk_pb2.Report(alert=signed))
        self.live[alert.alert_id] = alert
        self.all_ids.append(alert.alert_id)
        return reply

    def put_picture(self, alert_id):
        size = self.chance.randint(5_000, 120_000)
        content = b"\xff\xd8\xff" + self.chance.randbytes(size)
        picture = common_pb2.Picture(
            hash=picture_hash(content),
            media_type="image/jpeg",
            size=len(content),
        )
        have = 0
        while have < len(content):
            piece = desk_pb2.PutPicture(
                alert_id=alert_id,
                picture=picture,
                offset=have,
                data=content[have : have + PIECE],
            )
            reply = self.ask(put_picture=piece)
            if reply.status != desk_pb2.STATUS_OK:
                raise AssertionError(reply)
            have = reply.picture_receipt.have
        self.pictures[alert_id, picture.hash] = content
        return picture

    def change(self, alert_id):
        alert = self.live[alert_id]
        if self.chance.random() < 0.5:
            alert.revision += 1
            alert.sent_ms = now_ms()
            del alert.circumstances[:]
            alert.circumstances.append(text(f"News {alert.revision}."))
            signed = self.centre.signed(alert=alert)
            return self.ask(revise=desk_pb2.Revise(alert=signed))
        del self.live[alert_id]
        withdrawal = alert_pb2.Withdrawal(
            alert_id=alert_id,
            revision=alert.revision + 1,
            sent_ms=now_ms(),
            reason=1,
        )
        signed = self.centre.signed(withdrawal=withdrawal)
        return self.ask(withdraw=desk_pb2.Withdraw(alert=signed))


class Officer:
    """Answers SIGHTING over a desk of its own, signed."""

    def __init__(self, bundle, chance, alert_ids, patience=PATIENCE_S):
        self.bundle = bundle
        self.desk = Desk(bundle)
        self.chance = chance
        self.alert_ids = alert_ids
        self.patience = patience

    def step(self):
        time.sleep(self.chance.uniform(0, 0.03))
        known = list(self.alert_ids)
        if not known:
            return []
        answer = answer_pb2.Answer(
            answer_id=secrets.token_bytes(16),
            node=self.bundle.id,
            alert_id=self.chance.choice(known),
            revision=1,
            rung=answer_pb2.RUNG_SIGHTING,
            at_ms=now_ms(),
            officer="P-17",
        )
        signed = sign_answer(answer, self.bundle.key)
        request = desk_pb2.Request()
        request.acknowledge.answer.CopyFrom(signed)
        reply = self.desk.ask(request, self.patience)
        return confirmed(self.bundle.id, answer.answer_id, reply)


class Enroller:
    """The administrator: one supervisor after the other."""

    def __init__(self, home, chance):
        self.desk = Desk(Bundle(home.path / "administrator.json"))
        self.chance = chance
        self.count = 0

    def step(self):
        time.sleep(self.chance.uniform(0, 0.2))
        self.count += 1
        request = desk_pb2.Request()
        principal = request.enrol.principal
        principal.id = f"T-SUPER-{self.count}"
        principal.name = f"Test {self.count}"
        principal.role = common_pb2.ROLE_SUPERVISOR
        principal.division = SHENZHEN
        principal.public_key = Key().public
        reply = self.desk.ask(request, PATIENCE_S)
        return confirmed("administrator", request.request_id, reply)


class Duty:
    """The officer at a checkpoint: `tocsin-terminal sighting` on the daemon's
    store. What it has said is kept when the program ends with 0."""

    def __init__(self, home, node, chance, env=None):
        self.home, self.node, self.chance = home, node, chance
        self.env = env
        self.accepted = []  # answer ids
        self.refused = []  # what the officer was told instead
        self.lock = threading.Lock()
        self.popen = None

    def step(self):
        time.sleep(self.chance.uniform(0, 0.1))
        with self.lock:
            known = sorted(self.known())
            if known:
                self.say(self.chance.choice(known))
        return []

    def known(self):
        raise NotImplementedError

    def say(self, alert_id):
        self.popen = subprocess.Popen(
            [
                binary("tocsin-terminal"), "sighting", alert_id,
                "--officer", "P-1", "--json",
                "--bundle", self.home.bundle_path(self.node),
                "--store", self.home.store_path(self.node),
            ],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=self.env,
        )  # fmt: skip
        out, err = self.popen.communicate(timeout=PATIENCE_S)
        if self.popen.returncode == 0:
            answer = bytes.fromhex(json.loads(out)["answerId"])
            self.accepted.append(answer)
        else:
            self.refused.append((self.popen.returncode, err))


def check_once(case, facts, seen, identity):
    """Each confirmed one is there, once, under its sequence."""
    found = collections.defaultdict(list)
    for fact in facts:
        found[identity(fact)].append(fact.sequence)
    for item in seen:
        case.assertEqual([item.sequence], found[item.id], item)


def check_pictures(case, home, pictures):
    """Each confirmed picture is there, whole."""
    for (alert_id, digest), content in pictures.items():
        path = home.path / "pictures" / f"{alert_id}-{digest.hex()}"
        case.assertTrue(path.exists(), f"lost: {path.name}")
        case.assertEqual(len(content) + SEALING, path.stat().st_size)


def fetch_picture(centre, alert_id, digest):
    """The picture as the broker gives it; None: it does not."""
    content = b""
    while True:
        get = desk_pb2.GetPicture(
            alert_id=alert_id, hash=digest, offset=len(content)
        )
        reply = centre.ask(get_picture=get)
        if reply.status != desk_pb2.STATUS_OK:
            return None
        content += reply.picture_chunk.data
        if len(content) == reply.picture_chunk.size:
            return content
