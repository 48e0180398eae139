#!/usr/bin/python3
"""kill -9 at random moments, of the broker, of checkpoints, of both at once,
under load: nothing that anyone saw confirmed is lost or double, no word of an
officer, and no alert goes by without its bell.

    TOCSIN_ROUNDS   number of rounds, 12
    TOCSIN_SEED     repeats a run
"""

import collections
import os
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

import load  # noqa: E402
from home import SystemCase  # noqa: E402
from places import DONGCHENG, IN_SHENZHEN, SHENZHEN  # noqa: E402

from checkpoint_store import Store  # noqa: E402

ROUNDS = int(os.environ.get("TOCSIN_ROUNDS", "12"))
# A slow disk, so that a confirmation that comes too early is seen.
DISK = {
    "LD_PRELOAD": os.environ.get("TOCSIN_SLOW_DISK", ""),
    "TOCSIN_SLOW_DISK_US": "400",
    "ASAN_OPTIONS": "verify_asan_link_order=0",
}
TERMINALS = tuple(node[0] for node in IN_SHENZHEN[:3])
CHECKPOINTS = tuple(node[0] for node in IN_SHENZHEN[3:])
OFFICER = ("T-OFFICER", "police", "440305", (22.53, 113.94))


class Duty(load.Duty):
    """Speaks of what is out, and of the first alert, which always is."""

    def __init__(self, home, node, chance, reporter):
        super().__init__(home, node, chance)
        self.reporter = reporter
        self.seen_by_it = set()

    def known(self):
        return [self.first, *self.reporter.live]

    def say(self, alert_id):
        self.seen_by_it.add(alert_id)
        super().say(alert_id)


class Crash(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home()
        home.configure("giving_rate", 60_000)
        home.start(DISK)
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([*IN_SHENZHEN, OFFICER, DONGCHENG])
        self.nodes = {}
        for name in (*TERMINALS, *CHECKPOINTS):
            self.start_node(name)
        self.begin_load()

    def bell(self, name):
        return Path(self.folder) / f"{name}.bell"

    def start_node(self, name):
        if name in CHECKPOINTS:
            self.nodes[name] = self.home.start_checkpoint(name)
            return
        command = (
            "sed -n 's/.*\"alertId\":\"\\([A-Z0-9]*\\)\".*/\\1/p' | head -1"
            f" >> {self.bell(name)}"
        )
        self.nodes[name] = self.home.start_terminal(
            name, "--on-alert", command
        )

    def begin_load(self):
        home, chance = self.home, self.chance
        bundle = home.bundle("T-CENTRE")
        self.reporter = load.Reporter(bundle, chance, pictures=0.2)
        officer = load.Officer(
            home.bundle(OFFICER[0]), chance, self.reporter.all_ids
        )
        enroller = load.Enroller(home, chance)
        first = load.Reporter(bundle, chance)
        for who in (self.reporter.centre, officer, enroller, first.centre):
            self.addCleanup(who.desk.close)
        first.file()
        self.first = first.all_ids[0]
        self.wait_nodes(first.centre, self.first, self.nodes)
        self.duties = [
            Duty(home, name, chance, self.reporter) for name in TERMINALS
        ]
        for duty in self.duties:
            duty.first = self.first
        sys.setswitchinterval(0.0002)  # threads see each other at once
        workers = (self.reporter, officer, enroller, *self.duties)
        self.streams = [load.Stream(worker.step) for worker in workers]

    # ---- a round ----

    def disturb(self):
        """Gives how many broker and how many nodes were killed."""
        time.sleep(self.chance.uniform(0.05, 1.5))
        if self.chance.random() < 0.6:
            # in the very moment in which somebody has it confirmed
            self.chance.choice(self.streams[:3]).wait_confirmed()
        for stream in self.streams:
            stream.check()
        hit = self.chance.choice(("broker", "nodes", "both"))
        victims = []
        if hit != "broker":
            count = self.chance.randint(1, len(self.nodes))
            victims = self.chance.sample(sorted(self.nodes), count)
        brokers = self.kill_all(hit != "nodes", victims)
        return brokers, len(victims)

    def kill_all(self, broker, victims):
        kills = [self.nodes[name].kill for name in victims]
        kills += [self.home.kill] if broker else []
        self.chance.shuffle(kills)
        for kill in kills:
            kill()
        deaths = int(broker)
        if broker and self.chance.random() < 0.3:
            self.home.launch_broker(DISK)  # and it dies while it starts
            time.sleep(self.chance.uniform(0, 0.2))
            self.home.kill()
            deaths += 1
        for name in victims:
            self.start_node(name)
        if broker:
            self.home.start(DISK)
        return deaths

    def test_what_was_confirmed_is_there_once_and_alerts_arrive(self):
        brokers = nodes = 0
        for _ in range(ROUNDS):
            deaths = self.disturb()
            brokers, nodes = brokers + deaths[0], nodes + deaths[1]
        commands, answers, enrolments = (
            stream.finish() for stream in self.streams[:3]
        )
        for stream in self.streams[3:]:
            stream.finish()
        self.check_nodes()
        for node in self.nodes.values():
            node.stop()
        self.home.stop()
        said = self.check_journal(commands + enrolments, answers)
        print(
            f"{ROUNDS} rounds, {brokers} brokers and {nodes} checkpoints"
            f" killed: {len(commands)} commands, {len(answers)} answers,"
            f" {len(enrolments)} enrolments, {said} sightings at terminals,"
            f" {len(self.reporter.pictures)} pictures confirmed;"
            " 0 lost, 0 double"
        )
        self.assertGreater(len(commands), ROUNDS)
        self.assertGreater(len(answers), ROUNDS)

    # ---- the checkpoints ----

    def check_nodes(self):
        expected = {k: a.revision for k, a in self.reporter.live.items()}
        expected[self.first] = 1
        for alert_id in (*self.reporter.all_ids, self.first):
            self.wait_nodes(self.reporter.centre, alert_id, self.nodes)
        for name in CHECKPOINTS:
            self.assertEqual(expected, self.home.on_checkpoint(name), name)
        for duty in self.duties:
            self.assertEqual(expected, self.home.on_terminal(duty.node))
            self.wait_until(lambda: self.waiting(duty.node) == 0)
            self.check_bell(duty, set(expected))

    def waiting(self, node):
        return self.home.terminal_json(node, "status").get("waiting", 0)

    def check_bell(self, duty, expected):
        """An officer who has seen a child needs no bell for it."""

        def silent():
            rung = set(self.bell(duty.node).read_text().split())
            return expected - rung - duty.seen_by_it

        self.wait_until(lambda: not silent())

    # ---- the journal ----

    def check_journal(self, commands, answers):
        self.home.verify()
        facts = self.home.export()
        self.assertEqual(
            list(range(1, facts[-1].sequence + 1)),
            sorted({fact.sequence for fact in facts}),
        )
        load.check_once(self, facts, commands, lambda f: f.request_id)
        load.check_once(self, facts, answers, lambda f: f.answer_id)
        load.check_pictures(self, self.home, self.reporter.pictures)
        self.check_machines(facts)
        return self.check_words(facts)

    def check_words(self, facts):
        """Each word that an officer left at a terminal: once."""
        found = collections.Counter(fact.answer_id for fact in facts)
        words = [word for duty in self.duties for word in duty.accepted]
        for word in words:
            self.assertEqual(1, found[word], word.hex())
        for duty in self.duties:
            # an alert that is not there yet is no loss; a store that fails is
            self.assertNotIn(4, [code for code, _ in duty.refused])
        self.assertGreater(len(words), ROUNDS)
        return len(words)

    def check_machines(self, facts):
        """HELD: once per node, alert and revision; each confirmed one."""
        held = collections.defaultdict(list)
        for fact in facts:
            if fact.rung == "RUNG_HELD":
                key = (fact.node, fact.alert_id, fact.revision)
                held[key].append(fact.sequence)
        for key, sequences in held.items():
            self.assertEqual(1, len(sequences), key)
        sequences = {fact.sequence for fact in facts}
        for name in CHECKPOINTS:
            for answer in Store(self.home.store_path(name)).answers():
                if answer["status"] == "STATUS_RECORDED":
                    self.assertIn(answer["sequence"], sequences)


if __name__ == "__main__":
    unittest.main()
