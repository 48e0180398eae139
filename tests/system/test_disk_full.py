#!/usr/bin/python3
"""A disk that is full, or fails, at every call in turn.

The broker and the terminal refuse what they cannot keep, say why, go on with
what needs no disk, and come back by themselves when there is space; after an
error other than "no space" the broker ends and its next start goes on.

    TOCSIN_PLACES   calls to fail of each kind, 6 at random; 0: every one
    TOCSIN_SEED     repeats a run
"""

import errno
import os
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

import load  # noqa: E402
from disk import NAMES, SPACE, SYNCS, WRITES, Disk  # noqa: E402
from home import Home, SystemCase, run_program  # noqa: E402
from places import FUTIAN, LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import common_pb2, desk_pb2  # noqa: E402

PLACES = int(os.environ.get("TOCSIN_PLACES", "6"))
NODE = LUOHU[0]
OFFICER = ("T-OFFICER", "police", "440305", (22.53, 113.94))


class DiskCase(SystemCase):
    def setUp(self):
        super().setUp()
        self.disk = Disk(self.folder)
        self.home = Home(self, self.disk.root)

    def make(self, nodes=(LUOHU, FUTIAN, OFFICER)):
        """A home with people, and its broker on the disk to be hurt."""
        self.home.init()
        self.home.configure("giving_rate", 60_000)
        self.home.start(self.disk.env())
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_nodes(nodes)
        self.centre = self.home.centre("T-CENTRE")

    def alert(self):
        return new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))

    def places(self, count):
        """Which of so many calls to hurt."""
        if PLACES == 0 or PLACES >= count:
            return range(1, count + 1)
        return sorted(self.chance.sample(range(1, count + 1), PLACES))


class Broker(DiskCase):
    def first_reply(self, **body):
        """What is said at once, without asking again."""
        request = desk_pb2.Request(request_id=os.urandom(16), **body)
        desk = self.centre.desk
        desk.send_raw(request.SerializeToString())
        reply = desk.receive(20)
        while reply is None or reply.request_id != request.request_id:
            reply = desk.receive(20)
        return reply

    def report(self, alert):
        signed = self.centre.signed(alert=alert)
        return desk_pb2.Report(alert=signed)

    def test_a_full_disk_refuses_serves_and_goes_on_when_there_is_room(self):
        self.make()
        first = self.alert()
        self.assertStatus("RECORDED", self.centre.report(first))
        self.disk.fill()
        late = self.alert()
        for _ in range(3):
            reply = self.first_reply(report=self.report(late))
            self.assertStatus("UNAVAILABLE", reply)
            self.assertGreater(reply.retry_after_ms, 0)
            self.assertIn("full", reply.reason)
        self.home.broker.wait_err(r"error journal\.full .*no space left")
        # A checkpoint that comes now gets its picture and its beacons.
        terminal = self.home.start_terminal(NODE)
        terminal.wait_out(r"^ready")
        self.wait_until(
            lambda: self.home.on_terminal(NODE) == {first.alert_id: 1}
        )
        self.assertIsNotNone(self.centre.board(first.alert_id))
        operator = run_program(
            "tocsin", "withdraw", first.alert_id, "--reason", "found",
            "--timeout", "1", "--key", self.home.bundle_path("T-CENTRE"),
        )  # fmt: skip
        self.assertEqual(3, operator.returncode, operator.stderr)
        self.assertIn("the broker's disk is full", operator.stderr)
        self.disk.heal()
        self.home.broker.wait_err(r"info journal\.roomy")
        self.assertStatus("RECORDED", self.centre.report(late))
        self.wait_nodes(self.centre, late.alert_id, [NODE])
        self.wait_nodes(self.centre, first.alert_id, [NODE])
        terminal.stop()
        self.home.stop()
        self.home.verify()

    # ---- every call in turn ----

    def scenario(self):
        """A bit of everything that is kept; each asked until confirmed."""
        seen = self.enroller.step() + self.reporter.step()
        for work in (self.reporter.file, self.with_picture):
            reply = work()
            seen += load.confirmed("T-CENTRE", reply.request_id, reply)
        answers = self.officer.step()
        return seen, answers

    def with_picture(self):
        self.reporter.share = 1.0
        reply = self.reporter.file()
        self.reporter.share = 0.0
        return reply

    def begin(self):
        self.make()
        home, chance = self.home, self.chance
        self.reporter = load.Reporter(home.bundle("T-CENTRE"), chance)
        self.enroller = load.Enroller(home, chance)
        self.officer = load.Officer(
            home.bundle(OFFICER[0]), chance, self.reporter.all_ids
        )
        for who in (self.reporter.centre, self.officer, self.enroller):
            self.addCleanup(who.desk.close)
        self.commands, self.answers = [], []
        self.take(self.scenario())

    def take(self, seen):
        self.commands += seen[0]
        self.answers += seen[1]

    def calls(self, hits):
        self.disk.watch(hits)
        self.take(self.scenario())
        return self.disk.get("count")

    def hurt_each(self, hits, error, lasting):
        """Gives how many calls were hit, and how often the broker ended."""
        arm = self.disk.fail_from if lasting else self.disk.fail_once
        hit = ended = 0
        for number in self.places(self.calls(hits)):
            arm(number, hits, error)
            stream = load.Stream(lambda: [self.scenario()], once=True)
            ended += self.see_through(stream, lasting)
            hit += self.disk.get("failed") > 0
        return hit, ended

    def see_through(self, stream, lasting):
        """Until the scenario is through; gives 1 when it took a restart."""
        ended = 0
        fulls = self.home.broker.count_err(r"journal\.full")
        while not stream.confirmed.wait(0.02):
            broker = self.home.broker
            if not broker.running():
                self.assertEqual(4, broker.wait_end(), broker.tail())
                broker.wait_err(r"error journal\.failed reason=")
                self.disk.heal()
                self.home.start(self.disk.env())
                ended = 1
            elif lasting and broker.count_err(r"journal\.full") > fulls:
                self.disk.heal()
        self.disk.heal()
        self.take(stream.finish()[0])
        return ended

    def check(self):
        self.home.stop()
        self.home.verify()
        facts = self.home.export()
        load.check_once(self, facts, self.commands, lambda f: f.request_id)
        load.check_once(self, facts, self.answers, lambda f: f.answer_id)
        load.check_pictures(self, self.home, self.reporter.pictures)
        kept = len(self.commands) + len(self.answers)
        return f"{kept} confirmed, 0 lost, 0 double"

    def test_no_space_at_any_call_needs_nobody(self):
        self.begin()
        once, ends = self.hurt_each(SPACE, errno.ENOSPC, False)
        lasting, more = self.hurt_each(SPACE, errno.ENOSPC, True)
        told = self.check()
        print(f"no space: {once} calls once, {lasting} from then on; {told}")
        self.assertEqual(0, ends + more, "it ended where it need not")
        self.assertGreater(once + lasting, 4)

    def test_a_disk_error_at_any_call_ends_it_and_a_start_goes_on(self):
        self.begin()
        writes, ends = self.hurt_each(NAMES | WRITES, errno.EIO, False)
        syncs, more = self.hurt_each(SYNCS, errno.EIO, False)
        told = self.check()
        print(
            f"disk error: {writes} writes, {syncs} syncs,"
            f" {ends + more} ends; {told}"
        )
        self.assertGreater(ends + more, 2)

    def test_a_start_without_space_says_so_and_the_next_one_works(self):
        self.make()
        self.home.stop()
        self.disk.watch(SPACE)
        self.home.start(self.disk.env())
        count = self.disk.get("count")
        self.home.stop()
        stops = 0
        for number in self.places(count):
            self.disk.fail_from(number, SPACE, errno.ENOSPC)
            stops += self.try_start()
            self.disk.heal()
        self.home.start().stop()
        print(f"a start: {count} calls, {stops} stopped it, in words")

    def try_start(self):
        self.home.launch_broker(self.disk.env())
        broker = self.home.broker
        if broker.out.wait(lambda line: line.startswith("ready ")):
            self.home.kill()
            return 0
        self.assertEqual(4, broker.wait_end())
        said = "\n".join(broker.err.now())
        self.assertRegex(said, r"(?i)no space left")
        self.assertIn(str(self.home.path), said)
        return 1


class Commands(DiskCase):
    """What an operator runs on a full disk fails in words, does nothing by
    half, and works when it is run again."""

    def run_on_full(self, argv, path, whole):
        """Gives how many calls there are. whole() is checked and undone after
        each success."""
        self.disk.watch(SPACE)
        done = run_program(*argv, env=self.disk.env())
        self.assertEqual(0, done.returncode, done.stderr)
        count = self.disk.get("count")
        whole()
        for number in self.places(count):
            self.disk.fail_from(number, SPACE, errno.ENOSPC)
            done = run_program(*argv, env=self.disk.env())
            self.disk.heal()
            if done.returncode != 0:
                self.assertEqual(4, done.returncode, done.stderr)
                self.assertRegex(done.stderr, r"(?i)no space left")
                self.assertIn(str(path), done.stderr)
                done = run_program(*argv, env=self.disk.env())
                self.assertEqual(0, done.returncode, done.stderr)
            whole()
        return count

    def test_init(self):
        home = self.home

        def whole():
            home.verify()
            self.assertEqual(
                ["bundles", "home"], sorted(os.listdir(self.disk.root))
            )
            shutil.rmtree(home.path)

        argv = ("tocsind", "init", home.path, "--host", home.host)
        count = self.run_on_full(argv, home.path, whole)
        print(f"init: {count} calls")
        self.assertGreater(count, 20)

    def test_enrol_and_keygen(self):
        home = self.home.init()
        home.start()
        out = home.bundle_path("T-CENTRE")
        argv = (
            "tocsin", "enrol", "centre", "T-CENTRE", "--name", "Test",
            "--division", SHENZHEN, "--out", out, "--home", home.path,
        )  # fmt: skip
        count = self.run_on_full(argv, out, lambda: home.bundle("T-CENTRE"))
        again = (*argv, "--rekey")
        count += self.run_on_full(again, out, lambda: home.bundle("T-CENTRE"))
        key = self.disk.root / "own.key"
        public = Path(f"{key}.pub")

        def whole():
            self.assertTrue(key.exists() and public.exists())
            key.unlink()
            public.unlink()

        argv = ("tocsin-terminal", "keygen", key)
        count += self.run_on_full(argv, key, whole)
        print(f"enrol, enrol --rekey, keygen: {count} calls")


class Terminal(DiskCase):
    """The checkpoint's own disk is full; the broker's is not."""

    def make(self):
        self.home.init().start()
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_nodes([LUOHU])
        self.centre = self.home.centre("T-CENTRE")
        self.bell = Path(self.folder) / "bell"
        self.bell.touch()
        self.terminal = self.home.start_terminal(
            NODE, "--on-alert", f"cat >> {self.bell}", env=self.disk.env()
        )
        self.first = self.report()
        self.wait_held(self.centre, self.first)

    def report(self):
        alert = self.alert()
        self.assertStatus("RECORDED", self.centre.report(alert))
        return alert.alert_id

    def wait_rung(self, alert_id):
        self.wait_until(lambda: alert_id in self.bell.read_text())

    def sight(self, code):
        return run_program(
            "tocsin-terminal", "sighting", self.first, "--officer", "P-1",
            "--bundle", self.home.bundle_path(NODE),
            "--store", self.home.store_path(NODE), env=self.disk.env(),
        )  # fmt: skip

    def held(self, alert_id):
        return self.centre.board(alert_id).summary.progress.held

    def test_a_full_disk_rings_all_the_same_and_keeps_what_it_missed(self):
        self.make()
        self.disk.fill()
        missed = self.report()
        self.terminal.wait_err(r"error store\.full")
        self.wait_rung(missed)
        officer = self.sight(4)
        self.assertEqual(4, officer.returncode, officer.stdout)
        self.assertRegex(officer.stderr, r"(?i)no space left")
        listed = run_program(
            "tocsin-terminal", "list", "--bundle", self.home.bundle_path(NODE),
            "--store", self.home.store_path(NODE), env=self.disk.env(),
        )  # fmt: skip
        self.assertEqual(0, listed.returncode, listed.stderr)
        self.assertEqual(0, self.held(missed), "said to be held and is not")
        self.disk.heal()
        self.terminal.wait_err(r"info store\.roomy")
        self.wait_held(self.centre, missed)
        self.assertEqual(0, self.sight(0).returncode)
        self.wait_told(
            self.centre,
            self.first,
            lambda: self.centre.show(self.first).alert_detail.summary,
            lambda summary: summary.sightings == 1,
        )
        self.assertEqual(
            {self.first, missed}, set(self.home.on_terminal(NODE))
        )
        self.terminal.stop()

    def test_no_space_at_any_call_needs_nobody(self):
        self.make()
        self.disk.watch(SPACE)
        self.wait_held(self.centre, self.report())
        count = self.disk.get("count")
        places = self.places(count)
        for number in places:
            self.disk.fail_once(number, SPACE, errno.ENOSPC)
            alert_id = self.report()
            self.wait_rung(alert_id)
            self.wait_held(self.centre, alert_id)
            self.disk.heal()
        self.terminal.stop()
        print(
            f"terminal: {len(places)} of {count} calls without space,"
            f" {self.terminal.count_err('store.full')} times in memory"
        )


if __name__ == "__main__":
    unittest.main()
