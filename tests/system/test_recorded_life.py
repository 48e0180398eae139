#!/usr/bin/python3
"""Today's programs and a home of an earlier version that has seen every kind
of fact; and what still waited in a checkpoint and in a gateway.

interop/recorded/README.md says what was recorded and how. The clock of the
programs is that of the recording.
"""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from clock import Clock  # noqa: E402
from gateway import Gateway  # noqa: E402
from home import INTEROP, SystemCase, json_lines, run_program  # noqa: E402
from recorded import missing, same_without_snapshot, unpack  # noqa: E402

LIFE = INTEROP / "recorded/life"
ADDRESS = "127.77.77.78"
TOLD = json.loads((LIFE / "told.json").read_text(encoding="utf-8"))
LATE, NODE = TOLD["late"], TOLD["node"]


class Life(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = unpack(self, LIFE / "home.tar.xz", ADDRESS)
        self.clock = Clock(self.folder, "then")
        self.clock.says(TOLD["time_ms"] / 1000)

    def start(self):
        self.home.start(self.clock.env())

    def ask(self, who, *args, code=0):
        done = self.home.run_tocsin(
            *args, key=who, code=code, env=self.clock.env()
        )
        return done.stdout + done.stderr

    def told(self, who, *args):
        return json.loads(self.ask(who, *args, "--json"))

    def book(self):
        return {
            name: self.told(asked["who"], *asked["args"])
            for name, asked in TOLD["answers"].items()
        }

    def facts(self):
        return json_lines(
            run_program("tocsind", "journal", "export", self.home.path).stdout
        )

    def test_every_fact_says_what_it_said(self):
        self.home.verify()
        was = TOLD["facts"]
        self.assertEqual([], missing(was, self.facts()[: len(was)]))

    def test_the_book_is_as_it_was_from_the_snapshot_and_from_all_facts(self):
        told = same_without_snapshot(self)
        for name, asked in TOLD["answers"].items():
            self.assertEqual([], missing(asked["says"], told[name], name))
        self.home.verify()

    def test_what_was_filed_away_is_known_and_found(self):
        self.start()
        said = self.ask("T-LEAD", "reopen", TOLD["filed"], "--reason", "so",
                        code=1)  # fmt: skip
        self.assertIn("filed away", said)
        said = self.ask("T-LEAD", "found", "show", TOLD["filed_found"], code=1)
        self.assertIn("filed away", said)
        self.home.stop()
        for what in (("--alert", TOLD["filed"]),
                     ("--found", TOLD["filed_found"])):  # fmt: skip
            told = run_program(
                "tocsin", "journal", "search", self.home.path, *what
            ).stdout
            self.assertIn("Filed", told.splitlines()[-1])

    def test_what_waited_is_delivered_once(self):
        home, env = self.home, self.clock.env()
        before = len(self.facts())
        self.start()
        home.start_terminal(NODE, env=env).wait_out(r"^ready")
        Gateway(home, "T-VAN").start(env=env)

        def seen():
            listed = self.told("T-CENTRE", "sightings", LATE)
            return sorted(
                item["nodeName"] for item in listed.get("sightings", [])
            )

        def found():
            listed = self.told("T-LEAD", "found", "list")["found"]
            return [entry["by"]["id"] for entry in listed]

        was = TOLD["answers"]["found"]["says"]["found"]
        self.wait_until(lambda: len(seen()) == 2)
        self.wait_until(lambda: len(found()) == len(was) + 1)
        self.assertEqual(["Handheld T-HAND-1", NODE], seen())
        self.assertEqual(NODE, found()[0])
        home.stop()
        home.verify()
        since = [line["fact"] for line in self.facts()[before:]]
        self.assertEqual(1, sum("foundRegistered" in fact for fact in since))
        self.assertEqual(
            [], [line for line in home.broker.err.now() if "refused" in line]
        )


if __name__ == "__main__":
    unittest.main()
