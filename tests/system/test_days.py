#!/usr/bin/python3
"""Days of ordinary life with the real programs, in fast motion: cases come and
go, officers answer and photograph, programs are killed, the home is backed up
and archived. Nothing is lost or double, nothing is left over, nobody grows."""

import base64
import json
import os
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from clock import FastTime  # noqa: E402
from gateway import Gateway, Refused  # noqa: E402
from home import SystemCase, run_program  # noqa: E402
from places import IN_SHENZHEN, SHENZHEN  # noqa: E402
from processes import SHADOW  # noqa: E402

FAST = 150
DAYS = float(os.environ.get("TOCSIN_DAYS", "0.06"))
HOUR_S = 3600
DAY_S = 24 * HOUR_S
SHOT_MAX = 200000  # bytes
GROWTH_KIB = 16 * 1024 * SHADOW
GROWTH_FDS = 12
LOG_MAX = 96 << 20  # bytes of the journal's log: what it keeps, and a half


class Days(SystemCase):
    def setUp(self):
        super().setUp()
        self.time = FastTime(FAST)
        env = self.time.env()
        env["ASAN_OPTIONS"] += ":quarantine_size_mb=4"
        for patch in (
            mock.patch.dict(os.environ, env),
            mock.patch("handheld.now_ms", lambda: int(self.time.now() * 1e3)),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        self.home = home = self.make_home()
        home.configure("beacon_ms", 30000)
        home.configure("keep_ended_days", 1)
        home.configure("snapshot_facts", 2000)
        home.start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("supervisor", "T-SUP", SHENZHEN)
        home.enrol(
            "officer", "T-LEAD", SHENZHEN, "--rank", "county", "--unit", "Test"
        )
        home.enrol_nodes(IN_SHENZHEN)
        self.terminals = {
            name: home.start_terminal(name) for name, *_ in IN_SHENZHEN
        }
        self.gateway = Gateway(home, "T-VAN").enrol(SHENZHEN)
        self.gateway.start("--request-s", "3600")
        self.crew = [self.gateway.handheld(f"T-H{i}") for i in range(3)]
        self.searched, self.sealed = [], set()
        self.said = {}  # answer_id: alert_id
        self.pictured = set()  # answer_ids
        self.counts = {}

    def count(self, what, code=0):
        key = what if code == 0 else f"{what}, refused {code}"
        self.counts[key] = self.counts.get(key, 0) + 1

    # ---- what people do ----

    def order(self, who, *words):
        """It may be refused: the case has gone on meanwhile."""
        done = run_program(
            "tocsin", *words, "--json", "--timeout", "6000",
            "--key", self.home.bundle_path(who),
        )  # fmt: skip
        self.assertIn(done.returncode, (0, 1), f"{words}: {done.stderr}")
        self.count(words[0], done.returncode)
        return done

    def report(self):
        done = self.order(
            "T-CENTRE", "report", "--sex", "female",
            "--age", self.chance.randint(2, 13),
            "--seen", "22.532,114.113", "--seen-time=-5m",
            "--action", "Stop and call.",
            "--expires", f"{self.chance.randint(2, 30)}h",
        )  # fmt: skip
        self.searched.append(json.loads(done.stdout)["alertId"])

    def end_case(self):
        alert = self.searched.pop(0)
        self.order("T-CENTRE", "lead", alert, "--offer", "T-LEAD")
        self.order("T-LEAD", "lead", alert, "--accept")
        self.order("T-CENTRE", "withdraw", alert, "--reason", "found")
        self.order("T-LEAD", "solve", alert, "--outcome", "returned",
                   "--receiver", "the mother")  # fmt: skip
        # for want of a lead: what nobody lifts stays in the book for good
        self.order("T-SUP", "lift", "case", alert, "--reason", "over",
                   "--officer", "7")  # fmt: skip
        if self.chance.random() < 0.3:
            self.sealed.add(alert)
            self.order("T-SUP", "seal", alert, "--reason", "over", "--yes")

    def photograph(self):
        size = self.chance.randint(2000, SHOT_MAX)
        return b"\xff\xd8\xff\xe0" + self.chance.randbytes(size - 4)

    def checkpoint_says(self):
        name = self.chance.choice(sorted(self.terminals))
        alerts = sorted(self.home.on_terminal(name))
        if not alerts:
            return
        alert = self.chance.choice(alerts)
        verb = self.chance.choice(("read", "negative", "sighting", "sighting"))
        words = [verb, alert, "--officer", "7"]
        shot = verb == "sighting" and self.chance.random() < 0.6
        if verb == "negative":
            words += ["--what", "the hall", "--from=-20m"]
        if shot:
            path = Path(self.folder) / "shot.jpg"
            path.write_bytes(self.photograph())
            words += ["--picture", path]
        told = self.home.terminal_json(name, *words)
        self.keep(bytes.fromhex(told["answerId"]), alert, shot)

    def handheld_says(self):
        device = self.chance.choice(self.crew)
        alerts = self.in_session(device, device.alerts).get("alerts", [])
        if not alerts:
            return
        alert = self.chance.choice(alerts)["alertId"]
        rung = self.chance.choice(("READ", "NEGATIVE", "SIGHTING"))
        shot = rung == "SIGHTING" and self.photograph()
        if shot:
            answer_id, _ = device.sight(alert, shot)
            self.in_session(device, device.put_picture, answer_id, shot)
        else:
            answer_id, _ = device.answer(alert, rung)
        self.keep(answer_id, alert, bool(shot))
        for fate in self.in_session(device, device.fates):
            waits = fate.get("picture") in (
                "PICTURE_STATE_EXPECTED", "PICTURE_STATE_WAITING",
            )  # fmt: skip
            if fate["state"] == "FATE_STATE_RECORDED" and not waits:
                device.known(base64.b64decode(fate["answerId"]))

    def in_session(self, device, ask, *args):
        """A day may be over, or the gateway have begun anew."""
        try:
            return ask(*args)
        except Refused as told:
            self.assertEqual(401, told.code)
            device.login()
            return ask(*args)

    def keep(self, answer_id, alert, shot):
        self.said[answer_id] = alert
        if shot:
            self.pictured.add(answer_id)
        self.count("answers")

    # ---- what happens to programs ----

    def hurt(self):
        what = self.chance.random()
        if what < 0.05:
            self.home.kill()
            self.home.start()
            self.count("brokers killed")
        elif what < 0.15:
            name = self.chance.choice(sorted(self.terminals))
            self.terminals[name].kill()
            self.terminals[name] = self.home.start_terminal(name)
            self.terminals[name].wait_out(r"^ready|^offline")
            self.count("terminals killed")
        elif what < 0.2:
            self.gateway.process.kill()
            self.gateway.start()
            self.count("gateways killed")

    def keep_house(self):
        for words in (
            ("backup", self.home.path, self.home.folder / "backup"),
            ("journal", "archive", self.home.path, "--keep-days", "1"),
        ):
            done = run_program("tocsin", *words)
            self.assertEqual(0, done.returncode, done.stderr)
            self.count(words[0])

    def sizes(self):
        """KiB and descriptors of each program."""
        programs = {"broker": self.home.broker, "gateway": self.gateway.process}
        told = {}
        for name, process in (programs | self.terminals).items():
            proc = Path(f"/proc/{process.pid}")
            status = (proc / "status").read_text()
            kib = int(status.split("VmRSS:")[1].split()[0])
            told[name] = kib, len(list((proc / "fd").iterdir()))
        return told

    # ---- the test ----

    def live(self, seconds):
        """So long, and until the house has been kept."""
        until = self.time.passed() + seconds
        while self.time.passed() < until:
            if self.chance.random() < 0.5:
                self.report()
            for _ in range(self.chance.randint(1, 4)):
                self.checkpoint_says()
                self.handheld_says()
            if len(self.searched) > self.chance.randint(2, 20):
                self.end_case()
            self.hurt()
        self.keep_house()

    def waits(self):
        """What is still under way from nodes to the centre."""
        status = self.gateway.status()
        waiting = status["waiting"] + status["pictures"]
        for name in self.terminals:
            status = self.home.terminal_json(name, "status")
            waiting += status["waiting"] + status["pictures"]
        return waiting

    def test_days(self):
        seen = []
        for _ in range(4):
            self.live(DAYS * DAY_S / 4)
            self.wait_until(lambda: self.waits() == 0)
            seen.append(self.sizes())
            print(f"{self.time.passed() / HOUR_S:.0f} h: {seen[-1]}")
        print(f"{DAYS} days in {FAST}-fold motion: {self.counts}")
        for name, (kib, fds) in seen[-1].items():
            self.assertLess(kib, seen[0][name][0] + GROWTH_KIB, name)
            self.assertLess(fds, seen[0][name][1] + GROWTH_FDS, name)
        log = self.home.path / "journal.db-wal"
        self.assertLess(log.stat().st_size, LOG_MAX)
        self.home.stop()
        self.home.verify()
        self.check_facts(self.home.export())

    def check_facts(self, facts):
        answered = [x for x in facts if x.kind == "answered"]
        recorded = {x.answer_id: int(x.sequence) for x in answered if x.answer_id}
        people = [x for x in answered if x.answer_id in self.said]
        self.assertEqual(len(people), len({x.answer_id for x in people}))
        # of a sealed case an answer may come too late
        lost = [
            x.hex()
            for x, alert in self.said.items()
            if x not in recorded and alert not in self.sealed
        ]
        self.assertEqual([], lost)
        shown = [x.sighting for x in facts if x.kind == "sightingPictured"]
        self.assertEqual(len(shown), len(set(shown)))
        missing = [
            x.hex()
            for x in self.pictured
            if self.said[x] not in self.sealed and recorded[x] not in shown
        ]
        self.assertEqual([], missing)
        filed = {x.alert_id for x in facts if x.kind == "alertFiled"}
        print(f"{len(people)} answers, {len(shown)} photographs, "
              f"{len(filed)} cases filed, lost: 0")  # fmt: skip
        if DAYS > 3.5:
            self.assertTrue(filed)


if __name__ == "__main__":
    unittest.main(verbosity=2)
