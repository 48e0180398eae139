#!/usr/bin/python3
"""Every figure of the assessment is found again in the exported journal, by a
second reader that shares no code with the first."""

import csv
import io
import json
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, run_program  # noqa: E402
from period import Assessment, expected  # noqa: E402
from places import BAOAN, FUTIAN, LUOHU, SHENZHEN  # noqa: E402

SECRET = "the child wears a green coat"
DIGITS = {"county": 6, "prefecture": 4, "province": 2}


def stamp(ms):
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000))
    return f"{seconds}.{ms % 1000:03}Z"


class ReportPeriod(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home()
        for key in ("silent_node_s", "silent_lead_s", "silent_sighting_s",
                    "silent_dna_s", "silent_match_s"):
            home.configure(key, 1)
        home.start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("supervisor", "T-SUP", "440000")
        home.enrol("laboratory", "T-LAB", "440000")
        home.enrol("officer", "T-LEAD", SHENZHEN, "--rank", "prefecture",
                   "--unit", "Test unit")  # fmt: skip
        home.enrol_nodes([LUOHU, FUTIAN, BAOAN])
        for node in (LUOHU, FUTIAN):
            home.start_terminal(node[0]).wait_out(r"^ready")

    def report(self, at, *more):
        latitude, longitude = at[3]
        return self.home.tocsin_json(
            "report", "--sex", "female", "--age", "6", "--seen",
            f"{latitude},{longitude}", "--seen-time", "-5m",
            "--clothing", SECRET, *more, key="T-CENTRE",
        )["alertId"]  # fmt: skip

    def ask(self, *args, key="T-LEAD"):
        return self.home.tocsin(*args, key=key)

    def overdue(self, alert):
        listed = self.home.tocsin_json("overdue", key="T-SUP")
        return {
            entry["kind"]
            for entry in listed.get("entries", [])
            if entry["alertId"] == alert
        }

    def see(self, node, alert):
        self.home.terminal(
            node[0], "sighting", alert, "--officer", "7", "--text", SECRET,
            "--wait", "20",
        )  # fmt: skip

    def live(self, alert, *nodes):
        for node in nodes:
            self.wait_until(lambda: alert in self.home.on_terminal(node[0]))

    def sealed_case(self):
        """Silent, seen twice, looked at once, found, solved, sealed."""
        alert = self.report(LUOHU, "--division", SHENZHEN)
        self.live(alert, LUOHU, FUTIAN)
        self.see(LUOHU, alert)
        self.see(FUTIAN, alert)
        self.wait_until(
            lambda: self.overdue(alert)
            == {"SILENCE_NODE", "SILENCE_LEAD", "SILENCE_SIGHTING",
                "SILENCE_SAMPLE"}
        )  # fmt: skip
        self.ask("lead", alert, "--offer", "T-LEAD", key="T-CENTRE")
        self.ask("lead", alert, "--accept")
        seen = self.home.tocsin_json("sightings", alert, key="T-LEAD")
        for order in (("--check",), ("--dismiss", "another child")):
            self.ask("triage", alert, seen["sightings"][0]["sequence"],
                     "--officer", "42", *order)  # fmt: skip
        self.match_samples(alert)
        self.ask("withdraw", alert, "--reason", "found", key="T-CENTRE")
        self.ask("solve", alert, "--outcome", "returned", "--receiver",
                 "the parents")  # fmt: skip
        self.ask("seal", alert, "--reason", "asked for", "--yes")
        self.wait_until(
            lambda: self.home.tocsin_json("case", alert, key="T-SUP").get(
                "purged"
            )
            == 2
        )

    def match_samples(self, alert):
        """A mother's sample and the child's, and a match that waits a while."""
        self.ask("sample", alert, "K-1", "--of", "mother", "--state", "due")
        self.ask("lab", "received", "K-1", key="T-LAB")
        self.ask("lab", "received", "C-1", key="T-LAB")
        self.ask("lab", "match", "C-1", "K-1", "--report", "7", key="T-LAB")
        self.wait_until(lambda: "SILENCE_SAMPLE" in self.overdue(alert))
        (match,) = self.home.tocsin_json("case", alert, key="T-LEAD")["matches"]
        self.ask("match", alert, match["sequence"], "accept", "--reason", "so")

    def register(self):
        return self.home.tocsin_json(
            "found", "register", "--officer", "42", "--sex", "female",
            "--age", "5-7", "--at", "22.54,114.10", "--found", "-10m",
            "--text", SECRET, "--keeper", "Test Home", "--keeper-division",
            LUOHU[2], key="T-CENTRE",
        )["foundId"]  # fmt: skip

    def found_children(self, alert):
        """One identified, one closed, one sealed, one reopened, one new."""
        words = ("--officer", "42", "--reason", "so it is")
        for steps in (
            (("--as", alert),),
            (("--close",),),
            (("--close",), ("--seal", "--yes")),
            (("--as", alert), ("--reopen",)),
            (),
        ):
            found = self.register()
            for step in steps:
                self.ask("found", "resolve", found, *step, *words,
                         key="T-CENTRE")  # fmt: skip

    def live_whole(self):
        """All that the figures can tell of, in a handful of cases."""
        self.sealed_case()
        alert = self.report(FUTIAN, "--division", FUTIAN[2])
        self.live(alert, FUTIAN)
        self.ask("revise", alert, "--division", SHENZHEN, key="T-CENTRE")
        self.wait_until(lambda: self.home.on_terminal(LUOHU[0]).get(alert))
        why = ("--officer", "42", "--reason", "too slow")
        self.ask("supervise", "case", alert, *why, key="T-SUP")
        self.ask("supervise", "node", BAOAN[0], *why, key="T-SUP")
        self.ask("lift", "node", BAOAN[0], *why, key="T-SUP")
        drill = self.report(LUOHU, "--exercise", "--division", LUOHU[2])
        self.live(drill, LUOHU)
        self.found_children(alert)
        return alert

    def assessment(self, span, *more):
        done = run_program(
            "tocsin", "report-period", self.home.path, "--from",
            stamp(span[0]), "--to", stamp(span[1]), *more,
        )  # fmt: skip
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertNotIn(SECRET, done.stdout + done.stderr)
        return done.stdout

    def export(self):
        done = run_program("tocsin", "journal", "export", self.home.path)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def archive(self):
        done = run_program(
            "tocsin", "journal", "archive", self.home.path, "--keep-days", "0"
        )
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("archived facts", done.stdout)

    def compare(self, told, export, span, level):
        again = Assessment(export, span, DIGITS[level])
        for kind, exercise in (("actual", False), ("exercises", True)):
            rows, nodes, total = again.table(exercise)
            table = told[kind]
            self.assertEqual(
                sorted(rows), [row["division"] for row in table["divisions"]]
            )
            self.assertEqual(
                sorted(nodes), [unit["node"] for unit in table["nodes"]]
            )
            for row in [*table["divisions"], table["total"]]:
                figures = rows[row["division"]] if "division" in row else total
                self.agree(figures, row)
            for unit in table["nodes"]:
                self.agree(nodes[unit["node"]], unit)

    def agree(self, figures, told):
        said = {
            name: value
            for name, value in told.items()
            if name not in ("division", "name", "node")
        }
        self.assertEqual(expected(figures, told), said)

    def compare_csv(self, told, table, exercise):
        kind = "exercise" if exercise else "actual"
        rows = {
            row["division"]: row
            for row in csv.DictReader(io.StringIO(table))
            if row["kind"] == kind
        }
        rows["total"].pop("name")
        part = told["exercises" if exercise else "actual"]
        for row in [*part["divisions"], part["total"]]:
            line = rows.pop(row.get("division", "total"))
            for name, value in row.items():
                if name in line and name != "name":
                    self.assertEqual("" if value is None else str(value),
                                     line[name], name)  # fmt: skip
        self.assertEqual({}, rows)

    def test_every_figure_is_found_again_in_the_export(self):
        before = int(time.time() * 1000) - 1000
        self.live_whole()
        self.home.stop()  # from here on nothing is added
        export = self.export()
        span = (before, int(time.time() * 1000) + 1000)
        for level in DIGITS:
            told = json.loads(self.assessment(span, "--json", "--by", level))
            self.compare(told, export, span, level)
        total = told["actual"]["total"]
        for name, least in (
            ("cases", 2), ("open", 1), ("sealed", 1), ("returnedToParents", 1),
            ("darkNodes", 1), ("sightingsAnswered", 1), ("purged", 2),
            ("sightingsUnanswered", 1), ("silentNodes", 1), ("silentLeads", 1),
            ("silentSightings", 1), ("supervisionPut", 2),
            ("supervisionLifted", 1), ("held95Cases", 1), ("purgeDue", 3),
            ("sampledCases", 1), ("silentSamples", 1), ("silentMatches", 1),
        ):  # fmt: skip
            self.assertGreaterEqual(total[name], least, name)
        self.assertEqual(
            [5, 2, 1, 2],
            [total[f"found{kind}"]
             for kind in ("Children", "Unknown", "Identified", "Closed")],
        )  # fmt: skip
        self.assertIsNotNone(total["identifiedWorstMs"])
        self.assertEqual(1, told["exercises"]["total"]["cases"])
        self.assertEqual(0, told["exercises"]["total"]["foundChildren"])
        table = self.assessment(span, "--csv", "--by", "province")
        for exercise in (False, True):
            self.compare_csv(told, table, exercise)
        self.assertIn(BAOAN[0], self.assessment(span, "--csv", "--nodes"))
        self.assertIn("EXERCISES", self.assessment(span))
        self.archive()
        self.assertEqual(table, self.assessment(span, "--csv", "--by",
                                                "province"))  # fmt: skip

    def test_a_case_counts_in_the_stretch_in_which_it_was_reported(self):
        before = int(time.time() * 1000) - 1000
        self.report(LUOHU, "--division", LUOHU[2])
        facts = map(json.loads, self.export().splitlines())
        at = next(
            int(line["fact"]["timeMs"])
            for line in facts
            if "alertIssued" in line["fact"]
        )
        for span, cases in (
            ((before, at), 0),
            ((at, at + 1), 1),
            ((at + 1, at + 1000), 0),
        ):
            told = json.loads(self.assessment(span, "--json"))
            self.assertEqual(cases, told["actual"]["total"]["cases"], span)

    def test_wrong_words_are_refused_and_help_is_given(self):
        for args, code in (
            ((), 2),
            ((self.home.path, "--from", "2026-03-01"), 2),
            ((self.home.path, "--from", "x", "--to", "2026-03-01"), 2),
            (("--home", self.home.path, "--from", "2026-03-01", "--to",
              "2026-04-01"), 0),
            (("--help",), 0),
        ):  # fmt: skip
            done = run_program("tocsin", "report-period", *args)
            self.assertEqual(code, done.returncode, done.stderr)

    def test_a_stretch_that_ends_before_it_begins_is_told_so(self):
        for end in ("2026-03-01", "2025-04-01"):
            done = run_program("tocsin", "report-period", self.home.path,
                               "--from", "2026-03-01", "--to", end)  # fmt: skip
            self.assertEqual(2, done.returncode)
            self.assertIn("--to is not after --from", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
