#!/usr/bin/env python3
"""Reads the walls between the modules back from the code.

Every #include of our own must be in the module's folder or in one that its
tocsin_module() line USES; the graph has no circle; each outside library is
named by the one module it belongs to; programs for people see the public
headers only; sources are formatted; nothing else stands at the top.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)

# Which folders may include a header of another library.
OWNERS = {
    "zmq.h": {"link"},
    "event2/": {"link", "tocsind", "http", "gatewayd"},
    "event2/http": {"http"},
    "event2/bufferevent": {"http"},
    "openssl/": {"http", "programs"},
    "qrencode.h": {"programs"},
    "sqlite3.h": {"sqlite", "journal", "terminal", "spool"},
    "jpeglib.h": {"lib"},
}

TOP = {
    "proto", "src", "include", "deploy", "tests",
    "CMakeLists.txt", "CMakePresets.json", "README.md",
}  # fmt: skip


def modules():
    """name -> (folder, uses) from src/CMakeLists.txt."""
    text = (SRC / "CMakeLists.txt").read_text()
    text = re.sub(r"#.*", "", text)
    found = {}
    for body in re.findall(r"\ntocsin_module\(([^)]*)\)", text):
        words = body.split()
        name, folder, key, parts = words[0], words[0], None, {}
        for word in words[1:]:
            if word in ("SOURCES", "USES", "LINKS", "FOLDER"):
                key = word
                parts[key] = []
            else:
                parts[key].append(word)
        folder = parts.get("FOLDER", [name])[0]
        found[name] = (folder, parts.get("USES", []), parts["SOURCES"])
    return found


def includes(path):
    return INCLUDE.findall(path.read_text())


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".c", ".h"))


def reach(name, graph):
    """The module's folders and all below it."""
    seen, todo = set(), [name]
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo += graph[at][1] if at in graph else []
    return seen


class Walls(unittest.TestCase):
    def setUp(self):
        self.graph = modules()

    def test_nothing_else_stands_at_the_top(self):
        if shutil.which("git") is None:
            self.skipTest("there is no git here")
        listed = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True
        )
        if listed.returncode != 0:
            self.skipTest("not a clone")
        top = {name.split("/")[0] for name in listed.stdout.splitlines()}
        self.assertEqual(set(), {n for n in top if n[0] != "."} - TOP)

    def test_the_graph_of_modules_is_read(self):
        self.assertGreaterEqual(len(self.graph), 8)

    def test_arrows_point_down_only(self):
        for name in self.graph:
            for used in self.graph[name][1]:
                if used in self.graph:
                    self.assertNotIn(name, reach(used, self.graph),
                                     f"{name} and {used} are a circle")

    def test_a_module_includes_only_what_it_says_it_uses(self):
        for name, (folder, _, files) in self.graph.items():
            allowed = {self.graph[m][0] for m in reach(name, self.graph)
                       if m in self.graph}
            for file in files:
                for quote, header in includes(SRC / folder / file):
                    first = header.split("/")[0]
                    if quote == '"' and first != "tocsin" and "/" in header:
                        self.assertIn(first, allowed,
                                      f"{folder}/{file} includes {header}")

    def test_outside_libraries_stay_behind_their_module(self):
        for path in sources(SRC):
            folder = path.relative_to(SRC).parts[0]
            for _, header in includes(path):
                for prefix, owners in OWNERS.items():
                    if header.startswith(prefix):
                        self.assertIn(folder, owners,
                                      f"{path.name} includes {header}")

    def test_the_domain_knows_no_clock_disk_or_socket(self):
        for folder in ("domain", "wire"):
            for path in sources(SRC / folder):
                for _, header in includes(path):
                    self.assertNotIn(header, (
                        "base/clock.h", "base/log.h", "sys/socket.h",
                        "pthread.h", "journal/journal.h"), path)

    def test_programs_for_people_see_public_headers_only(self):
        private = {p.name for p in SRC.iterdir()
                   if p.is_dir() and p.name != "programs"}
        for path in sources(SRC / "programs"):
            for _, header in includes(path):
                if not (SRC / "programs" / header).exists():
                    self.assertNotIn(header.split("/")[0], private,
                                     f"{path.name} includes {header}")

    def test_no_message_contains_itself(self):
        messages = {}
        for path in (ROOT / "proto").rglob("*.proto"):
            text = re.sub(r"//.*", "", path.read_text())
            for name, body in re.findall(r"message (\w+) \{(.*?)\n\}", text,
                                         re.S):
                messages[name] = set(re.findall(r"\b([A-Z]\w+) \w+ = ", body))
        self.assertGreater(len(messages), 40)
        for name in messages:
            seen, todo = set(), list(messages[name])
            while todo:
                at = todo.pop()
                self.assertNotEqual(at, name, f"{name} contains itself")
                if at in messages and at not in seen:
                    seen.add(at)
                    todo += messages[at]

    def test_sources_are_formatted(self):
        files = [str(p) for folder in ("src", "include", "tests")
                 for p in sources(ROOT / folder)]
        run = subprocess.run(["clang-format", "--dry-run", "-Werror", *files],
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr[:2000])


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False, verbosity=1).result.wasSuccessful())
