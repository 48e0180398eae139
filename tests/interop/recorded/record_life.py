#!/usr/bin/python3
"""Record a home with every kind of fact, and what still waited on its way.

    TOCSIN_BUILD=TREE/build/release TOCSIN_FAST_CLOCK=LIBRARY \
        tests/interop/recorded/record_life.py TREE OUT

TREE is a checkout of that version, TOCSIN_BUILD where it is built, LIBRARY its
fast_clock. Its own tests/kit is used, so nothing here is of today's.
"""

import json
import os
import secrets
import shutil
import signal
import sys
import tarfile
import time
import unittest
from contextlib import ExitStack
from pathlib import Path

TREE, OUT = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
sys.path.insert(0, str(TREE / "tests/kit"))
sys.path.insert(0, str(TREE / "tests/interop"))

from clock import Clock  # noqa: E402
from facts import KINDS  # noqa: E402
from gateway import Gateway  # noqa: E402
from home import SystemCase, json_lines, run_program  # noqa: E402
from photos import noise_png  # noqa: E402
from places import BAOAN, FUTIAN, LUOHU, SHENZHEN  # noqa: E402
from tocsin_wire import Desk, answer_pb2, desk_pb2, sign_answer  # noqa: E402

NODE, FAR = LUOHU[0], FUTIAN[0]
MANY = [(f"T-MANY-{number}", *FUTIAN[1:]) for number in range(10)]
DAY_S = 24 * 3600
ADDRESS = "127.77.77.78"  # stands for the one of the recording
RINGS = "3@0,20@303s,60@2h,150@3h,air=0,rail=0,road=0,water=0"
OFFICER = ("--officer", "000042")
WHY = ("--reason", "so it was recorded")


class Record(SystemCase):
    def test_record(self):
        self.clock = Clock(self.folder, "all")
        self.home = self.make_home()
        self.people()
        self.home.start(self.clock.env())
        self.gateway = Gateway(self.home, "T-VAN").enrol(SHENZHEN)
        self.gateway.start(env=self.clock.env())
        self.device = self.gateway.handheld("T-HAND-1")
        self.over()
        self.open_case()
        self.identity()
        self.forgotten()
        self.a_month_later()
        self.waits()
        self.keep()

    # ---- asking ----

    def ask(self, who, *args):
        done = run_program(
            "tocsin", *args, "--key", self.home.bundle_path(who),
            env=self.clock.env(),
        )  # fmt: skip
        self.assertEqual(
            0, done.returncode, f"{args}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def told(self, who, *args):
        return json.loads(self.ask(who, *args, "--json"))

    def at(self, *args):
        return self.home.terminal(NODE, *args, env=self.clock.env())

    def report(self, *more, sex="female", age="6"):
        return self.told(
            "T-CENTRE", "report", "--sex", sex, "--age", age,
            "--seen", "22.532,114.113", "--seen-time", "-5m",
            "--action", "Stop and call.", *more,
        )["alertId"]  # fmt: skip

    def lead(self, alert):
        self.ask("T-CENTRE", "lead", alert, "--offer", "T-LEAD")
        self.ask("T-LEAD", "lead", alert, "--accept")

    def solve(self, alert):
        self.ask("T-CENTRE", "withdraw", alert, "--reason", "found")
        self.ask("T-LEAD", "solve", alert, "--outcome", "returned",
                 "--receiver", "the parents")  # fmt: skip

    def register(self, **more):
        """A child of unknown origin, by the centre."""
        options = {
            "--officer": "000123", "--sex": "female", "--age": "5-7",
            "--at": "22.54,114.10", "--found": "-10m",
            "--text": "by the made-up bench", "--keeper": "Invented Home",
            "--keeper-division": "440303",
            **{f"--{name}": word for name, word in more.items()},
        }  # fmt: skip
        return [word for pair in options.items() for word in pair]

    def resolve(self, found, *how):
        self.ask("T-LEAD", "found", "resolve", found, *how, *OFFICER, *WHY)

    def newest_found(self):
        return self.told("T-CENTRE", "found", "list")["found"][0]["foundId"]

    def kinds(self):
        return {kind for line in self.facts() for kind in line["fact"]}

    def facts(self):
        return json_lines(
            run_program("tocsind", "journal", "export", self.home.path).stdout
        )

    # ---- what happened ----

    def people(self):
        home = self.home
        home.configure("snapshot_facts", 10)
        home.configure("silent_node_s", 1)
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("supervisor", "T-SUP", "440000")
        for name in ("T-LEAD", "T-NEXT"):
            home.enrol("officer", name, SHENZHEN, "--rank", "prefecture",
                       "--unit", "Invented unit")  # fmt: skip
        home.enrol("laboratory", "T-LAB", "000000")
        home.enrol("registry", "T-OFFICE", "530100")
        home.enrol("liaison", "T-PARTNER", SHENZHEN)
        home.enrol("liaison", "T-GONE", SHENZHEN)
        home.enrol_nodes([LUOHU, FUTIAN, BAOAN, *MANY])
        home.tocsin("revoke", "T-GONE", "--reason", "lost")

    def over(self):
        """A case and a found child that will be filed away."""
        self.filed = self.report("--name", "Invented Over")
        self.lead(self.filed)
        self.solve(self.filed)
        self.ask("T-CENTRE", "found", "register", *self.register(age="2-3"))
        self.filed_found = self.newest_found()
        self.resolve(self.filed_found, "--close")

    def open_case(self):
        """Seen, supervised, pictured; it stays unsolved."""
        home = self.home
        photo = Path(self.folder) / "photo.png"
        photo.write_bytes(noise_png(40, 5))
        self.case = self.report(
            "--name", "Invented Open", "--photo", photo,
            "--language", "en", "--appearance", "scar on the left knee",
        )  # fmt: skip
        self.report("--rings", RINGS, sex="male", age="9")
        self.terminal = home.start_terminal(NODE, env=self.clock.env())
        self.terminal.wait_out(r"^ready")
        self.wait_until(
            lambda: self.case in home.on_terminal(NODE, env=self.clock.env())
        )
        self.wait_until(lambda: "ringWidened" in self.kinds())
        self.lead(self.case)
        shot = Path(self.folder) / "shot.jpg"
        shot.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(200)) * 20)
        self.at("sighting", self.case, "--officer", "7", "--lat", "22.60",
                "--lon", "113.90", "--seen", "-2m", "--text", "by the lift",
                "--picture", shot, "--wait", "20")  # fmt: skip
        self.wait_until(lambda: "sightingPictured" in self.kinds())
        seen = self.told("T-LEAD", "sightings", self.case)["sightings"][0]
        self.ask("T-LEAD", "triage", self.case, seen["sequence"],
                 *OFFICER, "--check")  # fmt: skip
        self.ask("T-LEAD", "duty", self.case, "rescue", "--log", "on the way")
        self.ask("T-SUP", "picture", self.case, "--save",
                 Path(self.folder) / "looked.png")  # fmt: skip
        self.wait_until(lambda: self.device.alerts().get("alerts"))
        self.answered("SIGHTING", text="heard at the made-up gate")
        self.answered("NEGATIVE")
        self.ask("T-SUP", "supervise", "case", self.case, *OFFICER, *WHY)
        self.ask("T-SUP", "supervise", "node", FAR, *OFFICER, *WHY)
        self.ask("T-SUP", "lift", "node", FAR, *OFFICER, *WHY)
        self.wait_until(lambda: "fellSilent" in self.kinds())
        self.at("found", *self.register(text="left at the made-up desk"),
                "--appearance", "scar at the knee", "--language", "en",
                "--wait", "30")  # fmt: skip
        self.likely = self.newest_found()
        self.report("--exercise", sex="male")
        self.together()

    def together(self):
        """What machines say at hand in one turn of the desk is one fact."""
        bundles = [self.home.bundle(name) for name, *_ in MANY]
        with ExitStack() as stack:
            desks = [stack.enter_context(Desk(bundle)) for bundle in bundles]
            for desk in desks:
                desk.wait_up()
            os.kill(self.home.broker.pid, signal.SIGSTOP)
            for bundle, desk in zip(bundles, desks, strict=True):
                for rung in (answer_pb2.RUNG_HELD, answer_pb2.RUNG_SHOWN):
                    desk.send_raw(self.machine_says(bundle, rung))
            os.kill(self.home.broker.pid, signal.SIGCONT)
            for desk in desks * 2:
                self.assertStatus("RECORDED", desk.receive())
        self.assertIn("answeredTogether", self.kinds(), "record it again")

    def machine_says(self, bundle, rung):
        answer = answer_pb2.Answer(
            answer_id=secrets.token_bytes(16), alert_id=self.case, revision=1,
            node=bundle.id, rung=rung,
            at_ms=int((time.time()) * 1000),
        )  # fmt: skip
        words = sign_answer(answer, bundle.key)
        return desk_pb2.Request(
            request_id=secrets.token_bytes(16),
            acknowledge=desk_pb2.Acknowledge(answer=words),
        ).SerializeToString()

    def answered(self, rung, **more):
        answer_id, _ = self.device.answer(self.case, rung, **more)
        self.wait_until(
            lambda: self.device.fate(answer_id)["state"]
            == "FATE_STATE_RECORDED"
        )

    def identity(self):
        """Samples of the kin of the open case, and a match of the lab's."""
        self.ask("T-LEAD", "sample", self.case, "K-1", "--of", "mother",
                 "--state", "sent")  # fmt: skip
        self.ask("T-LEAD", "sample", self.case, "--of", "father",
                 "--state", "impossible", *WHY)  # fmt: skip
        for kit in ("K-1", "C-1"):
            self.ask("T-LAB", "lab", "received", kit)
        self.ask("T-LAB", "lab", "match", "C-1", "K-1", "--report", "17/26")
        for kit in ("C-1", "K-9"):
            self.ask("T-OFFICE", "check-sample", kit)

    def forgotten(self):
        """Sealed after the backup from which the home comes back."""
        home, copy = self.home, Path(self.folder) / "backup"
        self.sealed = self.report("--name", "Invented Sealed")
        self.lead(self.sealed)
        self.at("found", *self.register(text="alone"), "--wait", "30")
        self.resolve(self.newest_found(), "--as", self.sealed)
        self.ask("T-CENTRE", "found", "register", *self.register(age="9-9"))
        alone = self.newest_found()
        run_program("tocsin", "backup", home.path, copy)
        self.solve(self.sealed)
        self.ask("T-LEAD", "seal", self.sealed, *WHY, "--yes")
        self.resolve(alone, "--close")
        self.resolve(alone, "--seal", "--yes")
        self.wait_until(lambda: "purged" in self.kinds())
        home.stop()
        shutil.copy(home.path / "keyring.db", copy / "keyring.db")
        shutil.rmtree(home.path)
        run_program("tocsin", "restore", copy, home.path)
        home.start(self.clock.env())
        self.wait_until(lambda: "foundForgotten" in self.kinds())
        self.wait_until(lambda: "purged" in self.kinds())

    def a_month_later(self):
        """What is long over leaves the book, under a clock that agrees."""
        home = self.home
        self.terminal.stop()
        self.gateway.process.stop()
        home.stop()
        self.clock.wrong_by(45 * DAY_S)
        home.start(self.clock.env())
        self.late = self.report("--name", "Invented Late", sex="male")
        self.wait_until(
            lambda: {"alertFiled", "foundFiled"} <= self.kinds()
        )

    def waits(self):
        """Said while the broker is down."""
        env = self.clock.env()
        terminal = self.home.start_terminal(NODE, env=env)
        terminal.wait_out(r"^ready")
        self.wait_until(
            lambda: self.late in self.home.on_terminal(NODE, env=env)
        )
        self.gateway.start(env=env)
        self.device.login()
        self.wait_until(
            lambda: any(
                item["alertId"] == self.late
                for item in self.device.alerts().get("alerts", [])
            )
        )
        self.keep_told()
        self.home.stop()
        self.at("sighting", self.late, "--officer", "8", "--text",
                "waits at the checkpoint")  # fmt: skip
        self.at("found", *self.register(text="waits, too"))
        self.device.answer(self.late, "SIGHTING", text="waits in the spool")
        terminal.stop()
        self.gateway.process.stop()

    # ---- keeping it ----

    def keep_told(self):
        """What this version says of its book and its journal."""
        self.assertEqual(set(), set(KINDS) - self.kinds(), "not in it")
        questions = {
            "cases": ("T-CENTRE", "cases", "--all"),
            "case": ("T-LEAD", "case", self.case),
            "sealed": ("T-LEAD", "case", self.sealed),
            "sightings": ("T-LEAD", "sightings", self.case),
            "alert": ("T-CENTRE", "show", self.case),
            "found": ("T-LEAD", "found", "list", "--all"),
            "foundling": ("T-LEAD", "found", "show", self.likely),
            "supervised": ("T-SUP", "supervised"),
            "looks": ("T-SUP", "looks", self.case),
        }
        answers = {
            name: {"who": who, "args": args, "says": self.told(who, *args)}
            for name, (who, *args) in questions.items()
        }
        self.out = {
            "time_ms": int((time.time() + 45 * DAY_S) * 1000),
            "node": NODE,
            "late": self.late,
            "filed": self.filed,
            "filed_found": self.filed_found,
            "facts": self.facts(),
            "answers": answers,
        }

    def keep(self):
        conf = self.home.path / "tocsin.conf"
        words = conf.read_text(encoding="utf-8")
        conf.write_text(words.replace(self.home.host, ADDRESS))
        with tarfile.open(OUT / "home.tar.xz", "w:xz") as tar:
            tar.add(self.home.path, "home", filter=nobody)
            for path in sorted(self.home.bundles.iterdir()):
                if path.suffix == ".json":
                    told = path.read_text(encoding="utf-8")
                    path.write_text(told.replace(self.home.host, ADDRESS))
                tar.add(path, f"bundles/{path.name}", filter=nobody)
        (OUT / "told.json").write_text(
            json.dumps(self.out, indent=1) + "\n", encoding="utf-8"
        )


def nobody(member):
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return None if member.name.endswith(("/lock", "-shm")) else member


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
