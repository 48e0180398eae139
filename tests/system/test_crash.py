#!/usr/bin/python3
"""kill -9 at random moments loses nothing that anyone saw confirmed.

TOCSIN_ROUNDS sets the number of kills, TOCSIN_SEED repeats a run
"""

import collections
import os
import secrets
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import PATIENCE_S, SystemCase  # noqa: E402
from places import DONGCHENG, IN_SHENZHEN, SEEN, SHENZHEN  # noqa: E402

from centre import Centre, new_alert, text  # noqa: E402
from checkpoint_store import Store  # noqa: E402
from tocsin_wire import (  # noqa: E402
    Desk,
    answer_pb2,
    common_pb2,
    desk_pb2,
    now_ms,
    sign_answer,
)

ROUNDS = int(os.environ.get("TOCSIN_ROUNDS", "25"))
# A slow disk, so that a confirmation that comes too early is seen.
DISK = {
    "LD_PRELOAD": os.environ.get("TOCSIN_SLOW_DISK", ""),
    "TOCSIN_SLOW_DISK_US": "400",
    "ASAN_OPTIONS": "verify_asan_link_order=0",
}
LIVE_MAX = 8
CONFIRMED = (desk_pb2.STATUS_RECORDED, desk_pb2.STATUS_DUPLICATE)
TERMINALS = tuple(node[0] for node in IN_SHENZHEN[:2])
CHECKPOINTS = tuple(node[0] for node in IN_SHENZHEN[2:])
OFFICER = ("T-OFFICER", "police", "440305", (22.53, 113.94))

# What a client saw: who asked, the request's or answer's id, the sequence.
Seen = collections.namedtuple("Seen", "who id sequence")


class Stream(threading.Thread):
    """A client that keeps asking until it is told to stop, and remembers
    every confirmation. Its errors are the test's."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work = work
        self.seen = []
        self.error = None
        self.over = threading.Event()
        self.confirmed = threading.Event()
        self.start()

    def run(self):
        try:
            while not self.over.is_set():
                self.seen += self.work()
                self.confirmed.set()
        except Exception as error:
            self.error = error
            self.confirmed.set()

    def finish(self):
        self.over.set()
        self.join(120)
        if self.error is not None:
            raise self.error
        return self.seen


class Reporter:
    """Files, revises and withdraws, never more than LIVE_MAX at once."""

    def __init__(self, bundle, chance):
        self.centre = Centre(bundle)
        self.chance = chance
        self.live = {}
        self.all_ids = []  # read by the officer's thread

    def step(self):
        time.sleep(self.chance.uniform(0, 0.05))
        if len(self.live) < LIVE_MAX and self.chance.random() < 0.6:
            target = common_pb2.Target(divisions=[SHENZHEN])
            alert = new_alert(SEEN, target)
            reply = self.centre.report(alert)
            self.live[alert.alert_id] = alert
            self.all_ids.append(alert.alert_id)
        elif self.live:
            reply = self.change(self.chance.choice(sorted(self.live)))
        else:
            return []
        if reply.status not in CONFIRMED:
            raise AssertionError(reply)
        return [Seen("T-CENTRE", reply.request_id, reply.sequence)]

    def change(self, alert_id):
        alert = self.live[alert_id]
        if self.chance.random() < 0.5:
            alert.revision += 1
            del alert.circumstances[:]
            alert.circumstances.append(text(f"News {alert.revision}."))
            return self.centre.revise(alert)
        del self.live[alert_id]
        return self.centre.withdraw(alert_id, alert.revision + 1)


class Officer:
    """Answers READ to whatever has been reported, signed."""

    def __init__(self, bundle, chance, alert_ids):
        self.bundle = bundle
        self.desk = Desk(bundle)
        self.chance = chance
        self.alert_ids = alert_ids

    def step(self):
        time.sleep(self.chance.uniform(0, 0.03))
        known = list(self.alert_ids)
        if not known:
            return []
        answer = answer_pb2.Answer(
            answer_id=secrets.token_bytes(16),
            node=self.bundle.id,
            alert_id=self.chance.choice(known),
            revision=1,
            rung=answer_pb2.RUNG_SIGHTING,
            at_ms=now_ms(),
            officer="P-17",
        )
        signed = sign_answer(answer, self.bundle.key)
        request = desk_pb2.Request()
        request.acknowledge.answer.CopyFrom(signed)
        reply = self.desk.ask(request)
        if reply.status not in CONFIRMED:
            raise AssertionError(reply)
        return [Seen(self.bundle.id, answer.answer_id, reply.sequence)]


class Crash(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start(DISK)
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([*IN_SHENZHEN, OFFICER, DONGCHENG])
        self.nodes = {name: self.start_node(name) for name in TERMINALS}
        self.nodes.update({n: self.start_node(n) for n in CHECKPOINTS})

    def start_node(self, name):
        if name in TERMINALS:
            return self.home.start_terminal(name)
        return self.home.start_checkpoint(name)

    def disturb(self, streams):
        """One round: the broker dies, and sometimes a node with it."""
        time.sleep(self.chance.uniform(0.05, 2.5))
        if self.chance.random() < 0.6:
            # in the very moment in which somebody has it confirmed
            stream = self.chance.choice(streams)
            stream.confirmed.clear()
            stream.confirmed.wait(PATIENCE_S)
        self.assertEqual([None, None], [stream.error for stream in streams])
        self.home.kill()
        victim = None
        if self.chance.random() < 0.4:
            victim = self.chance.choice(sorted(self.nodes))
            self.nodes[victim].kill()
        if victim is not None:
            self.nodes[victim] = self.start_node(victim)
        if self.chance.random() < 0.3:
            self.home.launch_broker(DISK)  # and it dies while it starts
            time.sleep(self.chance.uniform(0, 0.2))
            self.home.kill()
        self.home.start(DISK)

    def test_what_was_confirmed_is_there_once_and_alerts_arrive(self):
        reporter = Reporter(self.home.bundle("T-CENTRE"), self.chance)
        self.addCleanup(reporter.centre.desk.close)
        officer = Officer(
            self.home.bundle(OFFICER[0]), self.chance, reporter.all_ids
        )
        self.addCleanup(officer.desk.close)
        sys.setswitchinterval(0.0002)  # threads see each other at once
        streams = [Stream(reporter.step), Stream(officer.step)]
        for _ in range(ROUNDS):
            self.disturb(streams)
        commands, answers = (stream.finish() for stream in streams)
        print(f"{len(commands)} commands, {len(answers)} answers confirmed")
        self.assertGreater(len(commands), ROUNDS)
        self.assertGreater(len(answers), ROUNDS)
        self.check_pictures(reporter)
        for node in self.nodes.values():
            node.stop()
        self.home.stop()
        self.check_journal(commands, answers)

    def check_pictures(self, reporter):
        expected = {k: a.revision for k, a in reporter.live.items()}
        for alert_id in reporter.all_ids:
            self.wait_nodes(reporter.centre, alert_id, self.nodes)
        for name in self.nodes:
            self.assertEqual(expected, self.shown(name), name)

    def shown(self, name):
        if name in TERMINALS:
            return self.home.on_terminal(name)
        return self.home.on_checkpoint(name)

    # ---- the journal ----

    def check_journal(self, commands, answers):
        self.home.verify()
        facts = self.home.export()
        self.assertEqual(
            list(range(1, len(facts) + 1)), [f.sequence for f in facts]
        )
        self.check_once(facts, commands, lambda f: f.request_id)
        self.check_once(facts, answers, lambda f: f.answer_id)
        self.check_machines(facts)

    def check_once(self, facts, seen, identity):
        found = collections.defaultdict(list)
        for fact in facts:
            found[identity(fact)].append(fact.sequence)
        for item in seen:
            self.assertEqual([item.sequence], found[item.id], item)

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
