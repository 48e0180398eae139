"""Child processes whose every line can be waited for. No sleeps, no polling."""

import collections
import os
import re
import signal
import subprocess
import threading
import time

# Generous: the machine may be busy and the build sanitized. A test that needs
# this long fails; none waits this long when things work.
PATIENCE_S = float(os.environ.get("TOCSIN_PATIENCE", "60"))

SANITIZER = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|: runtime error: "
    r"|SUMMARY: \w+Sanitizer"
)
TAIL_LINES = 60

# What a program's memory may grow by, times this: ThreadSanitizer keeps a
# shadow of all of it.
SHADOW = 3 if os.environ.get("TOCSIN_SANITIZE") == "thread" else 1

# However a test ends, also by kill -9: nothing that it started outlives it.
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


class Lines:
    """What a stream has said so far, filled by a thread of its own."""

    def __init__(self, stream):
        self.said = []
        self.ended = False
        self.condition = threading.Condition()
        self.thread = threading.Thread(
            target=self._fill, args=(stream,), daemon=True
        )
        self.thread.start()

    def _fill(self, stream):
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            with self.condition:
                self.said.append(line)
                self.condition.notify_all()
        stream.close()
        with self.condition:
            self.ended = True
            self.condition.notify_all()

    def now(self):
        with self.condition:
            return list(self.said)

    def wait(self, matches, since=0, timeout=PATIENCE_S):
        """The first line from since on that matches, or None."""
        deadline = time.monotonic() + timeout
        at = since
        with self.condition:
            while True:
                while at < len(self.said):
                    if matches(self.said[at]):
                        return self.said[at]
                    at += 1
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    return None
                self.condition.wait(left)


class Process:
    """One child process, its lines on both streams, and its end."""

    def __init__(self, name, argv, env=None, orders=False):
        self.name = name
        self.expected_end = False
        self.popen = subprocess.Popen(
            [*DIES_WITH_US, *map(str, argv)],
            stdin=subprocess.PIPE if orders else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )
        self.out = Lines(self.popen.stdout)
        self.err = Lines(self.popen.stderr)

    @property
    def pid(self):
        return self.popen.pid

    def say(self, words):
        """Give it orders."""
        self.popen.stdin.write(words.encode())
        self.popen.stdin.flush()

    def running(self):
        return self.popen.poll() is None

    def wait_out(self, pattern, since=0, timeout=PATIENCE_S):
        return self._wait(self.out, pattern, since, timeout)

    def wait_err(self, pattern, since=0, timeout=PATIENCE_S):
        return self._wait(self.err, pattern, since, timeout)

    def _wait(self, lines, pattern, since, timeout):
        line = lines.wait(re.compile(pattern).search, since, timeout)
        if line is None:
            raise AssertionError(
                f"{self.name} never said {pattern!r}\n{self.tail()}"
            )
        return line

    def wait_err_times(self, pattern, times):
        said = self.err.wait(lambda _: self.count_err(pattern) >= times)
        if said is None:
            raise AssertionError(
                f"{self.name} never said {pattern!r} {times} times\n"
                f"{self.tail()}"
            )

    def count_err(self, pattern):
        return sum(1 for x in self.err.now() if re.search(pattern, x))

    def end(self, number, timeout=PATIENCE_S):
        """Send a signal, wait for the end, give the exit code."""
        self.expected_end = True
        if self.running():
            self.popen.send_signal(number)
        return self.wait_end(timeout)

    def wait_end(self, timeout=PATIENCE_S):
        self.expected_end = True
        try:
            code = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.name} does not end\n{self.tail()}"
            ) from None
        self.out.thread.join(timeout)
        self.err.thread.join(timeout)
        return code

    def stop(self):
        return self.end(signal.SIGTERM)

    def kill(self):
        return self.end(signal.SIGKILL)

    def resident_kib(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise AssertionError(f"{self.name} has no memory")

    def trouble(self):
        """What is wrong with how this process ran, or None."""
        for line in self.err.now():
            if SANITIZER.search(line):
                return f"{self.name}: {line}"
        if not self.running() and not self.expected_end:
            return f"{self.name} ended by itself: {self.popen.returncode}"
        return None

    def tail(self):
        recent = collections.deque(self.err.now(), TAIL_LINES)
        return "\n".join(f"  {self.name}: {line}" for line in recent)
