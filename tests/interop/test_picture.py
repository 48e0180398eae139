#!/usr/bin/python3
"""A checkpoint knows whether its picture is complete; and exact targets."""

import unittest
from types import SimpleNamespace as Thing

from picture import AFTER, START, Held, Picture
from tocsin_limits import distance_km, in_polygon, in_target
from tocsin_wire import common_pb2, digest_of, feed_pb2

EPOCH = bytes(range(16))
ALERT = "01JA0000000000000000000001"
COUNTY = "a/440305/"


def message(sequence, previous, epoch=EPOCH):
    return Thing(epoch=epoch, sequence=sequence, previous=previous)


def state(last, alerts=(), topic=COUNTY):
    return feed_pb2.TopicState(
        topic=topic, last=last, count=len(alerts), digest=digest_of(alerts)
    )


def beacon(head, since, *topics):
    return feed_pb2.Beacon(head=head, since=since, topics=topics)


def held(revision, sequence):
    return Held(revision, sequence, "", ("440305",), False, False, 10**13)


class PictureCase(unittest.TestCase):
    def setUp(self):
        self.picture = Picture("440305")
        page = Thing(epoch=EPOCH, head=10, topics=[state(8)])
        self.picture.last_page(page, time_ms=5000)

    def test_a_message_that_follows_on_is_no_gap(self):
        self.assertIsNone(self.picture.message(COUNTY, message(12, 8)))
        self.assertIsNone(self.picture.message(COUNTY, message(13, 12)))

    def test_a_missing_link_is_a_gap(self):
        self.assertEqual(AFTER, self.picture.message(COUNTY, message(14, 12)))

    def test_a_message_again_says_nothing_about_the_chain(self):
        self.assertIsNone(self.picture.message(COUNTY, message(8, 7)))

    def test_another_epoch_means_from_the_start(self):
        other = message(12, 8, bytes(16))
        self.assertEqual(START, self.picture.message(COUNTY, other))
        self.assertEqual(START, self.picture.beacon(bytes(16), beacon(0, 0)))

    def test_a_beacon_that_agrees_moves_the_head(self):
        self.assertIsNone(self.picture.beacon(EPOCH, beacon(20, 10)))
        self.assertEqual(20, self.picture.head)

    def test_a_beacon_that_begins_later_than_we_know_is_a_gap(self):
        self.assertEqual(AFTER, self.picture.beacon(EPOCH, beacon(20, 11)))

    def test_a_beacon_shows_a_missed_message(self):
        due = self.picture.beacon(EPOCH, beacon(20, 10, state(15)))
        self.assertEqual(AFTER, due)
        self.assertEqual(10, self.picture.head)

    def test_topics_of_others_do_not_matter(self):
        other = state(15, topic="a/440306/")
        self.assertIsNone(self.picture.beacon(EPOCH, beacon(20, 10, other)))

    def test_the_digest_of_what_is_held_agrees(self):
        self.picture.take(ALERT, held(2, 8))
        same = state(8, [(ALERT, 2)])
        self.assertIsNone(self.picture.beacon(EPOCH, beacon(20, 10, same)))

    def test_a_digest_that_differs_means_from_the_start(self):
        self.picture.take(ALERT, held(2, 8))
        other = state(8, [(ALERT, 3)])
        due = self.picture.beacon(EPOCH, beacon(20, 10, other))
        self.assertEqual(START, due)

    def test_a_beacon_older_than_a_push_says_nothing_of_the_digest(self):
        self.picture.take(ALERT, held(2, 9))
        self.assertIsNone(self.picture.beacon(EPOCH, beacon(20, 10, state(8))))

    def test_an_older_revision_is_no_news(self):
        self.picture.take(ALERT, held(3, 9))
        self.assertFalse(self.picture.news(ALERT, 2))
        self.assertFalse(self.picture.news(ALERT, 3))
        self.assertTrue(self.picture.news(ALERT, 4))

    def test_what_a_sync_from_the_start_does_not_name_is_gone(self):
        self.picture.take(ALERT, held(1, 9))
        self.picture.begin_naming()
        self.assertEqual([ALERT], self.picture.end_naming())
        self.assertEqual({}, self.picture.alerts)

    def test_what_a_sync_has_overtaken_is_no_news(self):
        earlier, later = Thing(recorded_ms=4000), Thing(recorded_ms=6000)
        self.assertTrue(self.picture.overtaken(message(10, 8), earlier))
        self.assertFalse(self.picture.overtaken(message(10, 8), later))
        self.assertFalse(self.picture.overtaken(message(11, 10), earlier))
        other = message(5, 0, epoch=b"another epoch...")
        self.assertFalse(self.picture.overtaken(other, earlier))

    def test_expiry_is_believed_when_the_clock_agrees(self):
        notice = Thing(sequence=9, prefixes=["440305"], expired=True)
        self.picture.take(ALERT, held(1, 9))
        self.assertFalse(self.picture.told(ALERT, notice, 10**13 - 600_001))
        self.assertTrue(self.picture.told(ALERT, notice, 10**13 - 600_000))


class Targets(unittest.TestCase):
    node = Thing(division="440303", point=(22.532, 114.113), kind=5)

    def holds(self, **areas):
        return in_target(common_pb2.Target(**areas), self.node)

    def test_a_division_holds_the_nodes_below_it(self):
        self.assertTrue(self.holds(divisions=["440300"]))
        self.assertFalse(self.holds(divisions=["440304"]))

    def test_kinds_narrow_a_target(self):
        self.assertTrue(self.holds(divisions=["440000"], kinds=[4, 5]))
        self.assertFalse(self.holds(divisions=["440000"], kinds=[4]))

    def test_a_degree_of_the_equator_is_111_195_km(self):
        self.assertAlmostEqual(111.19508, distance_km((0, 0), (0, 1)), 4)

    def test_a_point_on_an_edge_is_inside(self):
        square = [(0, 0), (0, 2), (2, 2), (2, 0)]
        self.assertTrue(in_polygon((1, 0), square))
        self.assertTrue(in_polygon((2, 2), square))
        self.assertTrue(in_polygon((1, 1), square))
        self.assertFalse(in_polygon((1, 2.001), square))


if __name__ == "__main__":
    unittest.main()
