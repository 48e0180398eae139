#!/usr/bin/python3
"""A gateway without a line, without space, with a wrong clock, before a broker
out of a backup: nothing lost, nothing double, nothing out of order."""

import os
import sys
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from clock import Clock, FastTime  # noqa: E402
from disk import Disk  # noqa: E402
from gateway import Gateway, Refused  # noqa: E402
from handheld import Code  # noqa: E402
from home import SystemCase, free_address, run_program  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402
from weather import Line  # noqa: E402

HANDHELDS = int(os.environ.get("TOCSIN_HANDHELDS", "100"))


class Outage(SystemCase):
    def prepare(self, env=None):
        self.home = self.make_home()
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_nodes([LUOHU])
        self.home.start(env)
        self.gateway = Gateway(self.home, "T-VAN").enrol(SHENZHEN)

    def report(self, env=None):
        done = run_program(
            "tocsin", "report", "--sex", "female", "--age", "6",
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time=-5m", "--json",
            "--key", self.home.bundle_path("T-CENTRE"), env=env,
        )  # fmt: skip
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout.split('"alertId"')[1].split('"')[1]

    def wait_fates(self, device, answer_ids, state="RECORDED"):
        wanted = {f"FATE_STATE_{state}"}
        self.wait_until(
            lambda: {device.fate(x)["state"] for x in answer_ids} == wanted
        )

    def check_journal(self, given):
        """Each answer once, of each handheld in order, by the gateway."""
        self.home.stop()
        self.home.verify()
        facts = [
            fact
            for fact in self.home.export()
            if fact.kind == "answered" and fact.answer_id
        ]
        recorded = {fact.answer_id: fact for fact in facts}
        self.assertEqual(len(recorded), len(facts), "one is double")
        whose = set()
        for ids in given.values():
            mine = [recorded[answer_id] for answer_id in ids]
            self.assertEqual({"T-VAN"}, {fact.relayed_by for fact in mine})
            nodes = {fact.node for fact in mine}
            self.assertEqual(1, len(nodes))
            self.assertFalse(nodes & whose, "another's answer")
            whose |= nodes
            order = [int(fact.sequence) for fact in mine]
            self.assertEqual(sorted(order), order)


class FastMotion(Outage):
    """An hour without a line; broker and gateway run FAST times as fast."""

    FAST = 60
    SILENCE_S = 3600

    def give(self, device, rung):
        """Until there is a receipt: the gateway is killed meanwhile."""
        answer_id, signed = device.sign_answer(self.alert_id, rung)
        until = time.monotonic() + 60
        while True:
            try:
                device.give(signed)
                break
            except (OSError, Refused):
                self.assertLess(time.monotonic(), until)
                self.started.wait(10)
        self.given[device.name].append(answer_id)

    def kill_and_start(self):
        self.started.clear()
        self.gateway.process.kill()
        self.gateway.start()
        self.started.set()

    def test_an_hour_without_a_line_and_kills_in_the_middle(self):
        env = FastTime(self.FAST).env()
        self.prepare(env)
        line = Line(free_address(self.chance), self.home.host, self.seed)
        line.fast = self.FAST
        self.addCleanup(line.close)
        bundle = self.home.bundle_path("T-VAN")
        text = bundle.read_text()
        for port in ("5570", "5571", "5572"):
            text = text.replace(
                f"{self.home.host}:{port}", f"{line.address}:{port}"
            )
        bundle.write_text(text)
        self.gateway.start("--request-s", "3600", env=env)
        self.started = threading.Event()
        self.started.set()
        self.alert_id = self.report(env)
        names = [f"T-H-{number:03}" for number in range(HANDHELDS)]
        crew = self.gateway.crew(names)
        self.given = {device.name: [] for device in crew}
        line.silence()
        silent_since = time.monotonic()
        rungs = ("NEGATIVE", "SIGHTING", "READ", "NEGATIVE")
        with ThreadPoolExecutor(8) as pool:
            for number, rung in enumerate(rungs):
                work = [pool.submit(self.give, x, rung) for x in crew]
                if number in (1, 3):
                    self.kill_and_start()
                for done in work:
                    done.result()
        left = self.SILENCE_S / self.FAST - (time.monotonic() - silent_since)
        time.sleep(max(0, left))
        waiting = self.gateway.status()["waiting"]
        self.assertGreaterEqual(waiting, HANDHELDS * len(rungs) - 128)
        line.speak()
        self.wait_until(lambda: self.gateway.status()["waiting"] == 0)
        status = self.gateway.status()
        self.assertEqual(HANDHELDS * len(rungs), status["recorded"])
        self.gateway.process.stop()
        self.check_journal(self.given)


class Trouble(Outage):
    def test_a_full_disk_is_said_and_nothing_is_half_kept(self):
        self.prepare()
        disk = Disk(self.folder)
        self.gateway.store = ("--store", disk.root / "store")
        self.gateway.start(env=disk.env())
        device = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        given = [device.answer(alert_id, "READ")[0]]
        disk.fill()
        lost = []
        for _ in range(5):
            answer_id, signed = device.sign_answer(alert_id, "SIGHTING")
            with self.assertRaises(Refused) as told:
                device.give(signed)
            self.assertEqual(507, told.exception.code)
            self.assertIsNotNone(told.exception.retry_after)
            lost.append((answer_id, signed))
        with self.assertRaises(Refused) as told:
            device.json("GET", "/healthz")
        self.assertEqual(507, told.exception.code)
        disk.heal()
        for answer_id, signed in lost:
            device.give(signed)
            given.append(answer_id)
        self.wait_fates(device, given)
        self.check_journal({device.name: given})

    def back_up(self):
        copy = self.home.folder / "backup"
        done = run_program("tocsin", "backup", self.home.path, copy)
        self.assertEqual(0, done.returncode, done.stderr)

    def restore(self):
        """A broker that dies and comes back as it was backed up."""
        copy = self.home.folder / "backup"
        self.home.kill()
        self.home.path.rename(self.home.folder / "lost")
        done = run_program("tocsin", "restore", copy, self.home.path)
        self.assertEqual(0, done.returncode, done.stderr)
        self.home.start()
        self.gateway.process.wait_err(r"answers\.again")
        self.wait_until(lambda: self.gateway.status()["connected"])

    def test_a_broker_out_of_a_backup_is_told_again(self):
        self.prepare()
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        given = [device.answer(alert_id, "READ")[0]]
        self.wait_fates(device, given)
        self.back_up()
        for rung in ("NEGATIVE", "SIGHTING", "READ"):
            given.append(device.answer(alert_id, rung)[0])
        self.wait_fates(device, given)
        self.restore()
        self.wait_fates(device, given)
        self.check_journal({device.name: given})

    def test_a_report_that_a_restored_broker_lost_and_what_was_said_of_it(self):
        """The checkpoint hands the report back, the gateway only says again:
        whoever comes first, the handheld's word is recorded once more."""
        self.prepare()
        self.home.start_terminal(LUOHU[0]).wait_out(r"^ready")
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        self.back_up()
        alert_id = self.report()
        self.wait_until(lambda: alert_id in self.home.on_terminal(LUOHU[0]))
        given = [device.answer(alert_id, rung)[0]
                 for rung in ("READ", "SIGHTING")]  # fmt: skip
        self.wait_fates(device, given)
        self.restore()
        self.wait_fates(device, given)
        self.check_journal({device.name: given})

    def test_a_handheld_that_a_restored_broker_lost_is_heard_in_the_end(self):
        """It is enrolled once more, with the key that it has."""
        self.prepare()
        self.gateway.start()
        alert_id = self.report()
        self.back_up()
        device = self.gateway.handheld("T-HAND-1")
        given = [device.answer(alert_id, "READ")[0]]
        self.wait_fates(device, given)
        self.home.kill()
        for rung in ("NEGATIVE", "SIGHTING"):
            given.append(device.answer(alert_id, rung)[0])
        self.restore()
        self.gateway.process.wait_err(r"device\.lost device=T-HAND-1")
        self.wait_until(lambda: self.gateway.metric("devices_lost") == 1)
        self.assertEqual(
            ["waiting"] * 3, [row["state"] for row in self.gateway.spool()]
        )
        with self.assertRaises(Refused) as told:
            device.answer(alert_id, "READ")
        self.assertEqual(503, told.exception.code)
        device.code = Code(self.gateway.invite("T-HAND-1"))
        device.enrol()
        device.login()
        given.append(device.answer(alert_id, "READ")[0])
        self.wait_fates(device, given)
        self.check_journal({device.name: given})

    # ---- more alerts than go on a page ----

    def pages(self, device):
        """What is live, page after page."""
        listed, query = [], ""
        while True:
            page = device.alerts(query)
            listed += [alert["alertId"] for alert in page.get("alerts", [])]
            if not page.get("more"):
                return listed
            query = f"?before={page['next']}"

    def is_held(self, device, alert_id):
        try:
            return device.json("GET", f"/v1/alerts/{alert_id}", token=True)
        except Refused:
            return None

    def at_the_centre(self):
        """What has been handed back, too."""
        listed = self.home.tocsin_json("alerts", key="T-CENTRE")
        return [alert["alertId"] for alert in listed.get("alerts", [])]

    def check_listed(self, device, out):
        """Each once, the newest first."""
        self.wait_until(lambda: all(self.is_held(device, x) for x in out))
        self.gateway.wait_connected()
        listed = self.pages(device)
        self.assertEqual(sorted(out), sorted(listed))
        self.assertEqual(out[-1], listed[0])

    def test_every_alert_is_on_a_page_after_the_brokers_clock_was_set(self):
        clock = Clock(self.folder, "broker")
        self.prepare(clock.env())
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        clock.wrong_by(60)
        out = [self.report() for _ in range(45)]
        clock.right()
        out.append(self.report())
        self.check_listed(device, out)
        self.assertEqual(out[::-1], self.pages(device))

    def test_every_alert_is_on_a_page_after_the_broker_came_from_a_backup(self):
        self.prepare()
        self.home.start_terminal(LUOHU[0]).wait_out(r"^ready")
        self.gateway.start()
        device = self.gateway.handheld("T-HAND-1")
        self.back_up()
        out = [self.report() for _ in range(45)]
        self.wait_until(lambda: out[-1] in self.home.on_terminal(LUOHU[0]))
        self.restore()
        self.wait_until(lambda: len(self.at_the_centre()) == len(out))
        out.append(self.report())
        self.check_listed(device, out)

    def test_clocks_that_are_an_hour_off_lose_nothing(self):
        self.prepare()
        clock = Clock(self.folder, "gateway")
        self.gateway.start(env=clock.env())
        device = self.gateway.handheld("T-HAND-1")
        alert_id = self.report()
        given = []
        for off_s in (3600, -3600, 0):
            clock.wrong_by(off_s)
            device.login()
            for rung in ("NEGATIVE", "SIGHTING"):
                at_ms = int((time.time() - 2 * off_s) * 1000)
                given.append(device.answer(alert_id, rung, atMs=at_ms)[0])
            self.wait_fates(device, given)
        self.check_journal({device.name: given})


if __name__ == "__main__":
    unittest.main(verbosity=2)
