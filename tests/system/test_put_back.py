#!/usr/bin/python3
"""A copy of the home that was put back by hand, not by tocsin restore: a disk's
snapshot, last night's folder. It has the journal that everybody knows, without
the end of it."""

import os
import shutil
import signal
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from gateway import Gateway  # noqa: E402
from home import SystemCase, binary  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

BEACON_MS = 3000  # more than between two
SIGHTED = 6  # founded, two enrolled, reported, held, and then
LATER = "on the footbridge, with a woman"
SAID = "by the third pillar, in a green coat"


class PutBack(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        self.node = LUOHU[0]
        self.copy = Path(self.folder) / "copy"
        self.take_copy()
        self.terminal = home.start_terminal(self.node)
        self.terminal.wait_err(r"sync\.done")
        self.alert = self.report()
        self.terminal.wait_err(rf"alert\.stored alert={self.alert}")
        self.sight(SAID)
        self.wait_until(lambda: self.head() >= SIGHTED)

    def take_copy(self):
        self.home.stop()
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.home.path, self.copy)
        self.home.start()

    def sight(self, said):
        self.home.terminal(self.node, "sighting", self.alert, "--officer", "7",
                           "--text", said, "--wait", "20")  # fmt: skip

    def report(self):
        return self.home.tocsin_json(
            "report", "--sex", "female", "--age", "6",
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
            key="T-CENTRE",
        )["alertId"]  # fmt: skip

    def head(self):
        return self.home.terminal_json(self.node, "status")["head"]

    def put_back(self):
        self.home.kill()
        shutil.rmtree(self.home.path)
        shutil.copytree(self.copy, self.home.path)
        self.home.start()

    def go_on(self, head):
        """With facts that concern no node."""
        for i in range(head + 1 - len(self.home.export())):
            self.home.enrol("centre", f"T-CENTRE-{i}", SHENZHEN)

    def wait_told(self, said):
        self.wait_until(
            lambda: said
            in self.home.tocsin("show", self.alert, key="T-CENTRE")
        )

    def assertAllIsBack(self, terminal):
        terminal.wait_err(rf"alert\.taken_back alert={self.alert}")
        self.wait_told(SAID)
        self.assertIn(self.alert, self.home.on_terminal(self.node))
        self.assertEqual(0, terminal.count_err(r"alert\.gone"))

    def test_what_it_lacks_comes_back_and_it_is_called_what_it_is(self):
        self.put_back()
        self.home.broker.wait_err(
            rf"error journal\.older alert={self.alert} by={self.node}"
        )
        self.assertAllIsBack(self.terminal)

    def test_who_was_away_until_it_had_gone_on_as_far_brings_it_back_too(self):
        self.terminal.stop()
        known = self.head()
        self.put_back()
        later = [self.report() for _ in range(known)]
        terminal = self.home.start_terminal(self.node)
        self.wait_until(
            lambda: set(later) <= set(self.home.on_terminal(self.node))
        )
        self.assertAllIsBack(terminal)
        self.home.broker.wait_err(
            rf"warn journal\.older node={self.node} sequence={known}"
        )

    def test_a_word_that_it_lacks_comes_back_though_the_alerts_are_the_same(self):
        self.take_copy()
        self.terminal.wait_err_times(r"sync\.done", 2)
        before = self.head()
        self.sight(LATER)
        self.wait_until(lambda: self.head() > before)
        self.terminal.stop()
        known = self.head()
        self.put_back()
        self.go_on(known)
        self.home.start_terminal(self.node)
        self.wait_told(LATER)
        self.home.broker.wait_err(
            rf"warn journal\.older node={self.node} sequence={known}"
        )

    def test_what_a_handheld_said_comes_back_from_its_gateway_that_was_away(self):
        gateway = Gateway(self.home, "T-VAN").enrol(LUOHU[2]).start()
        device = gateway.handheld("T-HAND-1")
        self.take_copy()
        gateway.wait_connected()
        device.answer(self.alert, "SIGHTING", text=LATER)
        self.wait_told(LATER)
        told_ms = time.time() * 1000
        self.wait_until(
            lambda: gateway.status()["pictureMs"] > told_ms + BEACON_MS
        )
        gateway.process.stop()
        self.terminal.kill()  # or it would be the first to say so
        lost = len(self.home.export())
        self.put_back()
        self.assertNotIn(
            LATER, self.home.tocsin("show", self.alert, key="T-CENTRE")
        )
        self.go_on(lost)
        gateway.start()
        self.wait_told(LATER)
        self.home.broker.wait_err(r"warn journal\.older node=T-VAN ")

    def test_who_watches_is_told_that_something_is_missing(self):
        argv = [binary("tocsin"), "watch", "--key",
                self.home.bundle_path("T-CENTRE")]  # fmt: skip
        watch = self.launch("watch", argv)
        while not watch.out.now():  # it is there
            self.report()
            watch.out.wait(lambda _: True, timeout=3)
        os.kill(watch.pid, signal.SIGSTOP)
        self.terminal.kill()  # or it would be the first to say so
        known = len(self.home.export())
        self.put_back()
        self.go_on(known)
        self.assertGreater(len(self.home.export()), known)
        os.kill(watch.pid, signal.SIGCONT)
        watch.wait_err("an older copy of the broker's home was put back")
        self.home.broker.wait_err(r"warn journal\.older node=T-CENTRE ")
        late = self.report()
        watch.wait_out(late)
        watch.kill()

    def test_a_node_that_was_away_and_missed_nothing_brings_nothing_back(self):
        known = self.head()
        self.terminal.stop()
        self.home.kill()
        self.home.start()
        later = [self.report() for _ in range(3)]
        terminal = self.home.start_terminal(self.node)
        self.wait_until(
            lambda: set(later) <= set(self.home.on_terminal(self.node))
        )
        self.wait_until(lambda: self.head() > known)
        self.assertEqual(0, terminal.count_err(r"turned_back|handed_back|again"))
        self.assertEqual(0, self.home.broker.count_err(r"journal\.older"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
