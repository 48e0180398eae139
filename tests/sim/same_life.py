#!/usr/bin/env python3
"""same_life.py SIM: the same seed is the same life, byte by byte, another seed
is another one, and lives contain what they are about."""
import subprocess
import sys
import unittest

SIM = sys.argv.pop(1)
SEEDS = [*range(1, 40), 43]


def life(seed):
    return subprocess.run(
        [SIM, "--seed", str(seed), "--verbose"],
        check=True,
        capture_output=True,
    ).stdout


class SameLife(unittest.TestCase):
    def test_the_same_seed_is_the_same_life(self):
        lives = [life(seed) for seed in SEEDS]
        for seed, before in zip(SEEDS, lives):
            self.assertEqual(before, life(seed), f"seed {seed}")
        self.assertEqual(len(set(lives)), len(lives))

    def test_lives_are_eventful(self):
        """A simulator in which nothing happens keeps every promise."""
        lives = b"".join(life(seed) for seed in SEEDS)
        for what in (
            b"screen NEW",
            b"screen REVISED",
            b"screen ENDED",
            b"alert.withdrawn",
            b"alert.expired",
            b"answer.sighting",
            b"principal.revoked",
            b"has another key",
            b"is killed",
            b"a commit fails",
            b"its store fails",
            b"is told to stop",
            b"and nobody notices",
            b"is cut off",
            b"is dropped",
            b"feed.gap",
            b"picture.behind",
            b"STATUS_DUPLICATE",
            b"STATUS_CONFLICT",
            b"reason=BUSY",
            b"its clock jumps",
            b"<- OK push",
            b"has lost its home",
            b"alerts.handed_back",
            b"alert.taken_back",
            b"answers.again",
            b"before the start",
            b"is full",
            b"sighting.pictured",
            b"step=seal",
            b"case.purged",
            b"photograph.recorded",
            b"picture.fetched",
            b"picture.stored",
            b"looks at the photograph",
            b"sees a photograph",
        ):
            self.assertTrue(what in lives, what)


if __name__ == "__main__":
    unittest.main(verbosity=2)
