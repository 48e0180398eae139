#!/usr/bin/python3
"""The Python code and the C code make the same bytes."""

import os
import subprocess
import unittest

import tocsin_wire as wire

SEED = bytes(range(32))
FIRST = "01JA0000000000000000000001"
SECOND = "01JA0000000000000000000002"


def vectors():
    program = os.environ["TOCSIN_VECTORS"]
    lines = subprocess.run([program], capture_output=True, check=True)
    pairs = (line.split() for line in lines.stdout.decode().splitlines())
    return {name: bytes.fromhex(value) for name, value in pairs}


class Wire(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.c = vectors()

    def test_keys_are_derived_alike(self):
        key = wire.Key(SEED)
        self.assertEqual(self.c["public"], key.public)
        pair = (self.c["curve_public"], self.c["curve_secret"])
        self.assertEqual(pair, key.curve())

    def test_signatures_are_alike(self):
        signature = wire.Key(SEED).sign(wire.ANSWER, b"hello")
        self.assertEqual(self.c["signature"], signature)

    def test_a_signature_holds_for_its_context_only(self):
        public, signature = self.c["public"], self.c["signature"]
        args = (b"hello", signature)
        self.assertTrue(wire.verified(public, wire.ANSWER, *args))
        self.assertFalse(wire.verified(public, wire.ALERT, *args))

    def sealed(self):
        frame = self.c["feed_message"]
        return wire.feed_pb2.FeedMessage.FromString(frame)

    def test_a_sealed_message_opens(self):
        key = self.c["topic_key"]
        payload = wire.open_feed("a/4403/", self.sealed(), key)
        self.assertEqual(99, payload.beacon.head)

    def test_the_seal_binds_what_is_in_the_clear(self):
        key = self.c["topic_key"]
        with self.assertRaises(wire.Refused):
            wire.open_feed("a/4404/", self.sealed(), key)
        for field in ("sequence", "previous", "generation"):
            message = self.sealed()
            setattr(message, field, getattr(message, field) + 1)
            with self.assertRaises(wire.Refused):
                wire.open_feed("a/4403/", message, key)

    def test_digests_are_alike_whatever_the_order(self):
        pairs = [(FIRST, 1), (SECOND, 300)]
        self.assertEqual(self.c["digest"], wire.digest_of(pairs))
        self.assertEqual(self.c["digest"], wire.digest_of(pairs[::-1]))

    def document(self):
        return wire.alert_pb2.SignedAlert.FromString(self.c["document"])

    def test_a_document_is_verified_and_opened(self):
        body = wire.open_document(self.document(), self.c["authority"])
        self.assertEqual((FIRST, 2, True), (
            body.alert_id, body.revision, body.exercise,
        ))

    def test_a_changed_document_is_refused(self):
        for part in ("content", "signature"):
            document = self.document()
            changed = bytearray(getattr(document, part))
            changed[-1] ^= 1
            setattr(document, part, bytes(changed))
            with self.assertRaises(wire.Refused):
                wire.open_document(document, self.c["authority"])

    def test_a_certificate_of_another_authority_is_refused(self):
        with self.assertRaises(wire.Refused):
            wire.open_document(self.document(), self.c["public"])


class Topics(unittest.TestCase):
    def test_a_node_has_nine_topics(self):
        expected = ["a/440305/", "a/4403/", "a/44/", "a//"]
        expected += ["x/440305/", "x/4403/", "x/44/", "x//", "b/"]
        self.assertEqual(expected, wire.topics_of("440305"))

    def test_a_division_lies_in_those_above_it(self):
        for outer in ("440305", "440300", "440000", "000000"):
            self.assertTrue(wire.lies_in("440305", outer))
        for outer in ("440306", "440400", "450000"):
            self.assertFalse(wire.lies_in("440305", outer))


if __name__ == "__main__":
    unittest.main()
