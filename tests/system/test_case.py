#!/usr/bin/python3
"""The whole life of a case with the real programs: who answers for the child,
what was done, how it ended; across kill -9 and in the exported journal."""

import json
import re
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, json_lines, run_program  # noqa: E402
from places import LUOHU, SHENZHEN  # noqa: E402

SECRET = "the child sleeps at an aunt's"
NAME = "Demo Child Of This Test"


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

    def test_a_sighting_is_answered_and_the_search_starts_from_it(self):
        home, node = self.home, LUOHU[0]
        terminal = home.start_terminal(node)
        terminal.wait_out(r"^ready")
        self.wait_until(lambda: self.alert in home.on_terminal(node))
        self.lead("T-LEAD")
        for place in (("39.90", "116.40"), ("22.60", "113.90")):
            home.terminal(
                node, "sighting", self.alert, "--officer", "7", "--lat",
                place[0], "--lon", place[1], "--companion", "a tall man",
                "--seen", "-2m", "--wait", "20",
            )  # fmt: skip
        listed = home.tocsin_json("sightings", self.alert, key="T-LEAD")
        near, far = listed["sightings"]
        self.assertTrue(far["unreachable"])
        self.assertNotIn("unreachable", near)
        self.order("T-LEAD", "triage", far["sequence"], "--officer", "42",
                   "--dismiss", "too far")  # fmt: skip
        self.order("T-LEAD", "triage", near["sequence"], "--officer", "42",
                   "--check")  # fmt: skip
        self.wait_until(
            lambda: ["checking", "dismissed"] == self.verdicts(node)
        )
        self.assertIn("officer 42 is on it",
                      home.terminal(node, "answers", self.alert))  # fmt: skip
        self.order("T-CENTRE", "triage", near["sequence"], "--officer", "42",
                   "--confirm")  # fmt: skip
        self.wait_until(
            lambda: ["confirmed", "dismissed"] == self.verdicts(node)
        )
        shown = home.tocsin_json("show", self.alert, key="T-CENTRE")
        seen = shown["opened"]["alert"]["lastSeen"]
        self.assertAlmostEqual(22.60, seen["place"]["point"]["latitude"], 4)
        self.assertEqual(2, shown["summary"]["revision"])
        self.assertEqual(
            [], home.tocsin_json("sightings", self.alert, "--open",
                                 key="T-CENTRE").get("sightings", []),
        )  # fmt: skip

    def test_who_is_silent_is_told_and_listed_until_heard(self):
        home, node = self.home, LUOHU[0]
        home.stop()
        for key in ("silent_node_s", "silent_lead_s"):
            home.configure(key, 1)
        home.start()

        def overdue():
            listed = home.tocsin_json("overdue", key="T-SUP")
            return {
                (entry["kind"], entry["who"]["id"])
                for entry in listed.get("entries", [])
            }

        self.wait_until(
            lambda: overdue() == {("SILENCE_NODE", node),
                                  ("SILENCE_LEAD", "T-CENTRE")}
        )  # fmt: skip
        self.lead("T-LEAD")
        self.assertEqual({("SILENCE_NODE", node)}, overdue())
        home.start_terminal(node).wait_out(r"^ready")
        self.wait_until(lambda: overdue() == set())

    def test_the_facts_behind_a_supervision_are_found_as_it_says(self):
        home = self.home
        home.stop()
        home.configure("silent_lead_s", 1)
        home.start()

        def facts():
            told = home.tocsin("supervised", key="T-SUP")
            return re.findall(r"fact (\d+): tocsin (.*)", told)

        self.wait_until(facts)
        for number, words in facts():
            words = words.replace("HOME", str(home.path)).split()
            done = run_program("tocsin", *words)
            self.assertEqual(0, done.returncode, (words, done.stderr))
            self.assertEqual(
                int(number), json_lines(done.stdout)[0]["sequence"]
            )

    def test_a_person_puts_under_supervision_and_lifts_it(self):
        home = self.home
        why = ("--officer", "42", "--reason", "nobody answers")
        home.tocsin("supervise", "case", self.alert, *why, key="T-CENTRE",
                    code=1)  # fmt: skip
        home.tocsin("supervise", "case", self.alert, *why, key="T-SUP")
        home.tocsin("supervise", "node", LUOHU[0], *why, key="T-SUP")
        home.tocsin("lift", "node", LUOHU[0], *why, key="T-LEAD")
        home.kill()
        home.start()
        listed = home.tocsin_json("supervised", key="T-SUP")["entries"]
        self.assertEqual([self.alert], [entry["subject"] for entry in listed])
        self.assertIn("nobody answers", home.tocsin("supervised", key="T-SUP"))

    def files_that_hold(self, secrets, folder):
        """Where any of these texts can be read, as it is."""
        return sorted(
            str(path.relative_to(folder))
            for path in Path(folder).rglob("*")
            if path.is_file()
            and any(text.encode() in path.read_bytes() for text in secrets)
        )

    def sealed_case(self, node):
        """A named child, seen, found; sealed, with node's terminal up."""
        home = self.home
        terminal = home.start_terminal(node)
        terminal.wait_out(r"^ready")
        home.tocsin("revise", self.alert, "--name", NAME, key="T-CENTRE")
        self.wait_until(lambda: home.on_terminal(node).get(self.alert) == 2)
        home.terminal(node, "sighting", self.alert, "--officer", "7",
                      "--text", SECRET, "--wait", "20")  # fmt: skip
        self.lead("T-LEAD")
        self.order("T-LEAD", "duty", "rescue", "--log", SECRET)
        home.tocsin("withdraw", self.alert, "--reason", "found",
                    key="T-CENTRE")  # fmt: skip
        self.wait_until(lambda: self.alert not in home.on_terminal(node))
        self.order("T-LEAD", "solve", "--outcome", "returned",
                   "--receiver", "the parents")  # fmt: skip
        export = run_program("tocsin", "journal", "export", home.path).stdout
        self.assertIn(NAME, export)
        self.order("T-LEAD", "seal", "--reason", "asked for", code=2)
        self.order("T-LEAD", "seal", "--reason", "asked for", "--yes")
        return terminal

    def test_a_sealed_case_is_forgotten_everywhere(self):
        home, node = self.home, LUOHU[0]
        copy = Path(self.folder) / "backup"
        self.sealed_case(node)
        self.wait_until(lambda: self.shown().get("purged") == 1)
        case = self.shown()
        self.assertEqual("CASE_STATE_SEALED", case["state"])
        self.assertNotIn("unpurged", case)
        run_program("tocsin", "backup", home.path, copy)
        home.kill()
        home.start()
        self.assertEqual(case, self.shown())
        home.tocsin("report", "--sex", "male", "--age", "4", "--seen",
                    "22.532,114.113", "--seen-time", "-5m",
                    key="T-CENTRE")  # fmt: skip
        home.stop()
        home.verify()
        for folder in (home.path, copy):
            export = run_program("tocsin", "journal", "export", folder).stdout
            self.assertIn('"CASE_STEP_SEAL"', export)
            for text in (NAME, SECRET):
                self.assertNotIn(text, export)
        self.assertEqual([], self.files_that_hold((NAME, SECRET), home.folder))

    def test_a_kill_between_sealing_and_the_end_of_the_key_ends_it_all_the_same(
        self,
    ):
        home, node = self.home, LUOHU[0]
        terminal = self.sealed_case(node)
        home.kill()
        terminal.stop()
        home.start()
        self.assertEqual(1, self.shown()["purgeNodes"])
        home.start_terminal(node).wait_out(r"^ready")
        self.wait_until(lambda: self.shown().get("purged") == 1)
        home.stop()
        export = run_program("tocsin", "journal", "export", home.path).stdout
        self.assertNotIn(NAME, export)

    def test_an_old_backup_does_not_bring_a_sealed_child_back(self):
        home, node = self.home, LUOHU[0]
        copy = Path(self.folder) / "backup"
        run_program("tocsin", "backup", home.path, copy)
        terminal = self.sealed_case(node)
        self.wait_until(lambda: self.shown().get("purged") == 1)
        home.stop()
        shutil.copy(home.path / "keyring.db", copy / "keyring.db")
        home.path.rename(home.path.with_name("lost"))
        run_program("tocsin", "restore", copy, home.path)
        home.configure("snapshot_facts", 10)
        home.start()
        self.wait_until(lambda: self.shown()["state"] == "CASE_STATE_SEALED")
        differed = terminal.count_err("picture.differs")
        # the node says again that it has purged, and the two agree
        self.wait_until(lambda: self.shown().get("purged") == 1)
        self.assertEqual({}, home.on_terminal(node))
        again = home.tocsin_json(
            "report", "--sex", "male", "--age", "4", "--seen",
            "22.532,114.113", "--seen-time", "-5m",
            key="T-CENTRE",
        )["alertId"]  # fmt: skip
        self.wait_until(lambda: again in home.on_terminal(node))
        self.assertEqual(differed, terminal.count_err("picture.differs"))
        self.order("T-CENTRE", "revise", "--name", NAME, code=1)
        for number in range(10):
            self.officer(f"T-MORE-{number}", "county")
        home.broker.wait_err(r"snapshot\.written")
        home.kill()
        home.start()
        self.assertEqual("CASE_STATE_SEALED", self.shown()["state"])
        home.stop()
        home.verify()
        export = run_program("tocsin", "journal", "export", home.path).stdout
        self.assertIn("caseForgotten", export)
        told = run_program(
            "tocsin", "report-period", home.path, "--json",
            "--from", "2020-01-01", "--to", "2090-01-01",
        )  # fmt: skip
        self.assertEqual(
            (1, 1),
            tuple(
                json.loads(told.stdout)["actual"]["total"][figure]
                for figure in ("sealed", "purged")
            ),
        )
        self.assertEqual(
            [], self.files_that_hold((NAME, SECRET), home.folder)
        )

    def test_a_node_reads_its_own_language_and_counts_what_it_falls_back_on(
        self,
    ):
        home, node = self.home, LUOHU[0]
        terminal = home.start_terminal(node, "--languages", "ko")
        terminal.wait_out(r"^ready")
        self.wait_until(lambda: self.alert in home.on_terminal(node))

        def falls_back(languages):
            told = home.terminal_json(
                node, "status", env={"TOCSIN_LANGUAGES": languages}
            )
            return told["fallbacks"]

        words = {"bo": "བྱིས་པ", "ug": "بالا", "ko": "아이", "ii": "ꀉꑳ"}
        for language, text in words.items():
            home.tocsin("revise", self.alert, "--language", language,
                        "--action", text, key="T-CENTRE")  # fmt: skip
        self.wait_until(lambda: home.on_terminal(node)[self.alert] == 5)
        for language, text in words.items():
            shown = home.terminal(
                node, "show", self.alert, "--languages", f"fr,{language}-x-y"
            )
            self.assertIn(text, shown)
            self.assertEqual(0, falls_back(language))
        self.assertEqual(1, falls_back("fr,mn"))
        self.assertIn("not in fr", home.terminal(
            node, "show", self.alert, "--languages", "fr"))  # fmt: skip
        terminal.wait_err(r"text\.fallback")

    def test_a_plate_is_asked_without_a_line(self):
        home, node = self.home, LUOHU[0]
        terminal = home.start_terminal(node)
        terminal.wait_out(r"^ready")
        home.tocsin("revise", self.alert, "--vehicle", "粤B·12345=grey van",
                    "--suspect", "44030519900101001X=a tall man",
                    key="T-CENTRE")  # fmt: skip
        self.wait_until(lambda: home.on_terminal(node)[self.alert] == 2)
        home.kill()
        terminal.kill()
        for number in ("粤b 12345", "440305 19900101 001x"):
            self.assertIn(self.alert, home.terminal(node, "query", number))
        self.assertEqual([], json_lines(
            home.terminal(node, "query", "粤B12346", "--json", code=1))[0]
        )  # fmt: skip

    def verdicts(self, node):
        answers = self.home.terminal_json(node, "answers", self.alert)
        return [answer["verdict"] for answer in answers]


if __name__ == "__main__":
    unittest.main(verbosity=2)
