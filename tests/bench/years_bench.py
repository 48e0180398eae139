#!/usr/bin/python3
"""What years of history cost a start: years_bench.py BUILD [OUT [FACTS FACTS]]

Makes two homes whose journals differ in length, by default 1,000,000 and
20,000,000 facts, with the same fleet and the same 20 cases open, and starts a
real broker on each: once without a snapshot, which it then writes, and once
with it. Exits with 1 when the goals are missed: with a snapshot the long one
starts within 10 s and needs no more memory than the short one (10 % are
allowed for the allocator's moods). Writes OUT/years.json and OUT/years.svg.
"""

import json
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from picture import draw_bars

OPEN = 20
SNAPSHOT = 10_000  # so that the shortest history has one, too
START_GOAL_S = 10
MEMORY_GOAL = 1.10
PORTS = (5570, 5571, 5572)


def free_address():
    while True:
        parts = [random.randint(1, 254) for _ in range(3)]
        address = "127." + ".".join(map(str, parts))
        try:
            for port in PORTS:
                with socket.socket() as probe:
                    probe.bind((address, port))
            return address
        except OSError:
            continue


def run(program, *args):
    subprocess.run(
        [program, *map(str, args)], check=True, stdout=subprocess.DEVNULL
    )


class Broker:
    def __init__(self, programs, home):
        self.log = tempfile.TemporaryFile("w+")
        began = time.monotonic()
        self.process = subprocess.Popen(
            [programs / "tocsind", "run", home],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        if not self.process.stdout.readline().startswith("ready"):
            raise SystemExit("the broker did not start: " + self.said())
        self.start_s = time.monotonic() - began

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def memory_mib(self, what="VmRSS"):
        with open(f"/proc/{self.process.pid}/status") as status:
            text = status.read()
        return int(re.search(rf"{what}:\s+(\d+)", text)[1]) / 1024

    def wait_snapshot(self):
        until = time.monotonic() + 900
        while "snapshot.written" not in self.said():
            if time.monotonic() > until:
                raise SystemExit("no snapshot: " + self.said())
            time.sleep(0.2)

    def stop(self):
        self.process.terminate()
        if self.process.wait(60) != 0:
            raise SystemExit(self.said())


def measure(programs, folder, facts):
    home = folder / f"home-{facts}"
    run(programs / "tocsind", "init", home, "--host", free_address())
    run(programs / "age_home", home, facts, OPEN)
    with open(home / "tocsin.conf", "a") as conf:
        conf.write(f"snapshot_facts = {SNAPSHOT}\n")
    first = Broker(programs, home)
    first.wait_snapshot()
    first.stop()
    again = Broker(programs, home)
    result = {
        "facts": facts,
        "journal_mib": (home / "journal.db").stat().st_size / 2**20,
        "snapshot_mib": (home / "book.snapshot").stat().st_size / 2**20,
        "first_start_s": first.start_s,
        "start_s": again.start_s,
        "memory_mib": again.memory_mib(),
        "most_memory_mib": again.memory_mib("VmHWM"),
    }
    again.stop()
    shutil.rmtree(home)
    print(json.dumps(result), flush=True)
    return result


def draw(out, results):
    out.mkdir(parents=True, exist_ok=True)
    (out / "years.json").write_text(
        "".join(json.dumps(result) + "\n" for result in results)
    )
    bars = []
    for result in results:
        facts = f"{result['facts']:,} facts"
        bars.append((facts + ", no snapshot: start", result["first_start_s"]))
        bars.append((facts + ", snapshot: start", result["start_s"]))
        bars.append((facts + ": memory", result["memory_mib"]))
    draw_bars(out / "years.svg", "What years of history cost", "s and MiB", bars)


def main():
    if len(sys.argv) not in (2, 3, 5):
        raise SystemExit("usage: years_bench.py BUILD [OUT [FACTS FACTS]]")
    programs = Path(sys.argv[1]).resolve() / "bin"
    facts = [int(x) for x in sys.argv[3:]] or [1_000_000, 20_000_000]
    folder = Path(tempfile.mkdtemp(prefix="tocsin-years-"))
    try:
        short, long = (measure(programs, folder, n) for n in facts)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if len(sys.argv) > 2:
        draw(Path(sys.argv[2]), [short, long])
    ratio = long["memory_mib"] / short["memory_mib"]
    print(
        f"start with {long['facts']} facts {long['start_s']:.2f} s "
        f"(goal {START_GOAL_S}), memory {ratio:.2f} of that with "
        f"{short['facts']} (goal {MEMORY_GOAL})"
    )
    good = long["start_s"] <= START_GOAL_S and ratio <= MEMORY_GOAL
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
