#!/usr/bin/python3
"""Record a checkpoint's store of the first version, and the home beside it.

    TOCSIN_BUILD=TREE/build/release TOCSIN_CLASSES=BUILD/python \
        tests/interop/recorded/record_store.py OUT

TOCSIN_BUILD is that version's; it is asked by today's tests/kit. OUT gets
store.tar.xz.
"""

import json
import sys
import tarfile
import time
import unittest
from pathlib import Path

OUT = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kit"))

from home import SystemCase  # noqa: E402
from photos import noise_png  # noqa: E402
from places import FUTIAN, LUOHU, SHENZHEN  # noqa: E402

ADDRESS = "127.77.77.80"  # stands for the one of the recording
NODE = LUOHU[0]


def nobody(member):
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    skipped = ("/lock", "-shm", "/divisions.csv")
    return None if member.name.endswith(skipped) else member


class Record(SystemCase):
    def report(self, *more, sex="female"):
        return json.loads(
            self.home.tocsin(
                "report", "--sex", sex, "--age", "6", "--seen-time", "-5m",
                "--seen", "22.532,114.113", "--action", "Stop and call.",
                "--json", *more, key="T-CENTRE",
            )  # fmt: skip
        )["alertId"]

    def test_record(self):
        home = self.home = self.make_home()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU, FUTIAN])
        home.start()
        photo = Path(self.folder) / "photo.png"
        photo.write_bytes(noise_png(30, 5))
        terminal = home.start_terminal(NODE, "--on-alert", "/bin/true")
        terminal.wait_out(r"^ready")
        names = {
            "seen": self.report("--photo", photo, "--name", "Invented First"),
            "ends": self.report(sex="male"),
            "waits": self.report("--name", "Invented Other"),
            "exercise": self.report("--exercise"),
        }
        self.wait_until(lambda: set(names.values()) <= self.shown())
        home.terminal(NODE, "sighting", names["seen"], "--officer", "7",
                      "--text", "recorded then", "--wait", "20")  # fmt: skip
        self.wait_until(
            lambda: list(home.store_path(NODE).glob("pictures/*.png"))
        )
        self.wait_until(lambda: terminal.count_err("command.done") == 4)
        home.stop()
        home.terminal(NODE, "sighting", names["waits"], "--officer", "8",
                      "--text", "waits since then")  # fmt: skip
        home.terminal(NODE, "read", names["waits"], "--officer", "9")
        told = names | {
            "node": NODE,
            "list": home.on_terminal(NODE),
            "photo": photo.read_bytes().hex(),
        }
        terminal.stop()
        home.start()
        home.tocsin("withdraw", names["ends"], "--reason", "found",
                    key="T-CENTRE")  # fmt: skip
        home.stop()
        self.keep(told | {"time_ms": int(time.time() * 1000)})

    def shown(self):
        return set(self.home.on_terminal(NODE))

    def keep(self, told):
        home = self.home
        for path in (home.path / "tocsin.conf", *home.bundles.glob("*.json")):
            words = path.read_text(encoding="utf-8")
            path.write_text(words.replace(home.host, ADDRESS))
        path = Path(self.folder) / "told.json"
        path.write_text(json.dumps(told, indent=1), encoding="utf-8")
        with tarfile.open(OUT / "store.tar.xz", "w:xz") as tar:
            tar.add(path, "told.json", filter=nobody)
            tar.add(home.path, "home", filter=nobody)
            tar.add(home.bundles, "bundles", filter=nobody)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
