#!/usr/bin/python3
"""SIGTERM loses nothing, one home has one broker, a full queue says BUSY."""

import fcntl
import os
import pty
import re
import secrets
import signal
import subprocess
import sys
import termios
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, binary, run_program  # noqa: E402
from processes import DIES_WITH_US, PATIENCE_S  # noqa: E402
from places import FUTIAN, LUOHU, SEEN, SHENZHEN  # noqa: E402

from centre import Centre, new_alert  # noqa: E402
from tocsin_wire import Unreachable, common_pb2, desk_pb2  # noqa: E402


class CleanStop(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home()
        home.start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU, FUTIAN])

    def alert(self):
        return new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))

    def file_until_silent(self, confirmed):
        """Reports as fast as they go, until the broker is gone."""
        centre = Centre(self.home.bundle("T-CENTRE"))
        try:
            while True:
                alert = self.alert()
                document = centre.signed(alert=alert)
                report = desk_pb2.Report(alert=document)
                reply = centre.ask(timeout=2, report=report)
                self.assertStatus("RECORDED", reply)
                confirmed[alert.alert_id] = reply.sequence
        except Unreachable:
            pass
        finally:
            centre.desk.close()

    def test_what_was_confirmed_under_load_reaches_the_terminals(self):
        confirmed = {}
        load = threading.Thread(
            target=self.file_until_silent, args=(confirmed,)
        )
        load.start()
        self.home.start_checkpoint(FUTIAN[0])
        time.sleep(self.chance.uniform(0.5, 1.5))
        self.home.stop()
        load.join()
        self.assertGreater(len(confirmed), 0)
        self.home.verify()
        on_disk = {
            fact.alert_id: fact.sequence
            for fact in self.home.export()
            if fact.kind == "alertIssued"
        }
        self.assertEqual(confirmed, {k: on_disk[k] for k in confirmed})
        self.home.start()
        self.home.start_terminal(LUOHU[0])
        centre = self.home.centre("T-CENTRE")
        for alert_id in on_disk:
            self.wait_held(centre, alert_id)
        shown = self.home.on_terminal(LUOHU[0])
        self.assertEqual(set(on_disk), set(shown))

    def test_a_second_broker_on_the_same_home_is_refused(self):
        second = run_program("tocsind", "run", self.home.path)
        self.assertEqual(1, second.returncode, second.stderr)
        third = run_program(
            "tocsind", "run", self.home.path, "--maintenance"
        )
        self.assertEqual(1, third.returncode, third.stderr)
        centre = self.home.centre("T-CENTRE")
        self.assertStatus("RECORDED", centre.report(self.alert()))

    def test_no_thread_but_that_of_the_loop_is_handed_a_signal(self):
        pid = self.home.broker.pid
        deaf = {}
        for thread in Path(f"/proc/{pid}/task").iterdir():
            blocked = re.search(
                r"^SigBlk:\t(\w+)", (thread / "status").read_text(), re.M
            )
            deaf[int(thread.name)] = all(
                int(blocked[1], 16) >> number - 1 & 1
                for number in (signal.SIGTERM, signal.SIGINT)
            )
        self.assertGreater(len(deaf), 3)
        self.assertEqual([pid], [i for i in deaf if not deaf[i]])

    def test_an_interrupt_stops_as_cleanly_as_a_termination(self):
        self.assertEqual(0, self.home.broker.end(signal.SIGINT))
        self.home.verify()


class Busy(SystemCase):
    def test_a_full_queue_says_busy_and_all_is_recorded_once(self):
        home = self.make_home()
        home.configure("journal_queue_max", "2")
        home.start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        centre = home.centre("T-CENTRE")
        requests = self.requests(centre, 200)
        busy = self.pump(centre.desk, dict(requests))
        self.assertGreater(busy, 0)
        home.stop()
        home.verify()
        recorded = [fact.request_id for fact in home.export()]
        for request_id in requests:
            self.assertEqual(1, recorded.count(request_id))

    def requests(self, centre, count):
        made = {}
        for _ in range(count):
            target = common_pb2.Target(divisions=[SHENZHEN])
            alert = centre.signed(alert=new_alert(SEEN, target))
            request = desk_pb2.Request(
                request_id=secrets.token_bytes(16),
                report=desk_pb2.Report(alert=alert),
            )
            made[request.request_id] = request.SerializeToString()
        return made

    def pump(self, desk, left):
        """All at once; what is BUSY again when it may. How often it was."""
        busy = 0
        due = dict.fromkeys(left, 0.0)
        while left:
            now = time.monotonic()
            for request_id in [x for x, at in due.items() if at <= now]:
                del due[request_id]
                desk.send_raw(left[request_id])
            if not desk.line.socket.poll(20):
                continue
            reply = desk.receive()
            if reply.status == desk_pb2.STATUS_BUSY:
                busy += 1
                self.assertGreater(reply.retry_after_ms, 0)
                pause = reply.retry_after_ms / 1000
                due[reply.request_id] = time.monotonic() + pause
            else:
                self.assertStatus("RECORDED", reply)
                del left[reply.request_id]
        return busy


class HangUp(SystemCase):
    """Begun by hand in a shell that is then closed, as a line that breaks
    closes it: what serves goes on serving."""

    def begin(self, name, *argv):
        """In a terminal of its own; gives what closes it."""
        own, theirs = pty.openpty()
        process = subprocess.Popen(
            [*DIES_WITH_US, binary(name), *argv],
            stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(theirs)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        said = b""
        while b"ready" not in said:
            try:
                said += os.read(own, 4096)
            except OSError:
                self.fail(f"{name} has ended: {said.decode()}")

        def close():
            os.close(own)  # the kernel sends SIGHUP, and no line is read any more

        return process, close

    def test_a_closed_shell_ends_neither_broker_nor_checkpoint_nor_gateway(self):
        home = self.make_home()
        broker, close = self.begin("tocsind", "run", home.path)
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        home.enrol("gateway", "T-VAN", SHENZHEN, "--address", "127.0.0.1:8443")
        closing = [close]
        running = [broker]
        for program, name, *more in (
            ("tocsin-terminal", LUOHU[0]),
            ("tocsin-gateway", "T-VAN", "--listen", f"{home.host}:8443",
             "--local", ""),
        ):
            process, close = self.begin(
                program, "run", "--bundle", home.bundle_path(name),
                "--store", home.store_path(name), *more,
            )  # fmt: skip
            running.append(process)
            closing.append(close)
        for close in closing:
            close()
        centre = home.centre("T-CENTRE")
        for _ in range(2):
            alert = new_alert(SEEN, common_pb2.Target(divisions=[SHENZHEN]))
            self.assertStatus("RECORDED", centre.report(alert))
            self.wait_held(centre, alert.alert_id)
        self.assertEqual([None] * 3, [x.poll() for x in running])
        for process in running:
            process.terminate()
            self.assertEqual(0, process.wait(PATIENCE_S))

    def test_nothing_is_printed_into_a_file_of_ours(self):
        """Started with standard streams closed, by a script that means to be
        thorough: their numbers are free for the next file that is opened."""
        home = self.make_home()
        thorough = ["bash", "-c", 'exec "$@" <&- >&- 2>&-', "closed"]
        broker = self.launch(
            "broker", [*thorough, binary("tocsind"), "run", home.path]
        )
        key = ("--key", home.path / "administrator.json", "--timeout", "1")
        self.wait_until(
            lambda: run_program("tocsin", "principals", *key).returncode == 0
        )
        numbers = Path(f"/proc/{broker.pid}/fd")
        for number in "012":
            self.assertEqual("/dev/null", os.readlink(numbers / number))
        self.assertEqual(b"", (home.path / "lock").read_bytes())
        self.assertEqual(0, broker.stop())
        for program, words, code in (
            ("tocsin", ("--help",), 4), ("tocsind", ("--help",), 4),
            ("tocsin-terminal", ("--help",), 4),
            ("tocsin-gateway", ("--help",), 1),
        ):  # fmt: skip
            done = self.launch(program, [*thorough, binary(program), *words])
            self.assertEqual(code, done.wait_end(), program)

    def test_a_hang_up_reads_the_level_of_the_log_anew(self):
        home = self.make_home().start()
        home.configure("log_level", "warn")
        home.broker.popen.send_signal(signal.SIGHUP)
        home.configure("log_level", "info")
        home.broker.popen.send_signal(signal.SIGHUP)
        home.broker.wait_err("broker.hangup")
        home.configure("log_level", "loud")
        home.broker.popen.send_signal(signal.SIGHUP)
        home.broker.wait_err("config.refused.*log_level: 'loud'")
        home.stop()


if __name__ == "__main__":
    unittest.main()
