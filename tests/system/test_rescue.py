#!/usr/bin/python3
"""No administrator's key is left: who has the broker's home and the authority's
key enrols a new one, and nobody else does."""

import json
import os
import sys
import types
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, binary, run_program  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

from tocsin_wire import (  # noqa: E402
    CERTIFICATE,
    REFUSED,
    UP,
    Desk,
    Key,
    alert_pb2,
    common_pb2,
    desk_pb2,
    now_ms,
)

NODE, KIND, DIVISION, _ = LUOHU
NATION = "000000"
HOUR_MS = 3_600_000
SLOW = {
    "LD_PRELOAD": os.environ.get("TOCSIN_SLOW_DISK", ""),
    "ASAN_OPTIONS": "verify_asan_link_order=0",
    "TOCSIN_SLOW_DISK_US": "300000",
}


def seed_of(path):
    return bytes.fromhex(json.loads(path.read_text())["seed"])


class Rescue(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = self.make_home()
        self.lost = self.home.bundles / "administrator.json"
        (self.home.path / "administrator.json").rename(self.lost)

    def words(self, name="ADMIN-2", *more, division=NATION):
        return (
            "enrol", "administrator", name, "--name", "Second", "--division",
            division, "--out", self.home.bundle_path(name),
            "--home", self.home.path, "--rescue", *more,
        )  # fmt: skip

    def rescue(self, *more, code=0, **words):
        done = run_program("tocsin", *self.words(*more, **words))
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done

    def rescues(self):
        return [fact for fact in self.home.export() if fact.rescue]

    def enrol(self, name):
        self.home.tocsin(
            "enrol", "administrator", name, "--name", "N", "--division",
            SHENZHEN, "--out", self.home.bundle_path(name), key="administrator",
        )  # fmt: skip

    def use_it(self):
        """A node, and the end of the key that was lost."""
        home = self.home
        home.tocsin("principals", key="administrator")
        home.tocsin(
            "enrol", "checkpoint", NODE, "--name", NODE, "--kind", KIND,
            "--division", DIVISION, "--lat", SEEN[0], "--lon", SEEN[1],
            "--out", home.bundle_path(NODE), key="ADMIN-2",
        )  # fmt: skip
        home.tocsin(
            "revoke", "administrator", "--reason", "stolen", key="ADMIN-2"
        )
        with Desk(home.bundle("administrator")) as desk:
            self.assertEqual(REFUSED, desk.wait_up())
        with Desk(home.bundle(NODE)) as desk:
            self.assertEqual(UP, desk.wait_up())

    # ---- the way back ----

    def test_with_the_broker_stopped(self):
        done = self.rescue()
        self.assertIn("WARNING: no administrator has enrolled ADMIN-2", done.stderr)
        self.assertIn("revoke the one whose key was lost", done.stderr)
        self.home.verify()
        self.home.start()
        self.use_it()
        self.home.verify()
        self.assertEqual(1, len(self.rescues()))

    def test_with_the_broker_running_who_follows_is_told(self):
        """An administrator of a prefecture, too, and the log; and after a
        restart it is the same."""
        self.home.start()
        self.enrol("CITY")
        watch = self.launch("watch", [
            binary("tocsin"), "watch", "--key", self.home.bundle_path("CITY"),
        ])  # fmt: skip
        count = 0
        while not watch.out.now():  # it listens
            count += 1
            self.enrol(f"OTHER-{count}")
            watch.out.wait(lambda _: True, timeout=3)
        watch.wait_out("OTHER-[0-9]+ enrolled$")
        self.rescue()
        watch.wait_out("ADMIN-2 enrolled as an ADMINISTRATOR by who has the")
        log = "\n".join(self.home.broker.err.now())
        self.assertRegex(log, r"warn administrator\.rescued id=ADMIN-2 by=- ")
        self.use_it()
        self.home.stop()
        self.home.verify()
        self.home.start()
        told = self.home.tocsin("principals", "--json", key="ADMIN-2")
        known = {x["id"]: x.get("revoked", False) for x in json.loads(told)["principals"]}
        self.assertTrue(known["administrator"])
        self.assertFalse(known["ADMIN-2"])

    def test_the_lost_key_can_be_replaced_at_once(self):
        words = [*self.words("administrator", "--rekey")]
        done = run_program("tocsin", *words)
        self.assertEqual(0, done.returncode, done.stderr)
        old = self.home.bundles / "administrator.json.old"
        for key, code in ((old, 1), (self.lost, 0)):
            done = run_program(
                "tocsin", "principals", "--home", self.home.path, "--key", key
            )
            self.assertEqual(code, min(done.returncode, 1), done.stderr)
        self.home.verify()

    def test_killed_at_any_moment_it_is_done_or_not(self):
        """And it can be said again."""
        for _ in range(8):
            argv = [binary("tocsin"), *map(str, self.words())]
            enrol = self.launch("enrol", argv)
            enrol.err.thread.join(self.chance.uniform(0, 0.4))
            enrol.kill()
            self.home.verify()
            self.assertLessEqual(len(self.rescues()), 1)
        self.wait_until(
            lambda: run_program("tocsin", *self.words()).returncode == 0
        )
        self.assertEqual(1, len(self.rescues()))
        self.home.verify()
        self.home.start()
        self.use_it()

    def test_of_two_at_once_with_one_name_one_is_enrolled(self):
        """The second one waits for the first, whose fact is on its way to a
        slow disk."""
        self.home.start(SLOW)
        other = self.home.bundles / "other"
        other.mkdir()
        two = [
            self.launch("enrol", [binary("tocsin"), *map(str, words)])
            for words in (self.words(), self.words("ADMIN-2", "--out", other))
        ]
        self.assertEqual([0, 1], sorted(x.wait_end() for x in two))
        self.assertEqual(1, len(self.rescues()))

    # ---- what is missing ----

    def test_who_looks_for_the_key_in_the_home_is_told_the_way(self):
        done = run_program("tocsin", "principals", "--home", self.home.path)
        self.assertEqual(4, done.returncode)
        self.assertIn("--rescue", done.stderr)

    def test_it_needs_the_authority_which_may_lie_elsewhere(self):
        away = self.home.folder / "authority.key"
        authority = self.home.path / "keys/authority.key"
        authority.rename(away)
        told = self.rescue(code=4).stderr
        self.assertIn(str(authority), told)
        self.assertIn("--authority", told)
        other = self.home.folder / "other.key"
        run_program("tocsin", "keygen", other)
        done = self.rescue("ADMIN-2", "--authority", other, code=1)
        self.assertIn("certificate: is not the authority's", done.stderr)
        self.assertFalse(self.home.bundle_path("ADMIN-2").exists())
        self.rescue("ADMIN-2", "--authority", away)
        self.home.start()
        self.use_it()

    def test_it_is_said_what_is_wrong_with_it(self):
        key = ("--key", self.lost)
        for words, told in (
            (("enrol", "centre", "C", "--name", "N", "--division", SHENZHEN,
              "--home", self.home.path, "--rescue"), "enrols an administrator"),
            (("enrol", "administrator", "A", "--name", "N", "--division",
              NATION, "--rescue", *key), "needs --home HOME"),
            ((*self.words(), *key), "and no --key"),
            (("enrol", "--csv", "x", "--out", "y", "--rescue", "--home",
              self.home.path), "ROLE and ID"),
        ):  # fmt: skip
            done = run_program("tocsin", *words)
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn(told, done.stderr)

    # ---- who may not ----

    def owner(self):
        """A desk with the broker's own key."""
        key = Key(seed_of(self.home.path / "keys/broker.key"))
        bundle = types.SimpleNamespace(
            role=common_pb2.ROLE_ADMINISTRATOR, key=key, broker_key=key.public,
            command=self.home.endpoints["command"], id="",
        )  # fmt: skip
        desk = Desk(bundle)
        self.addCleanup(desk.close)
        self.assertEqual(UP, desk.wait_up())
        return desk

    def certificate(self, principal, role=None, hours=1, sign=None):
        authority = sign or Key(seed_of(self.home.path / "keys/authority.key"))
        content = alert_pb2.Certificate(
            principal=principal.id,
            role=role or principal.role,
            public_key=principal.public_key,
            division=principal.division,
            not_before_ms=now_ms() - 2 * HOUR_MS,
            not_after_ms=now_ms() + hours * HOUR_MS,
        )
        packed = content.SerializeToString()
        return alert_pb2.SignedCertificate(
            content=packed, signature=authority.sign(CERTIFICATE, packed)
        )

    def test_who_has_the_brokers_key_alone_enrols_nobody(self):
        self.home.start()
        desk = self.owner()

        def ask(role=common_pb2.ROLE_ADMINISTRATOR, other="", **certified):
            who = desk_pb2.Principal(
                id="T-1", role=role, name="N", division=NATION,
                public_key=Key().public,
            )  # fmt: skip
            if role == common_pb2.ROLE_OFFICER:
                who.officer.rank, who.officer.unit = 2, "U"
            if certified:
                who.certificate.CopyFrom(self.certificate(who, **certified))
            who.id = other or who.id
            enrol = desk_pb2.Enrol(principal=who)
            return desk.ask(desk_pb2.Request(enrol=enrol))

        good = {"hours": 1}
        for reply, field in (
            (ask(), "certificate"),
            (ask(**good, sign=Key()), "certificate"),
            (ask(**good, role=common_pb2.ROLE_SUPERVISOR), "role"),
            (ask(**good, other="T-2"), "certificate"),
            (ask(hours=-1), "certificate"),
        ):
            self.assertEqual(field, self.assertStatus("DENIED", reply).field)
        for request in (
            desk_pb2.Request(list_principals={}),
            desk_pb2.Request(revoke={"id": "administrator", "reason": "x"}),
            desk_pb2.Request(list_alerts={}),
            desk_pb2.Request(follow={}),
        ):
            reply = self.assertStatus("DENIED", desk.ask(request))
            self.assertEqual("role", reply.field)
        self.assertEqual([], self.rescues())
        self.assertStatus("RECORDED", ask(**good))
        self.assertEqual(1, len(self.rescues()))


if __name__ == "__main__":
    unittest.main()
