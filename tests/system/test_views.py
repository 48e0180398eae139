#!/usr/bin/python3
"""Who sees how much of a case: the same case, asked for by everybody."""

import secrets
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase  # noqa: E402
from places import (  # noqa: E402
    BEIJING,
    DONGCHENG,
    LUOHU,
    SEEN,
    SHENZHEN,
)

from centre import Centre, new_alert  # noqa: E402
from tocsin_wire import Bundle, common_pb2, desk_pb2, picture_hash  # noqa: E402

HERE, THERE = "by the north gate, alone", "on platform nine, with a bag"
LOG = "the grandmother was asked once more"
OWN = ("T-CENTRE", "T-SUP", "T-LEAD")  # of the case's own division
NEAR = ("T-BEIJING", "T-FAR")  # where it was sent to as well
PARTNER = "T-PARTNER"
PICTURE = b"\xff\xd8\xff" + secrets.token_bytes(900)


class Views(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("supervisor", "T-SUP", SHENZHEN)
        self.officer("T-LEAD", SHENZHEN)
        home.enrol("centre", "T-BEIJING", BEIJING)
        self.officer("T-FAR", BEIJING)
        home.enrol("liaison", PARTNER, BEIJING)
        home.enrol("liaison", "T-NOWHERE", "350000")
        home.enrol_nodes([LUOHU, DONGCHENG])
        self.alert = self.report()

    def officer(self, name, division):
        self.home.enrol("officer", name, division, "--rank", "county",
                        "--unit", "Test unit")  # fmt: skip

    def put_picture(self, who, alert_id):
        """Ahead of the alert that will name it."""
        picture = {"hash": picture_hash(PICTURE), "media_type": "image/jpeg",
                   "size": len(PICTURE)}  # fmt: skip
        reply = self.ask(who, put_picture=desk_pb2.PutPicture(
            alert_id=alert_id, picture=picture, data=PICTURE))  # fmt: skip
        self.assertStatus("OK", reply)
        return picture

    def report(self):
        alert = new_alert(
            SEEN, common_pb2.Target(divisions=[SHENZHEN, BEIJING])
        )
        picture = self.put_picture("T-CENTRE", alert.alert_id)
        for who in (*OWN, *NEAR, PARTNER, "administrator"):
            # a draft is nobody's
            self.assertEqual(0, self.picture_bytes(who, alert.alert_id))
        for field, value in picture.items():
            setattr(alert.picture, field, value)
        centre = Centre(Bundle(self.home.bundle_path("T-CENTRE")))
        with centre:
            self.assertStatus("RECORDED", centre.report(alert))
        return alert.alert_id

    def ask(self, who, **body):
        path = (
            self.home.path / "administrator.json"
            if who == "administrator"
            else self.home.bundle_path(who)
        )
        with Centre(Bundle(path)) as desk:
            return desk.ask(**body)

    def picture_bytes(self, who, alert_id):
        get = desk_pb2.GetPicture(
            hash=picture_hash(PICTURE), alert_id=alert_id
        )
        return len(self.ask(who, get_picture=get).picture_chunk.data)

    def seen_at(self, node, text):
        home = self.home
        home.start_terminal(node).wait_out(r"^ready")
        self.wait_until(lambda: self.alert in home.on_terminal(node))
        home.terminal(node, "sighting", self.alert, "--officer", "7",
                      "--text", text, "--wait", "20")  # fmt: skip

    def worked_on(self):
        """Seen in both cities, led, logged."""
        self.seen_at(LUOHU[0], HERE)
        self.seen_at(DONGCHENG[0], THERE)
        tocsin = self.home.tocsin
        tocsin("lead", self.alert, "--offer", "T-LEAD", key="T-CENTRE")
        tocsin("lead", self.alert, "--accept", key="T-LEAD")
        tocsin("duty", self.alert, "rescue", "--log", LOG, key="T-LEAD")

    def told(self, who, command, code=0):
        return self.home.tocsin(command, self.alert, key=who, code=code)

    def test_the_file_of_a_case_is_its_own_divisions(self):
        self.worked_on()
        for who in OWN:
            self.assertIn(LOG, self.told(who, "case"))
            self.assertIn(HERE, self.told(who, "sightings"))
            self.assertIn(THERE, self.told(who, "sightings"))
            self.assertIn(self.alert, self.home.tocsin("cases", "--json",
                                                       key=who))  # fmt: skip
        for who in NEAR:
            self.told(who, "case", code=1)
            self.assertNotIn(HERE, self.told(who, "sightings"))
            self.assertIn(THERE, self.told(who, "sightings"))
            shown = self.told(who, "show")
            self.assertIn("Keep the child in sight", shown)
            self.assertNotIn(HERE, shown)
            self.assertNotIn(self.alert, self.home.tocsin(
                "cases", "--json", key=who))  # fmt: skip

    def test_a_partner_sees_the_alerts_of_its_scope_and_no_more(self):
        self.worked_on()
        for command in ("case", "sightings"):
            self.told(PARTNER, command, code=1)
        self.home.tocsin("cases", key=PARTNER, code=1)
        shown = self.told(PARTNER, "show")
        self.assertIn("Keep the child in sight", shown)
        self.assertNotIn(HERE, shown)
        self.assertEqual(len(PICTURE), self.picture_bytes(PARTNER, self.alert))
        board = self.home.tocsin_json("board", self.alert, "--list", "all",
                                      key=PARTNER)  # fmt: skip
        self.assertEqual([DONGCHENG[0]], [x["node"] for x in board["nodes"]])
        self.assertNotIn(self.alert, self.home.tocsin(
            "alerts", "--json", key="T-NOWHERE"))  # fmt: skip
        self.told("T-NOWHERE", "show", code=1)
        self.assertEqual(0, self.picture_bytes("T-NOWHERE", self.alert))

    def events(self, who):
        follow = desk_pb2.Follow(after=1, wait_ms=1)
        return self.ask(who, follow=follow).event_list.events

    def test_who_follows_hears_what_it_may_read(self):
        self.worked_on()
        step, answered = (desk_pb2.EVENT_KIND_ORDERED,
                          desk_pb2.EVENT_KIND_ANSWERED)  # fmt: skip
        for who, orders, texts, nodes in (
            ("T-LEAD", 3, {HERE, THERE}, {LUOHU[0], DONGCHENG[0]}),
            ("T-FAR", 0, {THERE}, {LUOHU[0], DONGCHENG[0]}),
            (PARTNER, 0, {THERE}, {DONGCHENG[0]}),
            ("administrator", 0, set(), {LUOHU[0], DONGCHENG[0]}),
            ("T-NOWHERE", 0, set(), set()),
        ):
            heard = [e for e in self.events(who) if e.alert_id]
            said = b"".join(e.answer.content for e in heard)
            self.assertEqual(orders, sum(e.kind == step for e in heard), who)
            self.assertEqual(
                texts, {t for t in (HERE, THERE) if t.encode() in said}, who
            )
            self.assertEqual(
                nodes,
                {e.principal for e in heard if e.kind == answered},
                who,
            )

    def test_an_administrator_sees_that_it_runs_and_nothing_of_the_child(self):
        self.assertIn(self.alert, self.home.tocsin("alerts", "--json"))
        self.home.tocsin("board", self.alert)
        for command in ("show", "case", "sightings"):
            self.home.tocsin(command, self.alert, code=1)
        self.assertEqual(0, self.picture_bytes("administrator", self.alert))


if __name__ == "__main__":
    unittest.main(verbosity=2)
