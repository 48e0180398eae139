#!/usr/bin/python3
"""Today's programs in the place of an earlier version's: a home with an archive,
a backup, and what officers have said, looked at and photographed while no
broker was there. And a home in which a later version has written.

interop/recorded/README.md says what was recorded and how. The clock of the
programs is that of the recording.
"""

import hashlib
import json
import re
import secrets
import shutil
import sqlite3
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from clock import Clock  # noqa: E402
from gateway import Gateway  # noqa: E402
from handheld import kept  # noqa: E402
from home import INTEROP, SystemCase, json_lines, run_program  # noqa: E402
from recorded import missing, unpack  # noqa: E402

ADDRESS = "127.77.77.79"
RECORDED = INTEROP / "recorded/upgrade.tar.xz"
FIRST = INTEROP / "recorded/store.tar.xz"
FIRST_ADDRESS = "127.77.77.80"
DIVISIONS = INTEROP.parents[1] / "deploy/data/divisions.csv"
GATEWAY = "T-VAN"
NOT_ON_DISK = re.compile(r"/(lastHeardMs|software):")
LATER = b"\xc2\x38\x02\x08\x01"  # a body of the number 904, in a fact


def append(home, body):
    """A record at the end of the journal, chained as proto/ says."""
    with sqlite3.connect(home / "journal.db") as journal:
        sequence, before = journal.execute(
            "SELECT sequence, chain FROM journal ORDER BY sequence DESC"
        ).fetchone()
        numbers = [sequence + 1, time.time_ns() // 1000000]
        chained = before + b"".join(n.to_bytes(8, "big") for n in numbers)
        texts = [b"T-CENTRE", secrets.token_bytes(16), body]
        for text in texts:
            chained += len(text).to_bytes(8, "big") + text
        chain = hashlib.blake2b(chained, digest_size=32).digest()
        journal.execute(
            "INSERT INTO journal(sequence, time_ms, principal, request_id,"
            " body, chain) VALUES(?, ?, ?, ?, ?, ?)",
            (*numbers, texts[0].decode(), *texts[1:], chain),
        )
    journal.close()


class Upgrade(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = unpack(self, RECORDED, ADDRESS)
        self.was = json.loads((Path(self.folder) / "told.json").read_text())
        self.backup = Path(self.folder) / "backup"
        conf = self.backup / "tocsin.conf"
        conf.write_text(conf.read_text().replace(ADDRESS, self.home.host))
        self.clock = Clock(self.folder, "then")
        self.clock.says(self.was["time_ms"] / 1000)
        self.node, self.alert = self.was["node"], self.was["pictured"]

    def start(self):
        self.home.start(self.clock.env())

    def book(self):
        told = {
            name: self.home.run_tocsin(
                *asked["args"], "--json", key=asked["who"],
                env=self.clock.env(),
            ).stdout
            for name, asked in self.was["answers"].items()
        }  # fmt: skip
        return {name: json.loads(text) for name, text in told.items()}

    def is_as_it_was(self, book):
        for name, asked in self.was["answers"].items():
            lines = missing(asked["says"], book[name], name)
            self.assertEqual(
                [], [line for line in lines if not NOT_ON_DISK.search(line)]
            )

    def facts(self, home=None):
        return json_lines(
            run_program(
                "tocsind", "journal", "export", home or self.home.path
            ).stdout
        )

    def rebuilt_from(self):
        line = self.home.broker.wait_err(r"journal\.rebuilt .*from=\d+ ")
        return int(re.search(r"from=(\d+)", line)[1])

    # ---- the broker's home ----

    def test_a_home_with_an_archive_says_what_it_said(self):
        self.home.verify()
        facts = self.facts()
        self.assertEqual([], missing(self.was["facts"], facts))
        self.start()
        first = self.rebuilt_from()
        self.is_as_it_was(self.book())
        self.home.stop()
        (self.home.path / "book.snapshot").unlink()
        self.start()
        self.assertLess(self.rebuilt_from(), first, "it was of no use")
        self.is_as_it_was(self.book())
        self.home.stop()
        self.home.verify()
        done = run_program(
            "tocsin", "journal", "search", self.home.path,
            "--alert", self.was["filed"],
        )  # fmt: skip
        self.assertIn("alertFiled", done.stdout, done.stderr)

    def test_a_backup_is_restored(self):
        home = self.home
        shutil.rmtree(home.path)
        done = run_program("tocsin", "restore", self.backup, home.path)
        self.assertEqual(0, done.returncode, done.stderr)
        self.start()
        self.is_as_it_was(self.book())
        self.all_is_delivered()
        self.home.stop()
        self.home.verify()

    # ---- a checkpoint's store, a gateway's spool and cache ----

    def test_what_waited_is_there_at_once_and_comes_once(self):
        env, home = self.clock.env(), self.home
        self.assertEqual(self.was["waits"], self.answers())
        self.assertEqual(
            self.was["list"], home.on_terminal(self.node, env=env)
        )
        self.start()
        self.all_is_delivered()
        home.stop()
        home.verify()
        facts = [line["fact"] for line in self.facts()]
        said = [
            fact["answered"]["answerId"]
            for fact in facts
            if fact.get("answered", {}).get("answerId")
        ]
        self.assertEqual(len(said), len(set(said)))
        since = facts[len(self.was["facts"]) :]
        kinds = [kind for fact in since for kind in fact]
        self.assertEqual(2, kinds.count("sightingPictured"))
        self.assertEqual(1, kinds.count("foundRegistered"))
        self.assertEqual(
            ["10"],
            [fact["looked"]["officer"] for fact in since
             if fact.get("looked", {}).get("officer")],
        )  # fmt: skip

    def answers(self):
        return self.home.terminal_json(
            self.node, "answers", self.alert, env=self.clock.env()
        )

    def all_is_delivered(self):
        env, home = self.clock.env(), self.home
        home.start_terminal(self.node, env=env).wait_out(r"^ready")
        gateway = Gateway(home, GATEWAY).start(env=env)
        device = kept(home.bundles / "handheld.json")
        self.addCleanup(device.close)
        device.login()
        self.assertEqual(
            {fate["answerId"] for fate in self.was["fates"]},
            {fate["answerId"] for fate in device.fates()},
        )

        def waits():
            fates = device.fates()
            states = {fate["state"] for fate in fates} | {
                fate["picture"] for fate in fates if "picture" in fate
            }
            return states - {"FATE_STATE_RECORDED", "PICTURE_STATE_RECORDED"}

        self.wait_until(lambda: not waits())
        self.wait_until(
            lambda: {"recorded"} == {x["picture"] for x in self.answers()
                                     if x["rung"] == "sighting"}
        )  # fmt: skip
        self.assertFalse(any(x["waiting"] for x in self.answers()))
        self.wait_until(lambda: gateway.metric("looks_waiting") == 0)
        self.assertEqual(
            self.was["list"], home.on_terminal(self.node, env=env)
        )

    # ---- the way back ----

    def test_what_a_later_version_wrote_is_refused_in_words(self):
        home = self.home.path
        later = "later version"
        before = {path: path.read_bytes() for path in home.glob("archive/*")}
        facts = self.facts()
        append(home, LATER)
        for command in (
            ("tocsind", "run", home),
            ("tocsin", "journal", "verify", home),
            ("tocsin", "journal", "export", home),
            ("tocsin", "journal", "search", home, "--alert", self.alert),
            ("tocsin", "journal", "archive", home, "--keep-days", "0"),
            ("tocsin", "report-period", home,
             "--from", "2026-01-01", "--to", "2028-01-01"),
            ("tocsin", "backup", home, Path(self.folder) / "another"),
            ("tocsin", "backup", home, self.backup),
            ("tocsin", "restore", home, Path(self.folder) / "restored"),
        ):  # fmt: skip
            done = run_program(*command, env=self.clock.env())
            self.assertEqual(1, done.returncode, f"{command}\n{done.stderr}")
            self.assertIn(later, done.stderr, command)
        self.assertEqual(
            before, {path: path.read_bytes() for path in home.glob("archive/*")}
        )
        self.assertFalse((Path(self.folder) / "restored").exists())
        self.assertEqual([], missing(facts, self.facts(self.backup)))
        with sqlite3.connect(home / "journal.db") as journal:
            journal.execute(
                "DELETE FROM journal WHERE sequence ="
                " (SELECT max(sequence) FROM journal)"
            )
        journal.close()
        self.start()
        self.is_as_it_was(self.book())


class FirstStore(SystemCase):
    """A checkpoint's store of the first version: photographs in the clear, no
    table of what a screen was told."""

    def setUp(self):
        super().setUp()
        self.home = unpack(self, FIRST, FIRST_ADDRESS)
        shutil.copy(DIVISIONS, self.home.path / "divisions.csv")
        self.was = json.loads((Path(self.folder) / "told.json").read_text())
        self.clock = Clock(self.folder, "then")
        self.clock.says(self.was["time_ms"] / 1000)
        self.node = self.was["node"]

    def shown(self):
        return self.home.on_terminal(self.node, env=self.clock.env())

    def at(self, *args):
        return self.home.terminal(self.node, *args, env=self.clock.env())

    def answers(self, alert):
        return {
            answer["rung"]: answer["waiting"]
            for answer in json.loads(self.at("answers", alert, "--json"))
        }

    def test_it_is_shown_at_once_and_goes_on(self):
        was, home, env = self.was, self.home, self.clock.env()
        told = Path(self.folder) / "told"
        hook = Path(self.folder) / "hook"
        hook.write_text(f"#!/bin/sh\ncat >> {told}\n")
        hook.chmod(0o700)
        self.assertEqual(was["list"], self.shown())
        terminal = home.start_terminal(
            self.node, "--on-alert", hook, env=env
        )
        terminal.wait_err(r"terminal\.started")
        self.assertEqual(was["list"], self.shown())
        waits = was["waits"]
        self.assertEqual({"sighting": True, "read": True}, self.answers(waits))
        self.look_at_photograph()
        home.start(env)
        self.wait_until(
            lambda: {"sighting": False, "read": False} == self.answers(waits)
        )
        self.wait_until(lambda: was["ends"] not in self.shown())
        terminal.wait_err(r"command\.done")
        ended = [(was["ends"], "ENDED")]
        lines = json_lines(told.read_text())
        self.assertEqual(
            ended, [(line["alertId"], line["change"]) for line in lines]
        )
        terminal.stop()
        home.stop()
        home.verify()
        said = [
            fact.answer_id
            for fact in home.export()
            if fact.rung in ("RUNG_READ", "RUNG_SIGHTING")
        ]
        self.assertEqual((3, 3), (len(said), len(set(said))))

    def look_at_photograph(self):
        store = self.home.store_path(self.node)
        photo = bytes.fromhex(self.was["photo"])
        saved = Path(self.folder) / "saved.png"
        self.at("picture", self.was["seen"], "--officer", "5",
                "--save", saved)  # fmt: skip
        self.assertEqual(photo, saved.read_bytes())
        self.assertEqual(
            [],
            [path for path in store.rglob("*") if path.is_file()
             and photo[-100:] in path.read_bytes()],
        )  # fmt: skip


if __name__ == "__main__":
    unittest.main()
