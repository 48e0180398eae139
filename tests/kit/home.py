"""A broker's home of a test's own, with everyone who is enrolled there.

Every home has a loopback address of its own, so tests run side by side. The
programs are those of the build folder in TOCSIN_BUILD.
"""

import csv
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

INTEROP = Path(__file__).resolve().parents[1] / "interop"
sys.path.insert(0, str(INTEROP))

from centre import Centre  # noqa: E402
from facts import read_facts  # noqa: E402
from processes import PATIENCE_S, SANITIZER, Process  # noqa: E402
from tocsin_wire import Bundle, answer_pb2, desk_pb2  # noqa: E402

PORTS = (5570, 5571, 5572)
HERE = "/usr/bin/python3"


def setting_up():
    """The environment of what runs before each test, by the hundred: the search
    for leaks is a third of each. The tests of what these do search."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {"ASAN_OPTIONS": f"{options}:detect_leaks=0".lstrip(":")}


def binary(name):
    return Path(os.environ["TOCSIN_BUILD"]) / "bin" / name


def free_address(chance):
    """A loopback address on which all three ports are free."""
    while True:
        parts = [chance.randint(1, 254) for _ in range(3)]
        address = "127." + ".".join(map(str, parts))
        try:
            for port in PORTS:
                with socket.socket() as probe:
                    probe.bind((address, port))
        except OSError:
            continue
        return address


def run_program(name, *args, env=None, timeout=PATIENCE_S):
    """Run to the end; CompletedProcess with text. Never a sanitizer report."""
    done = subprocess.run(
        [binary(name), *map(str, args)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **(env or {})},
        check=False,
    )
    if SANITIZER.search(done.stderr):
        raise AssertionError(done.stderr)
    return done


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line]


class Home:
    """One broker and its principals. Made by SystemCase.make_home."""

    def __init__(self, case, folder):
        self.case = case
        self.folder = Path(folder)
        self.path = self.folder / "home"
        self.bundles = self.folder / "bundles"
        self.bundles.mkdir()
        self.broker = None
        self.host = free_address(random.Random())

    # ---- the broker ----

    def init(self, *more):
        done = run_program(
            "tocsin", "init", self.path, "--host", self.host, *more,
            env=setting_up(),
        )  # fmt: skip
        self.case.assertEqual(0, done.returncode, done.stderr)
        return self

    def configure(self, key, value):
        """Set one option of tocsin.conf, in place of what is there of it."""
        conf = self.path / "tocsin.conf"
        known = re.compile(rf"^#?\s*{key}\s*=")
        kept = conf.read_text(encoding="utf-8").splitlines()
        kept = [line for line in kept if not known.match(line)]
        conf.write_text("\n".join([*kept, f"{key} = {value}", ""]))

    def launch_broker(self, env=None):
        argv = [binary("tocsind"), "run", self.path]
        self.broker = self.case.launch("tocsind", argv, env)

    def start(self, env=None):
        self.launch_broker(env)
        ready = self.broker.wait_out(r"^ready ")
        self.endpoints = dict(
            part.split("=", 1) for part in ready.split()[1:]
        )
        return self

    def stop(self):
        self.case.assertEqual(0, self.broker.stop(), self.broker.tail())

    def kill(self):
        self.broker.kill()

    def refused(self, gate, who, reason):
        """How often the log says that this was refused for that reason."""
        line = re.compile(
            rf"peer\.refused gate={gate} principal={who}"
            rf" reason={reason} count=(\d+)"
        )
        found = filter(None, map(line.search, self.broker.err.now()))
        return sum(int(match[1]) for match in found)

    def wait_refused(self, gate, who, reason, count=1):
        """The log is written once a second: until it says so often."""
        told = self.broker.err.wait(
            lambda _: self.refused(gate, who, reason) >= count
        )
        self.case.assertIsNotNone(
            told, f"{gate} {who} {reason}\n{self.broker.tail()}"
        )

    # ---- the operator's program ----

    def run_tocsin(self, *args, code=0, key=None, env=None):
        """As the administrator, or with another's bundle; all that it did."""
        if key is None:
            who = ("--home", self.path)
        else:
            who = ("--key", self.bundle_path(key))
        done = run_program("tocsin", *args, *who, env=env)
        self.case.assertEqual(
            code, done.returncode, f"{args}\n{done.stdout}{done.stderr}"
        )
        return done

    def tocsin(self, *args, code=0, key=None):
        """Likewise; what it printed."""
        return self.run_tocsin(*args, code=code, key=key).stdout

    def tocsin_json(self, *args, key=None):
        return json.loads(self.tocsin(*args, "--json", key=key))

    def principals(self):
        listed = self.tocsin_json("principals")["principals"]
        return {item["id"] for item in listed}

    # ---- people and nodes ----

    def bundle_path(self, name):
        return self.bundles / f"{name}.json"

    def bundle(self, name):
        return Bundle(self.bundle_path(name))

    def enrol(self, role, name, division, *more):
        self.run_tocsin(
            "enrol", role, name, "--name", f"Test {name}",
            "--division", division, "--out", self.bundle_path(name), *more,
            env=setting_up(),
        )  # fmt: skip
        return self.bundle_path(name)

    def enrol_checkpoint(self, name, division, point, kind="railway"):
        latitude, longitude = point
        return self.enrol(
            "checkpoint", name, division, "--kind", kind,
            "--lat", latitude, "--lon", longitude,
        )  # fmt: skip

    def enrol_nodes(self, nodes):
        """Many checkpoints at once: (id, kind, division, point) each."""
        table = self.folder / "nodes.csv"
        head = "id,kind,name_zh,name_en,lat,lon,division_code".split(",")
        with open(table, "w", newline="", encoding="utf-8") as out:
            rows = csv.writer(out)
            rows.writerow(head)
            for name, kind, division, (latitude, longitude) in nodes:
                rows.writerow(
                    [name, kind, name, name, latitude, longitude, division]
                )
        self.run_tocsin(
            "enrol", "--csv", table, "--out", self.bundles, env=setting_up()
        )

    def centre(self, name):
        """The Python centre with this bundle, closed with the test."""
        centre = Centre(self.bundle(name))
        self.case.addCleanup(centre.desk.close)
        return centre

    # ---- cases ----

    def seal(self, alert_id, led=False):
        """From the lead of T-LEAD, or when it is led, to the end of T-CENTRE's
        case, of which nothing personal is to stay."""
        if not led:
            self.tocsin("lead", alert_id, "--offer", "T-LEAD", key="T-CENTRE")
            self.tocsin("lead", alert_id, "--accept", key="T-LEAD")
        self.tocsin("withdraw", alert_id, "--reason", "found", key="T-CENTRE")
        self.tocsin(
            "solve", alert_id, "--outcome", "returned",
            "--receiver", "the parents", key="T-LEAD",
        )  # fmt: skip
        self.tocsin(
            "seal", alert_id, "--reason", "asked for", "--yes", key="T-LEAD"
        )

    def purged(self, alert_id):
        """How many nodes have said so."""
        case = self.tocsin_json("case", alert_id, key="T-CENTRE")
        return case.get("purged", 0)

    # ---- checkpoints ----

    def store_path(self, name):
        return self.bundles / f"{name}.store"

    def start_terminal(self, name, *more, env=None):
        """A real tocsin-terminal; wait_out(r"^ready") when it matters."""
        argv = [
            binary("tocsin-terminal"), "run",
            "--bundle", self.bundle_path(name),
            "--store", self.store_path(name), *more,
        ]  # fmt: skip
        return self.case.launch(f"terminal {name}", argv, env)

    def terminal(self, name, *args, code=0, env=None):
        """Another command of tocsin-terminal on the same store."""
        done = run_program(
            "tocsin-terminal", *args,
            "--bundle", self.bundle_path(name),
            "--store", self.store_path(name), env=env,
        )  # fmt: skip
        self.case.assertEqual(
            code, done.returncode, f"{args}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def terminal_json(self, name, *args, env=None):
        return json.loads(self.terminal(name, *args, "--json", env=env))

    def on_terminal(self, name, *more, env=None):
        """What is on the screen: alert_id -> revision."""
        items = self.terminal_json(name, "list", *more, env=env)
        return {item["alertId"]: item["revision"] for item in items}

    def on_checkpoint(self, name):
        items = json_lines(self.checkpoint(name, "list"))
        return {x["alert_id"]: x["revision"] for x in items if x["shown"]}

    def checkpoint_argv(self, name):
        return [
            HERE, INTEROP / "checkpoint.py",
            "--bundle", self.bundle_path(name),
            "--store", self.store_path(name),
        ]  # fmt: skip

    def start_checkpoint(self, name, *more):
        """The Python checkpoint; it prints JSON lines."""
        argv = [*self.checkpoint_argv(name), "run", *more]
        return self.case.launch(f"checkpoint {name}", argv)

    def checkpoint(self, name, *args):
        argv = [str(x) for x in [*self.checkpoint_argv(name), *args]]
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False,
            timeout=PATIENCE_S,
        )  # fmt: skip
        self.case.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    # ---- the journal ----

    def verify(self):
        done = run_program("tocsind", "journal", "verify", self.path)
        self.case.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def export(self):
        done = run_program("tocsind", "journal", "export", self.path)
        self.case.assertEqual(0, done.returncode, done.stderr)
        return read_facts(done.stdout)


class SystemCase(unittest.TestCase):
    """A test with a folder, a seed and processes, all of them cleared away."""

    def setUp(self):
        self.seed = int(
            os.environ.get("TOCSIN_SEED") or random.randrange(1 << 32)
        )
        print(f"{self.id()}: TOCSIN_SEED={self.seed}", flush=True)
        self.chance = random.Random(self.seed)
        self.folder = tempfile.mkdtemp(prefix="tocsin-test-")
        self.processes = []
        self.addCleanup(self._clear_away)

    def make_home(self):
        return Home(self, self.folder).init()

    def launch(self, name, argv, env=None, orders=False):
        process = Process(name, argv, env, orders)
        self.processes.append(process)
        return process

    def wait_until(self, look):
        """Look, each time by running a program, until it is so."""
        until = time.monotonic() + PATIENCE_S
        while not look():
            self.assertLess(time.monotonic(), until, "it never came about")

    def wait_held(self, centre, alert_id, nodes=None):
        """Until all nodes of the coverage, or so many, hold the newest
        revision; gives the board."""
        return self.wait_board(
            centre,
            alert_id,
            lambda p: p.held >= (p.nodes if nodes is None else nodes),
        )

    def wait_board(self, centre, alert_id, enough):
        """Until enough(progress); gives the board."""
        return self.wait_told(
            centre,
            alert_id,
            lambda: centre.board(alert_id),
            lambda board: enough(board.summary.progress),
        )

    def wait_nodes(self, centre, alert_id, names):
        """Until none of these nodes is dark for the newest revision."""

        def dark():
            board = centre.board(alert_id, answer_pb2.RUNG_UNSPECIFIED)
            return {node.node for node in board.nodes}

        self.wait_told(
            centre, alert_id, dark, lambda nodes: not nodes & set(names)
        )

    def wait_told(self, centre, alert_id, look, enough):
        """look() until it is enough; the broker tells when to look again."""
        after = centre.show(alert_id).alert_detail.summary.sequence
        deadline = time.monotonic() + PATIENCE_S
        seen = look()
        while not enough(seen):
            self.assertLess(time.monotonic(), deadline, f"not yet: {seen}")
            events = centre.follow(after, alert_id, wait_ms=1000)
            after = max(after, events.last)
            seen = look()
        return seen

    def assertStatus(self, name, reply):
        status = desk_pb2.Status.Name(reply.status).removeprefix("STATUS_")
        self.assertEqual(name, status, f"{reply.field}: {reply.reason}")
        return reply

    def _clear_away(self):
        troubles = [process.trouble() for process in self.processes]
        for process in self.processes:
            if process.running():
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        # A report can come with the last breath, so look once more.
        troubles += [process.trouble() for process in self.processes]
        troubles = [trouble for trouble in troubles if trouble]
        if troubles or self._failed():
            for process in self.processes:
                print(process.tail())
        self.assertEqual([], troubles)

    def _failed(self):
        result = self._outcome.result
        failed = [test for test, _ in result.failures + result.errors]
        return any(getattr(x, "test_case", x) is self for x in failed)
