#!/usr/bin/python3
"""Samples for DNA with the real programs: a family's, a child's of unknown
origin, a laboratory's match, a registry office's question; 72 hours of silence;
and nothing of it left when the case is sealed."""

import hashlib
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from clock import Clock  # noqa: E402
from home import SystemCase, json_lines, run_program  # noqa: E402
from places import SHENZHEN  # noqa: E402

MOTHER, FATHER, CHILD = "GD-2026-00417M", "GD-2026-00417F", "YN-88-1204"
WHY = "cannot be found at any address"
HOUR_S = 3600


def digest(kit):
    """As sample.proto says."""
    text = b"tocsin/v1/kit\0" + kit.upper().encode()
    return hashlib.blake2b(text, digest_size=32).digest()[:16]


class Identity(SystemCase):
    def setUp(self):
        super().setUp()
        self.clock = Clock(self.folder, "all")
        self.home = home = self.make_home()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("supervisor", "T-SUP", "440000")
        home.enrol("officer", "T-LEAD", SHENZHEN, "--rank", "county",
                   "--unit", "Test unit")  # fmt: skip
        home.enrol("laboratory", "T-LAB", "000000")
        home.enrol("laboratory", "T-LAB-FAR", "530000")
        home.enrol("registry", "T-OFFICE", "530100")
        self.start()
        self.alert = self.report()
        self.ask("T-CENTRE", "lead", self.alert, "--offer", "T-LEAD")
        self.ask("T-LEAD", "lead", self.alert, "--accept")

    def start(self):
        self.home.start(self.clock.env())

    def restart(self):
        self.home.kill()
        self.start()

    def report(self):
        done = self.run_tocsin(
            "T-CENTRE", "report", "--sex", "female", "--age", "6",
            "--seen", "22.532,114.113", "--seen-time", "-5m",
            "--action", "Stop and call.", "--json",
        )  # fmt: skip
        return json.loads(done.stdout)["alertId"]

    def run_tocsin(self, who, *args, code=0):
        """By the clock of the test."""
        return self.home.run_tocsin(
            *args, key=who, code=code, env=self.clock.env()
        )

    def ask(self, who, *args, code=0):
        """All that it said."""
        done = self.run_tocsin(who, *args, code=code)
        return done.stdout + done.stderr

    def note(self, *args, who="T-LEAD", code=0):
        return self.ask(who, "sample", self.alert, *args, code=code)

    def case(self):
        return json.loads(self.ask("T-LEAD", "case", self.alert, "--json"))

    def answer(self, kit):
        return self.ask("T-OFFICE", "check-sample", kit).split("  ")[0]

    def match(self):
        """The one of the case, as its sequence."""
        (match,) = self.case()["matches"]
        return match["sequence"]

    def family_and_child(self):
        self.note(MOTHER, "--of", "mother", "--state", "due")
        self.note(MOTHER.lower(), "--of", "mother", "--state", "sent")
        self.note("--of", "father", "--state", "impossible",
                  "--reason", WHY)  # fmt: skip
        self.ask("T-LAB", "lab", "received", MOTHER)
        self.ask("T-LAB", "lab", "received", CHILD)

    def test_from_the_kit_to_the_decision(self):
        self.assertEqual("no sample", self.answer(CHILD))
        self.note(MOTHER, "--of", "mother", "--state", "taken")
        self.note(MOTHER, "--of", "mother", "--state", "due", code=1)
        self.note(FATHER, "--of", "father", "--state", "in-library", code=2)
        self.assertEqual("hold", self.answer(MOTHER))
        self.ask("T-LAB-FAR", "lab", "received", MOTHER, code=1)
        self.ask("T-LAB", "lab", "received", MOTHER)
        self.ask("T-LAB", "lab", "received", CHILD)
        self.assertIn("recorded before",
                      self.ask("T-LAB", "lab", "received", CHILD))  # fmt: skip
        self.assertEqual("clear", self.answer(CHILD))
        self.ask("T-LAB", "lab", "match", CHILD, MOTHER, "--report", "17/26")
        self.restart()
        self.assertEqual("hold", self.answer(CHILD))
        self.assertEqual("hold", self.answer(CHILD.lower()))
        shown = self.ask("T-LEAD", "case", self.alert)
        self.assertIn(f"child {CHILD} with {MOTHER}, report 17/26", shown)
        self.assertIn("WAITS for the lead", shown)
        self.ask("T-CENTRE", "match", self.alert, self.match(), "accept",
                 "--reason", "alike", code=1)  # fmt: skip
        self.ask("T-LEAD", "match", self.alert, self.match(), "again",
                 "--reason", "take it once more")  # fmt: skip
        self.assertIn("again", self.ask("T-LAB", "lab", "look", CHILD))
        self.ask("T-LEAD", "match", self.alert, self.match(), "reject",
                 "--reason", "another child")  # fmt: skip
        self.assertEqual("clear", self.answer(CHILD))
        self.ask("T-LAB", "lab", "match", CHILD, MOTHER, "--report", "18/26",
                 code=1)  # fmt: skip
        self.ask("T-LAB", "lab", "failed", CHILD)
        self.assertEqual("no sample", self.answer(CHILD))
        case = self.case()
        self.assertEqual("CASE_STATE_OPEN", case["state"])
        self.assertEqual(
            ("MATCH_DECISION_REJECTED", "SAMPLE_STATE_IN_LIBRARY"),
            (case["matches"][0]["decision"], case["samples"][0]["state"]),
        )

    def test_who_may_ask_what(self):
        self.family_and_child()
        for command in (
            ("case", self.alert), ("cases",), ("alerts",), ("overdue",),
            ("sample", self.alert, FATHER, "--of", "father", "--state", "due"),
        ):  # fmt: skip
            for who in ("T-LAB", "T-OFFICE"):
                self.assertIn("denied", self.ask(who, *command, code=1))
        self.ask("T-OFFICE", "lab", "received", CHILD, code=1)
        self.ask("T-OFFICE", "lab", "look", CHILD, code=1)
        for who in ("T-LAB", "T-LEAD", "T-CENTRE", "T-SUP"):
            self.ask(who, "check-sample", CHILD, code=1)

    def test_every_question_can_be_traced(self):
        self.family_and_child()
        self.answer(CHILD)
        self.ask("T-LAB", "lab", "match", CHILD, MOTHER, "--report", "17/26")
        self.ask("T-LEAD", "match", self.alert, self.match(), "reject",
                 "--reason", "another child")  # fmt: skip
        self.restart()
        self.home.stop()
        facts = self.traced(CHILD.lower())
        self.assertEqual(["T-LAB", "T-OFFICE", "T-LAB", "T-LEAD"],
                         [fact["principal"] for fact in facts])  # fmt: skip
        self.assertEqual("SAMPLE_ANSWER_CLEAR",
                         facts[1]["sampleChecked"]["answer"])  # fmt: skip
        decided = facts[3]["caseChanged"]
        self.assertEqual("MATCH_DECISION_REJECTED", decided["decision"])
        self.assertEqual(facts[3], self.traced(MOTHER)[-1])
        self.assertEqual([], self.traced(FATHER))
        self.home.verify()

    def traced(self, kit):
        """What the journal holds of it."""
        done = run_program(
            "tocsin", "journal", "search", self.home.path, "--kit", kit
        )
        return [line["fact"] for line in json_lines(done.stdout)]

    def overdue(self):
        told = json.loads(self.ask("T-SUP", "overdue", "--json"))
        return [
            entry["who"]["id"]
            for entry in told.get("entries", [])
            if entry["kind"] == "SILENCE_SAMPLE"
        ]

    def test_72_hours_without_a_sample_are_a_silence(self):
        self.home.stop()
        self.clock.wrong_by(71 * HOUR_S)
        self.start()
        self.report()  # a second look at all cases
        self.assertEqual([], self.overdue())
        self.home.stop()
        self.clock.wrong_by(73 * HOUR_S)
        self.start()
        self.wait_until(lambda: self.overdue() == ["T-LEAD"])
        self.assertIn("no sample of the child's kin",
                      self.ask("T-SUP", "overdue"))  # fmt: skip
        self.assertTrue(self.case()["sampleOverdue"])
        self.note(MOTHER, "--of", "mother", "--state", "due")
        self.assertEqual(["T-LEAD"], self.overdue())
        self.note(MOTHER, "--of", "mother", "--state", "taken")
        self.assertEqual([], self.overdue())

    def readable(self, texts):
        """Where any of these can be read, as it is."""
        return sorted(
            str(path.relative_to(self.home.path))
            for path in self.home.path.rglob("*")
            if path.is_file()
            and any(text in path.read_bytes() for text in texts)
        )

    def test_a_sealed_case_leaves_digests_alone(self):
        secrets = [x.encode() for x in (MOTHER, CHILD, WHY, "17/26")]
        self.home.configure("snapshot_facts", 10)
        self.restart()
        self.family_and_child()
        self.ask("T-LAB", "lab", "match", CHILD, MOTHER, "--report", "17/26")
        self.assertEqual([], self.readable(secrets))
        self.ask("T-CENTRE", "withdraw", self.alert, "--reason", "found")
        self.ask("T-LEAD", "solve", self.alert, "--outcome", "rescued",
                 "--receiver", "the parents")  # fmt: skip
        seal = ("seal", self.alert, "--reason", "asked for", "--yes")
        self.assertIn("a match", self.ask("T-LEAD", *seal, code=1))
        self.ask("T-LEAD", "match", self.alert, self.match(), "accept",
                 "--reason", "it is the child")  # fmt: skip
        self.ask("T-LEAD", *seal)
        for _ in range(2):
            case = self.case()
            self.assertNotIn("samples", case)
            self.assertNotIn("matches", case)
            self.assertEqual("hold", self.answer(CHILD))
            self.restart()
        self.alert = self.report()
        self.note(MOTHER, "--of", "mother", "--state", "taken", code=1)
        for number in range(10):
            self.answer(f"UNKNOWN-{number}")
        self.home.broker.wait_err(r"snapshot\.written")
        self.home.stop()
        self.home.verify()
        self.assertEqual([], self.readable(secrets))
        export = run_program("tocsin", "journal", "export", self.home.path)
        for text in (MOTHER, CHILD, WHY, "17/26", "RELATION_"):
            self.assertNotIn(text, export.stdout)
        self.assertTrue(self.readable([digest(MOTHER)]))
        self.assertNotIn(MOTHER, "\n".join(self.home.broker.err.now()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
