#!/usr/bin/python3
"""The whole life of a case with the real programs: who answers for the child,
what was done, how it ended; across kill -9 and in the exported journal."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, json_lines, run_program  # noqa: E402
from places import LUOHU, SHENZHEN  # noqa: E402

SECRET = "the child sleeps at an aunt's"


class Case(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("supervisor", "T-SUP", "440000")
        self.officer("T-LEAD", "prefecture")
        self.officer("T-NEXT", "county")
        self.officer("T-STATION", "station")
        home.enrol_nodes([LUOHU])
        filed = home.tocsin_json(
            "report", "--sex", "female", "--age", "6",
            "--seen", "22.532,114.113", "--seen-time", "-5m",
            "--action", "Stop and call.", key="T-CENTRE",
        )  # fmt: skip
        self.alert = filed["alertId"]

    def officer(self, name, rank):
        self.home.enrol(
            "officer", name, SHENZHEN, "--rank", rank, "--unit", "Test unit"
        )

    def order(self, who, command, *more, code=0):
        return self.home.tocsin(
            command, self.alert, *more, key=who, code=code
        )

    def shown(self, who="T-CENTRE"):
        return self.home.tocsin_json("case", self.alert, key=who)

    def lead(self, who):
        self.order("T-CENTRE", "lead", "--offer", who)
        self.order(who, "lead", "--accept")

    def test_from_the_report_to_the_end(self):
        self.assertNotIn("lead", self.shown())
        self.order("T-CENTRE", "lead", "--offer", "T-STATION", code=1)
        self.lead("T-LEAD")
        self.order("T-LEAD", "duty", "comfort", "--owner", "T-STATION")
        self.order("T-STATION", "duty", "comfort", "--log", SECRET)
        self.order("T-STATION", "duty", "rescue", "--log", "no", code=1)
        self.order("T-LEAD", "solve", "--outcome", "returned",
                   "--receiver", "the parents", code=1)  # fmt: skip
        self.home.tocsin(
            "withdraw", self.alert, "--reason", "found", key="T-CENTRE"
        )
        self.order("T-LEAD", "solve", "--outcome", "returned", code=2)
        self.order("T-LEAD", "solve", "--outcome", "returned",
                   "--receiver", "the parents")  # fmt: skip
        case = self.shown("T-SUP")
        self.assertEqual("CASE_STATE_SOLVED", case["state"])
        self.assertEqual("OUTCOME_RETURNED_TO_PARENTS", case["outcome"])
        self.assertEqual("T-LEAD", case["lead"]["id"])
        self.assertEqual(5, case["entriesInAll"])
        self.assertIn(SECRET, self.home.tocsin("case", self.alert,
                                               key="T-CENTRE"))  # fmt: skip
        cases = self.home.tocsin_json("cases", key="T-CENTRE")
        self.assertEqual([], cases.get("cases", []))
        cases = self.home.tocsin_json("cases", "--all", key="T-CENTRE")
        self.assertEqual(1, len(cases["cases"]))
        self.assertNotIn(SECRET, "\n".join(self.home.broker.err.now()))

    def test_a_death_needs_two(self):
        self.lead("T-LEAD")
        self.home.tocsin(
            "withdraw", self.alert, "--reason", "other", key="T-CENTRE"
        )
        self.order("T-LEAD", "solve", "--outcome", "death")
        self.assertEqual("CASE_STATE_OPEN", self.shown()["state"])
        self.order("T-LEAD", "confirm", "--outcome", "death", code=1)
        self.order("T-SUP", "confirm", "--outcome", "death")
        self.assertEqual("CASE_STATE_SOLVED", self.shown()["state"])

    def test_a_killed_broker_knows_who_leads(self):
        self.lead("T-LEAD")
        self.order("T-LEAD", "lead", "--offer", "T-NEXT")
        before = self.shown()
        self.home.kill()
        self.home.start()
        self.assertEqual(before, self.shown())
        self.order("T-NEXT", "lead", "--accept")
        self.assertEqual("T-NEXT", self.shown()["lead"]["id"])

    def test_the_journal_tells_every_step_and_keeps_words_sealed(self):
        self.lead("T-LEAD")
        self.order("T-LEAD", "duty", "rescue", "--log", SECRET)
        self.home.stop()
        done = run_program(
            "tocsin", "journal", "search", self.home.path,
            "--alert", self.alert,
        )  # fmt: skip
        steps = [
            line["fact"]["caseChanged"]["step"]
            for line in json_lines(done.stdout)
            if "caseChanged" in line["fact"]
        ]
        self.assertEqual(
            ["CASE_STEP_OFFER_LEAD", "CASE_STEP_ACCEPT_LEAD",
             "CASE_STEP_LOG_DUTY"], steps,
        )  # fmt: skip
        self.assertIn(SECRET, done.stdout)
        for path in self.home.path.glob("journal.db*"):
            self.assertNotIn(SECRET.encode(), path.read_bytes())
        self.home.verify()


if __name__ == "__main__":
    unittest.main(verbosity=2)
