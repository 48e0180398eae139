#!/usr/bin/python3
"""Strangers, the revoked, and those who claim what is not theirs."""

import secrets
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

import zmq  # noqa: E402

from home import PATIENCE_S, SystemCase  # noqa: E402
from places import FUTIAN, LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import (  # noqa: E402
    ALERT,
    CONNECTING,
    REFUSED,
    UP,
    Bundle,
    Desk,
    Key,
    Line,
    alert_pb2,
    answer_pb2,
    common_pb2,
    desk_pb2,
    now_ms,
    sign_answer,
)

NODE, OTHER = LUOHU[0], FUTIAN[0]


class Hostile(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU, FUTIAN])
        self.centre = home.centre("T-CENTRE")
        self.node = home.bundle(NODE)

    def desk(self, bundle, **where):
        desk = Desk(bundle, **where)
        self.addCleanup(desk.close)
        return desk

    def alert(self):
        return new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))

    def filed(self):
        alert = self.alert()
        self.assertStatus("RECORDED", self.centre.report(alert))
        return alert

    def answer(self, alert, rung, node=NODE):
        return answer_pb2.Answer(
            answer_id=secrets.token_bytes(16),
            node=node,
            alert_id=alert.alert_id,
            revision=1,
            rung=rung,
            at_ms=now_ms(),
            officer="P-17",
        )

    def say(self, desk, answer, key):
        request = desk_pb2.Request()
        signed = sign_answer(answer, key)
        request.acknowledge.answer.CopyFrom(signed)
        return desk.ask(request)

    # ---- the door ----

    def assertRefusedAt(self, gate, bundle, who, **where):
        desk = self.desk(bundle, **where)
        self.assertEqual(REFUSED, desk.wait_up())
        self.home.wait_refused(gate, who, "handshake.*")

    def test_a_stranger_does_not_pass_the_handshake(self):
        for gate in ("command", "field"):
            endpoint = self.home.endpoints[gate]
            stranger = {"key": Key(), "endpoint": endpoint}
            self.assertRefusedAt(gate, self.node, "-", **stranger)

    def subscriber(self, key):
        context = zmq.Context()
        self.addCleanup(context.term)
        node = self.node
        setup = (node.feed, node.broker_key, key, [""])
        line = Line(context, zmq.SUB, *setup)
        self.addCleanup(line.close)
        while line.state == CONNECTING:
            self.assertTrue(line.monitor.poll(PATIENCE_S * 1000))
            line.look()
        return line

    def test_a_stranger_does_not_subscribe(self):
        self.assertEqual(UP, self.subscriber(self.node.key).state)
        self.assertEqual(REFUSED, self.subscriber(Key()).state)
        self.home.wait_refused("feed", "-", "handshake.*")

    def test_a_revoked_key_does_not_subscribe(self):
        self.home.tocsin("revoke", NODE, "--reason", "lost")
        self.assertEqual(REFUSED, self.subscriber(self.node.key).state)

    def test_a_checkpoint_does_not_pass_the_command_desk(self):
        endpoint = self.home.endpoints["command"]
        self.assertRefusedAt("command", self.node, NODE, endpoint=endpoint)

    def test_a_centre_does_not_pass_the_field_desk(self):
        endpoint = self.home.endpoints["field"]
        bundle = self.centre.bundle
        self.assertRefusedAt("field", bundle, "T-CENTRE", endpoint=endpoint)

    # ---- the revoked ----

    def test_a_revoked_key_is_denied_on_a_connection_that_was_open(self):
        alert = self.filed()
        desk = self.desk(self.node)
        beat = desk_pb2.Request(heartbeat=desk_pb2.Heartbeat())
        self.assertStatus("OK", desk.ask(beat))
        self.home.tocsin("revoke", NODE, "--reason", "lost")
        for body in (
            {"heartbeat": desk_pb2.Heartbeat()},
            {"get_keys": desk_pb2.GetKeys()},
            {"sync": desk_pb2.Sync()},
        ):
            reply = desk.ask(desk_pb2.Request(**body))
            self.assertStatus("DENIED", reply)
            self.assertIsNone(reply.WhichOneof("body"))
        sighting = self.answer(alert, answer_pb2.RUNG_SIGHTING)
        reply = self.say(desk, sighting, self.node.key)
        self.assertStatus("DENIED", reply)
        self.assertEqual(1, desk.line.connects)
        self.home.wait_refused("field", NODE, "DENIED/principal", 4)

    def test_a_revoked_key_does_not_pass_the_handshake(self):
        self.home.tocsin("revoke", NODE, "--reason", "lost")
        self.assertRefusedAt("field", self.node, NODE)

    def test_a_revoked_centre_files_nothing(self):
        self.assertStatus("RECORDED", self.centre.report(self.alert()))
        self.home.tocsin("revoke", "T-CENTRE", "--reason", "closed")
        self.assertStatus("DENIED", self.centre.report(self.alert()))

    def test_an_old_key_is_dead_after_a_rekey(self):
        desk = self.desk(self.node)
        beat = desk_pb2.Request(heartbeat=desk_pb2.Heartbeat())
        self.assertStatus("OK", desk.ask(beat))
        name, kind, division, (latitude, longitude) = LUOHU
        self.home.enrol(
            "checkpoint", name, division, "--kind", kind, "--rekey",
            "--lat", latitude, "--lon", longitude,
        )  # fmt: skip
        beat = desk_pb2.Request(heartbeat=desk_pb2.Heartbeat())
        self.assertStatus("DENIED", desk.ask(beat))
        self.assertRefusedAt("field", self.node, ".*")
        fresh = self.desk(self.home.bundle(NODE))
        self.assertEqual(UP, fresh.wait_up())

    # ---- the wrong role ----

    def test_a_terminal_files_no_report(self):
        desk = self.desk(self.node)
        report = desk_pb2.Report(
            alert=self.centre.signed(alert=self.alert())
        )
        reply = desk.ask(desk_pb2.Request(report=report))
        self.assertStatus("DENIED", reply)
        self.home.wait_refused("field", NODE, "DENIED/role")

    def test_a_centre_enrols_nobody_and_answers_nothing(self):
        for body in (
            {"enrol": desk_pb2.Enrol()},
            {"revoke": desk_pb2.Revoke(id=NODE, reason="test")},
            {"acknowledge": desk_pb2.Acknowledge()},
            {"get_keys": desk_pb2.GetKeys()},
            {"sync": desk_pb2.Sync()},
        ):
            self.assertStatus("DENIED", self.centre.ask(**body))

    def test_an_administrator_files_no_report(self):
        admin = self.desk(Bundle(self.home.path / "administrator.json"))
        report = desk_pb2.Report(
            alert=self.centre.signed(alert=self.alert())
        )
        reply = admin.ask(desk_pb2.Request(report=report))
        self.assertStatus("DENIED", reply)

    # ---- forgeries ----

    def report_signed(self, sealed):
        return self.centre.ask(report=desk_pb2.Report(alert=sealed))

    def test_a_forged_alert_is_denied(self):
        sealed = self.centre.signed(alert=self.alert())
        sealed.signature = Key().sign(ALERT, sealed.content)
        self.assertStatus("DENIED", self.report_signed(sealed))
        self.home.wait_refused("command", "T-CENTRE", "DENIED/.*signature")

    def test_a_changed_alert_is_denied(self):
        sealed = self.centre.signed(alert=self.alert())
        other = self.centre.signed(alert=self.alert())
        sealed.content = other.content
        self.assertStatus("DENIED", self.report_signed(sealed))

    def test_a_certificate_of_ones_own_making_is_denied(self):
        key = Key()
        certificate = alert_pb2.Certificate.FromString(
            self.centre.bundle.certificate.content
        )
        certificate.public_key = key.public
        content = certificate.SerializeToString()
        sealed = self.centre.signed(alert=self.alert())
        sealed.certificate.content = content
        sealed.certificate.signature = key.sign(
            "tocsin/v1/certificate", content
        )
        sealed.signature = key.sign(ALERT, sealed.content)
        self.assertStatus("DENIED", self.report_signed(sealed))

    def test_another_centres_alert_is_denied(self):
        self.home.enrol("centre", "T-SECOND", SHENZHEN)
        second = self.home.centre("T-SECOND")
        report = desk_pb2.Report(
            alert=self.centre.signed(alert=self.alert())
        )
        self.assertStatus("DENIED", second.ask(report=report))

    def test_an_answer_signed_by_another_key_is_denied(self):
        alert = self.filed()
        desk = self.desk(self.node)
        for key in (Key(), self.home.bundle(OTHER).key):
            sighting = self.answer(alert, answer_pb2.RUNG_SIGHTING)
            self.assertStatus("DENIED", self.say(desk, sighting, key))
        self.home.wait_refused("field", NODE, "DENIED/answer.signature", 2)
        self.assertEqual(0, self.progress(alert).sighting)

    def test_nobody_says_held_for_another_node(self):
        alert = self.filed()
        desk = self.desk(self.node)
        held = self.answer(alert, answer_pb2.RUNG_HELD, OTHER)
        self.assertStatus("DENIED", self.say(desk, held, self.node.key))
        self.assertEqual(0, self.progress(alert).held)

    def test_a_checkpoint_relays_nobodys_sighting(self):
        alert = self.filed()
        desk = self.desk(self.node)
        sighting = self.answer(alert, answer_pb2.RUNG_SIGHTING, OTHER)
        key = self.home.bundle(OTHER).key
        self.assertStatus("DENIED", self.say(desk, sighting, key))

    def progress(self, alert):
        return self.centre.board(alert.alert_id).summary.progress

    # ---- replays ----

    def test_the_same_report_again_is_a_duplicate(self):
        request = desk_pb2.Request(request_id=secrets.token_bytes(16))
        sealed = self.centre.signed(alert=self.alert())
        request.report.alert.CopyFrom(sealed)
        first = self.centre.desk.ask(request)
        self.assertStatus("RECORDED", first)
        for _ in range(3):
            again = self.centre.desk.ask(request)
            self.assertStatus("DUPLICATE", again)
            self.assertEqual(first.sequence, again.sequence)
            self.assertEqual(first.filed, again.filed)
        self.home.stop()
        self.home.start()
        again = self.centre.desk.ask(request)
        self.assertStatus("DUPLICATE", again)
        self.assertEqual(first.filed, again.filed)

    def test_the_same_id_for_another_request_is_a_conflict(self):
        request = desk_pb2.Request(request_id=secrets.token_bytes(16))
        sealed = self.centre.signed(alert=self.alert())
        request.report.alert.CopyFrom(sealed)
        self.assertStatus("RECORDED", self.centre.desk.ask(request))
        other = self.centre.signed(alert=self.alert())
        request.report.alert.CopyFrom(other)
        self.assertStatus("CONFLICT", self.centre.desk.ask(request))

    def test_the_same_answer_again_is_a_duplicate(self):
        alert = self.filed()
        desk = self.desk(self.node)
        for rung in (answer_pb2.RUNG_HELD, answer_pb2.RUNG_SIGHTING):
            answer = self.answer(alert, rung)
            first = self.say(desk, answer, self.node.key)
            self.assertStatus("RECORDED", first)
            again = self.say(desk, answer, self.node.key)
            self.assertStatus("DUPLICATE", again)
            self.assertEqual(first.sequence, again.sequence)

    def test_the_same_answer_id_for_another_answer_is_a_conflict(self):
        alert = self.filed()
        desk = self.desk(self.node)
        answer = self.answer(alert, answer_pb2.RUNG_SIGHTING)
        reply = self.say(desk, answer, self.node.key)
        self.assertStatus("RECORDED", reply)
        answer.text = "somebody else"
        reply = self.say(desk, answer, self.node.key)
        self.assertStatus("CONFLICT", reply)

    def test_a_revision_out_of_turn_is_a_conflict(self):
        alert = self.filed()
        for revision in (1, 3, 7):
            alert.revision = revision
            self.assertStatus("CONFLICT", self.centre.revise(alert))
        alert.revision = 2
        self.assertStatus("RECORDED", self.centre.revise(alert))
        reply = self.centre.withdraw(alert.alert_id, 3)
        self.assertStatus("RECORDED", reply)
        alert.revision = 4
        self.assertStatus("CONFLICT", self.centre.revise(alert))

    def test_an_old_alert_is_not_filed_again(self):
        alert = self.alert()
        alert.sent_ms -= 11 * 60_000
        reply = self.centre.report(alert)
        self.assertStatus("INVALID", reply)


if __name__ == "__main__":
    unittest.main()
