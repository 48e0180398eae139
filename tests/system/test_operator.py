#!/usr/bin/python3
"""An operator at the command line, and what a checkpoint sees of it."""

import base64
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, binary, run_program  # noqa: E402
from photos import noise_png  # noqa: E402
from processes import DIES_WITH_US  # noqa: E402
from places import (  # noqa: E402
    BAOAN,
    DONGCHENG,
    FUTIAN,
    LUOHU,
    NANSHAN,
    SHENZHEN,
    TIANHE,
)

NODES = [LUOHU, FUTIAN, NANSHAN, BAOAN, TIANHE, DONGCHENG]
CENTRE = "T-CENTRE"

# A square of 8 by 8 grey pixels.
JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9"
    "PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/wAALCAAIAAgBAREA/8QAFAAB"
    "AAAAAAAAAAAAAAAAAAAABf/EABYQAAMAAAAAAAAAAAAAAAAAAAAVYv/aAAgBAQAAPwAJDB//"
    "2Q=="
)


class Operator(SystemCase):
    """One centre, six nodes, one terminal that runs."""

    def setUp(self):
        super().setUp()
        self.home = self.make_home().start()
        self.home.enrol("centre", CENTRE, SHENZHEN)
        self.home.enrol_nodes(NODES)
        self.node = LUOHU[0]

    def start_terminal(self, *more):
        terminal = self.home.start_terminal(self.node, *more)
        terminal.wait_out(r"^ready")
        return terminal

    def centre(self, *args, code=0):
        return self.home.tocsin(*args, key=CENTRE, code=code)

    def ask(self, *args):
        return self.home.tocsin_json(*args, key=CENTRE)

    def report(self, *more):
        return self.ask(
            "report", "--sex", "female", "--age", "5-7",
            "--seen-at", FUTIAN[0], "--seen-time", "-10m", *more,
        )  # fmt: skip

    def await_terminal(self, *wanted):
        """Until the screen shows just this: (alert id, revision) each."""
        self.wait_until(
            lambda: self.home.on_terminal(self.node) == dict(wanted)
        )

    def test_the_least_report_reaches_the_first_ring(self):
        filed = self.report()
        self.assertEqual(4, filed["nodes"])  # Tianhe is 102 km away
        self.assertRegex(filed["caseNumber"], r"^440304-\d{4}-000001$")
        shown = self.centre("show", filed["caseNumber"])
        self.assertIn("100 km", shown)
        self.assertIn("5 to 7 years", shown)
        self.assertIn("action", shown)

    def test_a_target_is_counted_without_sending_anything(self):
        for flags, nodes in (
            (["--division", SHENZHEN], 4),
            (["--division", "440000", "--kind", "railway"], 2),
            (["--circle", "22.532,114.113,10"], 2),
            (["--circle", "22.532,114.113,10", "--division", "110000"], 3),
            (["--polygon", "22,113.8;23,113.8;23,113.9;22,113.9"], 2),
        ):
            self.assertEqual(nodes, self.ask("target", *flags)["nodes"], flags)
        listed = self.ask("target", "--division", SHENZHEN, "--list")["list"]
        self.assertEqual(
            sorted(n[0] for n in (LUOHU, FUTIAN, NANSHAN, BAOAN)),
            [item["node"] for item in listed],
        )
        self.assertEqual({}, self.ask("alerts"))

    def test_who_reaches_nobody_is_told_so(self):
        reaches_nobody = "NO NODE IS IN ITS TARGET"
        least = ("report", "--sex", "female", "--age", "6",
                 "--seen-at", FUTIAN[0], "--seen-time", "-10m")  # fmt: skip
        for target, told in (
            (["--division", SHENZHEN], False),
            (["--division", "449300"], True),  # two digits in another order
            (["--circle", "2.532,114.113,10"], True),
        ):
            done = self.home.run_tocsin(*least, *target, key=CENTRE)
            self.assertEqual(told, reaches_nobody in done.stderr, target)
        alert = self.ask("alerts")["alerts"][0]["alertId"]
        done = self.home.run_tocsin("withdraw", alert, "--reason", "error",
                                    key=CENTRE)  # fmt: skip
        self.assertEqual("", done.stderr)

    def test_an_alert_is_revised_widened_and_withdrawn_on_the_screen(self):
        self.start_terminal()
        alert = self.report("--circle", "22.532,114.113,10")["alertId"]
        self.await_terminal((alert, 1))
        self.assertEqual(
            2, self.ask("revise", alert, "--height", "110-120")["revision"]
        )
        self.await_terminal((alert, 2))
        wider = self.ask("widen", alert[:12])
        self.assertEqual((3, 4), (wider["revision"], wider["nodes"]))
        wider = self.ask("widen", alert)
        self.assertEqual((4, 5), (wider["revision"], wider["nodes"]))
        self.await_terminal((alert, 4))
        self.centre("withdraw", alert, "--reason", "found")
        self.await_terminal()
        self.assertEqual({}, self.ask("alerts"))
        ended = self.ask("alerts", "--all")["alerts"]
        self.assertEqual("ALERT_STATE_WITHDRAWN", ended[0]["state"])
        self.centre("withdraw", alert, "--reason", "found", code=1)

    def test_the_list_says_where_the_child_was_in_words_or_degrees(self):
        self.start_terminal()
        named = self.report()["alertId"]
        bare = self.ask(
            "report", "--sex", "male", "--age", "4",
            "--seen", "22.532,114.113", "--seen-time", "-10m",
        )["alertId"]  # fmt: skip
        self.await_terminal((named, 1), (bare, 1))
        listed = self.home.terminal(self.node, "list").splitlines()
        (line,) = [line for line in listed if named in line]
        self.assertIn(f" {FUTIAN[0]} ", line)
        (line,) = [line for line in listed if bare in line]
        self.assertIn("22.5320,114.1130", line)

    def test_a_photograph_comes_whole_to_the_checkpoint_and_back(self):
        picture = self.home.folder / "photo.png"
        picture.write_bytes(noise_png(220, 5))
        self.start_terminal()
        alert = self.report("--photo", picture)["alertId"]
        self.wait_until(lambda: self.picture_is_here(alert))
        copy = self.home.folder / "seen.png"
        self.home.terminal(self.node, "picture", alert, "--officer", "P-7",
                           "--save", copy)  # fmt: skip
        self.assertEqual(picture.read_bytes(), copy.read_bytes())
        copy.unlink()
        copy = self.home.folder / "copy.png"
        self.centre("show", alert, "--save-picture", copy)
        self.assertEqual(picture.read_bytes(), copy.read_bytes())
        for stored in (self.home.path / "pictures").iterdir():
            self.assertNotIn(b"IHDR", stored.read_bytes())

    def small_picture(self):
        """How many bytes the checkpoint has of it."""
        with sqlite3.connect(self.home.store_path(self.node) / "store.db") as db:
            found = db.execute(
                "SELECT length(thumbnail) FROM alerts WHERE withdrawal IS NULL"
            )
            return found.fetchone()[0]

    def test_the_small_picture_goes_along_with_a_revision(self):
        """"What no option says stays as it is": who is reached by it sees the
        face at once, as those did who were reached by the report."""
        self.start_terminal("--no-pictures")
        photo = self.home.folder / "photo.jpg"
        photo.write_bytes(base64.b64decode(JPEG))
        alert = self.report("--photo", photo)["alertId"]
        self.await_terminal((alert, 1))
        self.wait_until(self.small_picture)
        self.centre("withdraw", alert, "--reason", "other")
        self.await_terminal()
        far = ("--circle", "22.522,114.056,1")  # but for Futian nobody
        alert = self.report("--photo", photo, *far)["alertId"]
        self.centre("widen", alert, "--km", "50")
        self.await_terminal((alert, 2))
        self.wait_until(self.small_picture)

    def test_a_copy_of_a_photograph_is_for_whoever_made_it_alone(self):
        picture = self.home.folder / "photo.png"
        picture.write_bytes(noise_png(40, 5))
        self.start_terminal()
        alert = self.report("--photo", picture)["alertId"]
        self.wait_until(lambda: self.picture_is_here(alert))
        copies = [self.home.folder / f"copy-{i}.png" for i in range(3)]
        self.addCleanup(os.umask, os.umask(0o022))
        self.home.terminal(self.node, "picture", alert, "--officer", "P-7",
                           "--save", copies[0])  # fmt: skip
        self.centre("picture", alert, "--save", copies[1])
        self.centre("show", alert, "--save-picture", copies[2])
        for copy in copies:
            self.assertEqual(0o600, stat.S_IMODE(copy.stat().st_mode), copy)

    def picture_is_here(self, alert):
        return any(
            item["alertId"] == alert and item["pictureHere"]
            for item in self.home.terminal_json(self.node, "list")
        )

    def test_an_officer_is_told_at_once_of_words_that_nobody_can_read(self):
        self.start_terminal()
        alert = self.report()["alertId"]
        self.await_terminal((alert, 1))
        words = os.fsdecode("在站台".encode("gbk"))
        done = run_program(
            "tocsin-terminal", "sighting", alert, "--officer", "P-7",
            "--text", words, "--bundle", self.home.bundle_path(self.node),
            "--store", self.home.store_path(self.node),
        )  # fmt: skip
        self.assertEqual(2, done.returncode, done.stdout + done.stderr)
        self.assertIn("text: not UTF-8", done.stderr)
        self.assertEqual("", done.stdout)

    def test_the_board_counts_each_rung_and_names_the_dark(self):
        self.start_terminal()
        alert = self.report()["alertId"]
        self.await_terminal((alert, 1))
        for verb in ("read", "sighting", "intercepted"):
            self.home.terminal(
                self.node, verb, alert, "--officer", "P-7", "--wait", "20"
            )
        self.home.terminal(
            self.node, "negative", alert, "--officer", "P-7", "--wait", "20",
            "--what", "hall 2", "--from", "-10m", "--to", "-1m",
        )  # fmt: skip
        board = self.ask("board", alert)
        progress = board["summary"]["progress"]
        for rung in ("held", "read", "negative", "sighting", "intercepted"):
            self.assertEqual(1, progress[rung], rung)
        self.assertEqual(4, progress["nodes"])
        self.assertEqual(3, board["unsearched"])
        self.assertIn("unsearched         3", self.home.tocsin(
            "board", alert, key=CENTRE))  # fmt: skip
        named = self.ask("board", alert, "--list", "unsearched")["nodes"]
        self.assertEqual(3, len(named))
        self.assertNotIn(self.node, [node["node"] for node in named])
        self.assertEqual(
            sorted(n[0] for n in (FUTIAN, NANSHAN, BAOAN)),
            [node["node"] for node in board["nodes"]],
        )

    def test_watch_tells_of_a_sighting_as_it_comes(self):
        self.start_terminal()
        alert = self.report()["alertId"]
        self.await_terminal((alert, 1))
        argv = [binary("tocsin"), "watch", "--json"]
        watch = self.launch(
            "watch", [*argv, "--key", self.home.bundle_path(CENTRE)]
        )
        # it follows from now on: something must happen until it says so
        self.wait_until(lambda: self.sight(alert) and watch.out.now())
        event = json.loads(watch.out.now()[0])
        self.assertEqual("EVENT_KIND_ANSWERED", event["kind"])
        self.assertEqual(self.node, event["principal"])
        watch.stop()

    def sight(self, alert):
        self.home.terminal(
            self.node, "sighting", alert, "--officer", "P-8", "--wait", "20"
        )
        return True

    def test_a_command_runs_on_each_alert_with_the_alert_as_json(self):
        seen = self.home.folder / "seen"
        self.start_terminal("--on-alert", f"cat >> {seen}; echo >> {seen}")
        alert = self.report("--name", "Invented Child")["alertId"]
        self.wait_until(
            lambda: seen.exists() and alert in seen.read_text(encoding="utf-8")
        )
        told = json.loads(seen.read_text(encoding="utf-8").splitlines()[0])
        self.assertEqual(alert, told["alertId"])
        self.assertEqual("Invented Child", told["alert"]["child"]["name"])
        self.wait_until(
            lambda: self.ask("board", alert)["summary"]["progress"].get("shown")
        )

    def shown(self, alert):
        return self.ask("board", alert)["summary"]["progress"].get("shown")

    def test_the_end_of_an_alert_reaches_its_command_after_a_restart(self):
        """Who is found or was never missing must not stay on a screen that
        the command drives because the daemon was started anew meanwhile."""
        told = self.home.folder / "told"
        busy = self.home.folder / "busy"
        command = (
            f"cat >> {told}; echo >> {told};"
            f" ! test -p {busy} || cat {busy}"
        )

        def changes():
            text = told.read_text(encoding="utf-8") if told.exists() else ""
            return [json.loads(x)["change"] for x in text.splitlines() if x]

        terminal = self.start_terminal("--on-alert", command)
        alert = self.report()["alertId"]
        self.wait_until(lambda: self.shown(alert))
        self.assertEqual(["NEW"], changes())
        os.mkfifo(busy)  # nobody ever writes into it
        self.centre("revise", alert, "--height", "110-120")
        self.wait_until(lambda: changes() == ["NEW", "REVISED"])
        self.centre("withdraw", alert, "--reason", "found")
        self.await_terminal()
        self.assertEqual(0, terminal.stop())
        busy.unlink()
        self.start_terminal("--on-alert", command)
        self.wait_until(lambda: changes()[-1] == "ENDED")

    def test_a_command_that_failed_is_run_again_until_the_alert_is_shown(self):
        """The screen was not up yet when the alert came."""
        told = self.home.folder / "told"
        broken = self.home.folder / "broken"
        broken.touch()
        terminal = self.start_terminal(
            "--on-alert", f"test ! -e {broken} && cat >> {told}"
        )
        alert = self.report()["alertId"]
        terminal.wait_err(rf"command\.failed alert={alert}")
        broken.unlink()
        self.wait_until(
            lambda: told.exists() and alert in told.read_text(encoding="utf-8")
        )
        self.wait_until(lambda: self.shown(alert))

    def test_no_log_line_names_the_child(self):
        terminal = self.start_terminal()
        alert = self.report(
            "--name", "Nameunlikely", "--clothing", "Clothunlikely"
        )["alertId"]
        self.await_terminal((alert, 1))
        lines = self.home.broker.err.now() + terminal.err.now()
        self.assertTrue(any(alert in line for line in lines))
        for line in lines:
            self.assertNotIn("unlikely", line)
        disk = (self.home.path / "journal.db").read_bytes()
        wal = self.home.path / "journal.db-wal"
        disk += wal.read_bytes() if wal.exists() else b""
        self.assertNotIn(b"Nameunlikely", disk)

    def test_a_daemon_of_another_version_is_not_taken_for_one_without_a_line(self):
        """As after an upgrade, until it is started anew."""
        terminal = self.start_terminal()
        terminal.popen.send_signal(signal.SIGSTOP)
        self.addCleanup(terminal.popen.send_signal, signal.SIGCONT)
        with open(self.home.store_path(self.node) / "daemon", "r+b") as file:
            file.write(bytes(range(1, 9)))
        status = self.home.terminal_json(self.node, "status")
        self.assertEqual(
            (True, True, False),
            (status["running"], status["otherVersion"], status["complete"]),
        )
        for command in ("status", "list"):
            told = self.home.terminal(self.node, command)
            self.assertIn("DAEMON IS OF ANOTHER VERSION", told)
            self.assertNotIn("does not answer", told)
        terminal.popen.send_signal(signal.SIGCONT)
        self.wait_until(
            lambda: not self.home.terminal_json(self.node, "status")[
                "otherVersion"
            ]
        )

    def test_exit_codes_mean_something(self):
        key = ["--key", self.home.bundle_path(CENTRE)]
        for code, args in (
            (0, ["alerts", *key]),
            (1, ["show", "01ARZ3NDEKTSV4RRFFQ69G5FAV", *key]),
            (2, ["report", "--sex", "perhaps", *key]),
            (2, ["nonsense"]),
            (3, ["alerts", *key, "--command", "tcp://127.0.0.1:9",
                 "--timeout", "1"]),
            (4, ["alerts", "--key", "/nonexistent.json"]),
        ):  # fmt: skip
            done = run_program("tocsin", *args)
            self.assertEqual(code, done.returncode, (args, done.stderr))
            self.assertTrue(code == 0 or done.stderr)

    def test_who_watches_into_a_full_disk_is_told_that_nothing_comes_there(self):
        alert = self.report()["alertId"]
        for words in (("watch",), ("board", alert, "--watch")):
            with open("/dev/full", "w") as full:
                watch = subprocess.Popen(
                    [*DIES_WITH_US, binary("tocsin"), *words,
                     "--key", self.home.bundle_path("T-CENTRE")],
                    stdout=full, stderr=subprocess.PIPE,
                )  # fmt: skip
            self.addCleanup(watch.stderr.close)
            self.addCleanup(watch.wait)
            self.addCleanup(watch.kill)
            # something happens until it has tried to tell of it
            self.wait_until(lambda: self.report() and watch.poll() is not None)
            self.assertEqual(4, watch.returncode)
            self.assertIn(b"cannot be written", watch.stderr.read())

    def let_tries_pass(self, count):
        """Each takes as long as one of --timeout 1."""
        for _ in range(count):
            done = run_program(
                "tocsin", "alerts", "--timeout", "1",
                "--command", "tcp://127.0.0.1:9",
                "--key", self.home.bundle_path(CENTRE),
            )  # fmt: skip
            self.assertEqual(3, done.returncode)

    def test_who_watches_is_told_once_that_the_broker_is_away(self):
        """And not at all while it is there and nothing happens."""
        watch = self.launch("watch", [
            binary("tocsin"), "watch", "--timeout", "3",
            "--key", self.home.bundle_path(CENTRE),
        ])  # fmt: skip
        quick = self.launch("quick", [
            binary("tocsin"), "watch", "--timeout", "1",
            "--key", self.home.bundle_path(CENTRE),
        ])  # fmt: skip
        self.wait_until(
            lambda: self.report() and watch.out.now() and quick.out.now()
        )
        before = len(quick.err.now())
        self.let_tries_pass(3)
        self.assertEqual(before, len(quick.err.now()), quick.tail())
        quick.kill()
        self.home.stop()
        watch.wait_err("it goes on when the broker answers again")
        self.let_tries_pass(7)
        self.home.start()
        told = self.report()["caseNumber"]
        watch.wait_out(told)
        watch.wait_err("^tocsin: the broker answers again$")
        self.assertEqual(2, len(watch.err.now()), watch.tail())
        watch.expected_end = True


if __name__ == "__main__":
    unittest.main()
