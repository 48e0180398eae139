#!/usr/bin/python3
"""The photograph of a sighting, with the real programs: after its answer, over
a line that breaks, across kill -9; at the centre once, with the right hash; and
nowhere any more when the case is sealed."""

import json
import os
import random
import signal
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from disk import Disk  # noqa: E402
from gateway import Gateway, Refused  # noqa: E402
from home import SystemCase, binary, free_address, run_program  # noqa: E402
from places import LUOHU, SHENZHEN  # noqa: E402
from weather import Line  # noqa: E402

NODE = LUOHU[0]
# A large photograph takes some ten seconds.
SLOW = {
    "LD_PRELOAD": os.environ.get("TOCSIN_SLOW_DISK", ""),
    "TOCSIN_SLOW_DISK_US": "20000",
    # the shim stands before the sanitizer's runtime
    "ASAN_OPTIONS": "verify_asan_link_order=0",
}
MARK = b"here stands what only this photograph says"


def photograph(size, seed=1):
    """A JPEG as far as anybody looks at it, with a text that can be found."""
    chance = random.Random(seed)
    body = bytearray(b"\xff\xd8\xff\xe0" + chance.randbytes(size - 4))
    for at in range(100, size - len(MARK), 5000):
        body[at : at + len(MARK)] = MARK
    return bytes(body)


class Pictured(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol(
            "officer", "T-LEAD", SHENZHEN, "--rank", "county", "--unit", "Test"
        )
        home.enrol_nodes([LUOHU])
        self.alert = home.tocsin_json(
            "report", "--sex", "female", "--age", "6",
            "--seen", "22.532,114.113", "--seen-time", "-5m",
            "--action", "Stop and call.", key="T-CENTRE",
        )["alertId"]  # fmt: skip
        self.back = Path(self.folder) / "back.jpg"

    def take(self, size, name="shot.jpg"):
        path = Path(self.folder) / name
        path.write_bytes(photograph(size))
        return path

    def terminal(self, env=None):
        terminal = self.home.start_terminal(NODE, env=env)
        terminal.wait_out(r"^ready|^offline")
        return terminal

    def holding(self, env=None):
        terminal = self.terminal(env)
        self.wait_until(lambda: self.alert in self.home.on_terminal(NODE))
        return terminal

    def sight(self, path, *more, code=0, env=None):
        return self.home.terminal(
            NODE, "sighting", self.alert, "--officer", "7",
            "--picture", path, *more, code=code, env=env,
        )  # fmt: skip

    def sightings(self, key="T-CENTRE"):
        told = self.home.tocsin_json("sightings", self.alert, key=key)
        return told.get("sightings", [])

    def fate(self):
        return self.home.terminal_json(NODE, "answers", self.alert)[0]

    def wait_here(self):
        self.wait_until(
            lambda: self.sightings() and "picturedMs" in self.sightings()[0]
        )
        return self.sightings()[0]

    def fetch(self, sighting, key="T-CENTRE", code=0):
        self.back.unlink(missing_ok=True)
        self.home.tocsin(
            "picture", self.alert, "--sighting", sighting["sequence"],
            "--save", self.back, key=key, code=code,
        )  # fmt: skip

    def facts(self):
        return [
            fact
            for fact in self.home.export()
            if fact.kind == "sightingPictured"
        ]

    def files_that_hold(self, folder):
        return sorted(
            str(path.relative_to(folder))
            for path in Path(folder).rglob("*")
            if path.is_file() and MARK in path.read_bytes()
        )


class Pictures(Pictured):
    def test_it_follows_its_answer_and_those_who_answer_for_the_child_see_it(
        self,
    ):
        self.holding()
        shot = self.take(300000)
        told = self.sight(shot, "--wait", "20")
        self.assertIn("picture", told)
        sighting = self.wait_here()
        for who in ("T-CENTRE", "T-LEAD"):
            self.fetch(sighting, who)
            self.assertEqual(shot.read_bytes(), self.back.read_bytes())
        self.assertIn("picture here", self.home.tocsin(
            "sightings", self.alert, key="T-CENTRE"))  # fmt: skip
        self.wait_until(lambda: self.fate()["picture"] == "recorded")
        self.assertEqual([], self.files_that_hold(self.home.path))
        self.assertEqual(
            [], self.files_that_hold(self.home.store_path(NODE))
        )

    def test_while_it_is_stored_slowly_alerts_come_all_the_same(self):
        """An officer's program has the store to itself for some seconds: the
        disk is slow, or the program was stopped."""
        terminal = self.holding()
        log = self.home.store_path(NODE) / "store.db-wal"
        before = log.stat().st_size
        argv = [
            binary("tocsin-terminal"), "sighting", self.alert, "--officer", "7",
            "--picture", self.take(1 << 20),
            "--bundle", self.home.bundle_path(NODE),
            "--store", self.home.store_path(NODE),
        ]  # fmt: skip
        giving = self.launch("sighting", argv, SLOW)
        self.wait_until(lambda: log.stat().st_size > before + (100 << 10))
        second = self.home.tocsin_json(
            "report", "--sex", "male", "--age", "6",
            "--seen", "22.532,114.113", "--seen-time", "-5m", key="T-CENTRE",
        )["alertId"]  # fmt: skip
        self.assertEqual(0, giving.wait_end())
        self.wait_until(
            lambda: not terminal.running()
            or second in self.home.on_terminal(NODE)
        )
        self.assertTrue(terminal.running(), terminal.tail())

    def test_while_a_stopped_program_has_the_store_alerts_are_shown(self):
        terminal = self.holding()
        log = self.home.store_path(NODE) / "store.db-wal"
        before = log.stat().st_size
        argv = [
            binary("tocsin-terminal"), "sighting", self.alert, "--officer", "7",
            "--picture", self.take(1 << 20),
            "--bundle", self.home.bundle_path(NODE),
            "--store", self.home.store_path(NODE),
        ]  # fmt: skip
        giving = self.launch("sighting", argv, SLOW)
        self.wait_until(lambda: log.stat().st_size > before + (100 << 10))
        giving.popen.send_signal(signal.SIGSTOP)
        second = self.home.tocsin_json(
            "report", "--sex", "male", "--age", "6",
            "--seen", "22.532,114.113", "--seen-time", "-5m", key="T-CENTRE",
        )["alertId"]  # fmt: skip
        terminal.wait_err(r"store\.held")
        terminal.wait_err(rf"screen\.changed alert={second}")
        told = self.home.terminal(NODE, "status")
        self.assertIn("A PROGRAM HOLDS THE STORE", told)
        giving.popen.send_signal(signal.SIGCONT)
        self.assertEqual(0, giving.wait_end())
        self.wait_until(lambda: second in self.home.on_terminal(NODE))
        self.assertTrue(terminal.running(), terminal.tail())

    def test_while_it_is_stored_slowly_officers_read_what_is_there(self):
        self.holding().stop()
        log = self.home.store_path(NODE) / "store.db-wal"
        argv = [
            binary("tocsin-terminal"), "sighting", self.alert, "--officer", "7",
            "--picture", self.take(1 << 20),
            "--bundle", self.home.bundle_path(NODE),
            "--store", self.home.store_path(NODE),
        ]  # fmt: skip
        giving = self.launch("sighting", argv, SLOW)
        self.wait_until(
            lambda: log.exists() and log.stat().st_size > 100 << 10
        )
        for words in (("list",), ("show", self.alert), ("status",)):
            self.home.terminal(NODE, *words)
        self.assertEqual(0, giving.wait_end())

    def test_an_officer_s_word_waits_for_who_writes_and_says_who_that_is(self):
        self.holding().stop()
        store = self.home.store_path(NODE) / "store.db"
        writer = sqlite3.connect(store, isolation_level=None)
        self.addCleanup(writer.close)
        writer.execute("BEGIN IMMEDIATE")
        argv = [
            binary("tocsin-terminal"), "read", self.alert, "--officer", "7",
            "--bundle", self.home.bundle_path(NODE),
            "--store", self.home.store_path(NODE),
        ]  # fmt: skip
        giving = self.launch("read", argv)
        giving.wait_err(rf"waiting: process {os.getpid()} \(python.*\) writes")
        writer.execute("ROLLBACK")
        self.assertEqual(0, giving.wait_end(), giving.tail())

    def test_it_goes_on_when_the_checkpoint_has_another_key(self):
        terminal = self.holding()
        self.home.stop()
        shot = self.take(200000)
        self.sight(shot)
        terminal.kill()
        self.home.start()
        name, kind, division, (latitude, longitude) = LUOHU
        self.home.enrol(
            "checkpoint", name, division, "--kind", kind, "--rekey",
            "--lat", str(latitude), "--lon", str(longitude),
        )  # fmt: skip
        self.terminal()
        self.fetch(self.wait_here())
        self.assertEqual(shot.read_bytes(), self.back.read_bytes())

    def test_what_is_no_picture_or_too_large_is_refused_at_once(self):
        self.holding()
        odd = Path(self.folder) / "odd.jpg"
        odd.write_text("no picture at all")
        self.sight(odd, code=2)
        self.sight(self.take((1 << 20) + 1), code=4)
        self.home.terminal(NODE, "read", self.alert, "--officer", "7",
                           "--picture", self.take(5000), code=2)  # fmt: skip
        self.assertEqual(
            [], self.home.terminal_json(NODE, "answers", self.alert)
        )

    def test_a_broken_line_and_deaths_on_both_sides_lose_and_double_nothing(
        self,
    ):
        home = self.home
        line = Line(free_address(self.chance), home.host, self.seed)
        self.addCleanup(line.close)
        bundle = home.bundle_path(NODE)
        told = json.loads(bundle.read_text())
        for gate in ("command", "feed", "field"):
            told["broker"][gate] = told["broker"][gate].replace(
                home.host, line.address
            )
        bundle.write_text(json.dumps(told))
        terminal = self.holding()
        line.bytes_per_s = 150000
        shot = self.take(1000000)
        self.sight(shot, "--wait", "60")
        self.assertEqual("waiting", self.fate()["picture"])
        self.assertNotIn("picturedMs", self.sightings()[0])
        line.break_off()
        line.mend()
        terminal.kill()
        terminal = self.terminal()
        terminal.wait_err(r"line\.connected")
        self.assertEqual("waiting", self.fate()["picture"])
        home.kill()
        home.start()
        self.assertEqual("waiting", self.fate()["picture"])
        line.bytes_per_s = 0
        sighting = self.wait_here()
        self.fetch(sighting)
        self.assertEqual(shot.read_bytes(), self.back.read_bytes())
        self.wait_until(lambda: self.fate()["picture"] == "recorded")
        home.stop()
        home.verify()
        self.assertEqual(1, len(self.facts()))

    def test_given_without_a_line_it_is_there_when_the_line_is_back(self):
        terminal = self.holding()
        self.home.stop()
        shot = self.take(200000)
        self.sight(shot)
        terminal.kill()
        self.assertEqual("waiting", self.fate()["picture"])
        self.assertEqual(
            1, self.home.terminal_json(NODE, "status")["pictures"]
        )
        self.home.start()
        self.terminal()
        self.fetch(self.wait_here())
        self.assertEqual(shot.read_bytes(), self.back.read_bytes())

    def test_a_full_disk_refuses_it_and_keeps_nothing_of_it(self):
        disk = Disk(self.folder)
        self.home.store_path = lambda name: disk.root / f"{name}.store"
        self.holding(disk.env())
        shot = self.take(400000)
        disk.fill()
        self.sight(shot, code=4, env=disk.env())
        disk.heal()
        self.assertEqual(
            [], self.home.terminal_json(NODE, "answers", self.alert)
        )
        self.sight(shot, env=disk.env())
        self.fetch(self.wait_here())
        self.assertEqual(shot.read_bytes(), self.back.read_bytes())

    def test_with_its_case_it_is_gone_everywhere(self):
        home = self.home
        terminal = self.holding()
        self.sight(self.take(300000), "--wait", "20")
        sighting = self.wait_here()
        copy = Path(self.folder) / "backup"
        run_program("tocsin", "backup", home.path, copy)
        home.tocsin("lead", self.alert, "--offer", "T-LEAD", key="T-CENTRE")
        home.tocsin("lead", self.alert, "--accept", key="T-LEAD")
        home.tocsin("withdraw", self.alert, "--reason", "found",
                    key="T-CENTRE")  # fmt: skip
        self.wait_until(lambda: self.alert not in home.on_terminal(NODE))
        self.fetch(sighting)
        home.tocsin("solve", self.alert, "--outcome", "returned",
                    "--receiver", "the parents", key="T-LEAD")  # fmt: skip
        home.stop()
        self.sight(self.take(300000, "late.jpg"))
        # it waits there, sealed
        self.assertEqual([], self.files_that_hold(home.store_path(NODE)))
        home.start()
        self.wait_until(lambda: len(self.sightings()) == 2)
        home.tocsin("seal", self.alert, "--reason", "asked for", "--yes",
                    key="T-LEAD")  # fmt: skip
        self.fetch(sighting, code=1)
        self.wait_until(
            lambda: home.tocsin_json("case", self.alert, key="T-CENTRE").get(
                "purged"
            )
            == 1
        )
        home.kill()
        home.start()
        self.fetch(sighting, code=1)
        terminal.stop()
        home.stop()
        self.back.unlink(missing_ok=True)
        for path in Path(self.folder).glob("*.jpg"):
            path.unlink()
        self.assertEqual([], self.files_that_hold(self.folder))


class OnFoot(Pictured):
    """A handheld behind a gateway."""

    def setUp(self):
        super().setUp()
        home = self.home
        self.gateway = Gateway(home, "T-VAN").enrol(SHENZHEN)

    def begin(self):
        self.gateway.start()
        self.device = self.gateway.handheld("T-HAND-1")
        self.wait_until(
            lambda: self.alert
            in [x["alertId"] for x in self.device.alerts().get("alerts", [])]
        )

    def through_a_line(self):
        home = self.home
        line = Line(free_address(self.chance), home.host, self.seed)
        self.addCleanup(line.close)
        bundle = home.bundle_path("T-VAN")
        text = bundle.read_text()
        for port in ("5570", "5571", "5572"):
            text = text.replace(
                f"{home.host}:{port}", f"{line.address}:{port}"
            )
        bundle.write_text(text)
        return line

    def picture_state(self, answer_id):
        told = self.device.fate(answer_id)
        return told.get("picture", "").removeprefix("PICTURE_STATE_")

    def wait_picture(self, answer_id, state):
        self.wait_until(lambda: self.picture_state(answer_id) == state)

    def test_it_follows_a_handhelds_answer_through_its_gateway(self):
        self.begin()
        shot = photograph(300000)
        events = self.device.listen()
        events.next()
        answer_id, receipt = self.device.sight(self.alert, shot)
        self.assertEqual("PICTURE_STATE_EXPECTED", receipt["picture"])
        self.wait_until(lambda: len(self.sightings()) == 1)
        self.assertNotIn("picturedMs", self.sightings()[0])
        told = self.device.put_picture(answer_id, shot)
        self.assertEqual("PICTURE_STATE_WAITING", told["picture"])
        fate = events.wait(
            "answer",
            lambda data: data["fate"].get("picture")
            == "PICTURE_STATE_RECORDED",
        )["fate"]
        events.close()
        sighting = self.wait_here()
        self.assertEqual("T-VAN", sighting["relayedBy"])
        self.fetch(sighting, "T-LEAD")
        self.assertEqual(shot, self.back.read_bytes())
        self.assertEqual("recorded", self.gateway.spool()[0]["picture"])
        self.assertEqual(0, self.gateway.status()["pictures"])
        self.assertEqual(1, self.gateway.metric("pictures_relayed_total"))
        self.device.known(answer_id)
        self.home.stop()
        facts = self.facts()
        self.assertEqual(
            [int(fate["pictureSequence"])], [x.sequence for x in facts]
        )

    def test_what_is_not_the_answers_picture_is_refused(self):
        self.begin()
        shot = photograph(60000)
        answer_id, _ = self.device.sight(self.alert, shot)
        for piece, offset, kind, code in (
            (shot[:1000], 0, "text/plain", 415),
            (shot[:1000], 59500, "image/jpeg", 413),
            (b"", 0, "image/jpeg", 400),
            (shot[:40000], 0, "image/jpeg", 413),
            (shot * 30, 0, "image/jpeg", 413),
            (shot * 30, 0, "image/jpeg", 413),
        ):
            with self.assertRaises(Refused) as told:
                self.device.put_piece(answer_id, piece, offset, kind)
            self.assertEqual(code, told.exception.code)
        with self.assertRaises(Refused) as told:
            self.device.put_picture(answer_id, shot[:-1] + b"x")
        self.assertEqual(400, told.exception.code)
        other = self.gateway.handheld("T-HAND-2")
        with self.assertRaises(Refused) as told:
            other.put_piece(answer_id, shot[:1000])
        self.assertEqual(404, told.exception.code)
        self.device.put_picture(answer_id, shot)
        self.wait_picture(answer_id, "RECORDED")

    def test_breaks_and_deaths_on_its_way_lose_and_double_nothing(self):
        line = self.through_a_line()
        self.begin()
        device = self.device
        shot = photograph(900000)
        answer_id, _ = device.sight(self.alert, shot)
        device.put_picture(answer_id, shot, upto=400000)
        self.gateway.process.kill()  # in the middle of its upload
        self.gateway.start()
        device.login()
        self.assertEqual("EXPECTED", self.picture_state(answer_id))
        self.assertNotIn("pictureHave", device.fate(answer_id))
        line.break_off()
        device.put_picture(answer_id, shot)
        self.assertEqual("WAITING", self.picture_state(answer_id))
        store = self.home.store_path("T-VAN")
        self.assertEqual([], self.files_that_hold(store))
        self.gateway.process.kill()
        line.bytes_per_s = 150000
        line.mend()
        self.gateway.start()
        device.login()
        self.assertEqual(1, self.gateway.status()["pictures"])
        self.wait_until(lambda: self.device.fate(answer_id).get("sequence"))
        self.assertEqual("WAITING", self.picture_state(answer_id))
        line.break_off()
        self.home.kill()
        self.home.start()
        line.mend()
        self.gateway.process.kill()
        self.gateway.start()
        device.login()
        line.bytes_per_s = 0
        self.wait_picture(answer_id, "RECORDED")
        self.fetch(self.wait_here())
        self.assertEqual(shot, self.back.read_bytes())
        self.home.stop()
        self.home.verify()
        self.assertEqual(1, len(self.facts()))

    def test_with_its_case_it_is_gone_from_gateway_and_home(self):
        home = self.home
        self.begin()
        sent = photograph(200000)
        answer_id, _ = self.device.sight(self.alert, sent, text=MARK.decode())
        self.device.put_picture(answer_id, sent)
        self.wait_picture(answer_id, "RECORDED")
        home.tocsin("lead", self.alert, "--offer", "T-LEAD", key="T-CENTRE")
        home.tocsin("lead", self.alert, "--accept", key="T-LEAD")
        home.tocsin("withdraw", self.alert, "--reason", "found",
                    key="T-CENTRE")  # fmt: skip
        home.tocsin("solve", self.alert, "--outcome", "returned",
                    "--receiver", "the parents", key="T-LEAD")  # fmt: skip
        late = photograph(200000, seed=2)
        late_id, _ = self.device.sight(self.alert, late)
        self.wait_until(lambda: len(self.sightings()) == 2)
        self.device.put_picture(late_id, late, upto=100000)
        home.tocsin("seal", self.alert, "--reason", "asked for", "--yes",
                    key="T-LEAD")  # fmt: skip
        self.wait_picture(late_id, "REFUSED")
        with self.assertRaises(Refused) as told:
            self.device.put_picture(late_id, late)
        self.assertEqual(409, told.exception.code)
        self.gateway.process.stop()
        home.stop()
        self.assertEqual([], self.files_that_hold(self.folder))


if __name__ == "__main__":
    unittest.main(verbosity=2)
