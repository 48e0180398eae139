#!/usr/bin/python3
"""A child of unknown origin with the real programs: registered at a station
without a line, compared with the cases, identified, sealed with its case."""

import json
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from clock import Clock  # noqa: E402
from facts import read_facts  # noqa: E402
from home import SystemCase, binary, json_lines, run_program  # noqa: E402
from places import BEIJING, LUOHU, SHENZHEN  # noqa: E402

NAME = "Made Up Foundling"
SECRET = "asleep on a bench of the test"
KEEPER = "Test Home For Children"


class Found(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("officer", "T-LEAD", SHENZHEN, "--rank", "prefecture",
                   "--unit", "Test unit")  # fmt: skip
        home.enrol("officer", "T-FAR", BEIJING, "--rank", "province",
                   "--unit", "Test unit")  # fmt: skip
        home.enrol_nodes([LUOHU])
        self.node = LUOHU[0]
        self.alert = self.report("female", "6", "--appearance",
                                 "scar on the left knee", "--language", "en",
                                 "--name", NAME)  # fmt: skip
        self.report("male", "6")
        self.report("female", "14")
        home.tocsin("lead", self.alert, "--offer", "T-LEAD", key="T-CENTRE")
        home.tocsin("lead", self.alert, "--accept", key="T-LEAD")

    def report(self, sex, age, *more):
        return self.home.tocsin_json(
            "report", "--sex", sex, "--age", age,
            "--seen", "22.532,114.113", "--seen-time", "-2h",
            "--action", "Stop and call.", *more, key="T-CENTRE",
        )["alertId"]  # fmt: skip

    def options(self, *more):
        return (
            "--officer", "000123", "--sex", "female", "--age", "5-7",
            "--at", "22.54,114.10", "--found", "-10m", "--text", SECRET,
            "--keeper", KEEPER, "--keeper-division", "440303",
            "--appearance", "scar at the knee", "--language", "en",
            "--name", NAME, *more,
        )  # fmt: skip

    def register(self, *more, code=0):
        """From the checkpoint, as JSON."""
        told = self.home.terminal(self.node, "found", *self.options(*more),
                                  "--json", code=code)  # fmt: skip
        return json.loads(told)

    def resolve(self, found, *more, who="T-LEAD", code=0):
        return self.home.tocsin(
            "found", "resolve", found, *more, "--officer", "000042",
            "--reason", "the parents knew her at once", key=who, code=code,
        )  # fmt: skip

    def shown(self, found, who="T-LEAD"):
        return self.home.tocsin_json("found", "show", found, key=who)

    def recorded(self, found):
        """Registrations of it in the journal."""
        export = run_program(
            "tocsin", "journal", "export", self.home.path
        ).stdout  # fmt: skip
        return [
            line["fact"]["foundRegistered"]
            for line in json_lines(export)
            if line["fact"].get("foundRegistered", {}).get("foundId") == found
        ]

    def test_who_registers_where_no_daemon_runs_is_told_so(self):
        """The daemon has another store, or none runs: nobody sends it."""
        home = self.home
        argv = [
            binary("tocsin-terminal"), "run",
            "--bundle", home.bundle_path(self.node),
            "--store", home.folder / "elsewhere",
        ]  # fmt: skip
        self.launch("terminal", argv).wait_out(r"^ready")
        done = run_program(
            "tocsin-terminal", "found", *self.options(),
            "--bundle", home.bundle_path(self.node),
        )  # fmt: skip
        self.assertIn("daemon", done.stdout + done.stderr)

    def test_a_child_that_is_seen_after_ten_years_is_as_old_as_that(self):
        """Else officers look for a child of six, and she is compared as one."""
        home = self.home
        old = json.loads(home.tocsin(
            "report", "--sex", "female", "--age", "6", "--height", "110-120",
            "--seen", "22.532,114.113", "--seen-time", "-3653d",
            "--action", "Stop and call.", "--json", key="T-CENTRE",
        ))["alertId"]  # fmt: skip
        home.start_terminal(self.node).wait_out(r"^ready")
        self.wait_until(lambda: old in home.on_terminal(self.node))
        self.assertIn("girl, 16 years", home.terminal(self.node, "list"))
        shown = home.terminal(self.node, "show", old)
        self.assertIn("girl, 16 years", shown)
        self.assertIn("6 years when last seen", shown)
        self.assertIn("110 to 120 cm when last seen", shown)
        shown = home.tocsin("show", old, key="T-CENTRE")
        self.assertIn("16 years now, 6 years when last seen", shown)
        self.assertIn("110 to 120 cm when last seen", shown)

        home.terminal(
            self.node, "sighting", old, "--officer", "7", "--lat", "22.6",
            "--lon", "113.9", "--seen", "-2m", "--wait", "20",
        )  # fmt: skip
        sightings = home.tocsin_json("sightings", old, key="T-CENTRE")
        told = home.run_tocsin(
            "triage", old, sightings["sightings"][0]["sequence"],
            "--officer", "42", "--confirm", key="T-CENTRE",
        )  # fmt: skip
        self.assertIn("its age is 16 years by now", told.stderr)
        child = home.tocsin_json("show", old, key="T-CENTRE")
        child = child["opened"]["alert"]["child"]
        self.assertEqual({"minMonths": 192, "maxMonths": 203}, child["age"])
        self.assertNotIn("height", child)
        self.assertIn("girl, 16 years", home.terminal(self.node, "list"))

        found = json.loads(home.tocsin(
            "found", "register", *self.options("--name", "Nobody"),
            "--age", "15-17", "--json", key="T-LEAD",
        ))["foundId"]  # fmt: skip
        compared = {
            x["alertId"] for x in self.shown(found).get("suggestions", [])
        }
        self.assertIn(old, compared)
        self.assertNotIn(self.alert, compared)

    def test_a_child_whose_older_trace_is_confirmed_was_younger_then(self):
        home = self.home
        alert = home.tocsin_json(
            "report", "--sex", "female", "--age", "12", "--height", "150",
            "--seen", "22.532,114.113", "--seen-time", "-2m",
            "--action", "Stop and call.", key="T-CENTRE",
        )["alertId"]  # fmt: skip
        home.start_terminal(self.node).wait_out(r"^ready")
        self.wait_until(lambda: alert in home.on_terminal(self.node))
        home.terminal(
            self.node, "sighting", alert, "--officer", "7", "--lat", "22.6",
            "--lon", "113.9", "--seen", "-1461d", "--wait", "20",
        )  # fmt: skip
        sightings = home.tocsin_json("sightings", alert, key="T-CENTRE")
        told = home.run_tocsin(
            "triage", alert, sightings["sightings"][0]["sequence"],
            "--officer", "42", "--confirm", key="T-CENTRE",
        )  # fmt: skip
        self.assertIn("its age was 8 years then", told.stderr)
        child = home.tocsin_json("show", alert, key="T-CENTRE")
        child = child["opened"]["alert"]["child"]
        self.assertEqual({"minMonths": 96, "maxMonths": 107}, child["age"])
        self.assertNotIn("height", child)
        self.assertIn("girl, 12 years", home.terminal(self.node, "list"))

    def test_who_was_lost_as_a_child_is_registered_grown_up(self):
        long_ago = self.home.tocsin_json(
            "report", "--sex", "female", "--age", "6",
            "--seen", "22.532,114.113", "--seen-time", "-8036d",
            "--action", "Stop and call.", key="T-CENTRE",
        )["alertId"]  # fmt: skip
        self.home.start_terminal(self.node)
        found = self.register("--age", "27-29", "--wait", "30")
        self.assertEqual("recorded", found["state"], found)
        compared = [
            x["alertId"] for x in self.shown(found["foundId"])["suggestions"]
        ]
        self.assertEqual([long_ago], compared)

    def test_without_a_line_killed_and_back_it_comes_once_and_is_compared(self):
        home = self.home
        terminal = home.start_terminal(self.node)
        terminal.wait_out(r"^ready")
        home.kill()
        stored = self.register()
        self.assertEqual("waiting", stored["state"])
        found = stored["foundId"]
        terminal.kill()
        terminal = home.start_terminal(self.node)
        home.start()
        told = home.terminal_json(self.node, "found", found, "--wait", "30")
        self.assertEqual("recorded", told["state"])
        self.assertEqual(
            [SHENZHEN[:4] + "03"],
            [fact["division"] for fact in self.recorded(found)],
        )
        terminal.kill()
        home.start_terminal(self.node).wait_out(r"^ready")
        detail = self.shown(found[:12])
        self.assertEqual(self.node, detail["summary"]["by"]["id"])
        best, *others = detail["suggestions"]
        self.assertEqual(self.alert, best["alertId"])
        self.assertTrue(best["likely"])
        self.assertEqual([], others)  # the others are ruled out
        self.assertIn(
            {
                "aspect": "ASPECT_APPEARANCE", "speaks": "SPEAKS_FOR",
                "text": "both say: scar, knee",
            }, best["reasons"],
        )  # fmt: skip
        words = home.tocsin("found", "show", found, key="T-CENTRE")
        for word in (KEEPER, SECRET, "LIKELY", "both say: scar, knee"):
            self.assertIn(word, words)
        self.assertEqual(1, len(self.recorded(found)))
        self.assertNotIn(NAME, "\n".join(home.broker.err.now()))

    def test_what_waits_is_signed_anew_when_the_checkpoint_has_another_key(self):
        home = self.home
        terminal = home.start_terminal(self.node)
        terminal.wait_out(r"^ready")
        home.kill()
        found = self.register()["foundId"]
        home.terminal(self.node, "sighting", self.alert, "--officer", "7")
        terminal.kill()
        home.start()
        name, kind, division, (latitude, longitude) = LUOHU
        home.enrol(
            "checkpoint", name, division, "--kind", kind, "--rekey",
            "--lat", str(latitude), "--lon", str(longitude),
        )  # fmt: skip
        home.start_terminal(self.node).wait_out(r"^ready")
        told = home.terminal_json(self.node, "found", found, "--wait", "30")
        self.assertEqual("recorded", told["state"])
        self.assertEqual(1, len(self.recorded(found)))
        self.wait_until(
            lambda: "recorded"
            in home.terminal(self.node, "answers", self.alert)
        )
        self.assertNotIn("refused", home.terminal(self.node, "answers",
                                                  self.alert))  # fmt: skip

    def test_the_case_says_how_many_are_likely_and_its_lead_hears(self):
        home = self.home
        watch = self.launch(
            "watch",
            [binary("tocsin"), "watch", "--json", "--key",
             home.bundle_path("T-LEAD")],
        )  # fmt: skip
        home.start_terminal(self.node).wait_out(r"^ready")
        found = self.register("--wait", "30")["foundId"]
        watch.wait_out(r"EVENT_KIND_LIKELY.*" + found)
        case = home.tocsin_json("case", self.alert, key="T-LEAD")
        self.assertEqual(1, case["likelyFound"])
        likely = home.tocsin_json("likely", self.alert, key="T-LEAD")
        self.assertEqual(found, likely["found"][0]["foundId"])
        self.assertIn("LIKELY", home.tocsin("case", self.alert, key="T-LEAD"))
        home.tocsin("found", "show", found, key="T-FAR", code=1)
        home.tocsin("likely", self.alert, key="T-FAR", code=1)

    def test_what_is_wrong_is_named(self):
        home = self.home
        home.start_terminal(self.node).wait_out(r"^ready")
        for wrong, field in (
            (("--keeper", ""), "keeper.name"),
            (("--age", "x"), "--age"),
            (("--found", "+1h"), "found_ms"),
            (("--found", "noon"), "--found"),
            (("--officer", ""), "officer"),
            (("--kit", "no number"), "kit"),
        ):
            done = run_program(
                "tocsin-terminal", "found", *self.options(*wrong),
                "--bundle", home.bundle_path(self.node),
                "--store", home.store_path(self.node),
            )  # fmt: skip
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn(field, done.stderr)
        told = self.register("--division", "990000", "--wait", "30", code=1)
        self.assertEqual("refused", told["state"])
        self.assertIn("found.place.division", told["reason"])
        self.assertTrue(self.files_that_hold(home.store_path(self.node)))
        home.terminal(self.node, "found", told["foundId"], "--forget")
        self.wait_until(
            lambda: not self.files_that_hold(
                home.store_path(self.node), (SECRET, KEEPER)
            )
        )
        home.terminal(self.node, "found", told["foundId"], code=1)

    def test_a_centre_registers_corrects_and_closes(self):
        home = self.home
        home.tocsin("found", "register", *self.options(), key="T-CENTRE")
        found = home.tocsin_json("found", "list", key="T-CENTRE")
        found = found["found"][0]["foundId"]
        home.tocsin("found", "correct", found, "--height", "118",
                    "--officer", "000124", key="T-LEAD")  # fmt: skip
        detail = self.shown(found)
        self.assertEqual(2, detail["summary"]["revision"])
        words = home.tocsin("found", "show", found, key="T-LEAD")
        self.assertIn("118-118 cm", words)
        self.assertIn(SECRET, words)
        self.resolve(found, "--close")
        self.assertNotIn(
            "found", home.tocsin_json("found", "list", key="T-CENTRE")
        )
        self.resolve(found, "--as", self.alert, code=1)
        self.resolve(found, "--reopen", who="T-CENTRE")
        home.kill()
        home.start()
        detail = self.shown(found)
        self.assertEqual(
            "FOUND_STATE_REGISTERED", detail["summary"]["state"]
        )
        self.assertEqual("T-CENTRE", detail["resolvedBy"]["id"])
        home.stop()
        told = run_program(
            "tocsin", "journal", "search", home.path, "--found", found
        ).stdout  # fmt: skip
        self.assertEqual(4, len(json_lines(told)))
        home.verify()

    def test_a_correction_in_one_language_keeps_the_others(self):
        home = self.home
        home.tocsin("found", "register", *self.options(), "--language", "en",
                    "--appearance", "a scar", key="T-CENTRE")  # fmt: skip
        found = home.tocsin_json("found", "list", key="T-CENTRE")
        found = found["found"][0]["foundId"]

        def correct(*options):
            home.tocsin("found", "correct", found, "--officer", "000124",
                        *options, key="T-LEAD")  # fmt: skip
            return home.tocsin("found", "show", found, key="T-LEAD")

        words = correct("--appearance", "左手有疤")
        self.assertIn("a scar", words)
        self.assertIn("左手有疤", words)
        words = correct("--appearance", "two scars", "--language", "en")
        self.assertNotIn("a scar", words)
        self.assertIn("two scars", words)
        self.assertIn("左手有疤", words)
        words = correct("--appearance", "", "--language", "en")
        self.assertNotIn("scar", words)
        self.assertIn("左手有疤", words)

    def test_what_is_long_closed_is_filed_away_and_found_in_the_journal(self):
        home = self.home
        home.start_terminal(self.node).wait_out(r"^ready")
        found = self.register("--wait", "30")["foundId"]
        self.resolve(found, "--close")
        home.stop()
        later = Clock(self.folder, "later")
        later.wrong_by(31 * 24 * 3600)
        home.start(later.env())
        # a report that agrees: the broker believes its clock
        reported = run_program(
            "tocsin", "report", "--sex", "male", "--age", "9",
            "--seen", "22.532,114.113", "--seen-time", "-2h",
            "--action", "Stop and call.", "--key",
            home.bundle_path("T-CENTRE"), env=later.env(),
        )  # fmt: skip
        self.assertEqual(0, reported.returncode, reported.stderr)
        self.wait_until(
            lambda: "foundFiled" in [fact.kind for fact in home.export()]
        )
        home.kill()
        home.start()
        told = home.tocsin("found", "list", "--all", key="T-CENTRE")
        self.assertNotIn(found, told)
        home.tocsin("found", "show", found, key="T-LEAD", code=1)
        self.resolve(found, "--reopen", code=1)
        home.stop()
        told = run_program(
            "tocsin", "journal", "search", home.path, "--found", found
        ).stdout  # fmt: skip
        self.assertEqual(
            ["foundRegistered", "foundResolved", "foundFiled"],
            [fact.kind for fact in read_facts(told)],
        )
        self.assertIn(SECRET, told)
        home.verify()

    # ---- forgetting ----

    def files_that_hold(self, folder, texts=(NAME, SECRET, KEEPER)):
        """Where any of it can be read, as it is."""
        return sorted(
            str(path.relative_to(folder))
            for path in Path(folder).rglob("*")
            if path.is_file()
            and any(
                text.encode() in path.read_bytes()
                for text in texts
            )
        )

    def identified(self):
        home = self.home
        terminal = home.start_terminal(self.node)
        terminal.wait_out(r"^ready")
        found = self.register("--wait", "30")["foundId"]
        self.resolve(found, "--as", self.alert)
        case = home.tocsin_json("case", self.alert, key="T-LEAD")
        self.assertEqual([found], case["identifiedFound"])
        return found

    def test_it_is_sealed_with_its_case_everywhere(self):
        home = self.home
        copy = Path(self.folder) / "backup"
        found = self.identified()
        # as soon as it is recorded the checkpoint keeps nothing of it
        self.wait_until(lambda: not self.files_that_hold(
            home.store_path(self.node), (SECRET, KEEPER)
        ))  # fmt: skip
        self.resolve(found, "--seal", "--yes", code=1)
        self.home.seal(self.alert, led=True)
        self.wait_until(
            lambda: home.tocsin_json("case", self.alert, key="T-LEAD").get(
                "purged"
            )
            == 1
        )
        detail = self.shown(found)
        self.assertEqual("FOUND_STATE_SEALED", detail["summary"]["state"])
        self.assertNotIn("document", detail)
        run_program("tocsin", "backup", home.path, copy)
        home.kill()
        home.start()
        self.assertEqual(detail, self.shown(found))
        told = home.terminal_json(self.node, "found", found)
        self.assertEqual("recorded", told["state"])
        home.stop()
        home.verify()
        for folder in (home.path, copy):
            export = run_program("tocsin", "journal", "export", folder).stdout
            self.assertIn(found, export)
            for text in (NAME, SECRET, KEEPER):
                self.assertNotIn(text, export)
        self.assertEqual([], self.files_that_hold(home.folder))

    def test_an_old_backup_does_not_bring_it_back(self):
        home = self.home
        copy = Path(self.folder) / "backup"
        found = self.identified()
        run_program("tocsin", "backup", home.path, copy)
        self.home.seal(self.alert, led=True)
        home.stop()
        shutil.copy(home.path / "keyring.db", copy / "keyring.db")
        home.path.rename(home.path.with_name("lost"))
        run_program("tocsin", "restore", copy, home.path)
        home.configure("snapshot_facts", 10)
        home.start()
        self.wait_until(
            lambda: self.shown(found)["summary"]["state"]
            == "FOUND_STATE_SEALED"
        )
        for number in range(10):
            home.enrol("officer", f"T-MORE-{number}", SHENZHEN, "--rank",
                       "county", "--unit", "Test unit")  # fmt: skip
        home.broker.wait_err(r"snapshot\.written")
        home.kill()
        home.start()
        self.assertEqual(
            "FOUND_STATE_SEALED", self.shown(found)["summary"]["state"]
        )
        home.stop()
        home.verify()
        export = run_program("tocsin", "journal", "export", home.path).stdout
        self.assertIn("caseForgotten", export)
        self.assertNotIn(NAME, export)
        self.assertEqual([], self.files_that_hold(home.path))


if __name__ == "__main__":
    unittest.main()
