#!/usr/bin/python3
"""Bad lines: nothing is lost or double in any weather, and once the line is
back every terminal has the centre's picture soon.

All weathers run side by side, each in a process of its own; the name of one
(test_weather.py HalfOpen) runs it alone. Centre and terminals speak through a proxy of the test's own
(tests/kit/weather.py says what it models and what not). Each test prints the
delays it saw, from the broker's record to the terminal's store.

    TOCSIN_WEATHER_S  seconds of load in each weather, 10
    TOCSIN_SEED       repeats a run
"""

import datetime
import json
import os
import re
import statistics
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

import load  # noqa: E402
from clock import FastTime  # noqa: E402
from home import SystemCase, free_address, run_program  # noqa: E402
from places import FUTIAN, LUOHU, SHENZHEN  # noqa: E402
from weather import Line  # noqa: E402

from tocsin_wire import Bundle  # noqa: E402

LOAD_S = float(os.environ.get("TOCSIN_WEATHER_S", "10"))
TERMINALS = (LUOHU[0], FUTIAN[0])
BEACON_S = 1.0
# After a line is back: a terminal tries to connect at least so often, and each
# of the three waits that can follow (handshake, two beacons, jitter of a sync)
# has its own bound.
RECONNECT_S = 10
DEAD_S = 15  # within this a terminal notices that its line leads nowhere
SETTLE_S = 2 * BEACON_S + 5
STAMP = re.compile(r"^(\S+Z) \w+ (\S+) .*?alert=(\w+) revision=(\d+)")


def stamps(process, event):
    """(alert, revision): first time that the log says so, in seconds."""
    found = {}
    for line in process.err.now():
        match = STAMP.match(line)
        if match and match[2] == event:
            when = datetime.datetime.fromisoformat(match[1]).timestamp()
            found.setdefault((match[3], int(match[4])), when)
    return found


class Duty(load.Duty):
    def known(self):
        time.sleep(self.chance.uniform(0, 1))
        return [self.alert_id]


class WeatherCase(SystemCase):
    centre_far = True  # the centre is behind the line, too

    def setUp(self):
        super().setUp()
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU, FUTIAN])
        self.watcher = home.centre("T-CENTRE")
        address = free_address(self.chance)
        self.line = Line(address, home.host, self.seed)
        self.addCleanup(self.line.close)
        self.brokers = [home.broker]
        self.terminals = {name: self.start(name) for name in TERMINALS}
        self.begin_load()

    def through_the_line(self, name):
        """The same bundle with the line's address in place of the broker's."""
        path = self.home.bundle_path(name)
        told = json.loads(path.read_text())
        for gate in ("command", "feed", "field"):
            told["broker"][gate] = told["broker"][gate].replace(
                self.home.host, self.line.address
            )
        other = path.with_name(f"{name}.far.json")
        other.touch(0o600)
        other.write_text(json.dumps(told))
        return other

    def start(self, name):
        path = self.home.bundle_path(name)
        self.through_the_line(name).replace(path)
        terminal = self.home.start_terminal(name)
        terminal.wait_out(r"^ready")
        return terminal

    def begin_load(self):
        bundle = self.home.bundle("T-CENTRE")
        if self.centre_far:
            bundle = Bundle(self.through_the_line("T-CENTRE"))
        self.reporter = load.Reporter(bundle, self.chance, patience=180)
        self.addCleanup(self.reporter.centre.desk.close)
        first = load.Reporter(self.home.bundle("T-CENTRE"), self.chance)
        self.addCleanup(first.centre.desk.close)
        first.file()
        self.first = first.all_ids[0]
        self.wait_nodes(self.watcher, self.first, TERMINALS)
        self.duties = []
        for name in TERMINALS:
            duty = Duty(self.home, name, self.chance)
            duty.alert_id = self.first
            self.duties.append(duty)
        workers = (self.slow_step, *(duty.step for duty in self.duties))
        self.streams = [load.Stream(work) for work in workers]

    def slow_step(self):
        time.sleep(self.chance.uniform(0, 0.3))
        return self.reporter.step()

    # ---- the end ----

    def finish(self, what, bound_s):
        """Fair weather now: gives what there is to print."""
        back = time.time()
        commands, *_ = (stream.finish() for stream in self.streams)
        self.converge()
        late = self.check_delays(what, back, bound_s)
        for terminal in self.terminals.values():
            terminal.stop()
        self.home.stop()
        self.check_journal(commands)
        words = sum(len(duty.accepted) for duty in self.duties)
        print(
            f"{what}: {len(commands)} commands, {words} sightings, 0 lost,"
            f" 0 double; {late}"
        )

    def converge(self):
        expected = {k: a.revision for k, a in self.reporter.live.items()}
        expected[self.first] = 1
        for name in TERMINALS:
            self.wait_until(lambda: self.home.on_terminal(name) == expected)
            self.wait_until(
                lambda: self.home.terminal_json(name, "status").get(
                    "waiting", 0
                )
                == 0
            )

    def check_delays(self, what, back, bound_s):
        recorded = {}
        for broker in self.brokers:
            for event in ("reported", "revised", "withdrawn"):
                recorded.update(stamps(broker, f"alert.{event}"))
        delays, late = [], 0.0
        for terminal in self.terminals.values():
            for key, when in stamps(terminal, "alert.stored").items():
                if key not in recorded:
                    continue
                delays.append(when - recorded[key])
                if recorded[key] < back:
                    late = max(late, when - back)
        self.assertGreater(len(delays), 0)
        self.assertLess(late, bound_s, f"{what}: late after the line was back")
        return (
            f"delay median {statistics.median(delays):.2f} s,"
            f" worst {max(delays):.2f} s; all there {late:.2f} s after the"
            f" line was back (bound {bound_s:.0f} s)"
        )

    def check_journal(self, commands):
        self.home.verify()
        facts = self.home.export()
        load.check_once(self, facts, commands, lambda f: f.request_id)
        said = [fact.answer_id for fact in facts]
        for duty in self.duties:
            self.assertEqual([], duty.refused)
            for word in duty.accepted:
                self.assertEqual(1, said.count(word), word.hex())

    def wait_load(self, seconds=LOAD_S):
        time.sleep(seconds)
        for stream in self.streams:
            stream.check()


class Loss(WeatherCase):
    def test_a_fifth_of_everything_lost(self):
        self.line.loss = 0.2
        self.wait_load()
        self.line.loss = 0.0
        self.finish("loss 20 %", RECONNECT_S + SETTLE_S)


class Latency(WeatherCase):
    def test_two_seconds_each_way(self):
        self.line.latency_s = 2.0
        self.wait_load(LOAD_S * 2)
        self.line.latency_s = 0.0
        self.finish("latency 2 s", 2 + SETTLE_S)


class Narrow(WeatherCase):
    def test_9600_bits_a_second(self):
        self.line.bytes_per_s = 1200
        self.wait_load(LOAD_S * 2)
        self.line.bytes_per_s = 0
        self.finish("9,600 bit/s", RECONNECT_S + SETTLE_S + 10)


class Flapping(WeatherCase):
    def test_up_and_down_every_second(self):
        for _ in range(int(LOAD_S * 1.5)):
            self.line.break_off()
            self.wait_load(1)
            self.line.mend()
            self.wait_load(1)
        self.finish(
            f"flapping, {int(LOAD_S * 1.5)} times", RECONNECT_S + SETTLE_S
        )


class Partition(WeatherCase):
    centre_far = False

    def test_silence_in_both_directions(self):
        self.line.silence()
        self.wait_load(LOAD_S * 2)
        self.line.speak()
        self.finish(
            f"silent for {LOAD_S * 2:.0f} s", DEAD_S + RECONNECT_S + SETTLE_S
        )


class Away(WeatherCase):
    """Long enough for the pauses between two tries to have grown."""

    centre_far = False

    def test_nobody_listens_for_a_while(self):
        self.line.break_off()
        self.wait_load(LOAD_S * 4)
        self.line.mend()
        self.finish(
            f"nobody listens for {LOAD_S * 4:.0f} s", RECONNECT_S + SETTLE_S
        )


class HalfOpen(WeatherCase):
    centre_far = False

    def test_connections_that_lead_nowhere(self):
        self.line.forget()
        self.wait_load(LOAD_S / 2)
        self.finish("half-open", DEAD_S + RECONNECT_S + SETTLE_S)


class Restarts(WeatherCase):
    def test_fifty_restarts_in_a_minute(self):
        count = int(LOAD_S * 1.5)
        for _ in range(count):
            began = time.monotonic()
            self.home.kill()
            self.home.start()
            self.brokers.append(self.home.broker)
            self.wait_load(max(0, 1.2 - (time.monotonic() - began)))
        self.finish(
            f"{count} restarts in {count * 1.2:.0f} s", RECONNECT_S + SETTLE_S
        )


class FastMotion(SystemCase):
    """Ten minutes of silence, with broker, terminal and centre under a clock
    that runs FAST times as fast (tests/kit/fast_clock.c). What the processor
    does takes FAST times as long by that clock."""

    FAST = 20
    SILENCE_S = 600

    def setUp(self):
        super().setUp()
        self.time = FastTime(self.FAST)
        self.env = self.time.env()
        self.home = home = self.make_home()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        home.start(self.env)
        self.line = Line(free_address(self.chance), home.host, self.seed)
        self.line.fast = self.FAST
        self.addCleanup(self.line.close)
        path = home.bundle_path(LUOHU[0])
        text = path.read_text()
        path.write_text(text.replace(home.host, self.line.address))
        self.terminal = home.start_terminal(LUOHU[0], env=self.env)
        self.terminal.wait_out(r"^ready")

    def report(self):
        done = run_program(
            "tocsin", "report", "--sex", "female", "--age", "5",
            "--seen", "22.545,114.068", "--seen-time=-1m",
            "--division", SHENZHEN, "--action", "Keep the child in sight.",
            "--key", self.home.bundle_path("T-CENTRE"), "--json",
            "--timeout", "200", env=self.env,
        )  # fmt: skip
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)["alertId"]

    def stored(self, alert_id):
        self.terminal.wait_err(rf"alert\.stored alert={alert_id}")
        return stamps(self.terminal, "alert.stored")[alert_id, 1]

    def test_ten_minutes_of_silence(self):
        first = self.report()
        self.stored(first)
        self.line.silence()
        missed = self.report()
        self.home.terminal(
            LUOHU[0], "sighting", first, "--officer", "P-1", "--json"
        )
        time.sleep(self.SILENCE_S / self.FAST)
        self.line.speak()
        back = self.time.now()
        late = self.stored(missed) - back
        self.terminal.wait_err_times(r"answer\.recorded", 3)
        self.wait_until(
            lambda: self.home.terminal_json(LUOHU[0], "status").get(
                "waiting", 0
            )
            == 0
        )
        self.terminal.stop()
        self.home.stop()
        rungs = [fact.rung for fact in self.home.export()]
        self.assertEqual(1, rungs.count("RUNG_SIGHTING"))
        self.assertEqual(2, rungs.count("RUNG_HELD"))
        bound = DEAD_S + RECONNECT_S + SETTLE_S + self.FAST
        print(
            f"{self.SILENCE_S} s of silence in {self.FAST}-fold motion:"
            f" 0 lost, 0 double; the missed alert was there {late:.1f} s"
            f" after the line was back (bound {bound:.0f} s)"
        )
        self.assertLess(late, bound)


WEATHERS = (
    Loss,
    Latency,
    Narrow,
    Flapping,
    Partition,
    Away,
    HalfOpen,
    Restarts,
    FastMotion,
)


def all_at_once():
    """They wait for time to pass rather than for the processor."""
    running = [
        subprocess.Popen(
            [sys.executable, __file__, weather.__name__],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for weather in WEATHERS
    ]
    failed = 0
    for weather in running:
        print(weather.communicate()[0], flush=True)
        failed += weather.returncode != 0
    print(f"{len(WEATHERS)} weathers, {failed} failed")
    return failed


if __name__ == "__main__":
    if len(sys.argv) > 1:
        unittest.main()
    sys.exit(all_at_once())
