#!/usr/bin/python3
"""Making a home, enrolling people and nodes, keys that never travel."""

import fcntl
import json
import os
import re
import signal
import socket
import ssl
import stat
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from clock import Clock  # noqa: E402
from families import SOCKET_CALL  # noqa: E402
from home import HERE, SystemCase, binary, free_address, run_program  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import Centre, new_alert  # noqa: E402
from tocsin_wire import UP, Bundle, Desk, common_pb2  # noqa: E402

KIT = Path(__file__).resolve().parents[1] / "kit"
UNITS = Path(__file__).resolve().parents[2] / "deploy/systemd"
NODE, KIND, DIVISION, (LATITUDE, LONGITUDE) = LUOHU
TABLE = "id,kind,name_zh,name_en,lat,lon,division_code\n"
SECRET_FILES = (
    "administrator.json",
    "journal.db",
    "keyring.db",
    "keys/authority.key",
    "keys/broker.key",
    "keys/master.key",
)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def is_locked(path):
    if not path.exists():
        return False
    with open(path, "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


class Setup(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = self.make_home()

    # ---- the home ----

    def test_a_home_is_never_made_twice(self):
        before = (self.home.path / "keys/broker.key").read_bytes()
        again = run_program("tocsin", "init", self.home.path)
        self.assertEqual(1, again.returncode, again.stderr)
        after = (self.home.path / "keys/broker.key").read_bytes()
        self.assertEqual(before, after)

    def test_only_the_owner_reads_a_home(self):
        self.assertEqual(0o700, mode(self.home.path))
        self.assertEqual(0o700, mode(self.home.path / "keys"))
        for name in SECRET_FILES:
            path = self.home.path / name
            self.assertEqual(0o600, mode(path), name)
        self.home.start()
        for path in self.home.path.rglob("*"):
            private = path.is_dir() or not mode(path) & 0o077
            readable = path.name in ("tocsin.conf", "divisions.csv")
            self.assertTrue(private or readable, path)

    def test_a_new_home_has_a_valid_journal(self):
        self.home.verify()
        facts = self.home.export()
        self.assertEqual(["founded"], [fact.kind for fact in facts])

    def test_a_bundle_that_others_may_read_is_refused(self):
        path = self.home.path / "administrator.json"
        path.chmod(0o644)
        done = run_program("tocsin", "principals", "--home", self.home.path)
        self.assertIn(done.returncode, (1, 4), done.stderr)

    def test_a_key_that_others_may_read_is_named_and_the_broker_starts(self):
        """Without a broker no alert goes out at all."""
        exposed = {
            "keys/master.key": 0o640, "keys/broker.key": 0o644,
            "keyring.db": 0o604, "administrator.json": 0o600,
        }  # fmt: skip
        for name, bits in exposed.items():
            (self.home.path / name).chmod(bits)
        self.home.start()
        told = [x for x in self.home.broker.err.now() if "keys.exposed" in x]
        self.assertEqual(3, len(told), told)
        for name, bits in exposed.items():
            line = f"error keys.exposed file={self.home.path / name} mode={bits:04o}"
            self.assertEqual(bits != 0o600, any(line in x for x in told), line)
        self.assertEqual({"administrator"}, self.home.principals())

    # ---- one by one ----

    def test_fewer_descriptors_than_all_who_are_enrolled_need_are_named(self):
        self.home.enrol_nodes(
            (f"T-{n}", "bus", SHENZHEN, SEEN) for n in range(2000)
        )
        for most, named in ((4300, True), (4400, False)):
            broker = self.launch(
                "tocsind",
                ["sh", "-c", f"ulimit -n {most}; exec \"$@\"", "sh",
                 binary("tocsind"), "run", self.home.path],
            )  # fmt: skip
            broker.wait_out(r"^ready ")
            self.assertEqual(
                named,
                broker.count_err(r"limits.descriptors limit=4300 wanted=4400")
                == 1,
                broker.tail(),
            )
            self.assertEqual(0, broker.stop())

    def test_enrolment_needs_no_running_broker(self):
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_checkpoint(NODE, DIVISION, SEEN, KIND)
        everyone = {"administrator", "T-CENTRE", NODE}
        self.assertEqual(everyone, self.home.principals())
        self.home.start()
        with Desk(self.home.bundle(NODE)) as desk:
            self.assertEqual(UP, desk.wait_up())

    def test_a_report_that_no_checkpoint_hears_is_not_told_as_sent(self):
        """The broker is down; the program runs one that has no feed."""
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_checkpoint(NODE, DIVISION, SEEN, KIND)
        done = run_program(
            "tocsin", "report", "--sex", "female", "--age", "6",
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
            "--home", self.home.path,
            "--key", self.home.bundle_path("T-CENTRE"),
        )  # fmt: skip
        self.assertNotEqual((0, ""), (done.returncode, done.stderr))

    def test_who_watches_by_the_home_keeps_no_broker_from_starting(self):
        """It was begun while the broker was down, and is still open."""
        words = ("--home", self.home.path)
        watch = self.launch("watch", [binary("tocsin"), "watch", *words])
        watch.expected_end = True

        lock = self.home.path / "lock"
        self.wait_until(lambda: is_locked(lock) or watch.count_err("broker"))
        self.home.launch_broker()
        self.home.broker.expected_end = True
        self.home.broker.wait_out(r"^ready ")

    def test_every_role_is_enrolled_and_its_bundle_is_private(self):
        self.home.start()
        for role in ("centre", "supervisor", "administrator", "laboratory"):
            path = self.home.enrol(role, f"T-{role}", SHENZHEN)
            self.assertEqual(0o600, mode(path))
            with Desk(Bundle(path)) as desk:
                self.assertEqual(UP, desk.wait_up(), role)
        path = self.home.enrol("gateway", "T-gateway", SHENZHEN)
        with Desk(Bundle(path)) as desk:
            self.assertEqual(UP, desk.wait_up())

    def test_wrong_enrolments_are_refused_in_words(self):
        self.home.start()
        for words in (
            ("checkpoint", NODE, "--name", "N", "--division", DIVISION),
            ("checkpoint", "-bad-", "--name", "N", "--division", DIVISION),
            ("captain", NODE, "--name", "N", "--division", DIVISION),
            ("supervisor", NODE, "--name", "N", "--division", "12"),
            ("supervisor", NODE, "--division", DIVISION),
        ):
            done = run_program(
                "tocsin", "enrol", *words, "--home", self.home.path,
                "--out", self.home.bundle_path("wrong"),
            )  # fmt: skip
            self.assertIn(done.returncode, (1, 2), words)
            self.assertNotEqual("", done.stderr, words)

    def test_the_same_id_with_another_key_needs_rekey(self):
        self.home.start()
        self.home.enrol_checkpoint(NODE, DIVISION, SEEN, KIND)
        first = self.home.bundle(NODE)
        other = self.home.folder / "other.json"
        words = (
            "enrol", "checkpoint", NODE, "--name", f"Test {NODE}",
            "--division", DIVISION, "--kind", KIND, "--lat", SEEN[0],
            "--lon", SEEN[1], "--out", other,
        )  # fmt: skip
        self.home.tocsin(*words, code=1)
        self.home.tocsin(*words, "--rekey")
        second = Bundle(other)
        self.assertNotEqual(first.key.public, second.key.public)
        with Desk(second) as desk:
            self.assertEqual(UP, desk.wait_up())

    def test_an_address_that_cannot_serve_is_refused_at_once(self):
        """Or it serves: every bundle that is ever made carries it."""
        refused = ("0.0.0.0", "::", "fe80::1", "::ffff:192.0.2.1")
        for number, host in enumerate((*refused, "localhost")):
            path = self.home.folder / f"home-{number}"
            done = run_program("tocsin", "init", path, "--host", host)
            if done.returncode == 0:
                self.assertNotIn(host, refused, "nobody reaches that")
                self.home.path = path
                self.home.start()
                self.home.principals()
                self.home.stop()
            else:
                self.assertIn("--host", done.stderr)

    def test_an_address_in_the_configuration_that_is_none_is_named(self):
        for host in ("localhost", "[::1]", "192.0.2.1/24", ""):
            self.home.configure("host", host)
            done = run_program("tocsind", "run", self.home.path)
            self.assertEqual(4, done.returncode, done.stderr)
            self.assertIn(f"host: '{host}' is not an IPv4", done.stderr)
            self.assertRegex(done.stderr, r"tocsin\.conf: line \d+")

    def test_an_address_that_no_node_finds_is_warned_of(self):
        """Of an interface's name; two gates at one port end the start."""
        self.home.configure("host", "lo")
        self.home.configure("command_port", 5572)
        done = run_program("tocsind", "run", self.home.path)
        self.assertEqual(4, done.returncode, done.stderr)
        self.assertRegex(done.stderr, r"warn config\.host host=lo ")

    def test_nor_is_one_refused_that_can_be_listened_on(self):
        """All of them, or one of the line alone. Somebody else has the port."""
        with socket.create_server((self.home.host, 0)) as taken:
            self.home.configure("command_port", taken.getsockname()[1])
            for host in ("*", "fe80::1%lo"):
                self.home.configure("host", host)
                done = run_program("tocsind", "run", self.home.path)
                self.assertEqual(4, done.returncode, done.stderr)
                self.assertIn(f"warn config.host host={host} ", done.stderr)
                self.assertIn("binding of the command gate", done.stderr)

    # ---- an address that changes ----

    def move(self):
        """Restored on another machine: the engineer sets its address."""
        self.home.enrol_checkpoint("T-BEFORE", DIVISION, SEEN, KIND)
        self.home.host = free_address(self.chance)
        self.home.configure("host", self.home.host)
        return self.home.start()

    def test_a_broker_at_another_address_is_asked_by_its_home(self):
        self.move()
        self.assertIn("T-BEFORE", self.home.principals())

    def test_a_bundle_carries_the_address_where_the_broker_is(self):
        self.move()
        self.home.stop()
        self.home.enrol_checkpoint(NODE, DIVISION, SEEN, KIND)
        told = json.loads(self.home.bundle_path(NODE).read_text())["broker"]
        self.home.start()
        self.assertEqual(self.home.endpoints["field"], told["field"])

    # ---- a new key that is not taken ----

    def enrol_centre(self, *more, division=SHENZHEN):
        return run_program(
            "tocsin", "enrol", "centre", "T-CENTRE", "--name", "Test",
            "--division", division, "--out", self.home.bundle_path("T-CENTRE"),
            "--key", self.home.path / "administrator.json",
            "--authority", self.home.path / "keys" / "authority.key", *more,
        )  # fmt: skip

    def bundles(self):
        return {
            path.name: path.read_bytes() for path in self.home.bundles.iterdir()
        }

    def test_a_refused_new_key_leaves_the_old_one_in_its_place(self):
        self.home.start()
        self.assertEqual(0, self.enrol_centre().returncode)
        before = self.bundles()
        for wrong in ("449999", "440399"):  # no such division
            refused = self.enrol_centre("--rekey", division=wrong)
            self.assertEqual(1, refused.returncode, refused.stderr)
            self.assertIn("old key is still good", refused.stderr)
            self.assertEqual(before, self.bundles())
        with Desk(self.home.bundle("T-CENTRE")) as desk:
            self.assertEqual(UP, desk.wait_up())

    def test_it_is_not_the_oldest_key_that_comes_back(self):
        self.home.start()
        for more in ((), ("--rekey",), ("--rekey",)):
            self.assertEqual(0, self.enrol_centre(*more).returncode)
        before = self.bundles()
        self.assertEqual(3, len(before))
        refused = self.enrol_centre("--rekey", division="449999")
        self.assertEqual(1, refused.returncode, refused.stderr)
        self.assertEqual(before, self.bundles())

    def test_a_gateway_whose_new_key_is_refused_keeps_its_certificate(self):
        self.home.start()

        def enrol(division, *more):
            return run_program(
                "tocsin", "enrol", "gateway", "T-VAN", "--name", "Test",
                "--division", division, "--home", self.home.path,
                "--address", "127.0.0.1:8443",
                "--out", self.home.bundle_path("T-VAN"), *more,
            )  # fmt: skip

        self.assertEqual(0, enrol(SHENZHEN).returncode)
        before = self.bundles()
        self.assertIn("T-VAN.tls.key", before)
        for wrong, code in (("449999", 1), ("44", 2)):
            done = enrol(wrong, "--rekey")
            self.assertEqual(code, done.returncode, done.stderr)
            self.assertEqual(before, self.bundles())
        self.assertEqual(0, enrol(SHENZHEN, "--rekey").returncode)
        after = self.bundles()
        self.assertEqual(before["T-VAN.json"], after["T-VAN.json.old"])
        self.assertEqual({*before, "T-VAN.json.old"}, set(after))
        for name in before:
            self.assertNotEqual(before[name], after[name], name)

    def test_where_no_word_comes_both_keys_stay_and_it_is_said_where(self):
        self.home.start()
        self.assertEqual(0, self.enrol_centre().returncode)
        before = self.bundles()["T-CENTRE.json"]
        self.home.stop()
        lost = self.enrol_centre("--rekey", "--timeout", "1")
        self.assertEqual(3, lost.returncode, lost.stderr)
        bundles = self.bundles()
        self.assertEqual(before, bundles["T-CENTRE.json.old"])
        self.assertNotEqual(before, bundles["T-CENTRE.json"])
        self.assertIn("T-CENTRE.json.old", lost.stderr)
        self.assertIn("--rekey", lost.stderr)

    # ---- ten years later ----

    YEAR_S = 365 * 86400

    def report_at(self, clock, code):
        """With a centre that was enrolled long before; what it was warned of."""
        done = run_program(
            "tocsin", "report", "--sex", "female", "--age", "7",
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-10m",
            "--division", SHENZHEN,
            "--key", self.home.bundle_path("T-CENTRE"), env=clock.env(),
        )  # fmt: skip
        self.assertEqual(code, done.returncode, done.stderr)
        return done.stderr

    def renew(self, clock, home=True):
        done = run_program(
            "tocsin", "enrol", "centre", "T-CENTRE", "--name", "Test T-CENTRE",
            "--division", SHENZHEN, "--out", self.home.bundles,
            *(("--home", self.home.path) if home else
              ("--key", self.home.path / "administrator.json")),
            env=clock.env(),
        )  # fmt: skip
        self.assertEqual(0, done.returncode, done.stderr)
        return done

    def test_a_certificate_is_renewed_before_it_ends_and_all_are_told(self):
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_checkpoint(NODE, DIVISION, SEEN, KIND)
        clock = Clock(self.folder, "all")
        self.home.start(clock.env())
        told = r"warn certificate.ends centre=T-CENTRE days=\d+ at=20"
        bundle = self.home.bundle_path("T-CENTRE")
        before = json.loads(bundle.read_text())

        clock.wrong_by(9 * self.YEAR_S - 30 * 86400)
        self.assertEqual("", self.report_at(clock, 0))
        self.renew(clock)  # it has a year left, and more
        self.assertEqual(before, json.loads(bundle.read_text()))

        clock.wrong_by(9.6 * self.YEAR_S)
        for _ in range(2):
            self.assertIn("of T-CENTRE ends 20", self.report_at(clock, 0))
        self.assertEqual(1, self.home.broker.count_err(told))
        told_off = self.renew(clock, home=False)  # not where the authority is
        self.assertIn("was not renewed", told_off.stderr)
        self.assertEqual(before, json.loads(bundle.read_text()))
        self.assertIn("certified until 204", self.renew(clock).stdout)
        after = json.loads(bundle.read_text())
        self.assertEqual(before["seed"], after["seed"])
        self.assertEqual("", self.report_at(clock, 0))

        clock.wrong_by(10.1 * self.YEAR_S)  # the one before has ended
        self.assertEqual("", self.report_at(clock, 0))
        bundle.write_text(json.dumps(before))
        self.assertIn("of T-CENTRE ended 20", self.report_at(clock, 1))
        self.renew(clock)
        self.assertEqual("", self.report_at(clock, 0))

    def test_a_gateways_certificate_has_no_last_day(self):
        """All its handhelds would need a new code on it."""
        self.home.enrol(
            "gateway", "T-VAN", SHENZHEN, "--address", "127.0.0.1:8443"
        )
        path = self.home.bundles / "T-VAN.tls.crt"
        made = ssl._ssl._test_decode_cert(str(path))
        self.assertEqual("Dec 31 23:59:59 9999 GMT", made["notAfter"])

    # ---- keys that never travel ----

    def test_a_terminal_makes_its_own_key(self):
        self.home.start()
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        own = self.home.folder / "own.key"
        done = run_program("tocsin-terminal", "keygen", own)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(0o600, mode(own))
        public = Path(f"{own}.pub")
        self.assertNotIn("seed", public.read_text())
        path = self.home.enrol(
            "checkpoint", NODE, DIVISION, "--kind", KIND,
            "--lat", LATITUDE, "--lon", LONGITUDE, "--public-key", public,
        )  # fmt: skip
        self.assertNotIn("seed", json.loads(path.read_text()))
        self.home.start_terminal(NODE, "--own-key", own)
        centre = self.home.centre("T-CENTRE")
        target = common_pb2.Target(divisions=[SHENZHEN])
        alert = new_alert(SEEN, target)
        self.assertStatus("RECORDED", centre.report(alert))
        self.wait_held(centre, alert.alert_id)

    def test_a_centre_makes_its_own_keys(self):
        self.home.start()
        own = self.home.folder / "own.key"
        done = run_program("tocsin", "keygen", own, "--centre")
        self.assertEqual(0, done.returncode, done.stderr)
        path = self.home.enrol(
            "centre", "T-CENTRE", SHENZHEN, "--public-key", f"{own}.pub"
        )
        told = json.loads(path.read_text())
        self.assertFalse({"seed", "exercise_seed"} & set(told))
        with Centre(Bundle(path, own)) as centre:
            for exercise in (False, True):
                target = common_pb2.Target(divisions=[SHENZHEN])
                alert = new_alert(SEEN, target, exercise)
                self.assertStatus("RECORDED", centre.report(alert))

    def test_a_key_is_never_overwritten(self):
        own = self.home.folder / "own.key"
        for program in ("tocsin", "tocsin-terminal"):
            own.unlink(missing_ok=True)
            first = run_program(program, "keygen", own)
            self.assertEqual(0, first.returncode, first.stderr)
            kept = own.read_bytes()
            again = run_program(program, "keygen", own)
            self.assertEqual(1, again.returncode, again.stderr)
            self.assertEqual(kept, own.read_bytes())
            Path(f"{own}.pub").unlink()

    def test_the_authority_may_be_kept_elsewhere(self):
        away = self.home.folder / "authority.key"
        (self.home.path / "keys/authority.key").rename(away)
        self.home.start()
        done = run_program(
            "tocsin", "enrol", "centre", "T-CENTRE", "--name", "N",
            "--division", SHENZHEN, "--home", self.home.path,
            "--out", self.home.bundle_path("T-CENTRE"),
        )  # fmt: skip
        self.assertNotEqual(0, done.returncode)
        self.home.bundle_path("T-CENTRE").unlink(missing_ok=True)
        self.home.enrol("centre", "T-CENTRE", SHENZHEN, "--authority", away)
        centre = self.home.centre("T-CENTRE")
        alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
        self.assertStatus("RECORDED", centre.report(alert))

    # ---- thousands from a table ----

    def enrol_table(self, rows, *more):
        table = self.home.folder / "nodes.csv"
        table.write_bytes((TABLE + rows).encode("utf-8", "surrogateescape"))
        return run_program(
            "tocsin", "enrol", "--csv", table, "--home", self.home.path,
            "--out", self.home.bundles, *more,
        )  # fmt: skip

    BAD = (
        "T-1,railway,N,N,22.5,114.1,440303\n"
        "T-2,castle,N,N,22.5,114.1,440303\n"
        "T-3,railway,N,N,95,114.1,440303\n"
        "T-4,railway,N,N,22.5,114.1,4403\n"
        "T-1,railway,N,N,22.5,114.1,440303\n"
        "T-6,railway\n"
    )

    def test_every_bad_row_of_a_table_is_named_and_nobody_enrolled(self):
        self.home.start()
        done = self.enrol_table(self.BAD)
        self.assertNotEqual(0, done.returncode)
        for line, field in (
            (3, "kind"), (4, "lat"), (5, "division"), (6, "id"),
        ):  # fmt: skip
            self.assertRegex(done.stderr + done.stdout, rf"\b{line}\b.*{field}")
        self.assertRegex(done.stderr + done.stdout, r"\b7\b")
        self.assertEqual({"administrator"}, self.home.principals())

    def test_the_rows_whose_new_key_is_refused_keep_the_old_one(self):
        self.home.start()
        row = "T-{},railway,N,N,22.5,114.1,{}\n"
        good = [row.format(n, "440303") for n in range(3)]
        first = self.enrol_table("".join(good))
        self.assertEqual(0, first.returncode, first.stderr)
        before = self.bundles()
        done = self.enrol_table(good[0] + row.format(1, "449999"), "--rekey")
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn("old ones are still good", done.stderr)
        after = self.bundles()
        self.assertEqual(before["T-0.json"], after["T-0.json.old"])
        self.assertNotIn("T-1.json.old", after)
        self.assertEqual(before["T-1.json"], after["T-1.json"])
        for node in ("T-0", "T-1"):
            with Desk(self.home.bundle(node)) as desk:
                self.assertEqual(UP, desk.wait_up())

    def test_of_a_table_that_is_not_sent_no_row_loses_its_key(self):
        self.home.start()
        good = "T-0,railway,N,N,22.5,114.1,440303\n"
        self.assertEqual(0, self.enrol_table(good).returncode)
        before = self.bundles()
        no_text = "T-1,railway,\udcff,N,22.5,114.1,440303\n"
        done = self.enrol_table(good + no_text, "--rekey")
        self.assertEqual(2, done.returncode, done.stderr)
        self.assertEqual(before, self.bundles())

    def test_an_interrupted_table_names_each_row_that_is_in_doubt(self):
        """The broker is frozen: no answer comes, and ^C does."""
        rows = "".join(f"T-{n},railway,N,N,22.5,114.1,440303\n" for n in range(300))
        self.home.start()
        self.assertEqual(0, self.enrol_table(rows).returncode)
        before = self.bundles()
        self.home.broker.popen.send_signal(signal.SIGSTOP)
        done = self.launch("enrol", [
            binary("tocsin"), "enrol", "--csv", self.home.folder / "nodes.csv",
            "--key", self.home.path / "administrator.json", "--rekey",
            "--out", self.home.bundles, "--timeout", "2",
        ])  # fmt: skip
        last = self.home.bundle_path("T-299").with_suffix(".json.old")
        self.wait_until(last.exists)
        code = done.end(signal.SIGINT)
        self.home.broker.popen.send_signal(signal.SIGCONT)
        self.assertIn(code, (3, 4), done.tail())
        told = "\n".join(done.err.now())
        self.assertRegex(told, r"interrupted: \d+ of 300 were not sent")
        after = self.bundles()
        doubtful = 0
        for name, bundle in before.items():
            if f"{name}.old" in after:
                doubtful += 1
                self.assertEqual(bundle, after[f"{name}.old"])
                self.assertIn(f"old one in {self.home.bundles / name}.old", told)
            else:
                self.assertEqual(bundle, after[name])
        self.assertLess(doubtful, 300)

    def test_a_table_with_a_zero_byte_is_not_read_to_there_and_no_further(self):
        row = "T-{},railway,N,N,22.5,114.1,440303\n"
        self.home.start()
        done = self.enrol_table(row.format(1) + "\0" + row.format(2), "--skip-bad")
        self.assertEqual(4, done.returncode, done.stdout + done.stderr)
        self.assertRegex(done.stderr, "nodes.csv: line 3: has a zero byte")
        self.assertEqual({"administrator"}, self.home.principals())

    def test_what_is_no_home_is_left_as_it_is(self):
        folder = self.home.folder / "theirs"
        folder.mkdir()
        for path in (folder, folder / "none", ""):
            done = run_program("tocsind", "run", path)
            self.assertEqual(4, done.returncode, done.stderr)
            self.assertIn("is no home of a broker", done.stderr)
        self.assertEqual([], [*folder.iterdir()])
        done = run_program("tocsind", "init", "")
        self.assertEqual(2, done.returncode, done.stderr)
        for words in (
            ("init",), ("run",), ("backup", self.home.path),
            ("restore", self.home.path), ("journal", "verify"),
        ):  # fmt: skip
            done = run_program("tocsind", *words, "/tmp" + "/x" * 2000)
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn("longer than", done.stderr)

    def test_a_home_with_a_damaged_file_is_not_served_as_another(self):
        """Of zeros, as a crash may leave a file that was being edited."""
        for name in ("tocsin.conf", "divisions.csv"):
            path = self.home.path / name
            whole = path.read_bytes()
            path.write_bytes(bytes(len(whole)))
            done = run_program("tocsind", "run", self.home.path)
            self.assertEqual(4, done.returncode, done.stdout + done.stderr)
            self.assertRegex(done.stderr, f"{name}: .*has a zero byte")
            path.write_bytes(whole)
        self.home.start()

    def test_good_rows_are_enrolled_when_bad_ones_may_be_skipped(self):
        self.home.start()
        self.enrol_table(self.BAD, "--skip-bad")
        self.assertEqual({"administrator", "T-1"}, self.home.principals())
        self.assertEqual(0o600, mode(self.home.bundle_path("T-1")))

    def test_the_same_table_again_changes_nothing(self):
        self.home.start()
        rows = "".join(
            f"T-{n},railway,N,N,22.5,114.1,440303\n" for n in range(50)
        )
        first = self.enrol_table(rows)
        self.assertEqual(0, first.returncode, first.stderr)
        kept = self.home.bundle_path("T-7").read_bytes()
        again = self.enrol_table(rows)
        self.assertEqual(0, again.returncode, again.stderr)
        self.assertEqual(kept, self.home.bundle_path("T-7").read_bytes())
        self.home.stop()
        kinds = [fact.kind for fact in self.home.export()]
        self.assertEqual(50, kinds.count("enrolled"))


@unittest.skipUnless(SOCKET_CALL, "nobody has said how a call is refused here")
class Units(SystemCase):
    """With no sockets but those that the unit allows."""

    def launch_by(self, unit, *words):
        text = (UNITS / unit).read_text()
        families = re.search(r"^RestrictAddressFamilies=(.*)$", text, re.M)[1]
        wrapped = (HERE, KIT / "families.py", families.replace(" ", ","))
        return self.launch(unit, (*wrapped, *words))

    def test_a_broker_and_a_checkpoint_find_each_other(self):
        home = self.make_home()
        home.enrol_checkpoint(NODE, DIVISION, SEEN, KIND)
        broker = self.launch_by(
            "tocsind.service", binary("tocsind"), "run", home.path
        )
        broker.wait_out("^ready ")
        checkpoint = self.launch_by(
            "tocsin-terminal@.service", binary("tocsin-terminal"), "run",
            "--bundle", home.bundle_path(NODE), "--store", home.store_path(NODE),
        )  # fmt: skip
        checkpoint.wait_out("^ready ")


@unittest.skipUnless(os.geteuid() == 0, "only root works in another's home")
class OthersHome(SystemCase):
    """Root works in the home of the user that the broker runs as."""

    OWNER = 4242
    # who has become another user is traced by nobody, a leak checker neither
    ENV = {"ASAN_OPTIONS": "detect_leaks=0"}

    def setUp(self):
        super().setUp()
        self.home = self.make_home()
        Path(self.folder).chmod(0o711)
        self.give(self.home.path)

    def give(self, folder):
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.OWNER, self.OWNER)

    def tocsin(self, *words, code=0):
        done = run_program("tocsin", *words, env=self.ENV)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done

    def enrol(self, name):
        self.tocsin(
            "enrol", "supervisor", name, "--name", "N", "--division", SHENZHEN,
            "--home", self.home.path, "--out", self.home.bundle_path(name),
        )  # fmt: skip

    def assertGiven(self, folder):
        owners = {x: x.stat().st_uid for x in (folder, *folder.rglob("*"))}
        others = [x for x, uid in owners.items() if uid != self.OWNER]
        self.assertEqual([], others)

    def test_what_root_leaves_in_a_home_is_its_owners(self):
        self.enrol("T-1")
        self.assertEqual(0, self.home.bundle_path("T-1").stat().st_uid)
        for words in (
            ("journal", "archive", self.home.path, "--keep-days", "0"),
            ("journal", "verify", self.home.path),
            ("journal", "export", self.home.path),
            ("report-period", self.home.path,
             "--from", "2026-01-01", "--to", "2099-01-01"),
            ("backup", self.home.path, self.home.folder / "copy"),
        ):  # fmt: skip
            self.tocsin(*words)
        self.assertTrue((self.home.path / "archive").exists())
        self.assertGiven(self.home.path)

    def test_a_copy_of_the_owners_can_be_brought_up_to_date_by_root(self):
        copy = self.home.folder / "copy"
        self.tocsin("backup", self.home.path, copy)
        self.give(copy)
        self.enrol("T-1")
        self.tocsin("backup", self.home.path, copy)
        self.assertGiven(copy)

    def test_a_broker_of_root_serves_as_the_owner(self):
        self.home.start(self.ENV)
        status = Path(f"/proc/{self.home.broker.pid}/status").read_text()
        for who in ("Uid", "Gid"):
            self.assertRegex(status, rf"{who}:(\s{self.OWNER}){{4}}\n")
        self.assertRegex(status, r"Groups:\s*\n")
        self.assertGiven(self.home.path)

    def test_who_was_to_end_with_its_parent_still_does(self):
        """As the broker does that `tocsin --home` starts for a command."""
        words = f"setpriv --pdeathsig TERM {binary('tocsind')} run"
        words += f" --maintenance {self.home.path} & wait"
        parent = self.launch("parent", ("sh", "-c", words), self.ENV)
        parent.wait_out("^ready ")
        parent.kill()
        lock = self.home.path / "lock"
        self.wait_until(lambda: not is_locked(lock))

    def test_a_home_that_its_owner_cannot_reach_is_named(self):
        Path(self.folder).chmod(0o700)
        done = run_program("tocsind", "run", self.home.path, env=self.ENV)
        self.assertEqual(4, done.returncode, done.stderr)
        self.assertIn("tocsin.conf: Permission denied", done.stderr)


if __name__ == "__main__":
    unittest.main()
