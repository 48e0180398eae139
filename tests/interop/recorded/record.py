#!/usr/bin/python3
"""Record a home and a conversation with the programs of one version.

    TOCSIN_BUILD=TREE/build/release tests/interop/recorded/record.py TREE OUT

TREE is a checkout of that version, TOCSIN_BUILD where it is built. Its own
tests/kit, tests/interop and proto are used, so nothing here is of today's.
"""

import json
import subprocess
import sys
import tarfile
import unittest
from pathlib import Path

TREE, OUT = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
sys.path.insert(0, str(TREE / "tests/kit"))
sys.path.insert(0, str(TREE / "tests/interop"))

import zmq  # noqa: E402
from centre import circle, new_alert, text  # noqa: E402
from home import SystemCase  # noqa: E402
from places import FUTIAN, IN_SHENZHEN, LUOHU, SEEN, SHENZHEN  # noqa: E402
from tocsin_wire import (  # noqa: E402
    Desk,
    Line,
    answer_pb2,
    common_pb2,
    desk_pb2,
    now_ms,
    sign_answer,
    topics_of,
)

NODE, OTHER = LUOHU[0], FUTIAN[0]
THUMBNAIL = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
ADDRESS = "127.77.77.77"  # stands for the one of the recording


def packed(message):
    return message.SerializeToString().hex()


class Record(SystemCase):
    def test_record(self):
        self.home = home = self.make_home()
        home.configure("snapshot_facts", 10)
        home.start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("supervisor", "T-SUP", SHENZHEN)
        home.enrol("gateway", "T-GATE", SHENZHEN)
        home.enrol_nodes(IN_SHENZHEN)
        home.tocsin("revoke", "T-GATE", "--reason", "lost")
        self.centre = home.centre("T-CENTRE")
        self.live_through()
        book = self.told()
        home.stop()
        self.keep_home()
        # From here on nothing is kept of the home, only what is said.
        home.start()
        self.said = []
        self.talk()
        self.keep_said(book)
        home.stop()

    # ---- the home ----

    def live_through(self):
        """Every kind of fact and answer that this version knows."""
        target = common_pb2.Target(divisions=[SHENZHEN])
        self.first = alert = new_alert(SEEN, target)
        alert.child.name = "Invented Child"
        alert.expires_ms = alert.sent_ms + 20 * 86_400_000
        self.done(self.centre.report(alert, THUMBNAIL))
        for rung in (answer_pb2.RUNG_HELD, answer_pb2.RUNG_SHOWN):
            self.answer(OTHER, alert, rung)
        alert.revision = 2
        alert.circumstances.append(text("Seen boarding a bus."))
        self.done(self.centre.revise(alert))
        for rung in (
            answer_pb2.RUNG_HELD, answer_pb2.RUNG_SHOWN, answer_pb2.RUNG_READ,
            answer_pb2.RUNG_NEGATIVE, answer_pb2.RUNG_SIGHTING,
        ):  # fmt: skip
            self.answer(OTHER, alert, rung)
        gone = new_alert(SEEN, target)
        self.done(self.centre.report(gone))
        self.done(self.centre.withdraw(gone.alert_id, 2))
        self.gone = gone
        exercise = new_alert(SEEN, target, True)
        exercise.expires_ms = exercise.sent_ms + 20 * 86_400_000
        self.done(self.centre.report(exercise))
        short = new_alert(SEEN, common_pb2.Target(
            circles=[circle(*SEEN, 30)]))  # fmt: skip
        short.expires_ms = short.sent_ms + 1500
        self.done(self.centre.report(short))
        self.wait_until(lambda: self.state(short) == 3)

    def state(self, alert):
        return self.centre.show(alert.alert_id).alert_detail.summary.state

    def done(self, reply):
        self.assertStatus("RECORDED", reply)

    def words(self, name, alert, rung):
        answer = answer_pb2.Answer(
            answer_id=bytes([rung]) * 15 + bytes([len(name)]),
            alert_id=alert.alert_id,
            revision=alert.revision,
            node=name,
            rung=rung,
            at_ms=now_ms(),
        )
        if rung >= answer_pb2.RUNG_READ:
            answer.officer = "P-17"
            answer.text = "as told at the gate"
        if rung == answer_pb2.RUNG_NEGATIVE:
            answer.search.what = "the hall"
            answer.search.when.from_ms = answer.at_ms - 600_000
            answer.search.when.to_ms = answer.at_ms
        if rung == answer_pb2.RUNG_SIGHTING:
            answer.place.text = "platform two"
        key = self.home.bundle(name).key
        return desk_pb2.Acknowledge(answer=sign_answer(answer, key))

    def answer(self, name, alert, rung):
        with Desk(self.home.bundle(name)) as desk:
            request = desk_pb2.Request(
                acknowledge=self.words(name, alert, rung)
            )
            self.done(desk.ask(request))

    def told(self):
        """What this version says of its book."""
        details = [
            packed(self.centre.show(x.alert_id))
            for x in (self.first, self.gone)
        ]
        boards = [packed(self.centre.board(self.first.alert_id))]
        return {"shown": details, "boards": boards}

    def keep_home(self):
        conf = self.home.path / "tocsin.conf"
        words = conf.read_text(encoding="utf-8")
        conf.write_text(words.replace(self.home.host, ADDRESS))
        with tarfile.open(OUT / "home.tar.xz", "w:xz") as tar:
            tar.add(self.home.path, "home", filter=nobody)
            for name in ("T-CENTRE", NODE):
                path = self.home.bundle_path(name)
                told = path.read_text(encoding="utf-8")
                path.write_text(told.replace(self.home.host, ADDRESS))
                tar.add(path, f"bundles/{name}.json", filter=nobody)
                path.write_text(told)
        conf.write_text(words)

    # ---- the conversation ----

    def talk(self):
        bundle = self.home.bundle(NODE)
        context = zmq.Context()
        topics = topics_of(bundle.division)
        feed = Line(
            context, zmq.SUB, bundle.feed, bundle.broker_key, bundle.key,
            topics,
        )  # fmt: skip
        with Desk(bundle) as desk:
            self.exchange(desk, heartbeat=desk_pb2.Heartbeat(software="old"))
            self.exchange(desk, get_keys=desk_pb2.GetKeys())
            self.exchange(desk, sync=desk_pb2.Sync())
            for rung in (1, 2, 3, 4, 5):
                words = self.words(NODE, self.first, rung)
                again = self.exchange(desk, acknowledge=words)
            self.exchange_bytes(desk, again)
            self.exchange(
                desk, get_picture=desk_pb2.GetPicture(hash=bytes(32))
            )
            self.feed = self.listen(feed)
        feed.close()
        context.term()

    def exchange(self, desk, **body):
        request = desk_pb2.Request(
            request_id=bytes([len(self.said) + 1]) * 16, **body
        )
        self.exchange_bytes(desk, request)
        return request

    def exchange_bytes(self, desk, request):
        frame = request.SerializeToString()
        reply = desk.ask_bytes(frame, request.request_id)
        self.said.append({"request": frame.hex(), "reply": packed(reply)})

    def listen(self, feed):
        """What comes when the alert is revised and then withdrawn."""
        centre = self.home.centre("T-CENTRE")
        heard = [self.frames(feed)]
        self.first.revision = 3
        self.done(centre.revise(self.first))
        heard += self.until_notice(feed)
        self.done(centre.withdraw(self.first.alert_id, 4))
        return heard + self.until_notice(feed)

    def frames(self, feed):
        self.assertTrue(feed.socket.poll(20000))
        topic, message = feed.socket.recv_multipart()
        return {"topic": topic.decode(), "message": message.hex()}

    def until_notice(self, feed):
        heard = []
        while not heard or heard[-1]["topic"] == "b/":
            heard.append(self.frames(feed))
        return [*heard, self.frames(feed)]

    def keep_said(self, book):
        told = {
            "time_ms": now_ms(),
            "node": NODE,
            "alert": self.first.alert_id,
            "withdrawn": self.gone.alert_id,
            "book": book,
            "said": self.said,
            "feed": self.feed,
        }
        out = json.dumps(told, indent=1)
        (OUT / "conversation.json").write_text(out + "\n", encoding="utf-8")


def nobody(member):
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return None if member.name.endswith(("/lock", "-shm")) else member


def keep_protos():
    subprocess.run(
        ["protoc", f"-I{TREE / 'proto'}",
         f"--descriptor_set_out={OUT / 'protos.bin'}",
         *sorted(map(str, (TREE / "proto/tocsin/v1").glob("*.proto")))],
        check=True,
    )  # fmt: skip


if __name__ == "__main__":
    keep_protos()
    unittest.main(argv=sys.argv[:1])
