#!/usr/bin/env python3
"""Deliberate mistakes, one at a time: each must be caught by a story or by the
simulator, or the promise it breaks is not really watched.

    mutations.py                 all of them: some ten minutes on two processors
    mutations.py --check         only: does each still apply? (in CI, no build)
    mutations.py reply epoch     those whose names contain one of these words

A mutation is one search and replace in one file. Exits with 1 when one survives
or when its text is not in the source exactly once.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

from mutation_list import MUTATIONS

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ("CMakeLists.txt", "src", "include", "proto", "tests", "deploy")
PROGRAMS = (
    "broker_story",
    "broker_clock_story",
    "filing_story",
    "snapshot_story",
    "restore_story",
    "broker_rate_story",
    "broker_together_story",
    "rings_story",
    "case_story",
    "found_story",
    "picture_story",
    "thumbnail_story",
    "identity_story",
    "invited_story",
    "registry_story",
    "silence_story",
    "terminal_feed_story",
    "terminal_restored_story",
    "terminal_unhanded_story",
    "terminal_desk_story",
    "terminal_store_story",
    "terminal_photograph_story",
    "terminal_hostile_story",
    "terminal_clock_story",
    "terminal_rings_story",
    "gateway_story",
    "gateway_unread_story",
    "journal_test",
    "shadow_test",
    "roll_test",
)
SEEDS = 600


def fails_to_apply(mutation):
    count = (ROOT / mutation.path).read_text().count(mutation.before)
    return "" if count == 1 else f"its text is {count} times in {mutation.path}"


def check(mutations):
    lost = [(m, fails_to_apply(m)) for m in mutations if fails_to_apply(m)]
    for mutation, why in lost:
        print(f"{mutation.name}: {why}")
    print(f"{len(mutations) - len(lost)} of {len(mutations)} mutations apply")
    return len(lost) == 0


class Workshop:
    """A copy of the tree, built once, then mutated again and again."""

    def __init__(self, folder):
        self.tree = pathlib.Path(folder) / "tree"
        self.build_folder = pathlib.Path(folder) / "build"
        self.tree.mkdir()
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, self.tree / part)
            else:
                shutil.copy(ROOT / part, self.tree / part)
        self.run(
            *("cmake", "-S", self.tree, "-B", self.build_folder, "-G", "Ninja"),
            *("-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DTOCSIN_WERROR=OFF"),
        )
        if self.build():
            sys.exit("the tree does not build without mutations")

    def run(self, *command, **more):
        return subprocess.run(
            [str(word) for word in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **more,
        )

    def build(self):
        """"" or what went wrong."""
        built = self.run(
            "cmake", "--build", self.build_folder, "--target", "sim", *PROGRAMS
        )
        return "" if built.returncode == 0 else built.stdout[-2000:]

    def program(self, name):
        return next(
            path
            for path in self.build_folder.rglob(name)
            if path.is_file() and path.stat().st_mode & 0o100
        )

    def stories(self):
        """Which fail, and how many of their tests."""
        caught = []
        for name in PROGRAMS:
            with tempfile.TemporaryDirectory() as folder:
                ended = self.run(
                    self.program(name),
                    cwd=folder,
                    env={"TEST_FOLDER": folder, "CK_DEFAULT_TIMEOUT": "60"},
                )
            if ended.returncode != 0:
                count = sum(
                    ":F:" in line or ":E:" in line
                    for line in ended.stdout.splitlines()
                )
                caught.append(f"{name} ({count or 'it died'})")
        return caught

    def lives(self):
        """The first promise that the simulator sees broken."""
        ended = self.run(self.program("sim"), "--seeds", str(SEEDS))
        if ended.returncode == 0:
            return []
        for line in ended.stdout.splitlines():
            if line.startswith("seed ") and ": broken: " in line:
                return [f"sim ({line.split(': broken: ')[1]})"]
        return ["sim (it died)"]

    def catchers(self, mutation):
        path = self.tree / mutation.path
        source = path.read_text()
        path.write_text(source.replace(mutation.before, mutation.after))
        try:
            why = self.build()
            if why:
                sys.exit(f"{mutation.name}: does not build\n{why}")
            return self.stories() + self.lives()
        finally:
            path.write_text(source)


def main(words):
    mutations = [
        mutation
        for mutation in MUTATIONS
        if not words or any(word in mutation.name for word in words)
    ]
    if not check(mutations):
        return 1
    caught = 0
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        workshop = Workshop(folder)
        clean = workshop.stories() + workshop.lives()
        if clean:
            sys.exit(f"caught without a mutation: {clean}")
        for mutation in mutations:
            by = workshop.catchers(mutation)
            caught += bool(by)
            print(f"{'caught' if by else 'SURVIVED':9} {mutation.name}")
            for line in by:
                print(f"{'':9}   by {line}")
            sys.stdout.flush()
    print(f"{caught} of {len(mutations)} mutations caught")
    return 0 if caught == len(mutations) else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if check(MUTATIONS) else 1)
    sys.exit(main(sys.argv[1:]))
