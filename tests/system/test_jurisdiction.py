#!/usr/bin/python3
"""Everyone acts within their own division."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase  # noqa: E402
from places import (  # noqa: E402
    BEIJING,
    DONGCHENG,
    GUANGDONG,
    LUOHU,
    SEEN,
    SHENZHEN,
)

from centre import new_alert  # noqa: E402
from tocsin_wire import Key, common_pb2, desk_pb2  # noqa: E402

SEEN_IN_BEIJING = (39.91, 116.41)


class Jurisdiction(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-SHENZHEN", SHENZHEN)
        home.enrol("centre", "T-GUANGDONG", GUANGDONG)
        home.enrol("centre", "T-BEIJING", BEIJING)
        home.enrol_nodes([LUOHU, DONGCHENG])

    def alert(self, seen=SEEN, division=SHENZHEN):
        return new_alert(seen, common_pb2.Target(divisions=[division]))

    def filed(self, centre="T-SHENZHEN"):
        alert = self.alert()
        reply = self.home.centre(centre).report(alert)
        self.assertStatus("RECORDED", reply)
        return alert

    def test_a_centre_files_only_where_it_has_jurisdiction(self):
        centre = self.home.centre("T-SHENZHEN")
        reply = centre.report(self.alert(SEEN_IN_BEIJING))
        self.assertStatus("DENIED", reply)
        self.assertStatus("RECORDED", centre.report(self.alert()))

    def test_a_division_that_is_far_from_the_point_is_invalid(self):
        alert = self.alert(SEEN_IN_BEIJING)
        alert.last_seen.place.division = "440303"
        reply = self.home.centre("T-SHENZHEN").report(alert)
        self.assertStatus("INVALID", reply)

    def test_a_target_may_reach_beyond_the_jurisdiction(self):
        alert = self.alert(division=BEIJING)
        reply = self.home.centre("T-SHENZHEN").report(alert)
        self.assertStatus("RECORDED", reply)
        self.assertEqual(1, reply.filed.nodes)

    def test_only_the_centre_or_one_above_it_revises_and_withdraws(self):
        alert = self.filed()
        alert.revision = 2
        beijing = self.home.centre("T-BEIJING")
        self.assertStatus("DENIED", beijing.revise(alert))
        self.assertStatus("DENIED", beijing.withdraw(alert.alert_id, 2))
        above = self.home.centre("T-GUANGDONG")
        self.assertStatus("RECORDED", above.revise(alert))
        own = self.home.centre("T-SHENZHEN")
        self.assertStatus("RECORDED", own.withdraw(alert.alert_id, 3))

    def test_a_centre_below_does_not_withdraw_what_one_above_filed(self):
        alert = self.alert()
        alert.last_seen.place.division = GUANGDONG
        above = self.home.centre("T-GUANGDONG")
        self.assertStatus("RECORDED", above.report(alert))
        own = self.home.centre("T-SHENZHEN")
        self.assertStatus("DENIED", own.withdraw(alert.alert_id, 2))

    def visible(self, name):
        asking = desk_pb2.ListAlerts()
        reply = self.home.centre(name).ask(list_alerts=asking)
        self.assertStatus("OK", reply)
        return {item.alert_id for item in reply.alert_list.alerts}

    def test_a_supervisor_sees_only_what_concerns_its_own(self):
        self.home.enrol("supervisor", "T-SUP-SZ", SHENZHEN)
        self.home.enrol("supervisor", "T-SUP-BJ", BEIJING)
        alert = self.filed()
        self.assertEqual({alert.alert_id}, self.visible("T-SUP-SZ"))
        self.assertEqual(set(), self.visible("T-SUP-BJ"))
        other = self.home.centre("T-SUP-BJ")
        self.assertStatus("NOT_FOUND", other.show(alert.alert_id))
        self.assertIsNone(other.board(alert.alert_id))

    def test_an_alert_is_seen_where_it_was_sent(self):
        self.home.enrol("supervisor", "T-SUP-BJ", BEIJING)
        alert = self.alert(division=BEIJING)
        centre = self.home.centre("T-SHENZHEN")
        self.assertStatus("RECORDED", centre.report(alert))
        self.assertEqual({alert.alert_id}, self.visible("T-SUP-BJ"))

    def test_a_supervisor_files_nothing(self):
        self.home.enrol("supervisor", "T-SUP-SZ", SHENZHEN)
        supervisor = self.home.centre("T-SUP-SZ")
        withdraw = desk_pb2.Withdraw()
        self.assertStatus("DENIED", supervisor.ask(withdraw=withdraw))

    def enrolment(self, name, division):
        enrol = desk_pb2.Enrol()
        who = enrol.principal
        who.id, who.name, who.division = name, "Test", division
        who.role = common_pb2.ROLE_SUPERVISOR
        who.public_key = Key().public
        return enrol

    def test_an_administrator_enrols_and_revokes_only_inside(self):
        self.home.enrol("administrator", "T-ADMIN-SZ", SHENZHEN)
        admin = self.home.centre("T-ADMIN-SZ")
        enrol = self.enrolment("T-INSIDE", "440305")
        self.assertStatus("RECORDED", admin.ask(enrol=enrol))
        for division in (BEIJING, GUANGDONG):
            enrol = self.enrolment("T-OUTSIDE", division)
            self.assertStatus("DENIED", admin.ask(enrol=enrol))
        for name, status in (
            ("T-INSIDE", "RECORDED"),
            ("T-BEIJING", "DENIED"),
            ("T-NOBODY", "NOT_FOUND"),
        ):
            revoke = desk_pb2.Revoke(id=name, reason="test")
            self.assertStatus(status, admin.ask(revoke=revoke))

    def test_an_administrator_does_not_take_over_a_key_from_outside(self):
        self.home.enrol("administrator", "T-ADMIN-SZ", SHENZHEN)
        self.home.enrol("supervisor", "T-SUP-BJ", BEIJING)
        enrol = self.enrolment("T-SUP-BJ", SHENZHEN)
        enrol.rekey = True
        admin = self.home.centre("T-ADMIN-SZ")
        self.assertStatus("DENIED", admin.ask(enrol=enrol))


if __name__ == "__main__":
    unittest.main()
