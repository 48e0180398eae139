#!/usr/bin/python3
"""A gateway whose disk has damaged a file of it."""

import contextlib
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from damage import leaf, overwrite  # noqa: E402
from gateway import Gateway, Refused  # noqa: E402
from home import SystemCase  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

NAME = "Invented Orchid"
MANY = 60  # answers: their table has many pages


class DamagedGateway(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("officer", "T-LEAD", SHENZHEN, "--rank", "county",
                   "--unit", "Test unit")  # fmt: skip
        home.enrol_nodes([LUOHU])
        self.gateway = Gateway(home, "T-VAN").enrol(SHENZHEN)
        home.start()
        self.gateway.start()
        self.device = self.gateway.handheld("T-HAND-1")
        self.alert = self.report()

    def report(self, *more):
        alert_id = self.home.tocsin_json(
            "report", "--sex", "female", "--age", "6", "--name", NAME,
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m", *more,
            key="T-CENTRE",
        )["alertId"]  # fmt: skip
        self.wait_alert(alert_id)
        return alert_id

    def wait_alert(self, *alert_ids):
        self.wait_until(
            lambda: set(alert_ids)
            <= {x["alertId"] for x in self.device.alerts().get("alerts", [])}
        )

    def path(self, name):
        return self.home.store_path("T-VAN") / name

    def aside(self):
        return sorted(self.path(".").glob("*.damaged-?"))

    def damage_answers(self):
        spool = self.path("spool.db")
        overwrite(spool, leaf(spool, "answers", middle=True))

    def waiting(self):
        return self.gateway.metric("answers_waiting")

    def answer_many(self):
        """With the centre away: each of them waits here."""
        self.home.stop()
        for _ in range(MANY):
            self.device.answer(self.alert, "READ")
        self.gateway.process.stop()

    def start_after(self):
        self.gateway.start()
        self.device.login()

    # ---- the spool ----

    def test_what_can_be_read_of_a_damaged_spool_goes_to_the_centre(self):
        self.answer_many()
        self.damage_answers()
        self.start_after()
        self.gateway.process.wait_err(
            r"error spool\.damaged aside=.*spool\.db\.damaged-1 answers=[1-9]"
        )
        kept = self.waiting()
        self.assertGreater(kept, MANY // 2)
        self.assertEqual(["spool.db.damaged-1"], [x.name for x in self.aside()])
        self.assertIn("spool.db.damaged-1", self.gateway.run("status"))
        # a new one is kept, and all of them go
        self.device.answer(self.alert, "READ")
        self.home.start()
        self.wait_until(lambda: self.waiting() == 0)
        self.assertEqual(
            kept + 1,
            sum(x["state"] == "recorded" for x in self.gateway.spool()),
        )
        self.gateway.process.stop()
        self.start_after()
        self.assertEqual(1, len(self.aside()), "a good one is left alone")

    def test_what_lies_behind_the_lost_beginning_of_a_spool_goes_too(self):
        self.answer_many()
        overwrite(self.path("spool.db"))
        self.home.start()
        self.start_after()
        self.gateway.process.wait_err(
            rf"error spool\.damaged aside=.* answers={MANY} waiting={MANY} "
        )
        self.wait_alert(self.alert)
        self.device.answer(self.alert, "READ")
        self.wait_until(lambda: self.waiting() == 0)
        self.assertEqual(
            MANY + 1,
            sum(x["state"] == "recorded" for x in self.gateway.spool()),
        )
        self.assertEqual(["spool.db.damaged-1"], [x.name for x in self.aside()])

    def test_what_is_damaged_while_it_runs_the_next_start_mends(self):
        self.answer_many()
        at = leaf(self.path("spool.db"), "answers", middle=True)
        self.start_after()
        db = sqlite3.connect(self.path("spool.db"), timeout=10)
        db.execute("UPDATE about SET value = value")  # what it knows is old
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        overwrite(self.path("spool.db"), at)
        db.close()
        with contextlib.suppress(Refused, OSError):  # it may have read it itself
            self.device.fates()
        self.assertNotEqual(0, self.gateway.process.wait_end())
        self.start_after()
        self.gateway.process.wait_err(r"error spool\.damaged aside=")
        self.assertGreater(self.waiting(), MANY // 2)
        self.device.fates()

    def test_nobody_says_purged_of_what_lies_in_the_damaged_one(self):
        """But nothing more of it stays in the one that is in use."""
        self.answer_many()
        self.damage_answers()
        self.home.start()
        self.start_after()
        self.wait_until(lambda: self.waiting() == 0)
        self.home.seal(self.alert)
        self.gateway.process.wait_err(r"purge\.postponed .*a damaged file lies")
        self.wait_until(lambda: self.words() == 0)
        self.assertEqual(0, self.home.purged(self.alert))
        for path in self.path(".").glob("*.damaged-*"):
            path.unlink()
        self.wait_until(lambda: self.home.purged(self.alert) == 1)

    def test_one_answer_that_was_damaged_is_refused_and_holds_up_no_purge(self):
        said = [self.device.answer(self.alert, "READ")[0]]
        self.wait_until(lambda: self.waiting() == 0)
        self.home.stop()
        said += [self.device.answer(self.alert, "READ")[0] for _ in range(3)]
        self.gateway.process.stop()
        with contextlib.closing(sqlite3.connect(self.path("spool.db"))) as db:
            db.execute(
                "UPDATE answers SET content = zeroblob(length(content))"
                " WHERE row = 3"
            )
            db.commit()
        self.home.start()
        self.start_after()
        self.gateway.process.wait_err(r"error answer\.unreadable device=T-HAND-1")
        self.wait_until(lambda: self.waiting() == 0)
        states = [x["state"] for x in self.gateway.spool()]
        self.assertEqual(["recorded"] * 2 + ["refused", "recorded"], states)
        self.assertIn("say it again", self.device.fate(said[2])["reason"])
        self.assertEqual([], self.aside())
        self.home.seal(self.alert)
        self.wait_until(lambda: self.home.purged(self.alert) == 1)

    def words(self):
        """Answers of which what was signed is in the spool."""
        db = sqlite3.connect(self.path("spool.db"), timeout=10)
        (count,) = db.execute(
            "SELECT count(*) FROM answers WHERE content IS NOT NULL"
        ).fetchone()
        db.close()
        return count

    # ---- the cache ----

    def test_one_whose_picture_cache_is_damaged_begins_another(self):
        cache = self.path("cache.db")
        for at in (0, leaf(cache, "pictures")):
            self.gateway.process.stop()
            overwrite(cache, at)
            self.start_after()
            self.gateway.process.wait_err(r"warn cache\.damaged reason=")
            self.wait_alert(self.alert)
        self.assertEqual([], self.aside())


if __name__ == "__main__":
    unittest.main(verbosity=2)
