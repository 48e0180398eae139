#!/usr/bin/python3
"""A gateway and its handhelds, all of them real processes and sockets."""

import json
import re
import socket
import sqlite3
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

import qr  # noqa: E402
from gateway import Gateway, Handheld, Refused  # noqa: E402
from home import SystemCase, binary, run_program  # noqa: E402
from processes import DIES_WITH_US, PATIENCE_S  # noqa: E402
from places import BEIJING, DONGCHENG, LUOHU, SEEN, SHENZHEN  # noqa: E402


REPORT = (
    "report", "--sex", "female", "--age", "6",
    "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-25m",
)  # fmt: skip
MANY_LOOKS = 60
MUCH = 700  # answers and what became of them


class Gateways(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = self.make_home()
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_nodes([LUOHU])
        self.home.start()
        self.gateway = Gateway(self.home, "T-VAN").enrol(SHENZHEN)

    def report(self, *more):
        return self.home.tocsin_json(*REPORT, *more, key="T-CENTRE")["alertId"]

    def shown(self, alert_id):
        """The answers that the centre is shown."""
        told = self.home.tocsin_json("show", alert_id, key="T-CENTRE")
        return told.get("answers", [])

    def wait_alert(self, device, alert_id):
        self.wait_until(
            lambda: alert_id
            in [x["alertId"] for x in device.alerts().get("alerts", [])]
        )

    def wait_fate(self, device, answer_id, state):
        seen = {}

        def look():
            seen.update(device.fate(answer_id))
            return seen["state"] == f"FATE_STATE_{state}"

        self.wait_until(look)
        return seen


class OneWay(Gateways):
    def test_who_confirms_what_was_seen_on_foot_is_told_how_to_say_where(self):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        self.wait_alert(device, alert_id)
        answer_id, _ = device.answer(alert_id, "SIGHTING", text="on the ferry")
        sighting = self.wait_fate(device, answer_id, "RECORDED")["sequence"]
        words = ("triage", alert_id, sighting, "--officer", "1", "--confirm")
        done = run_program(
            "tocsin", *words, "--key", self.home.bundle_path("T-CENTRE")
        )
        self.assertNotEqual(0, done.returncode)
        self.assertIn("--seen LAT,LON", done.stderr)
        self.assertNotIn("--seen-at", done.stderr)  # which it does not take

    def test_an_officer_on_foot_sees_an_alert_and_answers_it(self):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        self.wait_alert(device, alert_id)
        answer_id, receipt = device.answer(
            alert_id, "SIGHTING", text="by the ferry",
            place={"point": {"latitude": SEEN[0], "longitude": SEEN[1]}},
        )  # fmt: skip
        self.assertEqual("FATE_STATE_WAITING", receipt["state"])
        fate = self.wait_fate(device, answer_id, "RECORDED")
        answer = self.shown(alert_id)[0]
        self.assertEqual("T-VAN", answer["relayedBy"])
        self.assertEqual(fate["sequence"], answer["sequence"])
        self.assertEqual("Handheld T-HAND-1", answer["nodeName"])
        self.assertEqual(receipt["takenMs"], answer["takenMs"])
        self.assertLessEqual(
            int(answer["takenMs"]), int(answer["relayedMs"])
        )
        # what a handheld says covers no checkpoint
        board = self.home.tocsin_json("board", alert_id, key="T-CENTRE")
        self.assertEqual(1, board["summary"]["progress"]["nodes"])
        self.assertNotIn("sighting", board["summary"]["progress"])

    def test_fewer_descriptors_than_it_may_have_connections_are_named(self):
        for most, named in ((1403, 1), (1404, 0)):
            gateway = self.launch(
                "gateway",
                ["sh", "-c", f"ulimit -n {most}; exec \"$@\"", "sh",
                 *self.gateway.argv(), "--connections-max", "1000"],
            )  # fmt: skip
            gateway.wait_out(r"^ready gateway=")
            said = r"limits.descriptors limit=1403 wanted=1404"
            self.assertEqual(named, gateway.count_err(said), gateway.tail())
            self.assertEqual(0, gateway.stop())

    def test_the_code_that_is_drawn_is_the_code_that_is_printed(self):
        for name in ("T-HAND-1", "T-A-LONG-NAME-OF-A-HANDHELD.40-CHARS-XXX"):
            told = self.home.tocsin(
                "enrol", "device", name, "--gateway", "T-VAN",
                "--name", f"Handheld {name}",
            )  # fmt: skip
            code = re.search(r"tocsin://\S+", told)[0]
            lines = qr.drawing(told)
            self.assertEqual(code, qr.read(lines))
            self.assertEqual(code, qr.read(lines, light_terminal=True))
            self.assertIn(f"/{name}?", code)
            middle = len(lines) // 2
            hidden = ["\u2588" * len(line) for line in lines]
            hidden[:middle] = lines[:middle]
            self.assertIsNone(qr.read(hidden))

    def test_the_same_answer_again_gets_the_same_receipt(self):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        answer_id, signed = device.sign_answer(alert_id, "NEGATIVE")
        first = device.give(signed)
        for _ in range(5):
            again = device.give(signed)
            self.assertEqual(first["takenMs"], again["takenMs"])
        self.wait_fate(device, answer_id, "RECORDED")
        self.assertEqual("FATE_STATE_RECORDED", device.give(signed)["state"])
        self.assertEqual(1, len(self.shown(alert_id)))
        device.known(answer_id)
        with self.assertRaises(Refused) as told:
            device.fate(answer_id)
        self.assertEqual(404, told.exception.code)

    def test_what_is_not_the_handhelds_own_word_is_refused(self):
        self.gateway.start()
        one = self.gateway.handheld("T-HAND-1")
        two = self.gateway.handheld("T-HAND-2")
        alert_id = self.report()
        self.wait_alert(one, alert_id)
        name, two.name = two.name, one.name
        _, forged = two.sign_answer(alert_id, "SIGHTING")
        two.name = name
        for wrong, code in (
            (forged, 403),
            ({**one.sign_answer(alert_id, "READ")[1], "signature": ""}, 403),
            ({"content": "AAAA", "signature": ""}, 400),
            ({"content": 7}, 400),
            ({"sighted": True}, 400),
            (one.sign_answer(alert_id, "HELD")[1], 400),
            (one.sign_answer(alert_id, "READ", revision=0)[1], 400),
        ):
            with self.assertRaises(Refused) as told:
                one.give(wrong)
            self.assertEqual(code, told.exception.code, told.exception)
        answer_id, _ = one.answer("01ARZ3NDEKTSV4RRFFQ69G5FAV", "READ")
        fate = self.wait_fate(one, answer_id, "REFUSED")
        self.assertEqual("STATUS_NOT_FOUND", fate["status"])
        self.assertEqual([], self.shown(alert_id))

    def test_a_code_that_went_astray_is_seen_and_ended(self):
        self.gateway.start()
        lost = Handheld(self.gateway.invite("T-LOST"))
        self.addCleanup(lost.close)
        self.gateway.handheld("T-HAND-2")
        self.gateway.invite("T-HAND-2", "--rekey")
        waiting = self.home.tocsin_json("invitations")["invitations"]
        self.assertEqual(
            [("T-HAND-2", True), ("T-LOST", False)],
            [(one["device"], one.get("rekey", False)) for one in waiting],
        )
        self.assertIn("another key", self.home.tocsin("invitations"))
        for name in ("T-LOST", "T-HAND-2"):
            self.home.tocsin("revoke", name, "--reason", "astray")
        self.assertEqual({}, self.home.tocsin_json("invitations"))
        with self.assertRaises(Refused) as told:
            lost.enrol()
        self.assertEqual(403, told.exception.code)
        self.home.tocsin("revoke", "T-LOST", "--reason", "again", code=1)
        anew = self.gateway.handheld("T-LOST")
        self.assertEqual("T-LOST", anew.code.device)
        self.gateway.process.wait_err(r"device\.revoked device=T-HAND-2")
        self.home.broker.wait_err(r"device\.uninvited id=T-LOST gateway=T-VAN")

    def test_a_code_is_good_once_and_only_with_its_secret(self):
        self.gateway.start()
        printed = self.home.tocsin(
            "enrol", "device", "T-HAND-1", "--gateway", "T-VAN",
            "--name", "Replaced by the next",
        )  # fmt: skip
        self.assertRegex(printed, "[\u2580\u2584\u2588]{20}")
        old = Handheld(re.search(r"^tocsin://\S+$", printed, re.M)[0])
        self.addCleanup(old.close)
        device = Handheld(self.gateway.invite("T-HAND-1"))
        with self.assertRaises(Refused) as told:
            old.enrol()
        self.assertEqual(403, told.exception.code)
        self.addCleanup(device.close)
        with self.assertRaises(Refused) as told:
            device.json("POST", "/v1/enrolment", device.claim(bytes(20)))
        self.assertEqual(403, told.exception.code)
        self.assertEqual("STATUS_RECORDED", device.enrol()["status"])
        self.assertEqual("STATUS_DUPLICATE", device.enrol()["status"])
        thief = Handheld(device.code, device.schemas)
        self.addCleanup(thief.close)
        with self.assertRaises(Refused) as told:
            thief.enrol()
        self.assertEqual(403, told.exception.code)

    def test_systemd_is_told_and_an_operator_sees_how_it_stands(self):
        path = self.home.folder / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.bind(str(path))
            told.settimeout(60)
            self.gateway.start(env={"NOTIFY_SOCKET": str(path)})
            self.assertEqual(b"READY=1", told.recv(100))
            device = self.gateway.handheld("T-HAND-1")
            alert_id = self.report()
            answer_id, _ = device.answer(alert_id, "NEGATIVE")
            self.wait_fate(device, answer_id, "RECORDED")
            self.wait_until(lambda: self.gateway.status()["complete"])
            status = self.gateway.status()
            self.assertTrue(status["running"] and status["connected"])
            self.assertEqual((0, 1), (status["waiting"], status["recorded"]))
            self.assertIn("same as the centre's", self.gateway.run("status"))
            self.assertRegex(
                self.gateway.run("spool"), r"recorded +T-HAND-1 +negative"
            )
            self.assertIn("usage", self.gateway.run("--help"))
            self.gateway.process.stop()
            self.assertEqual(b"STOPPING=1", told.recv(100))

    def many_answers(self, doublings):
        """Of the one that is there; gives the spool's file."""
        path = self.home.store_path("T-VAN") / "spool.db"
        with sqlite3.connect(path) as db:
            columns = [row[1] for row in db.execute("PRAGMA table_info(answers)")]
            taken = {"row": "NULL", "answer_id": "randomblob(16)"}
            copied = ",".join(taken.get(x, x) for x in columns)
            for _ in range(doublings):
                db.execute(f"INSERT INTO answers SELECT {copied} FROM answers")
        db.close()
        return path

    def damage_answers(self):
        """The last page of their table is lost."""
        path = self.many_answers(8)
        db = sqlite3.connect(path)
        last, size = db.execute(
            "SELECT max(pageno), max(pgsize) FROM dbstat WHERE name = 'answers'"
            " AND pagetype = 'leaf'"
        ).fetchone()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        with open(path, "r+b") as file:
            file.seek((last - 1) * size)
            file.write(bytes(size))

    def spool_one(self):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        self.wait_alert(device, alert_id)
        device.answer(alert_id, "READ")
        self.gateway.process.stop()

    def test_who_reads_the_spool_slowly_keeps_no_log_from_beginning_anew(self):
        """What was purged is gone from the log too, whoever sits in a pager."""
        self.spool_one()
        path = self.many_answers(9)
        reader = subprocess.Popen(
            [*DIES_WITH_US, binary("tocsin-gateway"), "spool", "--json",
             "--bundle", self.home.bundle_path("T-VAN"),
             "--store", path.parent],
            stdout=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)
        begun = reader.stdout.read(1)
        self.many_answers(1)
        db = sqlite3.connect(path, timeout=10)
        busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        db.close()
        self.assertEqual(0, busy, "the reader holds the log")
        out, _ = reader.communicate(timeout=PATIENCE_S)
        rows = [json.loads(x)["row"] for x in (begun + out).splitlines()]
        self.assertGreaterEqual(len(rows), 512)
        self.assertEqual(sorted(set(rows)), rows)

    def test_a_spool_that_cannot_be_read_to_its_end_is_not_told_as_all(self):
        self.spool_one()
        self.damage_answers()
        for more in ((), ("--json",)):
            self.gateway.run("spool", *more, code=1)
        self.gateway.start()
        self.gateway.process.wait_err("error spool.damaged aside=.*answers=[1-9]")

    def test_alerts_that_cannot_be_read_fill_no_log(self):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        self.wait_alert(device, alert_id)
        self.rename_alerts("alerts", "elsewhere")
        began = time.monotonic()
        for _ in range(MANY_LOOKS):
            with self.assertRaises(Refused) as told:
                device.alerts("?ended=true")
            self.assertEqual(503, told.exception.code)
        lines = 1 + int(time.monotonic() - began)
        said = r"error store\.unreadable reason="
        self.gateway.process.wait_err(said)
        self.assertLessEqual(self.gateway.process.count_err(said), lines)
        self.rename_alerts("elsewhere", "alerts")
        self.wait_alert(device, alert_id)

    def rename_alerts(self, before, after):
        path = self.home.store_path("T-VAN") / "store.db"
        db = sqlite3.connect(path, timeout=10)
        db.execute(f"ALTER TABLE {before} RENAME TO {after}")
        db.commit()
        db.close()

    def test_events_come_and_go_on_where_they_broke_off(self):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        events = device.listen()
        self.assertEqual("standing", events.next()[0])
        alert_id = self.report()
        events.wait("alert", lambda d: d["alert"]["alertId"] == alert_id)
        answer_id, _ = device.answer(alert_id, "READ")
        events.wait("answer")
        events.close()
        second = self.report()
        self.wait_alert(device, second)
        again = device.listen(events.last_id)
        told = again.wait("alert")
        self.assertEqual(second, told["alert"]["alertId"])
        again.close()
        strange = device.listen("0123456789abcdef-7")
        self.assertEqual("reset", strange.next()[0])
        strange.close()

    def test_who_has_missed_much_asks_anew_and_is_not_cut_off(self):
        self.gateway.start("--device-rate", "1000")
        device = self.gateway.handheld("T-HAND-1")
        events = device.listen()
        self.assertEqual("standing", events.next()[0])
        events.close()
        for _ in range(MUCH):
            device.answer("01ARZ3NDEKTSV4RRFFQ69G5FAV", "READ")
        self.wait_until(lambda: self.gateway.status()["waiting"] == 0)
        again = device.listen(events.last_id)
        self.assertEqual("reset", again.next()[0])
        alert_id = self.report()
        again.wait("alert", lambda d: d["alert"]["alertId"] == alert_id)
        again.close()


class Away(Gateways):
    def test_answers_wait_for_the_line_and_keep_their_order(self):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        self.wait_alert(device, alert_id)
        self.home.stop()
        given = []
        for number in range(30):
            rung = ("NEGATIVE", "SIGHTING", "READ")[number % 3]
            answer_id, receipt = device.answer(
                alert_id, rung, text=f"number {number}"
            )
            self.assertEqual("FATE_STATE_WAITING", receipt["state"])
            given.append(answer_id)
            if number in (9, 19):
                self.gateway.process.kill()
                self.gateway.start()
        self.assertEqual(30, self.gateway.status()["waiting"])
        self.home.start()
        for answer_id in given:
            self.wait_fate(device, answer_id, "RECORDED")
        self.check_journal({device.name: given})

    def check_journal(self, given):
        """Each answer once, of each handheld in order, by the gateway."""
        self.home.stop()
        self.home.verify()
        facts = [x for x in self.home.export() if x.kind == "answered"]
        recorded = {fact.answer_id: fact for fact in facts if fact.answer_id}
        self.assertEqual(
            len(recorded), sum(1 for fact in facts if fact.answer_id)
        )
        for ids in given.values():
            mine = [recorded[answer_id] for answer_id in ids]
            self.assertEqual({"T-VAN"}, {fact.relayed_by for fact in mine})
            self.assertEqual(1, len({fact.node for fact in mine}))
            order = [int(fact.sequence) for fact in mine]
            self.assertEqual(sorted(order), order)

    def test_a_stolen_handheld_is_refused_and_its_answers_are_marked(self):
        self.gateway.start()
        good = self.gateway.handheld("T-HAND-1")
        stolen = self.gateway.handheld("T-HAND-2")
        alert_id = self.report()
        self.wait_alert(good, alert_id)
        listening = stolen.listen()
        listening.next()
        self.home.tocsin("revoke", "T-HAND-2", "--reason", "stolen")
        self.gateway.process.wait_err(r"device\.revoked device=T-HAND-2")
        self.assertIsNone(listening.next())
        listening.close()
        for ask in (
            lambda: stolen.answer(alert_id, "SIGHTING"),
            stolen.alerts,
            stolen.login,
        ):
            with self.assertRaises(Refused) as told:
                ask()
            self.assertEqual(403, told.exception.code)
        answer_id, _ = good.answer(alert_id, "SIGHTING")
        self.wait_fate(good, answer_id, "RECORDED")

    def test_who_took_a_handheld_hears_nothing_once_another_has_its_name(self):
        self.gateway.start()
        stolen = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        self.wait_alert(stolen, alert_id)
        listening = stolen.listen()
        fresh = self.gateway.handheld("T-HAND-1", "--rekey")
        events = fresh.listen()
        fresh.answer(alert_id, "SIGHTING", text="by gate 4")
        events.wait("answer")
        while (event := listening.next()) is not None:
            self.assertNotEqual("answer", event[0])
        with self.assertRaises(Refused) as told:
            stolen.alerts()
        self.assertEqual(401, told.exception.code)
        events.close()
        listening.close()

    def test_what_a_stolen_handheld_left_waiting_is_marked(self):
        self.gateway.start()
        stolen = self.gateway.handheld("T-HAND-2")
        alert_id = self.report()
        self.wait_alert(stolen, alert_id)
        self.gateway.process.kill()
        self.home.tocsin("revoke", "T-HAND-2", "--reason", "stolen")
        self.home.stop()
        self.gateway.start()
        for _ in range(3):
            stolen.answer(alert_id, "SIGHTING")
        self.home.start()
        self.gateway.process.wait_err(r"device\.revoked device=T-HAND-2")
        self.wait_until(
            lambda: {x["state"] for x in self.gateway.spool()}
            <= {"revoked", "refused"}
        )
        self.assertEqual(3, len(self.gateway.spool()))
        self.assertEqual([], self.shown(alert_id))

    def wait_recorded(self, count):
        self.wait_until(
            lambda: ["recorded"] * count
            == [x["state"] for x in self.gateway.spool()]
        )

    def test_a_stolen_gateway_gets_a_new_key_and_loses_nothing_that_waits(self):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        self.wait_alert(device, alert_id)
        self.home.tocsin("revoke", "T-VAN", "--reason", "stolen")
        given = [device.answer(alert_id, "SIGHTING")[0] for _ in range(3)]
        self.wait_until(
            lambda: "revoked or replaced" in self.gateway.run("status")
        )
        self.assertEqual(3, self.gateway.status()["waiting"])
        self.gateway.process.kill()
        self.gateway.enrol(SHENZHEN, "--rekey")
        bundle = self.home.bundle_path("T-VAN")
        former = bundle.with_name("elsewhere.json")
        bundle.with_name("T-VAN.json.old").rename(former)
        refused = run_program(*self.gateway.argv())
        self.assertEqual(1, refused.returncode)
        self.assertIn("sealed with another key", refused.stderr)
        self.gateway.start("--former-bundle", former)
        self.wait_recorded(3)
        self.gateway.process.kill()
        self.gateway.more = ()
        self.gateway.start()  # the former key is of no use any more
        self.check_journal({device.name: given})

    def test_a_changed_key_keeps_what_waits_and_with_its_certificate_all(self):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        self.wait_alert(device, alert_id)
        self.home.stop()
        answer_id, _ = device.answer(alert_id, "SIGHTING")
        self.home.start()
        self.gateway.process.kill()
        certificate = self.home.bundle_path("T-VAN").with_suffix(".tls.crt")
        self.gateway.enrol(SHENZHEN, "--rekey", "--certificate", certificate)
        self.gateway.start()
        device.login()
        self.wait_fate(device, answer_id, "RECORDED")

    def test_a_stranger_without_a_line_answers_by_the_brokers_word(self):
        other = Gateway(self.home, "T-FERRY", 9443).enrol(SHENZHEN)
        self.gateway.start()
        other.start()
        device = self.gateway.handheld("T-HAND-1")
        guide = Handheld(other.invite("T-GUIDE"), device.schemas)
        self.addCleanup(guide.close)
        alert_id = self.report()
        self.wait_alert(device, alert_id)
        proof = device.proof()
        self.gateway.process.stop()
        self.home.stop()
        device.move(guide.code)
        answer_id, signed = device.sign_answer(alert_id, "SIGHTING")
        for work, code in (
            (lambda: device.give(signed), 503),
            (lambda: device.introduce({**proof, "content": "AAAA"}), 403),
        ):
            with self.assertRaises(Refused) as told:
                work()
            self.assertEqual(code, told.exception.code)
        device.introduce(proof)
        self.assertEqual("FATE_STATE_WAITING", device.give(signed)["state"])
        with self.assertRaises(Refused) as told:
            device.login()
        self.assertEqual(503, told.exception.code)
        other.process.kill()
        other.start()
        with self.assertRaises(Refused) as told:
            device.login()  # nor after a start
        self.assertEqual(503, told.exception.code)
        self.home.start()
        self.wait_until(lambda: len(self.shown(alert_id)) == 1)
        self.assertEqual("T-FERRY", self.shown(alert_id)[0]["relayedBy"])

        def admitted():
            try:
                return device.login()
            except Refused:
                return None

        self.wait_until(admitted)
        self.wait_fate(device, answer_id, "RECORDED")

    def test_a_handheld_that_moves_keeps_its_answers(self):
        other = Gateway(self.home, "T-FERRY", 9443).enrol(SHENZHEN)
        self.gateway.start()
        other.start()
        device = self.gateway.handheld("T-HAND-1")
        guide = Handheld(other.invite("T-GUIDE"), device.schemas)
        self.addCleanup(guide.close)
        alert_id = self.report()
        self.wait_alert(device, alert_id)
        device.move(guide.code)
        device.code.gateway = "T-FERRY"
        self.wait_until(lambda: self.comes_in(device))
        answer_id, _ = device.answer(alert_id, "SIGHTING")
        self.wait_fate(device, answer_id, "RECORDED")
        self.assertEqual("T-FERRY", self.shown(alert_id)[0]["relayedBy"])

    def test_what_was_seen_where_the_alert_never_went_reaches_the_centre(self):
        self.home.enrol_nodes([DONGCHENG])  # else the alert goes everywhere
        far = Gateway(self.home, "T-FERRY", 9443).enrol(BEIJING)
        self.gateway.start()
        far.start()
        device = self.gateway.handheld("T-HAND-1")
        guide = Handheld(far.invite("T-GUIDE"), device.schemas)
        self.addCleanup(guide.close)
        alert_id = self.report()
        self.wait_alert(device, alert_id)
        near, _ = device.answer(alert_id, "SIGHTING")
        self.wait_fate(device, near, "RECORDED")
        device.move(guide.code)
        device.code.gateway = "T-FERRY"
        self.wait_until(lambda: self.comes_in(device))
        self.assertEqual([], device.alerts().get("alerts", []))
        answer_id, _ = device.answer(alert_id, "SIGHTING")
        self.wait_fate(device, answer_id, "RECORDED")
        told = self.home.tocsin_json("sightings", alert_id, key="T-CENTRE")
        self.assertEqual(
            [("T-FERRY", True), ("T-VAN", False)],
            [(x["relayedBy"], x.get("outside", False))
             for x in told["sightings"]],
        )  # fmt: skip
        self.assertIn("came from outside of where the alert went",
                      self.home.tocsin("sightings", alert_id,
                                       key="T-CENTRE"))  # fmt: skip

    def comes_in(self, device):
        try:
            device.login()
        except Refused as told:
            self.assertEqual(503, told.code)
            return False
        return True


FOUND = "01ARZ3NDEKTSV4RRFFQ69G5FA"  # and one letter more
WORDS = "a scar on the left hand, and speaks Hakka"


class FoundChildren(Gateways):
    """A child of unknown origin, registered by an officer on foot."""

    def refused(self, work, code):
        with self.assertRaises(Refused) as told:
            work()
        self.assertEqual(code, told.exception.code, told.exception)

    def wait_registered(self, device, found_id, state):
        self.wait_until(
            lambda: device.registered(found_id)["state"]
            == f"FATE_STATE_{state}"
        )
        return device.registered(found_id)

    def registrations(self):
        return [f for f in self.home.export() if f.kind == "foundRegistered"]

    def test_registered_without_a_line_and_across_a_kill_it_is_there_once(
        self,
    ):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        events = device.listen()
        events.next()
        alert_id = self.report()
        self.wait_alert(device, alert_id)
        self.home.stop()
        answer_id, _ = device.answer(alert_id, "READ")
        one, two = FOUND + "1", FOUND + "2"
        receipt = device.register(one, text=WORDS)
        self.assertEqual("FATE_STATE_WAITING", receipt["state"])
        device.register(one, revision=2, text=WORDS + ", slowly")
        device.register(two)
        events.close()
        self.gateway.process.kill()
        store = self.home.store_path("T-VAN")
        for path in store.glob("spool.db*"):
            self.assertNotIn(WORDS.encode(), path.read_bytes())
        self.assertEqual(
            ["read", "found", "found", "found"],
            [line["rung"] for line in self.gateway.spool()],
        )
        self.gateway.start()
        self.home.start()
        device.login()
        fate = self.wait_registered(device, two, "RECORDED")
        self.assertEqual(
            2, self.wait_registered(device, one, "RECORDED")["revision"]
        )
        again = device.sign_found(two)
        self.refused(lambda: device.json("POST", "/v1/found", again), 409)
        told = device.json("GET", "/v1/found", token=True)["fates"]
        self.assertEqual(
            [(one, 1), (one, 2), (two, 1)],
            [(x["foundId"], x["revision"]) for x in told],
        )
        device.json("DELETE", f"/v1/found/{one}", token=True)
        self.refused(lambda: device.registered(one), 404)
        self.home.stop()
        self.home.verify()
        sequences = [fact.sequence for fact in self.registrations()]
        self.assertEqual(3, len(sequences))
        self.assertEqual(int(fate["sequence"]), sequences[-1])
        self.assertLess(
            next(f.sequence for f in self.home.export()
                 if f.answer_id == answer_id),
            sequences[0],
        )  # fmt: skip

    def test_its_fate_is_pushed_and_what_is_refused_keeps_its_reason(self):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        events = device.listen()
        events.next()
        device.register(FOUND + "3")
        fate = events.wait("found")["found"]
        self.assertEqual("FATE_STATE_RECORDED", fate["state"])
        device.register(FOUND + "3", revision=5)
        fate = events.wait("found")["found"]
        self.assertEqual("FATE_STATE_REFUSED", fate["state"])
        self.assertEqual("found.revision", fate["field"])
        events.close()
        self.assertIn(
            "next one", device.registered(FOUND + "3")["reason"]
        )
        other = self.gateway.handheld("T-HAND-2")
        other.name, name = device.name, other.name
        forged = other.sign_found(FOUND + "4")
        other.name = name
        self.refused(lambda: other.json("POST", "/v1/found", forged), 403)
        odd = device.sign_found(FOUND + "4", keeper={"name": "nobody"})
        self.refused(lambda: device.json("POST", "/v1/found", odd), 400)

    def test_a_stolen_handhelds_registration_is_marked_and_does_not_go(self):
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        self.home.stop()
        for letter in "567":
            device.register(FOUND + letter)
        self.gateway.process.stop()
        self.home.start()
        self.home.tocsin("revoke", "T-HAND-1", "--reason", "stolen")
        self.gateway.start()
        self.gateway.process.wait_err(r"device\.revoked")
        # one was on its way when that was heard, and the centre refused it
        self.wait_until(
            lambda: {x["state"] for x in self.gateway.spool()}
            <= {"revoked", "refused"}
        )
        states = [x["state"] for x in self.gateway.spool()]
        self.assertEqual(["revoked", "revoked"], states[1:])
        self.home.stop()
        self.assertEqual([], self.registrations())


if __name__ == "__main__":
    unittest.main(verbosity=2)
