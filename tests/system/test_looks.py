#!/usr/bin/python3
"""Every look at a child's photograph is recorded before it is given."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from disk import Disk  # noqa: E402
from facts import read_facts  # noqa: E402
from gateway import Gateway  # noqa: E402
from home import Home, SystemCase, run_program  # noqa: E402
from photos import noise_png  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import common_pb2, desk_pb2, picture_hash  # noqa: E402



class Looks(SystemCase):
    def setUp(self):
        super().setUp()
        self.disk = Disk(self.folder)
        self.home = home = Home(self, self.disk.root).init()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("supervisor", "T-SUP", SHENZHEN)
        home.enrol("liaison", "T-PARTNER", SHENZHEN)
        home.enrol_nodes([LUOHU])
        home.start(self.disk.env())
        self.photo = Path(self.folder) / "photo.png"
        self.photo.write_bytes(noise_png(220, 5))  # several pieces
        self.alert = home.tocsin_json(
            "report", "--sex", "female", "--age", "6",
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
            "--photo", str(self.photo), key="T-CENTRE",
        )["alertId"]  # fmt: skip

    def look(self, who, code=0):
        out = Path(self.folder) / f"{who}.jpg"
        self.home.tocsin("picture", self.alert, "--save", str(out), key=who,
                         code=code)  # fmt: skip
        return out.read_bytes() if code == 0 else None

    def looks(self):
        return self.home.tocsin_json("looks", self.alert, key="T-SUP")

    def test_who_has_looked_is_known(self):
        self.assertNotIn("looks", self.looks())
        self.assertEqual(self.photo.read_bytes(), self.look("T-SUP"))
        self.assertEqual(self.photo.read_bytes(), self.look("T-PARTNER"))
        self.assertEqual(self.photo.read_bytes(), self.look("T-SUP"))
        told = self.looks()
        self.assertEqual(
            ["T-SUP", "T-PARTNER", "T-SUP"],
            [look["who"]["id"] for look in told["looks"]],
        )
        self.assertEqual(3, told["looksInAll"])
        self.assertIn("T-PARTNER", self.home.tocsin(
            "looks", self.alert, key="T-CENTRE"))  # fmt: skip
        self.home.tocsin("looks", self.alert, key="T-PARTNER", code=1)
        self.home.kill()
        self.home.start()
        self.assertEqual(told, self.looks())

    def search(self, *words):
        """The kinds of the facts that the journal finds."""
        done = run_program("tocsin", "journal", "search", self.home.path, *words)
        self.assertEqual(0, done.returncode, done.stderr)
        return [fact.kind for fact in read_facts(done.stdout)]

    def test_what_somebody_did_and_came_to_is_found_in_the_journal(self):
        node = LUOHU[0]
        why = ("--reason", "it must be", "--officer", "000042")
        self.look("T-SUP")
        for subject in (("case", self.alert), ("node", node)):
            self.home.tocsin("supervise", *subject, *why, key="T-SUP")
            self.home.tocsin("lift", *subject, *why, key="T-SUP")
        both = ["putUnderSupervision", "supervisionLifted"]
        self.assertEqual(
            ["enrolled", "looked", *both, *both], self.search("--node", "T-SUP")
        )
        self.assertEqual(["enrolled", *both], self.search("--node", node))
        self.assertEqual(
            ["alertIssued", "looked", *both], self.search("--alert", self.alert)
        )

    def test_the_last_64_are_shown_and_the_journal_has_all(self):
        for _ in range(70):
            self.look("T-SUP")
        told = self.looks()
        self.assertEqual((64, 70), (len(told["looks"]), told["looksInAll"]))
        self.home.stop()
        run_program("tocsin", "journal", "verify", self.home.path)
        export = run_program("tocsin", "journal", "export", self.home.path)
        self.assertEqual(70, export.stdout.count('"looked"'))

    def test_nothing_is_given_that_could_not_be_recorded(self):
        self.disk.fill()
        self.look("T-SUP", code=3)
        self.assertNotIn("looks", self.looks())
        self.disk.heal()
        self.wait_until(lambda: self.try_look("T-SUP"))
        self.assertEqual(1, self.looks()["looksInAll"])

    def test_an_officer_at_a_checkpoint_looks(self):
        home, node = self.home, LUOHU[0]
        home.start_terminal(node).wait_err(r"picture\.stored")
        self.wait_until(lambda: self.looks().get("fetches") == 1)
        self.assertNotIn("looks", self.looks())
        out = Path(self.folder) / "seen.png"
        home.kill()  # the line is down
        for officer in ("P-7", "P-8", "P-7"):
            home.terminal(node, "picture", self.alert, "--officer", officer,
                          "--save", out)  # fmt: skip
        self.assertEqual(self.photo.read_bytes(), out.read_bytes())
        out.unlink()
        home.start()
        self.wait_until(lambda: self.looks().get("looksInAll") == 3)
        self.assertEqual(
            [(node, "P-7"), (node, "P-8"), (node, "P-7")],
            [(x["who"]["id"], x["officer"]) for x in self.looks()["looks"]],
        )
        self.assertEqual("nothing", self.answers_of(node))
        whole = self.photo.read_bytes()
        store = Path(self.folder)
        self.assertEqual(
            [self.photo],
            [p for p in store.rglob("*") if p.is_file()
             and whole[2000:2100] in p.read_bytes()],
        )  # fmt: skip

    def test_officers_with_handhelds_look(self):
        home = self.home
        gateway = Gateway(home, "T-VAN").enrol(SHENZHEN).start()
        device = gateway.handheld("T-HAND-1")
        self.wait_until(lambda: device.alerts().get("alerts"))
        whole = self.photo.read_bytes()
        path = f"/v1/pictures/{picture_hash(whole).hex()}"
        told = {"Authorization": f"Bearer {device.token}"}

        def ask(what):
            code, _, data = device.wire.ask("GET", what, None, told)
            return data if code == 200 else None

        self.wait_until(lambda: ask(path) == whole)
        first = self.looks().get("looksInAll", 0)
        self.assertLessEqual(first, 1)
        self.wait_until(lambda: self.looks().get("looksInAll") == 1)
        home.kill()  # a dead spot
        self.assertEqual(whole, ask(path))
        gateway.process.kill()
        home.start()
        gateway.start()
        self.wait_until(lambda: self.looks().get("looksInAll") == 2)
        self.wait_until(lambda: gateway.metric("looks_waiting") == 0)
        for look in self.looks()["looks"]:
            self.assertEqual(("T-HAND-1", "T-VAN"),
                             (look["who"]["id"], look["relayedBy"]))  # fmt: skip
        device.login()
        told["Authorization"] = f"Bearer {device.token}"
        small = b"\xff\xd8\xff" + bytes(500)
        alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
        centre = home.centre("T-CENTRE")
        alert.picture.hash, alert.picture.size = picture_hash(small), len(small)
        alert.picture.media_type = "image/jpeg"
        self.assertStatus("OK", centre.ask(put_picture=desk_pb2.PutPicture(
            alert_id=alert.alert_id, picture=alert.picture, data=small)))
        self.assertStatus("RECORDED", centre.report(alert, small))
        path = f"/v1/alerts/{alert.alert_id}/thumbnail"
        self.wait_until(lambda: ask(path) == small)
        self.wait_until(lambda: home.tocsin_json(
            "looks", alert.alert_id, key="T-SUP").get("looksInAll") == 1)
        (look,) = home.tocsin_json("looks", alert.alert_id,
                                   key="T-SUP")["looks"]  # fmt: skip
        self.assertTrue(look["thumbnail"])
        self.assertIn("at gateway T-VAN", home.tocsin(
            "looks", self.alert, key="T-SUP"))  # fmt: skip

    def test_what_an_earlier_version_kept_in_clear_is_sealed(self):
        home, node = self.home, LUOHU[0]
        terminal = home.start_terminal(node)
        terminal.wait_err(r"picture\.stored")
        terminal.stop()
        (sealed,) = (home.store_path(node) / "pictures").iterdir()
        clear = sealed.with_suffix(".png")
        sealed.unlink()
        clear.write_bytes(self.photo.read_bytes())
        home.start_terminal(node).wait_out(r"^ready")
        self.wait_until(lambda: sealed.exists() and not clear.exists())
        out = Path(self.folder) / "seen.png"
        home.terminal(node, "picture", self.alert, "--officer", "P-7",
                      "--save", out)  # fmt: skip
        self.assertEqual(self.photo.read_bytes(), out.read_bytes())

    def test_a_picture_that_does_not_open_is_refused_and_fetched_again(self):
        home, node = self.home, LUOHU[0]
        terminal = home.start_terminal(node)
        terminal.wait_err(r"picture\.stored")
        (sealed,) = (home.store_path(node) / "pictures").iterdir()
        whole = sealed.read_bytes()
        out = Path(self.folder) / "seen.png"

        def look(code):
            home.terminal(node, "picture", self.alert, "--officer", "P-7",
                          "--save", out, code=code)  # fmt: skip

        for damaged in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:20]):
            sealed.write_bytes(damaged)
            look(4)
            self.assertFalse(out.exists())
        self.assertNotIn("looks", self.looks())
        terminal.stop()
        home.start_terminal(node).wait_err(r"picture\.stored")
        look(0)
        self.assertEqual(self.photo.read_bytes(), out.read_bytes())

    def answers_of(self, node):
        told = self.home.terminal(node, "answers", self.alert, "--json")
        return "nothing" if told.strip() in ("", "[]") else told

    def try_look(self, who):
        path = Path(self.folder) / f"{who}.try"
        done = run_program(
            "tocsin", "picture", self.alert, "--save", path,
            "--key", self.home.bundle_path(who),
        )  # fmt: skip
        return done.returncode == 0


if __name__ == "__main__":
    unittest.main(verbosity=2)
