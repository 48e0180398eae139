#!/usr/bin/python3
"""A broker that has worked for long: snapshots, backups, the archive.

All of it while reports and answers go on, with a kill -9 in between.
"""

import re
import shutil
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, run_program  # noqa: E402
from places import IN_SHENZHEN, LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import Centre, new_alert, text  # noqa: E402
from tocsin_wire import common_pb2, desk_pb2  # noqa: E402

NODES = [node[0] for node in IN_SHENZHEN]
EVERY = 40  # facts between two snapshots
CONFIRMED = (desk_pb2.STATUS_RECORDED, desk_pb2.STATUS_DUPLICATE)


class Load(threading.Thread):
    """Reports, revises and withdraws until it is told to stop."""

    def __init__(self, bundle, chance):
        super().__init__(daemon=True)
        self.centre = Centre(bundle)
        self.chance = chance
        self.live = {}
        self.confirmed = []  # (request id, sequence)
        self.error = None
        self.over = threading.Event()
        self.progress = threading.Condition()
        self.start()

    def step(self):
        if len(self.live) < 4:
            alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
            reply = self.centre.report(alert)
            self.live[alert.alert_id] = alert
        else:
            alert = self.live[self.chance.choice(sorted(self.live))]
            if self.chance.random() < 0.5:
                alert.revision += 1
                del alert.circumstances[:]
                alert.circumstances.append(text(f"News {alert.revision}."))
                reply = self.centre.revise(alert)
            else:
                del self.live[alert.alert_id]
                reply = self.centre.withdraw(
                    alert.alert_id, alert.revision + 1
                )
        if reply.status not in CONFIRMED:
            raise AssertionError(reply)
        with self.progress:
            self.confirmed.append((reply.request_id, reply.sequence))
            self.progress.notify_all()

    def run(self):
        try:
            while not self.over.is_set():
                self.step()
        except Exception as error:
            self.error = error
            with self.progress:
                self.progress.notify_all()

    def wait_more(self, count):
        """Until so many more are confirmed."""
        with self.progress:
            goal = len(self.confirmed) + count
            self.progress.wait_for(
                lambda: self.error or len(self.confirmed) >= goal, 60
            )
            if self.error or len(self.confirmed) < goal:
                raise AssertionError(f"no progress: {self.error}")

    def finish(self):
        """Stop; gives what is live: alert_id -> revision."""
        self.over.set()
        self.join(60)
        self.centre.desk.close()
        if self.error is not None:
            raise self.error
        return {x.alert_id: x.revision for x in self.live.values()}


class Years(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home()
        home.configure("snapshot_facts", EVERY)
        home.start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes(IN_SHENZHEN)
        self.terminals = [home.start_terminal(name) for name in NODES]
        for terminal in self.terminals:
            terminal.wait_out(r"^ready")
        self.load = Load(home.bundle("T-CENTRE"), self.chance)
        self.addCleanup(self.load.over.set)

    def snapshots(self):
        return self.home.broker.count_err(r"snapshot\.written")

    def wait_snapshot(self):
        self.home.broker.wait_err_times(
            r"snapshot\.written", self.snapshots() + 1
        )

    def began_after(self):
        line = self.home.broker.wait_err(r"journal\.rebuilt")
        return int(re.search(r"from=(\d+)", line)[1])

    def every_one_is_kept(self, home):
        facts = {x.request_id: x.sequence for x in home.export()}
        lost = [
            (request, sequence)
            for request, sequence in self.load.confirmed
            if facts.get(request) != sequence
        ]
        print(f"confirmed {len(self.load.confirmed)}, lost {len(lost)}")
        self.assertEqual([], lost)

    def terminals_agree(self, want):
        """The centre's list and each screen show just these."""

        def listed():
            told = self.home.tocsin_json("alerts")
            return {x["alertId"]: x["revision"] for x in told["alerts"]}

        self.wait_until(lambda: listed() == want)
        for name in NODES:
            self.wait_until(lambda name=name: self.on(name) == want)
        centre = self.home.centre("T-CENTRE")
        for alert_id in want:
            self.wait_held(centre, alert_id)

    def on(self, name):
        return self.home.on_terminal(name)

    def test_a_start_reads_only_what_came_after_the_snapshot(self):
        self.wait_snapshot()
        self.load.wait_more(5)
        self.home.kill()
        self.home.start()
        self.assertGreater(self.began_after(), EVERY)
        self.load.wait_more(20)
        self.terminals_agree(self.load.finish())
        self.home.stop()
        self.home.verify()  # compares the snapshot with the facts, too
        self.every_one_is_kept(self.home)

    def test_a_useless_snapshot_is_named_and_passed_over(self):
        self.wait_snapshot()
        self.load.finish()
        self.home.stop()
        snapshot = self.home.path / "book.snapshot"
        good = snapshot.read_bytes()
        at = self.chance.randrange(len(good))
        for bad in (
            good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :],
            good[:at],
            b"",
        ):
            snapshot.write_bytes(bad)
            self.home.start()
            self.home.broker.wait_err(r"snapshot\.useless")
            self.assertEqual(1, self.began_after())
            self.home.stop()
        self.every_one_is_kept(self.home)

    def test_a_backup_under_load_comes_back_under_a_new_epoch(self):
        self.load.wait_more(10)
        backup = self.home.folder / "backup"
        first = run_program("tocsin", "backup", self.home.path, backup)
        self.assertEqual(0, first.returncode, first.stderr)
        self.load.wait_more(20)
        done = run_program("tocsin", "backup", self.home.path, backup)
        self.assertEqual(0, done.returncode, done.stderr)
        kept = int(re.search(r"backup of (\d+) facts", done.stdout)[1])
        self.assertGreaterEqual(kept, 30)
        self.load.wait_more(10)  # these the backup does not know
        live = self.load.finish()
        self.terminals_agree(live)
        sighted = self.sight()
        self.home.kill()

        shutil.rmtree(self.home.path)
        again = run_program("tocsin", "restore", backup, self.home.path)
        self.assertEqual(0, again.returncode, again.stderr)
        self.assertIn(f"{kept} facts", again.stdout)
        self.load.confirmed = [x for x in self.load.confirmed if x[1] <= kept]
        self.home.start()
        # the terminals hand back what was lost, and say again what they saw
        self.terminals_agree(live)
        centre = self.home.centre("T-CENTRE")
        self.wait_told(
            centre,
            sighted,
            lambda: centre.show(sighted).alert_detail.summary.sightings,
            lambda count: count == 1,
        )
        alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
        self.assertStatus("RECORDED", centre.report(alert))
        self.wait_held(centre, alert.alert_id)
        self.home.stop()
        self.home.verify()
        self.every_one_is_kept(self.home)
        restored = [x for x in self.home.export() if x.kind == "restored"]
        self.assertEqual([kept + 1], [fact.sequence for fact in restored])

    def sight(self):
        """An officer sees a child whose alert the backup does not know."""
        name = LUOHU[0]
        alert_id = max(self.on(name))
        self.home.terminal(name, "sighting", alert_id, "--officer", "P-1")
        centre = self.home.centre("T-CENTRE")
        self.wait_told(
            centre,
            alert_id,
            lambda: centre.show(alert_id).alert_detail.summary.sightings,
            lambda count: count == 1,
        )
        return alert_id

    def test_the_archive_goes_on_verifying_and_is_searched(self):
        self.load.wait_more(20)
        done = run_program(
            "tocsin", "journal", "archive", self.home.path, "--keep-days", "0"
        )
        self.assertEqual(0, done.returncode, done.stderr)
        first = int(re.search(r"facts 1 to (\d+)", done.stdout)[1])
        self.load.wait_more(20)
        done = run_program(
            "tocsin", "journal", "archive", self.home.path, "--keep-days", "0"
        )
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn(f"archived facts {first + 1} to ", done.stdout)
        self.load.wait_more(5)
        self.home.kill()
        (self.home.path / "book.snapshot").unlink(missing_ok=True)
        self.home.start()
        self.assertGreater(self.began_after(), first)
        self.load.wait_more(5)
        self.load.finish()
        self.home.stop()
        self.home.verify()
        self.every_one_is_kept(self.home)
        self.search_finds_what_is_archived(first)
        self.a_missing_volume_is_said()

    def search_finds_what_is_archived(self, first):
        done = run_program(
            "tocsin", "journal", "search", self.home.path, "--node", NODES[0]
        )
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn('"enrolled"', done.stdout)
        facts = self.home.export()
        one = next(x for x in facts if x.kind == "alertIssued")
        self.assertLessEqual(one.sequence, first)
        done = run_program(
            "tocsin", "journal", "search", self.home.path,
            "--alert", one.alert_id,
        )  # fmt: skip
        own = {x.sequence for x in facts if x.alert_id == one.alert_id}
        self.assertEqual(len(own), len(done.stdout.splitlines()))
        none = run_program(
            "tocsin", "journal", "search", self.home.path,
            "--node", "T-NOBODY",
        )  # fmt: skip
        self.assertEqual(1, none.returncode)

    def a_missing_volume_is_said(self):
        shutil.rmtree(self.home.path / "archive")
        done = run_program("tocsin", "journal", "verify", self.home.path)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("archived elsewhere: not checked", done.stdout)


class Burst(SystemCase):
    """Keys are made and used up while snapshots are being written."""

    REPORTS = 1500  # of each centre

    def report(self, name, reported):
        target = common_pb2.Target(divisions=[SHENZHEN])
        with Centre(self.home.bundle(name)) as centre:
            for _ in range(self.REPORTS):
                alert = new_alert(SEEN, target)
                self.assertIn(centre.report(alert).status, CONFIRMED)
                reported.append(alert.alert_id)

    def test_a_start_from_a_snapshot_knows_what_each_report_says(self):
        self.home = self.make_home()
        self.home.configure("snapshot_facts", "10")
        self.home.configure("peer_rate", "10000")
        self.home.start()
        names = [f"T-CENTRE-{i}" for i in range(3)]
        for name in names:
            self.home.enrol("centre", name, SHENZHEN)
        reported = []
        threads = [
            threading.Thread(target=self.report, args=(name, reported))
            for name in names
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(names) * self.REPORTS, len(reported))
        self.home.broker.wait_err(r"snapshot\.written")
        self.home.stop()
        self.home.start()
        centre = self.home.centre(names[0])
        speechless = [
            alert_id
            for alert_id in reported
            if not centre.show(alert_id).alert_detail.HasField("document")
        ]
        self.assertEqual([], speechless)
        self.home.verify()


class Touched(SystemCase):
    """What was changed in an archive or a snapshot does not verify."""

    def test_a_changed_archive_or_base_is_noticed(self):
        home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        home.stop()
        done = run_program(
            "tocsin", "journal", "archive", home.path, "--keep-days", "0"
        )
        self.assertEqual(0, done.returncode, done.stderr)
        home.verify()
        volume = next((home.path / "archive").glob("*.db"))
        whole = volume.read_bytes()
        at = whole.index(b"T-LUOHU")
        volume.write_bytes(whole[:at] + b"X" + whole[at + 1 :])
        done = run_program("tocsin", "journal", "verify", home.path)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertRegex(done.stderr, r"the chain breaks at sequence \d+")
        volume.write_bytes(whole)
        home.verify()


class Elsewhere(SystemCase):
    def test_a_restore_never_overwrites_and_says_what_is_wrong(self):
        home = self.make_home()
        for args, code, said in (
            (("restore", home.folder, home.folder / "new"), 4, "no backup"),
            (("restore", home.path, home.path), 1, "is there already"),
            (("backup", home.folder, home.folder / "b"), 4, "no home"),
            (("backup", home.path), 2, "usage"),
        ):
            done = run_program("tocsin", *args)
            self.assertEqual(code, done.returncode, done.stderr)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    unittest.main()
