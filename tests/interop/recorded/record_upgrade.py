#!/usr/bin/python3
"""Record what a version leaves to the next one: an archive, a backup, and what
officers have said, looked at and photographed while no broker was there.

    TOCSIN_BUILD=TREE/build/release TOCSIN_FAST_CLOCK=LIBRARY \
    TOCSIN_CLASSES=TREE/build/release/python \
        tests/interop/recorded/record_upgrade.py TREE OUT

As record_life.py, whose life it is; OUT gets upgrade.tar.xz.
"""

import json
import sys
import tarfile
import time
import unittest
from pathlib import Path

import record_life
from handheld import keep
from home import run_program
from photos import noise_png
from record_life import DAY_S, NODE, OFFICER, OUT, nobody
from tocsin_wire import picture_hash

ADDRESS = "127.77.77.79"  # stands for the one of the recording
SHOT = b"\xff\xd8\xff\xe0" + bytes(range(200)) * 30
record_life.ADDRESS = ADDRESS


class Record(record_life.Record):
    def waits(self):
        """A late case with a photograph, shown everywhere; then no broker."""
        self.backup = Path(self.folder) / "backup"
        photo = Path(self.folder) / "late.png"
        photo.write_bytes(noise_png(30, 7))
        self.pictured = self.report("--name", "Invented Last", "--photo", photo)
        super().waits()

    def keep_told(self):
        self.wait_until(self.is_everywhere)
        run_program("tocsin", "backup", self.home.path, self.backup)
        super().keep_told()
        questions = {
            "principals": ("T-CENTRE", "principals"),
            "overdue": ("T-SUP", "overdue"),
            "board": ("T-CENTRE", "board", self.late, "--list", "all"),
            "likely": ("T-LEAD", "likely", self.case),
        }
        self.out["answers"] |= {
            name: {"who": who, "args": args, "says": self.told(who, *args)}
            for name, (who, *args) in questions.items()
        }
        self.out["pictured"] = self.pictured
        self.out["list"] = self.home.on_terminal(NODE, env=self.clock.env())

    def is_everywhere(self):
        """The photograph too: at the gateway a request for it brings it."""
        name = picture_hash((Path(self.folder) / "late.png").read_bytes())
        code, _, _ = self.device.wire.ask(
            "GET", f"/v1/pictures/{name.hex()}",
            headers={"Authorization": f"Bearer {self.device.token}"},
        )  # fmt: skip
        if code != 200:
            return False
        done = run_program(
            "tocsin-terminal", "picture", self.pictured, *OFFICER,
            "--save", Path(self.folder) / "seen.png",
            "--bundle", self.home.bundle_path(NODE),
            "--store", self.home.store_path(NODE), env=self.clock.env(),
        )  # fmt: skip
        return done.returncode == 0

    def keep(self):
        """What was said since is in the stores already; more is added here,
        while no broker is there."""
        env = self.clock.env()
        shot = Path(self.folder) / "waits.jpg"
        shot.write_bytes(SHOT)
        terminal = self.home.start_terminal(NODE, env=env)
        self.gateway.start(env=env)
        self.device.login()
        self.at("sighting", self.pictured, "--officer", "9", "--text",
                "with a photograph", "--picture", shot)  # fmt: skip
        self.at("read", self.pictured, "--officer", "9")
        self.at("picture", self.pictured, "--officer", "10", "--save",
                Path(self.folder) / "again.png")  # fmt: skip
        seen, _ = self.device.sight(self.pictured, SHOT, text="photographed")
        self.device.put_picture(seen, SHOT)
        self.device.answer(self.pictured, "NEGATIVE")
        self.out["fates"] = self.device.fates()
        self.out["waits"] = self.home.terminal_json(
            NODE, "answers", self.pictured, env=env
        )
        terminal.stop()
        self.gateway.process.stop()
        done = run_program(
            "tocsin", "journal", "archive", self.home.path,
            "--keep-days", "30", env=env,
        )  # fmt: skip
        self.assertIn("archived facts 1 to", done.stdout, done.stderr)
        keep(self.home.bundles / "handheld.json", self.device)
        self.write()

    def write(self):
        for path in (
            *Path(self.folder).glob("*/tocsin.conf"),
            *self.home.bundles.glob("*.json"),
        ):
            words = path.read_text(encoding="utf-8")
            path.write_text(
                words.replace(self.home.host, ADDRESS), encoding="utf-8"
            )
        self.out["time_ms"] = int((time.time() + 45 * DAY_S) * 1000)
        told = Path(self.folder) / "told.json"
        told.write_text(json.dumps(self.out, indent=1), encoding="utf-8")
        with tarfile.open(OUT / "upgrade.tar.xz", "w:xz") as tar:
            tar.add(told, "told.json", filter=nobody)
            tar.add(self.home.path, "home", filter=nobody)
            tar.add(self.backup, "backup", filter=nobody)
            for path in sorted(self.home.bundles.iterdir()):
                tar.add(path, f"bundles/{path.name}", filter=nobody)


del record_life.Record

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
