#!/usr/bin/python3
"""A sealed case and everyone who had it: nodes, gateways, handhelds."""

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import termios
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from clock import FastTime  # noqa: E402
from gateway import Gateway  # noqa: E402
from home import SystemCase, binary, run_program  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

NAME = "Invented Orchid"
SECRET = "by the third pillar, in a green coat"
PIPE_BYTES = 4096
A_WHILE_S = 3  # far longer than an alert needs


class Forgotten(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("officer", "T-LEAD", SHENZHEN, "--rank", "county",
                   "--unit", "Test unit")  # fmt: skip
        home.enrol_nodes([LUOHU])
        home.start()
        self.gateway = Gateway(home, "T-VAN").enrol(SHENZHEN)
        self.alert = self.report()

    def report(self):
        return self.home.tocsin_json(
            "report", "--sex", "female", "--age", "6", "--name", NAME,
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
            key="T-CENTRE",
        )["alertId"]  # fmt: skip

    def case(self):
        return self.home.tocsin_json("case", self.alert, key="T-CENTRE")

    def where(self, *texts):
        return sorted(
            path.name
            for path in Path(self.folder).rglob("*")
            if path.is_file()
            and any(text.encode() in path.read_bytes() for text in texts)
        )

    def test_a_gateway_purges_and_says_so_signed(self):
        home, gateway = self.home, self.gateway.start()
        terminal = home.start_terminal(LUOHU[0])
        device = gateway.handheld("T-HAND-1")
        self.wait_until(lambda: device.alerts().get("alerts"))
        answer_id, _ = device.answer(self.alert, "SIGHTING", text=SECRET)
        self.wait_until(
            lambda: device.fate(answer_id)["state"] == "FATE_STATE_RECORDED"
        )
        self.assertTrue(self.where(NAME))
        # it does not hear of the sealing before it is back
        gateway.process.stop()
        self.home.seal(self.alert)
        terminal.wait_err(r"alert\.purged")
        self.wait_until(lambda: self.case().get("purged") == 1)
        case = self.case()
        self.assertEqual(2, case["purgeNodes"])
        self.assertEqual(["T-VAN"], [x["id"] for x in case["unpurged"]])
        self.assertIn("T-VAN", home.tocsin("case", self.alert, key="T-CENTRE"))
        gateway.start()
        self.wait_until(lambda: self.case().get("purged") == 2)
        self.assertNotIn("unpurged", self.case())
        self.assertEqual([], self.where(NAME, SECRET))
        gateway.process.kill()
        self.assertEqual([], self.where(NAME, SECRET))
        self.assert_period_counts()

    def test_who_has_not_purged_and_is_not_named_is_counted(self):
        home = self.home
        home.enrol_nodes(
            [(f"T-DARK-{i}", "bus", "440303", SEEN) for i in range(60)]
        )
        self.alert = self.report()
        self.home.seal(self.alert)
        case = self.case()
        self.assertEqual(62, case["purgeNodes"])
        self.assertEqual(50, len(case["unpurged"]))
        told = home.tocsin("case", self.alert, key="T-CENTRE")
        self.assertRegex(told, r"(?m)^ +and 12 more\b")

    def assert_period_counts(self):
        self.home.stop()
        self.home.verify()
        told = run_program(
            "tocsin", "report-period", self.home.path, "--json",
            "--from", "2020-01-01", "--to", "2090-01-01",
        )  # fmt: skip
        total = json.loads(told.stdout)["actual"]["total"]
        self.assertEqual((2, 2), (total["purgeDue"], total["purged"]))

    def read_slowly(self, alert):
        """Somebody shows it and has not taken what is shown: a pager, ^S."""
        unread, out = os.pipe()
        fcntl.fcntl(out, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        reader = subprocess.Popen(
            [binary("tocsin-terminal"), "show", alert, "--json",
             "--bundle", self.home.bundle_path(LUOHU[0]),
             "--store", self.home.store_path(LUOHU[0])],
            stdout=out,
        )  # fmt: skip
        os.close(out)
        self.addCleanup(os.close, unread)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)
        room = bytearray(4)
        while int.from_bytes(room, sys.byteorder) < PIPE_BYTES:
            self.assertIsNone(reader.poll())
            fcntl.ioctl(unread, termios.FIONREAD, room)
        return reader

    def show_much(self):
        """Its terminal has an alert that somebody has not read to the end."""
        terminal = self.home.start_terminal(LUOHU[0])
        texts = ("--circumstances", "--action", "--clothing", "--appearance")
        much = [word for text in texts for word in (text, '"' * 800)]
        self.home.tocsin("revise", self.alert, *much,
                         "--circumstances", '"' * 1900,
                         key="T-CENTRE")  # fmt: skip
        self.wait_until(
            lambda: self.home.on_terminal(LUOHU[0]) == {self.alert: 2}
        )
        return terminal, self.read_slowly(self.alert)

    def test_a_checkpoint_that_still_has_it_does_not_say_that_it_is_gone(self):
        terminal, reader = self.show_much()
        self.home.seal(self.alert)
        terminal.wait_err(r"alert\.purged|purge\.postponed")
        if terminal.count_err(r"alert\.purged"):
            self.wait_until(lambda: self.case().get("purged") == 1)
            self.assertEqual([], self.where(NAME), "and the centre is told so")
        reader.kill()
        self.wait_until(lambda: self.case().get("purged") == 1)
        self.assertEqual([], self.where(NAME))

    def test_a_screen_beside_the_checkpoint_is_told_that_it_has_ended(self):
        """Sealed while the checkpoint was off: all that is left is its id."""
        told = Path(self.folder) / "told"
        command = ("--on-alert", f"cat >> {told}")

        def changes():
            text = told.read_text() if told.exists() else ""
            return [json.loads(x)["change"] for x in text.splitlines()]

        terminal = self.home.start_terminal(LUOHU[0], *command)
        terminal.wait_err(r"command\.done")
        self.assertEqual(0, terminal.stop())
        self.home.seal(self.alert)
        terminal = self.home.start_terminal(LUOHU[0], *command)
        self.wait_until(lambda: changes() == ["NEW", "ENDED"])
        terminal.wait_err(r"command\.done")
        self.assertEqual(0, terminal.stop())
        terminal = self.home.start_terminal(LUOHU[0], *command)
        self.wait_until(lambda: self.case().get("purged") == 1)
        self.assertEqual(["NEW", "ENDED"], changes())

    def test_what_a_copy_of_the_store_still_reads_is_not_called_gone(self):
        """Somebody makes a backup of it, or looks into it with `sqlite3`."""
        terminal = self.home.start_terminal(LUOHU[0])
        self.wait_until(lambda: self.alert in self.home.on_terminal(LUOHU[0]))
        path = self.home.store_path(LUOHU[0]) / "store.db"
        reader = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM alerts").fetchone()
        self.home.seal(self.alert)
        terminal.wait_err(r"purge\.postponed .*somebody has the store")
        self.assertEqual(0, self.case().get("purged", 0))
        reader.execute("COMMIT")
        self.wait_until(lambda: self.case().get("purged") == 1)
        self.assertEqual([], self.where(NAME))

    def test_who_reads_slowly_holds_up_no_alert(self):
        terminal, _ = self.show_much()
        self.home.seal(self.alert)
        terminal.wait_err(r"alert\.stripped")
        for _ in range(3):
            began = time.monotonic()
            alert = self.home.tocsin_json(
                "report", "--sex", "male", "--age", "6", "--seen-time", "-5m",
                "--seen", f"{SEEN[0]},{SEEN[1]}", key="T-CENTRE",
            )["alertId"]  # fmt: skip
            terminal.wait_err(rf"screen\.changed alert={alert}")
            self.assertLess(time.monotonic() - began, A_WHILE_S)

    def test_the_word_of_one_of_two_copies_of_a_store_purges_nothing(self):
        home, node = self.home, LUOHU[0]
        terminal = home.start_terminal(node)
        terminal.wait_err(r"alert\.stored")
        terminal.stop()
        home.stop()
        copy = Path(self.folder) / "copy"
        shutil.copytree(home.store_path(node), copy)
        fast = FastTime(10).env()
        home.start(fast)
        machines = [
            home.start_terminal(node, env=fast),
            home.start_terminal(node, "--store", copy, env=fast),
        ]
        home.broker.wait_err(rf"node\.doubled node={node}")
        self.assertIn("two machines", home.tocsin("principals"))
        board = home.tocsin("board", self.alert, "--list", "all",
                            key="T-CENTRE")  # fmt: skip
        self.assertIn("two machines", board)
        self.home.seal(self.alert)
        for machine in machines:
            machine.wait_err(r"alert\.purged")
        self.assertEqual([], self.where(NAME))
        self.assertEqual(0, self.case().get("purged", 0))
        self.assertEqual([node], self.case()["doubled"])
        case = home.tocsin("case", self.alert, key="T-CENTRE")
        self.assertIn("two machines use its key", case)


if __name__ == "__main__":
    unittest.main(verbosity=2)
