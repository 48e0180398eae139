#!/usr/bin/python3
"""A checkpoint and a gateway whose disk does not give what lies on it, or takes
nothing any more: alerts are shown, nothing is said to be kept that is not, and
nothing is thrown away that the disk may give again."""

import contextlib
import errno
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from disk import Disk  # noqa: E402
from gateway import Gateway, Refused  # noqa: E402
from home import Home, SystemCase, run_program  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

NODE = LUOHU[0]
PAGE = 4096
LOCAL = 4  # the exit code of trouble on this machine


class FailingCase(SystemCase):
    """The broker's disk is good; `disk` hurts whoever has its env()."""

    def setUp(self):
        super().setUp()
        self.disk = Disk(self.folder)
        self.home = home = Home(self, self.disk.root).init()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        home.start()
        self.centre = home.centre("T-CENTRE")

    def report(self):
        return self.home.tocsin_json(
            "report", "--sex", "female", "--age", "6",
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
            key="T-CENTRE",
        )["alertId"]  # fmt: skip


class Checkpoint(FailingCase):
    def start(self):
        self.terminal = self.home.start_terminal(NODE, env=self.disk.env())

    def ask(self, *args):
        """Another command on the same store."""
        return run_program(
            "tocsin-terminal", *args, "--bundle", self.home.bundle_path(NODE),
            "--store", self.home.store_path(NODE), env=self.disk.env(),
        )  # fmt: skip

    def wait_shown(self, alert_id):
        self.terminal.wait_err(rf"screen\.changed alert={alert_id}")

    def begin(self):
        """It has an alert, and what an officer said, and is stopped."""
        self.start()
        self.first = self.report()
        self.wait_held(self.centre, self.first)
        self.home.stop()
        done = self.ask("sighting", self.first, "--officer", "7")
        self.assertEqual(0, done.returncode, done.stderr)
        self.terminal.stop()
        self.home.start()

    def start_failing(self):
        """It shows what comes, and says that it keeps nothing."""
        self.start()
        self.terminal.wait_err(r"error store\.failing reason=")
        missed = self.report()
        self.wait_shown(self.first)
        self.wait_shown(missed)
        done = self.ask("read", self.first, "--officer", "7")
        self.assertEqual(LOCAL, done.returncode, done.stderr)
        self.assertEqual(
            0, self.centre.board(missed).summary.progress.held,
            "said to be held and is not",
        )  # fmt: skip
        return missed

    def recover(self, missed):
        self.disk.heal()
        self.terminal.wait_err(r"info store\.roomy")
        self.wait_held(self.centre, missed)
        store = self.home.store_path(NODE)
        self.assertEqual([], list(store.glob("*.damaged-*")))
        self.wait_until(
            lambda: self.centre.board(self.first).summary.sightings == 1
        )
        self.terminal.stop()

    def test_one_that_cannot_be_read_at_the_start_is_read_when_it_can_be(self):
        self.begin()
        self.disk.spoil()
        self.recover(self.start_failing())

    def test_nor_is_one_thrown_away_of_which_some_cannot_be_read(self):
        self.begin()
        self.disk.spoil(start=2 * PAGE)
        missed = self.start_failing()
        self.disk.spoil(end=2 * PAGE)
        self.terminal.kill()
        self.recover(self.start_failing())
        self.wait_held(self.centre, missed)


class AtGateway(FailingCase):
    """At the start of a gateway: what handhelds gave waits in its spool."""

    def setUp(self):
        super().setUp()
        self.gateway = Gateway(self.home, "T-VAN").enrol(SHENZHEN)
        self.start()
        self.device = self.gateway.handheld("T-HAND-1")
        self.first = self.report()
        self.wait_alerts(self.first)
        self.home.stop()
        self.waiting, _ = self.device.answer(self.first, "SIGHTING")
        self.gateway.process.stop()
        self.home.start()

    def start(self):
        self.gateway.start(env=self.disk.env())
        self.err = self.gateway.process

    def wait_alerts(self, *alerts):
        self.wait_until(
            lambda: {x["alertId"] for x in self.device.alerts()["alerts"]}
            == set(alerts)
        )

    def show_and_take_nothing(self, event):
        """Gives an alert that comes meanwhile, and an answer that is refused."""
        self.start()
        self.err.wait_err(rf"error {event} reason=.*no answer is taken")
        self.wait_until(self.logs_in)
        late = self.report()
        self.wait_alerts(self.first, late)
        _, signed = self.device.sign_answer(late, "READ")
        with self.assertRaises(Refused) as told:
            self.device.give(signed)
        self.assertIn(told.exception.code, (503, 507))
        for ask in (  # not: there is none
            lambda: self.device.fate(self.waiting),
            self.device.fates,
            lambda: self.device.registered(self.waiting.hex()),
        ):
            with self.assertRaises(Refused) as told:
                ask()
            self.assertEqual(503, told.exception.code)
        return late, signed

    def logs_in(self):
        try:
            self.device.login()
        except Refused:
            return False
        return True

    def take_all(self, late, signed):
        self.disk.heal()
        self.err.wait_err(r"info spool\.come")
        self.wait_until(
            lambda: self.centre.board(self.first).summary.sightings == 1
        )
        self.wait_until(lambda: self.taken(signed))
        self.wait_until(
            lambda: [x["state"] for x in self.gateway.spool()]
            == ["recorded", "recorded"]
        )
        store = self.home.store_path("T-VAN")
        self.assertEqual([], list(store.glob("*.damaged-*")))
        self.wait_alerts(self.first, late)
        self.gateway.process.stop()

    def taken(self, signed):
        try:
            self.device.give(signed)
        except Refused:
            return False
        return True

    def test_on_a_full_disk_it_shows_alerts_and_takes_no_answer(self):
        self.disk.fill()
        self.take_all(*self.show_and_take_nothing(r"spool\.full"))

    def test_why_it_goes_on_without_a_spool_is_said_when_it_is_another_reason(self):
        path = self.home.store_path("T-VAN") / "spool.db"
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("UPDATE about SET value = 'T-X' WHERE key = 'gateway'")
            db.commit()
        self.disk.fill()
        self.show_and_take_nothing(r"spool\.full")
        self.disk.heal()
        self.err.wait_err(r"error spool\.failing reason=.*the spool of T-X")
        self.device.alerts()
        self.gateway.process.stop()

    def test_nor_from_a_disk_that_cannot_be_read(self):
        self.disk.spoil()
        self.take_all(*self.show_and_take_nothing(r"spool\.failing"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
