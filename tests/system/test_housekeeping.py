#!/usr/bin/python3
"""What an engineer does beside a running broker, done wrong: an archiving
while another is under way, a backup the wrong way round."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from clock import Clock  # noqa: E402
from disk import Disk  # noqa: E402
from photos import noise_png  # noqa: E402
from home import Home, SystemCase, binary, run_program  # noqa: E402
from processes import DIES_WITH_US, PATIENCE_S  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import common_pb2  # noqa: E402

# An archiving of years takes minutes; here the disk makes up for that.
SLOW = {
    "LD_PRELOAD": os.environ.get("TOCSIN_SLOW_DISK", ""),
    "TOCSIN_SLOW_DISK_US": "20000",
    # the shim stands before the sanitizer's runtime
    "ASAN_OPTIONS": "verify_asan_link_order=0",
}


class Housekeeping(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = self.make_home().start()
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)

    def report(self, count):
        centre = self.home.centre("T-CENTRE")
        target = common_pb2.Target(divisions=[SHENZHEN])
        for _ in range(count):
            alert = new_alert(SEEN, target)
            self.assertStatus("RECORDED", centre.report(alert))
        return alert.alert_id

    def facts(self):
        return [fact.sequence for fact in self.home.export()]


class Archive(Housekeeping):
    def archive(self, env=None):
        argv = [
            binary("tocsin"), "journal", "archive", self.home.path,
            "--keep-days", "0",
        ]  # fmt: skip
        return self.launch("archive", argv, env)

    def test_two_at_a_time_lose_nothing(self):
        self.report(30)
        before = self.facts()
        unfinished = self.home.path / "archive" / ".unfinished"
        first = self.archive(SLOW)
        self.wait_until(unfinished.exists)
        second = self.archive(SLOW)
        codes = [x.wait_end() for x in (first, second)]
        print(f"codes {codes}\n{first.tail()}\n{second.tail()}")
        self.assertIn(0, codes)
        self.home.verify()
        self.assertEqual(before, self.facts()[: len(before)])


    def test_a_slow_one_ends_no_broker(self):
        """"While the broker works if need be": it has the journal to itself
        for longer than a commit may wait."""
        self.report(500)
        archiving = self.archive(SLOW)
        archiving.expected_end = True
        while archiving.running() and self.home.broker.running():
            run_program(
                "tocsin", "report", "--sex", "female", "--age", "6",
                "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
                "--key", self.home.bundle_path("T-CENTRE"),
            )  # fmt: skip
        self.assertTrue(self.home.broker.running(), self.home.broker.tail())
        self.assertEqual(0, archiving.wait_end(), archiving.tail())

    def archive_now(self):
        done = run_program(
            "tocsin", "journal", "archive", self.home.path, "--keep-days", "0"
        )
        self.assertEqual(0, done.returncode, done.stderr)

    def test_a_damaged_state_is_named_and_no_backup_is_verified(self):
        """What the facts that are archived add up to is in the journal alone,
        on pages of its own."""
        nodes = [(f"T-{n}", "railway", SHENZHEN, SEEN) for n in range(300)]
        self.home.enrol_nodes(nodes)
        self.home.stop()
        self.archive_now()
        journal = self.home.path / "journal.db"
        whole = journal.read_bytes()
        page = next(
            at for at in range(8192, len(whole), 4096)
            if b"T-200" in whole[at : at + 4096]
        )  # fmt: skip
        far = b"\xff\xff\xff\xff"  # where it goes on
        journal.write_bytes(whole[:page] + far + whole[page + 4 :])
        for words in (
            ("journal", "verify", self.home.path),
            ("backup", self.home.path, self.home.folder / "backup"),
            ("run", "--maintenance", self.home.path),
        ):
            done = run_program("tocsind", *words)
            self.assertEqual(1, done.returncode, done.stdout + done.stderr)
            self.assertIn("the state", done.stderr)
            self.assertIn("malformed", done.stderr)

    def test_an_archive_that_cannot_be_read_is_not_called_elsewhere(self):
        self.report(2)
        self.archive_now()
        archive = self.home.path / "archive"
        archive.rename(self.home.path / "away")
        span = ("--from", "2026-01-01", "--to", "2099-01-01")
        reading = (
            ("journal", "verify", self.home.path),
            ("journal", "export", self.home.path),
            ("report-period", self.home.path, *span),
        )
        done = run_program("tocsin", *reading[0])
        self.assertIn("archived elsewhere", done.stdout)
        archive.write_text("no folder")
        for words in reading:
            done = run_program("tocsin", *words)
            self.assertEqual(4, done.returncode, done.stdout + done.stderr)
            self.assertIn("home/archive: Not a directory", done.stderr)

    def test_verify_says_what_a_lost_volume_keeps_it_from_checking(self):
        self.report(2)
        self.archive_now()
        self.report(2)
        self.archive_now()
        first, second = sorted((self.home.path / "archive").glob("*.db"))
        first.unlink()
        # of the second nothing is read: it might as well be damaged
        whole = second.read_bytes()
        second.write_bytes(whole.replace(b"T-CENTRE", b"X-CENTRE"))
        done = run_program("tocsin", "journal", "verify", self.home.path)
        print(done.returncode, done.stdout, done.stderr)
        self.assertIn("not checked", done.stdout)
        self.assertNotIn("are in the archive", done.stdout)

    def test_an_export_without_a_lost_volume_is_not_called_whole(self):
        self.report(1)
        self.archive_now()
        self.report(1)
        (volume,) = (self.home.path / "archive").glob("*.db")
        volume.rename(self.home.folder / volume.name)
        first = int(volume.stem.rsplit("-", 1)[1]) + 1
        there = ("journal", "export", self.home.path)
        done = run_program("tocsin", *there)
        self.assertEqual(4, done.returncode, done.stderr)
        self.assertRegex(done.stderr, f"facts 1 to {first - 1} are archived")
        self.assertIn(f'"sequence":{first},', done.stdout)
        done = run_program("tocsin", *there, "--from", first)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        done = run_program(
            "tocsin", "journal", "search", self.home.path, "--since", "2026-01-01T00:00Z"
        )
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stderr, f"facts 1 to {first - 1} are archived")

    def test_a_volume_of_another_journal_is_no_part_of_this_one(self):
        folder = self.home.folder / "elsewhere"
        folder.mkdir()
        other = Home(self, folder).init().start()
        other.enrol("centre", "T-CENTRE", SHENZHEN)
        for home in (self.home, other):
            home.stop()
            done = run_program(
                "tocsin", "journal", "archive", home.path, "--keep-days", "0"
            )
            self.assertEqual(0, done.returncode, done.stderr)
        own, foreign = (
            next((home.path / "archive").glob("*.db"))
            for home in (self.home, other)
        )
        self.assertEqual(own.name, foreign.name)
        shutil.copy(foreign, own)
        for command in (
            ("journal", "export", self.home.path),
            ("journal", "verify", self.home.path),
            ("report-period", self.home.path, "--from", "2026-01-01",
             "--to", "2099-01-01"),
        ):  # fmt: skip
            done = run_program("tocsind", *command)
            self.assertEqual(1, done.returncode, (command, done.stdout))
            self.assertRegex(done.stderr, "the chain breaks|not what the facts")

    def search(self, name):
        done = run_program(
            "tocsin", "journal", "search", self.home.path, "--alert", name
        )
        return [json.loads(x)["sequence"] for x in done.stdout.splitlines()]

    def test_a_case_is_found_by_its_number_without_the_archive(self):
        alert_id = self.report(1)
        centre = self.home.centre("T-CENTRE")
        number = centre.show(alert_id).alert_detail.summary.case_number
        self.archive_now()
        shutil.rmtree(self.home.path / "archive")
        self.home.enrol("officer", "T-LEAD", SHENZHEN, "--rank", "county", "--unit", "Test unit")
        self.home.tocsin("lead", alert_id, "--offer", "T-LEAD", key="T-CENTRE")
        self.assertNotEqual([], self.search(alert_id))
        self.assertEqual(self.search(alert_id), self.search(number))


class SlowReader(Housekeeping):
    """An export into a pager that nobody turns: its pipe is full, and the
    journal goes on."""

    def export(self):
        self.report(400)
        argv = [*DIES_WITH_US, binary("tocsind"), "journal", "export",
                self.home.path]  # fmt: skip
        # not by lines: it is to stand there until we read
        reader = subprocess.Popen(argv, stdout=subprocess.PIPE, bufsize=0)
        self.addCleanup(reader.stdout.close)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)
        return reader, reader.stdout.read(1)

    def rest(self, reader, begun):
        out, _ = reader.communicate(timeout=PATIENCE_S)
        self.assertEqual(0, reader.returncode)
        return [json.loads(x)["sequence"] for x in (begun + out).splitlines()]

    def test_it_keeps_no_log_from_beginning_anew(self):
        reader, begun = self.export()
        head = self.facts()[-1]
        self.report(50)
        self.home.stop()
        with sqlite3.connect(self.home.path / "journal.db", timeout=10) as db:
            busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        db.close()
        self.assertEqual(0, busy, "the reader holds the log")
        self.assertEqual([*range(1, head + 1)], self.rest(reader, begun))

    def test_an_archiving_meanwhile_takes_nothing_from_it(self):
        reader, begun = self.export()
        head = self.facts()[-1]
        self.report(50)
        done = run_program(
            "tocsin", "journal", "archive", self.home.path, "--keep-days", "0"
        )
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual([*range(1, head + 1)], self.rest(reader, begun))


class Twice(Housekeeping):
    """Two programs that make one home: one makes it whole, the other says why
    it does not."""

    def two_at_once(self, *words):
        """The second while the first is at it; gives their ends."""
        home = self.home.folder / "made"
        argv = [binary("tocsin"), *words, home]
        slow = {**SLOW, "TOCSIN_SLOW_DISK_US": "100000"}
        first = self.launch("first", argv, slow)
        first.expected_end = True
        self.wait_until(lambda: [
            *self.home.folder.glob("made.*/keys"), *home.glob("keys")
        ])  # fmt: skip
        second = run_program("tocsin", *words, home)
        code = first.wait_end()
        print(f"{code}, {second.returncode}\n{first.tail()}\n{second.stderr}")
        self.assertEqual([0, 1], sorted((code, second.returncode)))
        said = second.stderr if code == 0 else first.tail()
        self.assertRegex(said, "another program is making it|there already")
        self.assertEqual([], [*self.home.folder.glob("made.*")])
        return home

    def serves(self, path):
        self.home.stop()
        self.home.path = path
        self.home.start().verify()
        self.home.principals()

    def test_of_two_inits_one_makes_the_home(self):
        self.serves(self.two_at_once("init", "--host", self.home.host))

    def test_of_two_restores_one_makes_the_home(self):
        self.report(2)
        backup = self.home.folder / "backup"
        run_program("tocsin", "backup", self.home.path, backup)
        self.serves(self.two_at_once("restore", backup))

    def test_what_an_ended_init_left_is_in_nobody_s_way(self):
        home = self.home.folder / "made"
        left = self.home.folder / "made.unfinished"
        (left / "keys").mkdir(parents=True)
        (left / "journal.db").write_text("half")
        done = run_program("tocsin", "init", f"{home}/", "--host", self.home.host)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertFalse(left.exists())
        self.serves(home)

    def test_an_init_into_what_is_there_costs_it_nothing(self):
        for kind in ("file", "folder", "dangling"):
            there = self.home.folder / kind
            if kind == "file":
                there.write_text("theirs")
            elif kind == "folder":
                there.mkdir()
            else:
                there.symlink_to(self.home.folder / "nowhere")
            done = run_program("tocsin", "init", there)
            self.assertEqual(1, done.returncode, done.stderr)
            self.assertIn("is there already", done.stderr)
        self.assertEqual("theirs", (self.home.folder / "file").read_text())


class Restore(Housekeeping):
    """What the lost time used is not used again."""

    def generation(self, kind):
        """Of the keys, as the newest fact of this kind has it."""
        done = run_program("tocsind", "journal", "export", self.home.path)
        facts = [json.loads(x)["fact"] for x in done.stdout.splitlines()]
        return [x[kind] for x in facts if kind in x][-1]["generation"]

    def test_neither_case_numbers_nor_key_generations_are_used_twice(self):
        self.home.enrol_nodes([LUOHU])
        backup = self.home.folder / "backup"
        run_program("tocsin", "backup", self.home.path, backup)
        centre = self.home.centre("T-CENTRE")
        lost = self.number(centre, self.report(1))
        self.home.tocsin("revoke", LUOHU[0], "--reason", "stolen")
        lost_generation = self.generation("revoked")
        self.home.kill()
        shutil.rmtree(self.home.path)
        done = run_program("tocsin", "restore", backup, self.home.path)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertGreater(self.generation("restored"), lost_generation)
        self.home.start()
        centre = self.home.centre("T-CENTRE")
        self.assertGreater(self.number(centre, self.report(1)), lost)

    def test_two_restores_of_one_backup_go_on_at_different_places(self):
        self.report(1)
        backup = self.home.folder / "backup"
        run_program("tocsin", "backup", self.home.path, backup)
        seen = []
        for hours in (0, 1, 24 * 30, 24 * 365 * 30):
            clock = Clock(self.home.folder, str(hours))
            clock.wrong_by(hours * 3600)
            home = self.home.folder / f"after-{hours}"
            done = run_program("tocsin", "restore", backup, home, env=clock.env())
            self.assertEqual(0, done.returncode, done.stderr)
            facts = run_program("tocsind", "journal", "export", home)
            restored = json.loads(facts.stdout.splitlines()[-1])["fact"]["restored"]
            seen.append((restored["generation"], restored["serial"]))
        print(seen)
        # for each hour lost 3,600 generations and 240 case numbers more,
        # for no more than a year
        for (generation, serial), hours in zip(seen, (0, 1, 720, 366 * 24)):
            self.assertIn(generation - seen[0][0] - hours * 3600, range(-60, 60))
            self.assertIn(serial - seen[0][1] - hours * 240, range(-4, 5))
        self.assertGreater(seen[0][1], 1000)

    def test_what_a_lost_centre_signed_is_back_once_it_is_enrolled_again(self):
        self.home.enrol_nodes([LUOHU])
        self.home.start_terminal(LUOHU[0]).wait_out("^ready ")
        backup = self.home.folder / "backup"
        run_program("tocsin", "backup", self.home.path, backup)
        self.home.enrol("centre", "T-LATE", SHENZHEN)
        alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
        centre = self.home.centre("T-LATE")
        self.assertStatus("RECORDED", centre.report(alert))
        self.wait_held(centre, alert.alert_id)
        self.home.kill()
        shutil.rmtree(self.home.path)
        done = run_program("tocsin", "restore", backup, self.home.path)
        self.assertEqual(0, done.returncode, done.stderr)
        self.home.start()
        self.home.broker.wait_err(
            r"peer\.refused gate=field principal=- reason=lost-centre/T-LATE"
        )
        self.assertIn(alert.alert_id, self.home.on_terminal(LUOHU[0]))
        self.home.enrol("centre", "T-LATE", SHENZHEN)
        self.home.broker.wait_err(rf"alert\.handed_back .*{alert.alert_id}")
        self.assertIn(alert.alert_id, self.home.on_terminal(LUOHU[0]))

    def test_what_is_all_archived_is_not_called_of_another_time(self):
        self.report(1)
        self.home.stop()
        backup = self.home.folder / "backup"
        home = self.home.folder / "after"
        for words in (
            ("journal", "archive", self.home.path, "--keep-days", "0"),
            ("backup", self.home.path, backup),
            ("restore", backup, home),
        ):
            done = run_program("tocsin", *words)
            self.assertEqual(0, done.returncode, done.stderr)
        self.assertNotIn("1970", done.stdout)

    def test_who_watches_hears_of_the_restore_and_all_that_came_after_it(self):
        watch = self.launch(
            "watch",
            [binary("tocsin"), "watch", "--json", "--key",
             self.home.bundle_path("T-CENTRE")],
        )  # fmt: skip
        while not watch.out.now():  # it listens
            self.report(1)
            watch.out.wait(lambda _: True, timeout=3)
        backup = self.home.folder / "backup"
        run_program("tocsin", "backup", self.home.path, backup)
        watch.wait_out(self.report(2))
        os.kill(watch.pid, signal.SIGSTOP)
        self.home.kill()
        shutil.rmtree(self.home.path)
        done = run_program("tocsin", "restore", backup, self.home.path)
        self.assertEqual(0, done.returncode, done.stderr)
        self.home.start()
        # it goes on only when the new journal is longer than the lost one
        after = [self.report(1) for _ in range(5)]
        os.kill(watch.pid, signal.SIGCONT)
        watch.wait_err("was restored from a backup")
        for alert_id in after:
            watch.wait_out(alert_id)
        watch.kill()

    def number(self, centre, alert_id):
        return centre.show(alert_id).alert_detail.summary.case_number


class Backup(Housekeeping):
    """A folder that has facts which the source lacks is no backup of it."""

    def setUp(self):
        super().setUp()
        self.report(2)
        self.backup = self.home.folder / "backup"
        self.run_backup(self.home.path, self.backup, 0)

    def run_backup(self, home, folder, code):
        done = run_program("tocsin", "backup", home, folder)
        print(f"backup: {done.returncode} {done.stdout}{done.stderr}")
        if code == 0:
            self.assertEqual(0, done.returncode, done.stderr)

    def knows(self, alert_id):
        reply = self.home.centre("T-CENTRE").show(alert_id)
        self.assertEqual(alert_id, reply.alert_detail.summary.alert_id)

    def test_the_wrong_way_round_costs_no_fact(self):
        newest = self.report(2500)
        self.home.stop()
        before = self.facts()
        self.run_backup(self.backup, self.home.path, 1)
        self.assertEqual(before, self.facts())
        self.home.start()
        self.knows(newest)

    def test_the_wrong_way_round_while_the_broker_works(self):
        self.report(2500)
        self.run_backup(self.backup, self.home.path, 1)
        newest = self.report(1)
        self.home.kill()
        self.home.start()
        self.knows(newest)
        self.home.verify()

    def test_after_one_that_was_ended_no_old_key_is_left_in_free_blocks(self):
        keyring = self.backup / "keyring.db"
        # ended after the new keyring had its name, before the old was gone
        shutil.copy(keyring, self.backup / "keyring.db.old")
        blocks = self.home.folder / "blocks"
        os.link(keyring, blocks)
        self.run_backup(self.home.path, self.backup, 0)
        self.assertFalse((self.backup / "keyring.db.old").exists())
        self.assertEqual(b"", blocks.read_bytes().strip(b"\0"))

    def put_pictures(self):
        """A photograph for each of the alerts; gives the files' names."""
        for number, fact in enumerate(self.home.export()):
            if fact.kind != "alertIssued":
                continue
            photo = self.home.folder / f"{number}.png"
            photo.write_bytes(noise_png(16, number))
            self.home.tocsin("revise", fact.alert_id, "--photo", photo,
                             key="T-CENTRE")  # fmt: skip
        return self.pictures(self.home.path)

    def pictures(self, folder):
        return sorted(x.name for x in (folder / "pictures").iterdir())

    def backup_fails(self, words):
        done = run_program("tocsin", "backup", self.home.path, self.backup)
        self.assertEqual(4, done.returncode, done.stdout + done.stderr)
        self.assertRegex(done.stderr, words)

    def test_a_home_that_lost_its_pictures_takes_none_from_the_backup(self):
        put = self.put_pictures()
        self.assertEqual(2, len(put))
        self.run_backup(self.home.path, self.backup, 0)
        folder = self.home.path / "pictures"
        away = self.home.folder / "away"
        folder.rename(away)
        self.report(1)  # all else of a backup is made nonetheless
        self.backup_fails("home/pictures: No such file")
        folder.write_text("no folder")
        self.backup_fails("home/pictures: Not a directory")
        folder.unlink()
        folder.mkdir()  # where its disk is to be mounted
        self.backup_fails("home/pictures: lacks 2 .*is its disk there")
        (away / put[0]).rename(folder / put[0])
        self.backup_fails("home/pictures: lacks 1 ")
        self.assertEqual(put, self.pictures(self.backup))
        (away / put[1]).rename(folder / put[1])
        (folder / put[1].replace(put[1][0], "X")).write_text("nobody's")
        self.run_backup(self.home.path, self.backup, 0)
        self.assertEqual(3, len(self.pictures(self.backup)))
        (folder / put[1].replace(put[1][0], "X")).unlink()
        self.run_backup(self.home.path, self.backup, 0)
        self.assertEqual(put, self.pictures(self.backup))

    def test_what_is_swept_meanwhile_is_not_lost(self):
        """The journal is copied, its keys not yet: a slow disk."""
        put = self.put_pictures()
        self.run_backup(self.home.path, self.backup, 0)
        slow = {**SLOW, "TOCSIN_SLOW_DISK_US": "150000"}
        argv = [binary("tocsin"), "backup", self.home.path, self.backup]
        backup = self.launch("backup", argv, slow)
        backup.expected_end = True
        self.wait_until((self.backup / "keyring.db.new").exists)
        os.kill(backup.pid, signal.SIGSTOP)
        self.put_pictures()  # others: those before are nobody's now
        for name in put:  # as the broker does a day later
            (self.home.path / "pictures" / name).unlink()
        os.kill(backup.pid, signal.SIGCONT)
        self.assertEqual(0, backup.wait_end(), backup.tail())
        self.assertEqual(put, self.pictures(self.backup))
        self.run_backup(self.home.path, self.backup, 0)
        self.assertEqual(self.pictures(self.home.path), self.pictures(self.backup))

    def test_one_without_pictures_is_restored_and_that_is_said(self):
        """Alerts go out without them: who restores has no time to look."""
        shutil.rmtree(self.backup / "pictures")
        after = self.home.folder / "after"
        done = run_program("tocsin", "restore", self.backup, after)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stderr, "without all pictures: .*/pictures: No such")
        self.assertTrue((after / "pictures").is_dir())

    def read_only(self, folder):
        """Words before a command, for which the folder cannot be written."""
        if os.geteuid() != 0:
            for path in (*folder.rglob("*"), folder):
                path.chmod(0o500 if path.is_dir() else 0o400)
                self.addCleanup(path.chmod, 0o700)
            return ()
        mount = f"mount --bind {folder} {folder}"
        mount += f" && mount -o remount,ro,bind {folder}"
        words = ("unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh")
        if subprocess.run([*words, "true"], check=False).returncode != 0:
            self.skipTest("nothing can be mounted here")
        return words

    def test_one_that_cannot_be_written_is_verified_and_restored(self):
        """A disc, a snapshot of a file system, a disk with its switch set."""
        before = self.read_only(self.backup)
        for words in (
            ("journal", "verify", self.backup),
            ("journal", "export", self.backup),
            ("restore", self.backup, self.home.folder / "after"),
        ):
            done = subprocess.run(
                [*before, binary("tocsind"), *words],
                capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            )  # fmt: skip
            self.assertEqual(0, done.returncode, done.stderr)

    def test_one_that_keeps_an_authority_that_was_moved_away_says_so(self):
        words = ("backup", self.home.path, self.backup)
        self.assertEqual("", run_program("tocsin", *words).stderr)
        (self.home.path / "keys/authority.key").unlink()
        done = run_program("tocsin", *words)
        self.assertEqual(0, done.returncode, done.stderr)
        kept = self.backup / "keys/authority.key"
        self.assertIn(f"{kept} is no longer in the home", done.stderr)
        self.assertTrue(kept.exists())
        kept.unlink()
        self.assertEqual("", run_program("tocsin", *words).stderr)

    def test_one_of_a_home_without_keys_is_none(self):
        (self.home.path / "keys").rename(self.home.folder / "keys")
        self.backup_fails("home/keys: No such file")

    def test_one_that_fails_leaves_the_backup_before_whole(self):
        lead = self.home.path / "keyring.db"
        self.report(300)  # with keys that the backup before does not have
        lead.rename(self.home.folder / "keyring.db")
        self.backup_fails("keyring.db")
        self.assertEqual([], [*self.backup.glob("*.new")])
        (self.home.folder / "keyring.db").rename(lead)
        after = self.home.folder / "after"
        done = run_program("tocsin", "restore", self.backup, after)
        self.assertEqual(0, done.returncode, done.stderr)

    def names(self, folder):
        return {str(path.relative_to(folder)) for path in folder.rglob("*")}

    def test_one_that_is_killed_leaves_no_half_key_for_ever(self):
        self.home.stop()
        whole = self.names(self.backup)
        disk = Disk(self.home.folder)
        copy = disk.root / "copy"
        words = ("backup", self.home.path, copy)
        begun = set()
        place = 0
        while "journal.db.new" not in begun:  # after all keys
            shutil.rmtree(copy, ignore_errors=True)
            place += 1
            disk.kill_before(place)
            done = run_program("tocsind", *words, env=disk.env())
            disk.heal()
            self.assertEqual(-signal.SIGKILL, done.returncode, done.stderr)
            if copy.exists() and self.names(copy) - whole:
                begun |= self.names(copy) - whole
                self.run_backup(self.home.path, copy, 0)
                self.assertEqual(whole, self.names(copy), place)
        for name in ("keys/authority.key", "administrator.json"):
            self.assertTrue([x for x in begun if x.startswith(name)], begun)

    def test_what_a_broker_was_killed_in_goes_with_the_next_start(self):
        self.home.kill()
        part = self.home.path / "book.snapshot.part.a1B2c3"
        theirs = self.home.path / "book.snapshot.backup"
        for path in (part, theirs):
            path.write_text("x")
        self.home.start()
        self.assertFalse(part.exists())
        self.assertTrue(theirs.exists())

    def test_what_else_lies_in_the_archive_stops_none(self):
        run_program(
            "tocsin", "journal", "archive", self.home.path, "--keep-days", "0"
        )
        archive = self.home.path / "archive"
        for volume in [*archive.glob("*.db")]:
            volume.with_suffix(".db.gz").write_text("a smaller copy")
        (archive / "README").write_text("what is here")
        self.run_backup(self.home.path, self.backup, 0)
        after = self.home.folder / "after"
        done = run_program("tocsin", "restore", self.backup, after)
        self.assertEqual(0, done.returncode, done.stderr)
        done = run_program("tocsin", "journal", "verify", after)
        self.assertIn("are in the archive, 1 file", done.stdout)

    def damaged_volume(self, folder):
        """Of that home or backup; gives the file, and what it was."""
        (volume,) = (folder / "archive").glob("*.db")
        whole = volume.read_bytes()
        self.assertIn(b"T-CENTRE", whole)
        volume.write_bytes(whole.replace(b"T-CENTRE", b"X-CENTRE"))
        return volume, whole

    def archived_home(self):
        done = run_program(
            "tocsin", "journal", "archive", self.home.path, "--keep-days", "0"
        )
        self.assertEqual(0, done.returncode, done.stderr)

    def test_a_damaged_file_of_the_archive_is_named_and_costs_no_backup(self):
        self.archived_home()
        newest = self.facts()[-1]
        volume, whole = self.damaged_volume(self.home.path)
        done = run_program("tocsin", "backup", self.home.path, self.backup)
        self.assertEqual(1, done.returncode, done.stdout + done.stderr)
        self.assertIn(f"backup of {newest} facts", done.stdout)
        self.assertRegex(done.stderr, f"{volume}: the chain breaks at seq")
        self.assertEqual([], [*(self.backup / "archive").iterdir()])
        volume.write_bytes(whole)
        self.run_backup(self.home.path, self.backup, 0)
        done = run_program("tocsin", "journal", "verify", self.backup)
        self.assertIn("are in the archive, 1 file", done.stdout)

    def test_a_damaged_file_of_a_backup_s_archive_is_named_at_the_restore(self):
        self.archived_home()
        self.run_backup(self.home.path, self.backup, 0)
        volume, _ = self.damaged_volume(self.backup)
        after = self.home.folder / "after"
        done = run_program("tocsin", "restore", self.backup, after)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stderr, f"{volume}: the chain breaks at seq")
        self.assertEqual([], [*(after / "archive").iterdir()])

    def test_one_in_which_a_broker_was_killed_is_brought_up_to_date(self):
        """Somebody wanted to see whether it is good, and its logs lie there."""
        words = (binary("tocsind"), "run", "--maintenance", self.backup)
        tried = self.launch("tried", words)
        tried.wait_out("^ready ")
        tried.kill()
        blocks = self.home.folder / "blocks"
        os.link(self.backup / "keyring.db-wal", blocks)
        self.assertNotEqual(b"", blocks.read_bytes())
        newest = self.report(300)  # with keys that it does not have
        self.run_backup(self.home.path, self.backup, 0)
        self.assertEqual(b"", blocks.read_bytes().strip(b"\0"))
        self.assertEqual([], [*self.backup.glob("*.db-*")])
        self.home.stop()
        after = self.home.folder / "after"
        done = run_program("tocsin", "restore", self.backup, after)
        self.assertEqual(0, done.returncode, done.stderr)
        self.home.path = after
        self.home.verify()
        self.home.start()
        self.knows(newest)

    def test_a_disk_of_its_own_is_no_folder_of_somebody_else(self):
        disk = self.home.folder / "disk"
        (disk / "lost+found").mkdir(parents=True)
        self.run_backup(self.home.path, disk, 0)

    def test_into_a_folder_of_somebody_else_costs_them_nothing(self):
        theirs = self.home.folder / "theirs"
        files = [theirs / "pictures" / "1.jpg", theirs / "tocsin.conf"]
        files[0].parent.mkdir(parents=True)
        for file in files:
            file.write_text("theirs")
        self.run_backup(self.home.path, theirs, 1)
        for file in files:
            self.assertTrue(file.exists(), file)
            self.assertEqual("theirs", file.read_text())

    def test_into_its_own_home_costs_no_fact(self):
        self.report(1500)
        self.run_backup(self.home.path, self.home.path, 1)
        newest = self.report(300)
        self.home.kill()
        self.home.start()
        self.knows(newest)
        self.home.verify()


if __name__ == "__main__":
    unittest.main()
