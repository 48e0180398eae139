#!/usr/bin/python3
"""A checkpoint and a gateway that go on in memory, because their disk is full.

What others read on the disk is then old, and is called so; what is said of the
disk is true; and they are back on it as soon as there is room for what they
have to keep.
"""

import errno
import json
import os
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from damage import leaf, overwrite  # noqa: E402
from disk import GROWTH, Disk  # noqa: E402
from gateway import Gateway  # noqa: E402
from home import Home, SystemCase, run_program  # noqa: E402
from photos import noise_png  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

NODE = LUOHU[0]
NAME = "Invented Orchid"
IN_MENDING = 20  # the number of what makes a file longer, at a start
SMALL = 100_000  # room for what a checkpoint keeps, not for its test of room
LARGE = 300_000  # room for that as well, not for the photograph


def damage_leaf(path, table):
    """Of a database that nobody has open; gives what it is then."""
    overwrite(path, leaf(path, table))
    return path.read_bytes()


class FullCase(SystemCase):
    """The broker's disk is roomy; `disk` hurts whoever has its env()."""

    def setUp(self):
        super().setUp()
        self.disk = Disk(self.folder)
        self.home = home = Home(self, self.disk.root).init()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("officer", "T-LEAD", SHENZHEN, "--rank", "county",
                   "--unit", "Test unit")  # fmt: skip
        home.enrol_nodes([LUOHU])
        home.start()
        self.centre = home.centre("T-CENTRE")
        self.bell = Path(self.folder) / "bell"
        self.bell.touch()

    def report(self, *more, name="Somebody Else"):
        return self.home.tocsin_json(
            "report", "--sex", "female", "--age", "6", "--name", name,
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m", *more,
            key="T-CENTRE",
        )["alertId"]  # fmt: skip

    def start_checkpoint(self, then="true"):
        """It holds its first alert, and its bell has rung for it."""
        self.terminal = self.home.start_terminal(
            NODE, "--on-alert", f"cat >> {self.bell}; {then}",
            env=self.disk.env(),
        )  # fmt: skip
        self.terminal.wait_out(r"^ready")
        self.first = self.report(name=NAME)
        self.wait_held(self.centre, self.first)
        self.wait_rung(self.first)

    def rings(self, alert_id):
        """How often, whole lines only."""
        lines = self.bell.read_text().split("\n")[:-1]
        return [json.loads(x)["alertId"] for x in lines if x].count(alert_id)

    def wait_rung(self, alert_id):
        self.wait_until(lambda: self.rings(alert_id) > 0)

    def fill(self):
        """Gives an alert that comes too late to be kept."""
        self.disk.tighten()
        missed = self.report()
        self.terminal.wait_err(r"error store\.full")
        self.wait_rung(missed)
        return missed

    def ask(self, *args):
        """Another command on the same store."""
        return run_program(
            "tocsin-terminal", *args, "--bundle", self.home.bundle_path(NODE),
            "--store", self.home.store_path(NODE), env=self.disk.env(),
        )  # fmt: skip

    def status(self):
        return json.loads(self.ask("status", "--json").stdout)

    def withdraw(self, alert_id):
        self.home.tocsin("withdraw", alert_id, "--reason", "found",
                         key="T-CENTRE")  # fmt: skip

    def start_gateway(self):
        """It has its first alert."""
        self.gateway = Gateway(self.home, "T-VAN").enrol(SHENZHEN)
        self.gateway.start(env=self.disk.env())
        self.first = self.report(name=NAME)
        self.device = self.gateway.handheld("T-HAND-1")
        self.wait_until(lambda: self.on_handheld() == {self.first})

    def on_handheld(self):
        alerts = self.device.alerts().get("alerts", [])
        return {alert["alertId"] for alert in alerts}

    # ---- sealing ----

    def where(self, store):
        """The files that still name the child."""
        return sorted(
            path.name
            for path in store.rglob("*")
            if path.is_file() and NAME.encode() in path.read_bytes()
        )


class Started(FullCase):
    """While its disk is full."""

    def start_full(self, fill):
        fill()
        self.terminal = self.home.start_terminal(
            NODE, "--on-alert", f"cat >> {self.bell}", env=self.disk.env()
        )
        self.terminal.wait_err(r"error store\.full")
        self.assertEqual(4, self.ask("list").returncode)
        missed = self.report()
        self.wait_rung(missed)
        self.assertEqual(1, self.rings(self.first), "told again")
        self.assertEqual(4, self.ask("read", self.first, "--officer",
                                     "7").returncode)  # fmt: skip
        self.assertEqual(
            0, self.centre.board(missed).summary.progress.held,
            "said to be held and is not",
        )  # fmt: skip
        return missed

    def recover(self, *alerts):
        self.disk.heal()
        self.terminal.wait_err(r"info store\.roomy")
        for alert in alerts:
            self.wait_held(self.centre, alert)
        self.assertEqual(set(alerts), set(self.home.on_terminal(NODE)))

    def test_it_shows_what_comes_and_keeps_it_when_there_is_room(self):
        self.start_checkpoint()
        self.wait_until(lambda: self.status().get("waiting", 0) == 0)
        self.terminal.stop()
        one = self.start_full(self.disk.tighten)
        self.recover(self.first, one)
        self.terminal.stop()
        two = self.start_full(self.disk.fill)
        self.recover(self.first, one, two)
        self.terminal.kill()
        three = self.start_full(self.disk.tighten)
        self.recover(self.first, one, two, three)

    def damage(self, page):
        """From the beginning, or from the end."""
        store = self.home.store_path(NODE) / "store.db"
        with open(store, "r+b") as file:
            file.seek(page * 4096, os.SEEK_END if page < 0 else os.SEEK_SET)
            file.write(b"\xff" * 4096)

    def start_full_again(self):
        """It gives an alert that cannot be kept."""
        self.terminal = self.home.start_terminal(
            NODE, "--on-alert", f"cat >> {self.bell}", env=self.disk.env()
        )
        self.terminal.wait_err(r"error store\.full")
        missed = self.report()
        self.wait_rung(missed)
        self.assertEqual(4, self.ask("list").returncode)
        return missed

    def expect_mended(self, *alerts):
        self.disk.heal()
        self.terminal.wait_err(r"error store\.damaged")
        for alert in alerts:
            self.wait_held(self.centre, alert)
        self.assertEqual(set(alerts), set(self.home.on_terminal(NODE)))

    def test_a_damaged_one_is_mended_when_there_is_room(self):
        self.start_checkpoint()
        alerts = [self.first]
        for page in [0, -1]:
            self.terminal.stop()
            self.damage(page)
            self.disk.tighten()
            alerts.append(self.start_full_again())
            self.expect_mended(*alerts)

    def test_there_may_be_room_for_some_of_what_a_new_version_writes(self):
        self.start_checkpoint()
        driven = self.report("--vehicle", "粤B12345=red")
        self.wait_held(self.centre, driven)
        self.terminal.stop()
        db = sqlite3.connect(self.home.store_path(NODE) / "store.db")
        with db:
            db.execute("UPDATE about SET value = '' WHERE key = 'wanted'")
            db.execute("DELETE FROM wanted")
        db.close()
        # the index of its log is there, and some of the log
        self.disk.fail_from(11, GROWTH, errno.ENOSPC)
        alerts = [self.first, driven, self.start_full_again()]
        for number in [3, 10, 12]:
            self.disk.fail_from(number, GROWTH, errno.ENOSPC)
            self.wait_until(lambda: self.disk.get("failed") > 1)
        self.recover(*alerts)
        self.assertIn(driven, self.ask("query", "粤B12345").stdout)

    def test_there_may_be_room_for_some_of_another_one(self):
        self.start_checkpoint()
        alerts = [self.first]
        for page, number in [(0, 2), (0, 8), (1, 8), (-1, 8)]:
            self.terminal.stop()
            self.damage(page)
            self.disk.fail_from(number, GROWTH, errno.ENOSPC)
            alerts.append(self.start_full_again())
            self.disk.fail_from(number, GROWTH, errno.ENOSPC)
            alerts.append(self.report())
            self.wait_rung(alerts[-1])
            self.wait_until(lambda: self.disk.get("failed") > 1)
            self.expect_mended(*alerts)


class Listed(FullCase):
    def test_what_is_old_on_a_full_disk_is_never_called_the_same_picture(self):
        self.start_checkpoint()
        self.wait_until(lambda: self.status()["complete"])
        missed = self.fill()
        self.withdraw(self.first)
        self.terminal.wait_err(rf"alert={self.first} .*change=ENDED")
        for command in ("list", "status"):
            said = self.ask(command).stdout
            self.assertIn("THE DISK IS FULL", said)
            self.assertIn("make room", said)
            self.assertNotIn("same picture", said)
        self.assertIn("1 alerts on the disk", self.ask("list").stdout)
        for words in (
            ("list", "--json"), ("show", self.first), ("show", missed),
            ("query", "B-12345"), ("answers", self.first),
        ):  # fmt: skip
            self.assertIn("THE DISK IS FULL", self.ask(*words).stderr, words)
        status = self.status()
        self.assertEqual((True, True), (status["running"], status["diskFull"]))
        self.assertFalse(status["complete"])
        self.disk.heal()
        self.terminal.wait_err(r"info store\.roomy")
        self.wait_until(lambda: self.status()["complete"])
        self.assertFalse(self.status()["diskFull"])
        self.assertIn("same picture", self.ask("list").stdout)
        self.assertEqual({missed: 1}, self.home.on_terminal(NODE))
        self.assertEqual("", self.ask("list", "--json").stderr)
        self.terminal.stop()

    def test_the_age_of_the_picture_on_a_full_disk_is_told(self):
        self.start_checkpoint()
        self.wait_until(lambda: self.status()["complete"])
        self.fill()
        first = self.status()["pictureMs"]
        # in memory it hears the centre and has its picture
        self.withdraw(self.first)
        self.terminal.wait_err(rf"alert={self.first} .*change=ENDED")
        self.assertEqual(first, self.status()["pictureMs"])
        self.assertGreater(first, 0)
        self.terminal.kill()
        self.disk.heal()
        self.assertEqual(first, self.status()["pictureMs"])
        self.assertFalse(self.status()["diskFull"], "nobody says so any more")

    def test_a_gateway_on_a_full_disk_serves_what_it_has_in_memory(self):
        self.start_gateway()
        self.wait_until(lambda: self.gateway.status()["complete"])
        self.disk.tighten()
        missed = self.report()
        self.gateway.process.wait_err(r"error store\.full")
        self.wait_until(lambda: self.on_handheld() == {self.first, missed})
        self.wait_until(
            lambda: self.device.alerts()["standing"].get("complete")
        )
        status = self.gateway.status()
        self.assertEqual(
            (True, False), (status["diskFull"], status["complete"])
        )
        said = self.gateway.run("status")
        self.assertRegex(said, "(?m)^disk +FULL: .*make room")
        self.assertNotIn("same as the centre", said)
        self.disk.heal()
        self.gateway.process.wait_err(r"info store\.roomy")
        self.wait_until(lambda: self.gateway.status()["complete"])
        self.assertFalse(self.gateway.status()["diskFull"])
        self.assertNotIn("FULL", self.gateway.run("status"))
        self.gateway.process.stop()

    def test_a_gateway_without_room_to_mend_its_spool_goes_on_with_it(self):
        self.start_gateway()
        self.home.stop()
        for _ in range(60):
            self.device.answer(self.first, "READ")
        self.gateway.process.stop()
        spool = self.home.store_path("T-VAN") / "spool.db"
        kept = damage_leaf(spool, "answers")
        self.disk.fail_once(IN_MENDING, GROWTH, errno.ENOSPC)
        self.gateway.start()
        self.gateway.process.wait_err(r"error spool\.full .*the damaged one")
        self.device.login()
        self.assertEqual({self.first}, self.on_handheld())
        self.assertEqual(kept, spool.read_bytes())
        self.gateway.process.stop()
        self.disk.heal()
        self.gateway.start()
        self.gateway.process.wait_err(r"error spool\.damaged .*waiting=[1-9]")


class Shown(FullCase):
    def test_what_was_shown_on_a_full_disk_is_said_when_there_is_room(self):
        gate = Path(self.folder) / "gate"
        os.mkfifo(gate)
        way = os.open(gate, os.O_RDWR)
        self.addCleanup(os.close, way)
        self.start_checkpoint(f"read go < {gate}")
        second = self.fill()
        os.write(way, b"\n" * 64)  # their commands end
        for alert_id in (self.first, second):
            self.terminal.wait_err(rf"command\.done alert={alert_id}")
            self.terminal.wait_err(rf"warn answer\.late alert={alert_id}")
        self.disk.heal()
        self.terminal.wait_err(r"info store\.roomy")
        for alert_id in (self.first, second):
            self.wait_board(
                self.centre, alert_id, lambda p: (p.held, p.shown) == (1, 1)
            )
        self.assertEqual(1, self.rings(self.first), "rung for it twice")
        self.assertEqual(0, self.terminal.count_err(r"answer\.lost"))
        self.terminal.stop()


class Room(FullCase):
    def wait_seen(self, alert_id):
        self.wait_told(
            self.centre,
            alert_id,
            lambda: self.centre.show(alert_id).alert_detail.summary,
            lambda summary: summary.sightings == 1,
        )

    def sight(self):
        done = self.ask("sighting", self.first, "--officer", "P-1")
        self.assertEqual(0, done.returncode, done.stderr)
        self.wait_seen(self.first)

    def test_what_an_officer_could_keep_goes_though_there_is_little_room(self):
        self.start_checkpoint()
        missed = self.fill()
        self.disk.tighten(SMALL)
        self.sight()
        self.terminal.wait_err(r"info store\.roomy")
        self.wait_held(self.centre, missed)
        self.assertEqual(1, self.terminal.count_err(r"store\.full"))
        self.terminal.stop()

    def test_a_photograph_that_does_not_fit_is_only_that(self):
        self.start_checkpoint()
        photo = Path(self.folder) / "photo.png"
        photo.write_bytes(noise_png(420, 1))
        for room in (SMALL, LARGE):
            self.disk.tighten(room)
            pictured = self.report("--photo", str(photo))
            self.terminal.wait_err(
                rf"warn picture\.failed alert={pictured}"
                rf' reason="no room on the disk for its \d+ bytes'
            )
            self.wait_held(self.centre, pictured)
        self.sight()
        status = self.status()
        self.assertEqual(
            (False, True), (status["diskFull"], status["connected"])
        )
        self.assertEqual(0, self.terminal.count_err(r"store\."), "it flaps")
        self.assertEqual(2, self.terminal.count_err(r"picture\.failed"))
        self.terminal.stop()


class Purged(FullCase):
    def test_what_is_still_on_a_full_disk_is_not_said_to_be_purged(self):
        store = self.home.store_path(NODE)
        self.start_checkpoint()
        self.fill()
        self.home.seal(self.first)
        self.terminal.wait_err(rf"warn purge\.postponed alert={self.first}")
        self.wait_rung(self.report())  # whatever it said before has come
        self.assertTrue(self.where(store))
        self.assertEqual(0, self.home.purged(self.first), "said to be purged and is not")
        self.assertEqual(0, self.terminal.count_err(r"alert\.purged"))
        self.disk.heal()
        self.terminal.wait_err(r"info store\.roomy")
        self.wait_until(lambda: self.home.purged(self.first) == 1)
        self.assertEqual([], self.where(store))
        self.terminal.wait_err(rf"info alert\.purged alert={self.first}")
        self.terminal.stop()

    def test_nor_does_a_gateway_say_so(self):
        store = self.home.store_path("T-VAN")
        self.start_gateway()
        self.disk.tighten()
        self.report()
        err = self.gateway.process
        err.wait_err(r"error store\.full")
        self.disk.tighten(SMALL)  # its spool has room
        self.home.seal(self.first)
        err.wait_err(rf"warn purge\.postponed alert={self.first}")
        late = self.report()
        self.wait_until(lambda: late in self.on_handheld())
        self.assertTrue(self.where(store))
        self.assertEqual(0, self.home.purged(self.first), "said to be purged and is not")
        self.disk.heal()
        err.wait_err(r"info store\.roomy")
        self.wait_until(lambda: self.home.purged(self.first) == 1)
        self.assertEqual([], self.where(store))
        self.gateway.process.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
