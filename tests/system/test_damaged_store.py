#!/usr/bin/python3
"""A checkpoint whose disk has damaged a page of its store."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from damage import leaf, overwrite  # noqa: E402
from gateway import Gateway  # noqa: E402
from home import SystemCase  # noqa: E402
from photos import noise_png  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

NODE = LUOHU[0]
NAME = "Invented Orchid"
LOCAL = 4  # the exit code of trouble on this machine


class DamagedStore(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("officer", "T-LEAD", SHENZHEN, "--rank", "county",
                   "--unit", "Test unit")  # fmt: skip
        home.enrol_nodes([LUOHU])
        home.start()
        self.terminal = home.start_terminal(NODE)
        self.alerts = [self.report() for _ in range(6)]
        self.wait_until(lambda: self.alerts[-1] in home.on_terminal(NODE))

    def report(self):
        return self.home.tocsin_json(
            "report", "--sex", "female", "--age", "6", "--name", NAME,
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
            key="T-CENTRE",
        )["alertId"]  # fmt: skip

    def path(self, name):
        return self.home.store_path(name) / "store.db"

    def damage(self, name, table):
        overwrite(self.path(name), leaf(self.path(name), table))

    def aside(self, name=NODE):
        return sorted(self.home.store_path(name).glob("store.db.damaged-?"))

    def answers(self, alert_id):
        """Of officers."""
        told = self.home.tocsin_json("show", alert_id, key="T-CENTRE")
        return told.get("answers", [])

    def test_its_alerts_come_again_and_what_officers_said_goes(self):
        self.home.stop()
        self.home.terminal(NODE, "sighting", self.alerts[0], "--officer", "7")
        self.terminal.stop()
        self.damage(NODE, "alerts")
        terminal = self.home.start_terminal(NODE)
        terminal.wait_err(r"error store\.damaged aside=.* answers=[1-9]")
        self.home.start()
        self.wait_until(lambda: len(self.answers(self.alerts[0])) == 1)
        self.wait_until(
            lambda: set(self.alerts) <= set(self.home.on_terminal(NODE))
        )
        new = self.report()
        self.wait_until(lambda: new in self.home.on_terminal(NODE))
        self.assertEqual(1, len(self.aside()))
        terminal.stop()
        self.home.start_terminal(NODE)
        self.wait_until(lambda: new in self.home.on_terminal(NODE))
        self.assertEqual(1, len(self.aside()), "a good one is left alone")

    def test_one_whose_answers_are_damaged_shows_its_alerts_too(self):
        self.terminal.stop()
        self.damage(NODE, "answers")
        terminal = self.home.start_terminal(NODE)
        terminal.wait_err(r"error store\.damaged ")
        new = self.report()
        self.wait_until(
            lambda: {new, *self.alerts} <= set(self.home.on_terminal(NODE))
        )

    def test_one_whose_beginning_is_damaged_shows_its_alerts_again(self):
        self.terminal.stop()
        overwrite(self.path(NODE))
        # as long as no daemon is there nobody takes it for an empty one
        self.home.terminal(NODE, "list", code=LOCAL)
        self.home.terminal(NODE, "status", code=LOCAL)
        self.home.terminal(NODE, "read", self.alerts[0], "--officer", "7",
                           code=LOCAL)  # fmt: skip
        terminal = self.home.start_terminal(NODE)
        terminal.wait_err(r"error store\.damaged aside=.* answers=0")
        self.wait_until(
            lambda: set(self.alerts) <= set(self.home.on_terminal(NODE))
        )
        self.home.terminal(NODE, "sighting", self.alerts[0], "--officer", "7")
        self.wait_until(lambda: len(self.answers(self.alerts[0])) == 1)
        self.assertEqual(1, len(self.aside()))

    def test_what_officers_said_is_read_from_behind_a_lost_beginning(self):
        photo = Path(self.folder) / "photo.png"
        photo.write_bytes(noise_png(60, 1))
        said = self.alerts[0]
        self.home.stop()
        self.home.terminal(NODE, "sighting", said, "--officer", "7",
                           "--picture", photo)  # fmt: skip
        self.home.terminal(NODE, "read", said, "--officer", "7")
        self.terminal.stop()
        overwrite(self.path(NODE))
        self.terminal = self.home.start_terminal(NODE)
        self.terminal.wait_err(
            r"error store\.damaged aside=.* answers=2 photographs=1"
        )
        self.home.start()
        self.wait_until(lambda: self.pictured(said))
        self.assertEqual(1, len(self.answers(said)))

    def pictured(self, alert_id):
        told = self.home.tocsin_json("sightings", alert_id, key="T-CENTRE")
        return [x for x in told.get("sightings", []) if "picturedMs" in x]

    def test_a_gateway_is_told_its_alerts_again(self):
        gateway = Gateway(self.home, "T-VAN").enrol(SHENZHEN)
        gateway.start()
        device = gateway.handheld("T-HAND-1")

        def told():
            return {x["alertId"] for x in device.alerts().get("alerts", [])}

        self.wait_until(lambda: set(self.alerts) <= told())
        gateway.process.stop()
        self.damage("T-VAN", "alerts")
        gateway.start()
        device.login()
        self.wait_until(lambda: set(self.alerts) <= told())
        self.assertEqual(1, len(self.aside("T-VAN")))
        gateway.process.stop()
        overwrite(self.path("T-VAN"))
        gateway.start()
        device.login()
        self.wait_until(lambda: set(self.alerts) <= told())
        self.assertEqual(2, len(self.aside("T-VAN")))

    def test_nobody_says_purged_of_what_lies_in_the_damaged_one(self):
        self.terminal.stop()
        self.damage(NODE, "answers")
        terminal = self.home.start_terminal(NODE)
        sealed = self.alerts[0]
        self.home.seal(sealed)
        terminal.wait_err(r"purge\.postponed .*a damaged file lies")
        self.assertEqual(0, self.home.purged(sealed))
        for path in self.aside():
            path.unlink()
        self.wait_until(lambda: self.home.purged(sealed) == 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
