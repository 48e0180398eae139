#!/usr/bin/python3
"""Power goes at random moments: what was confirmed is there, and nothing half.

Broker and terminal write to a disk whose every operation is logged; at a cut
what was not synced is lost, kept or torn at random (tests/kit/power_cut.py).

That it can fail was tried: with synchronous=NORMAL and with the fsync of the
folder left out of file_write, 3 of 3 runs of up to 60 cuts failed, each before
the tenth cut; without what a start syncs of its forerunner's, AfterADeath fails
at once; without the fsync after mkdir, NewStore does.

    TOCSIN_CUTS     number of cuts, 25; of those of a home in the making, 8
    TOCSIN_SEED     repeats a run
"""

import contextlib
import os
import shutil
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

import load  # noqa: E402
from disk import NAMES, SYNCS, WRITES, Disk  # noqa: E402
from home import Home, SystemCase, run_program  # noqa: E402
from places import IN_SHENZHEN, LUOHU, SHENZHEN  # noqa: E402
from power_cut import PowerCut  # noqa: E402

CUTS = int(os.environ.get("TOCSIN_CUTS", "25"))
OFFICER = ("T-OFFICER", "police", "440305", (22.53, 113.94))
NODE = LUOHU[0]
STORE = f"bundles/{NODE}.store"
EVERYTHING = NAMES | WRITES | SYNCS


class Duty(load.Duty):
    """Speaks of the alert that the terminal had before the first cut."""

    def known(self):
        return [self.alert_id]


@contextlib.contextmanager
def copy_of(home):
    """To look into, so that the broker finds the disk as the cut left it."""
    copy = Home.__new__(Home)
    copy.case, copy.path = home.case, Path(home.case.folder) / "copy"
    shutil.copytree(home.path, copy.path)
    yield copy
    shutil.rmtree(copy.path)


class PowerCuts(SystemCase):
    def setUp(self):
        super().setUp()
        self.disk = Disk(self.folder, logged=True)
        self.desk_disk = self.disk.beside("broker")
        self.node_disk = self.disk.beside("terminal")
        self.home = home = Home(self, self.disk.root).init()
        home.configure("giving_rate", 60_000)
        self.cuts = PowerCut(self.disk)  # from here on
        home.start(self.desk_disk.env())
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([*IN_SHENZHEN, OFFICER])
        self.start_terminal()
        self.watcher = home.centre("T-CENTRE")

    def start_terminal(self):
        env = self.node_disk.env()
        self.terminal = self.home.start_terminal(NODE, env=env)

    def begin_load(self):
        home, chance = self.home, self.chance
        self.reporter = load.Reporter(
            home.bundle("T-CENTRE"), chance, pictures=0.4
        )
        officer = load.Officer(
            home.bundle(OFFICER[0]), chance, self.reporter.all_ids
        )
        enroller = load.Enroller(home, chance)
        for desk in (self.reporter.centre.desk, officer.desk, enroller.desk):
            self.addCleanup(desk.close)
        env = {**os.environ, **self.disk.env()}
        self.duty = Duty(home, NODE, chance, env)
        first = load.Reporter(home.bundle("T-CENTRE"), chance)
        self.addCleanup(first.centre.desk.close)
        first.file()
        self.duty.alert_id = first.all_ids[0]
        self.wait_nodes(self.watcher, self.duty.alert_id, [NODE])
        workers = (self.reporter, officer, enroller, self.duty)
        self.streams = [load.Stream(worker.step) for worker in workers]

    def test_nothing_confirmed_is_lost_and_nothing_is_half(self):
        self.begin_load()
        sys.setswitchinterval(0.0002)  # threads see each other at once
        for _ in range(CUTS):
            if self.chance.random() < 0.4:
                self.die_once()
            self.cut_once()
        seen = [stream.finish() for stream in self.streams]
        self.check_terminal()
        self.home.stop()
        self.check_home(self.home)
        print(
            f"{CUTS} cuts: {len(seen[0])} commands, {len(seen[1])} answers,"
            f" {len(seen[2])} enrolments, {len(self.duty.accepted)} sightings,"
            f" {len(self.reporter.pictures)} pictures confirmed; 0 lost."
            f" {self.cuts.pending_bytes} bytes were not synced at the cuts"
        )
        self.assertGreater(len(seen[0]), CUTS)
        self.assertGreater(len(seen[1]), CUTS)

    def cut_once(self):
        self.wait_for_the_moment()
        hit = self.chance.choice(("broker", "broker", "terminal", "both"))
        machines = []
        if hit != "terminal":
            self.fall(self.home.broker, self.desk_disk)
            machines.append("home")
        if hit != "broker":
            self.stop_duty()
            self.fall(self.terminal, self.node_disk)
            machines.append(STORE)
        # what had been confirmed by then; more may come in a reply on its way
        known = [list(stream.seen) for stream in self.streams]
        pictures = dict(self.reporter.pictures)
        self.cuts.cut(self.chance, *machines)
        if hit != "terminal":
            self.check_image(known, pictures)
            self.home.start(self.desk_disk.env())
        if hit != "broker":
            self.start_terminal()
            self.duty.lock.release()

    def fall(self, process, disk):
        """It ends in the middle of its work, often between two operations of
        the disk that belong together."""
        if self.chance.random() < 0.7:
            disk.kill_before(self.chance.randint(1, 40))
            try:
                process.wait_end(timeout=1)  # an idle disk does not kill
            except AssertionError:
                pass
        process.kill()
        disk.heal()

    def die_once(self):
        """Only the process; what it wrote and did not sync is still there, and
        the next power cut comes soon."""
        self.desk_disk.kill_before(self.chance.randint(1, 40))
        self.home.broker.wait_end()
        self.desk_disk.heal()
        self.home.start(self.desk_disk.env())

    def wait_for_the_moment(self):
        stream = self.chance.choice(self.streams[:3])
        stream.wait_confirmed()
        if self.chance.random() < 0.5:
            time.sleep(self.chance.uniform(0, 0.4))
        for stream in self.streams:
            stream.check()

    def stop_duty(self):
        """The officer's own program loses its power too."""
        while not self.duty.lock.acquire(timeout=0.01):
            if self.duty.popen is not None:
                self.duty.popen.kill()

    def check_image(self, known, pictures):
        with copy_of(self.home) as copy:
            self.check_facts(copy, known)
            load.check_pictures(self, copy, pictures)

    def check_facts(self, home, known):
        home.verify()
        facts = home.export()
        commands = known[0] + known[2]
        load.check_once(self, facts, commands, lambda f: f.request_id)
        load.check_once(self, facts, known[1], lambda f: f.answer_id)
        return facts

    def check_terminal(self):
        """The terminal shows the centre's picture, and every word that an
        officer left there has come through."""
        self.duty_done()
        shown = self.home.on_terminal(NODE)
        del shown[self.duty.alert_id]
        expected = {k: a.revision for k, a in self.reporter.live.items()}
        self.assertEqual(expected, shown)
        self.terminal.stop()

    def duty_done(self):
        for alert_id in self.reporter.all_ids:
            self.wait_nodes(self.watcher, alert_id, [NODE])
        self.wait_until(
            lambda: self.home.terminal_json(NODE, "status").get("waiting", 0)
            == 0
        )

    def check_home(self, home):
        known = [stream.seen for stream in self.streams]
        facts = self.check_facts(home, known)
        load.check_pictures(self, home, self.reporter.pictures)
        said = [fact.answer_id for fact in facts]
        for answer_id in self.duty.accepted:
            self.assertEqual(1, said.count(answer_id), answer_id.hex())


class AfterADeath(SystemCase):
    """A broker is killed between write and fsync; the next one reads what was
    written and says that it is recorded. Then power goes."""

    def setUp(self):
        super().setUp()
        self.disk = Disk(self.folder, logged=True)
        self.home = home = Home(self, self.disk.root).init()
        self.cuts = PowerCut(self.disk)
        home.start(self.disk.env())
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.reporter = load.Reporter(home.bundle("T-CENTRE"), self.chance)
        self.addCleanup(self.reporter.centre.desk.close)

    def confirm(self, syncs, work):
        """work() while the broker dies before the sync of this number; it is
        asked again of the next broker. Then the cut, which spares nothing."""
        self.disk.kill_before(syncs, SYNCS)
        stream = load.Stream(lambda: [work()], once=True)
        self.home.broker.wait_end()
        self.disk.heal()
        self.home.start(self.disk.env())
        done = stream.finish()[0]
        self.home.kill()
        self.cuts.cut(self.chance, "home", mode="nothing")
        return done

    def test_what_a_dead_broker_wrote_is_synced_before_it_counts(self):
        trials = max(4, CUTS // 5)
        for _ in range(trials):
            reply = self.confirm(1, self.reporter.file)
            seen = load.confirmed("T-CENTRE", reply.request_id, reply)
            with copy_of(self.home) as copy:
                facts = copy.export()
            load.check_once(self, facts, seen, lambda f: f.request_id)
            self.home.start(self.disk.env())
        print(f"{trials} reports confirmed by the next broker, 0 lost")

    def test_a_picture_of_a_dead_broker_is_there_before_it_counts(self):
        trials = max(2, CUTS // 10)
        for number in range(trials):
            name = f"01JA{number:022}"
            self.confirm(2, lambda: self.reporter.put_picture(name))
            load.check_pictures(self, self.home, self.reporter.pictures)
            self.home.start(self.disk.env())
        print(f"{trials} pictures confirmed by the next broker, 0 lost")


class NewStore(SystemCase):
    """A checkpoint's first day, with the broker away: what an officer left
    there is nowhere else."""

    def test_a_word_left_in_a_new_store_outlives_a_cut(self):
        disk = Disk(self.folder, logged=True)
        home = Home(self, disk.root).init().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        reporter = load.Reporter(home.bundle("T-CENTRE"), self.chance)
        self.addCleanup(reporter.centre.desk.close)
        reporter.file()
        cuts = PowerCut(disk)
        terminal = home.start_terminal(NODE, env=disk.env())
        self.wait_held(reporter.centre, reporter.all_ids[0])
        home.stop()
        duty = Duty(home, NODE, self.chance, {**os.environ, **disk.env()})
        duty.say(reporter.all_ids[0])
        self.assertEqual([], duty.refused)
        terminal.kill()
        cuts.cut(self.chance, STORE, mode="nothing")
        self.assertEqual(1, home.terminal_json(NODE, "status")["waiting"])


class InTheMaking(SystemCase):
    """Power goes while a home is made."""

    def test_a_home_is_whole_or_not_there(self):
        disk = Disk(self.folder, logged=True)
        home = Home(self, disk.root)
        cuts = PowerCut(disk)
        disk.watch(EVERYTHING)
        self.init(home, disk)
        steps = disk.get("count")
        shutil.rmtree(home.path)
        cuts = PowerCut(disk)
        there = 0
        rounds = max(8, CUTS // 3)
        for _ in range(rounds):
            first = self.chance.choice((1, steps - 6))
            disk.kill_before(self.chance.randint(first, steps + 1))
            done = self.init(home, disk)
            disk.heal()
            cuts.cut(self.chance, "")
            if home.path.exists():
                there += 1
                home.verify()
                home.start()
                home.stop()
                shutil.rmtree(home.path)
            else:
                self.assertNotEqual(0, done.returncode)
            cuts = PowerCut(disk)
        print(f"{rounds} cuts while a home was made: {there} whole, rest none")

    def init(self, home, disk):
        home.bundles.mkdir(exist_ok=True)
        return run_program(
            "tocsin", "init", home.path, "--host", home.host, env=disk.env()
        )


if __name__ == "__main__":
    unittest.main()
