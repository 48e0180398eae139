#!/usr/bin/python3
"""What a checkpoint makes of messages that come late, twice, in the wrong
order or forged: the real terminal and the Python one alike."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from fake_broker import FakeBroker, World  # noqa: E402
from home import Home, SystemCase  # noqa: E402
from places import SEEN, SHENZHEN  # noqa: E402

from centre import new_alert  # noqa: E402
from tocsin_wire import (  # noqa: E402
    ALERT,
    CERTIFICATE,
    Key,
    alert_pb2,
    answer_pb2,
    common_pb2,
    feed_pb2,
    now_ms,
    sign_document,
)

NODE = "T-NODE"


def shenzhen_alert():
    return new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))


class WrongOrder:
    """The promises; a subclass says which program is to keep them."""

    def setUp(self):
        super().setUp()
        self.home = Home(self, self.folder)
        world = World(self.home.bundles, self.home.host)
        self.writer = world.centre("T-CENTRE", SHENZHEN)
        node = world.node(NODE, "440303", (22.532, 114.113))
        self.fake = FakeBroker(world.broker, node)
        self.addCleanup(self.fake.close)
        self.start()
        self.fake.wait(lambda: self.fake.syncs > 0)
        self.sequence = 10
        self.alert = shenzhen_alert()

    # ---- documents ----

    def signed(self, revision):
        alert = alert_pb2.Alert()
        alert.CopyFrom(self.alert)
        alert.revision = revision
        document = alert_pb2.AlertDocument(alert=alert)
        return sign_document(document, self.writer)

    def signed_withdrawal(self, revision):
        withdrawal = alert_pb2.Withdrawal(
            alert_id=self.alert.alert_id,
            revision=revision,
            sent_ms=now_ms(),
            reason=alert_pb2.WITHDRAWAL_REASON_CHILD_FOUND,
        )
        document = alert_pb2.AlertDocument(withdrawal=withdrawal)
        return sign_document(document, self.writer)

    def notice(self, document):
        self.sequence += 1
        return feed_pb2.Notice(
            sequence=self.sequence,
            recorded_ms=now_ms(),
            case_number="440303-2026-000001",
            prefixes=["440303"],
            document=document,
        )

    def push(self, document):
        """A true notice: part of the picture from now on."""
        notice = self.notice(document)
        self.fake.book(notice)
        self.fake.push(notice)

    # ---- what came of it ----

    def held(self):
        """Revisions of our alert that were answered with HELD."""
        answers = [
            answer_pb2.Answer.FromString(answer.content)
            for answer in list(self.fake.answers)
        ]
        return {
            answer.revision
            for answer in answers
            if answer.rung == answer_pb2.RUNG_HELD
            and answer.alert_id == self.alert.alert_id
        }

    def wait_held(self, revision):
        self.fake.wait(lambda: revision in self.held())

    def settle(self):
        """Until everything sent so far has been dealt with: things are taken
        in order, so what is pushed after the others is answered last."""
        kept, self.alert = self.alert, shenzhen_alert()
        self.push(self.signed(1))
        self.wait_held(1)
        self.push(self.signed_withdrawal(2))
        self.wait_held(2)
        self.alert = kept

    # ---- the promises ----

    def test_a_withdrawal_overtakes_its_alert(self):
        late = self.signed(1)
        self.push(self.signed_withdrawal(2))
        self.wait_held(2)
        self.push(late)
        self.settle()
        self.assertEqual({}, self.listed())

    def test_an_older_revision_never_replaces_a_newer_one(self):
        self.push(self.signed(3))
        self.wait_held(3)
        self.push(self.signed(2))
        self.settle()
        self.assertEqual({self.alert.alert_id: 3}, self.listed())

    def test_an_alert_that_comes_twice_is_one_alert(self):
        document = self.signed(1)
        for _ in range(3):
            self.push(document)
        self.settle()
        self.assertEqual({self.alert.alert_id: 1}, self.listed())

    def assertNotTaken(self, document):
        self.fake.push(self.notice(document))
        self.settle()
        self.assertEqual({}, self.listed())
        self.assertEqual(set(), self.held())

    def test_an_alert_with_a_forged_signature_is_not_taken(self):
        document = self.signed(1)
        document.signature = Key().sign(ALERT, document.content)
        self.assertNotTaken(document)

    def test_an_alert_that_was_changed_is_not_taken(self):
        document = self.signed(1)
        document.content += b"\x72\x01X"  # contact
        self.assertNotTaken(document)

    def test_an_alert_under_another_authority_is_not_taken(self):
        document = self.signed(1)
        sealed = document.certificate
        sealed.signature = Key().sign(CERTIFICATE, sealed.content)
        self.assertNotTaken(document)

    def test_an_exercise_under_the_key_for_actual_alerts_is_not_taken(self):
        self.alert.exercise = True
        document = self.signed(1)
        self.alert.exercise = False
        document.signature = self.writer.key.sign(ALERT, document.content)
        self.assertNotTaken(document)

    def test_an_alert_beyond_its_limits_is_not_taken(self):
        self.alert.child.age.max_months = 301
        self.assertNotTaken(self.signed(1))

    def test_an_alert_signed_outside_its_certificates_time_is_not_taken(self):
        self.alert.sent_ms += 400 * 86_400_000
        self.alert.expires_ms = self.alert.sent_ms + 1000
        self.assertNotTaken(self.signed(1))

    def test_expiry_is_not_believed_before_its_time(self):
        document = self.signed(1)
        self.push(document)
        self.wait_held(1)
        notice = self.notice(document)
        notice.expired = True
        self.fake.push(notice)
        self.settle()
        self.assertEqual({self.alert.alert_id: 1}, self.listed())

    def test_a_missing_link_in_the_chain_brings_a_sync(self):
        before = self.fake.syncs
        missed = self.notice(self.signed(1))
        self.alert = shenzhen_alert()
        seen = self.notice(self.signed(1))
        for notice in (missed, seen):
            self.fake.book(notice)
        self.fake.head = seen.sequence
        self.fake.last = {self.fake.county: seen.sequence}
        payload = feed_pb2.FeedPayload(notice=seen)
        self.fake.publish(
            self.fake.county, payload, seen.sequence, missed.sequence
        )
        self.fake.wait(lambda: self.fake.syncs > before)
        self.fake.wait(lambda: len(self.fake.answers) >= 2)
        self.assertEqual(2, len(self.listed()))

    def test_an_answer_is_sent_again_until_it_is_confirmed(self):
        self.fake.deaf = 1
        self.push(self.signed(1))
        self.wait_held(1)
        self.assertEqual(1, len(self.fake.request_ids))

    def test_answers_that_are_only_noted_do_not_hold_up_the_others(self):
        self.fake.only_notes = True
        for _ in range(150):
            self.alert = shenzhen_alert()
            self.push(self.signed(1))
        self.wait_held(1)
        self.fake.wait(lambda: len(self.fake.request_ids) == 150)


class PythonCheckpoint(WrongOrder, SystemCase):
    def start(self):
        self.home.start_checkpoint(NODE)

    def listed(self):
        return self.home.on_checkpoint(NODE)


class RealTerminal(WrongOrder, SystemCase):
    def start(self):
        self.home.start_terminal(NODE)

    def listed(self):
        return self.home.on_terminal(NODE)


if __name__ == "__main__":
    unittest.main()
