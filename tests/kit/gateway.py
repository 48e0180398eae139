"""A real tocsin-gateway of a Home, and the handhelds that it is given."""

import json
import re
import urllib.request

from home import binary, run_program

from handheld import Handheld, Refused, Schemas

PORT = 8443


class Gateway:
    """Made by of(home, name, division); start() runs it."""

    def __init__(self, home, name, port=PORT):
        self.home, self.name, self.port = home, name, port
        self.case = home.case
        self.process = None
        self.schemas = None
        self.more = ()

    def enrol(self, division, *more):
        self.home.enrol(
            "gateway", self.name, division,
            "--address", f"{self.home.host}:{self.port}", *more,
        )  # fmt: skip
        return self

    def argv(self):
        return [
            binary("tocsin-gateway"), "run",
            "--bundle", self.home.bundle_path(self.name),
            "--listen", f"{self.home.host}:{self.port}",
            "--local", f"{self.home.host}:{self.port + 1}",
            *self.more,
        ]  # fmt: skip

    def start(self, *more, env=None):
        self.more = more or self.more
        self.process = self.case.launch(
            f"gateway {self.name}", self.argv(), env
        )
        self.process.wait_out(r"^ready gateway=")
        return self

    def run(self, *args, code=0):
        done = run_program(
            "tocsin-gateway", *args,
            "--bundle", self.home.bundle_path(self.name),
        )  # fmt: skip
        self.case.assertEqual(code, done.returncode, done.stderr)
        return done.stdout

    def status(self):
        return json.loads(self.run("status", "--json"))

    def spool(self):
        return [
            json.loads(line)
            for line in self.run("spool", "--json").splitlines()
        ]

    def local(self, path):
        """By the plain listener on loopback."""
        url = f"http://{self.home.host}:{self.port + 1}{path}"
        with urllib.request.urlopen(url, timeout=30) as reply:
            return reply.read().decode()

    def metric(self, name):
        found = re.search(
            rf"^tocsin_gateway_{re.escape(name)} (\S+)$",
            self.local("/metrics"),
            re.M,
        )
        return float(found[1]) if found else None

    def wait_connected(self):
        self.case.wait_until(lambda: self.metric("line_up") == 1)
        self.case.wait_until(lambda: self.metric("picture_complete") == 1)

    # ---- handhelds ----

    def invite(self, name, *more):
        told = self.home.tocsin_json(
            "enrol", "device", name, "--gateway", self.name,
            "--name", f"Handheld {name}", *more,
        )  # fmt: skip
        return told["code"]

    def handheld(self, name, *more):
        """Invited, enrolled, in a session."""
        device = Handheld(self.invite(name, *more), self.schemas)
        self.schemas = device.schemas
        self.case.addCleanup(device.close)
        device.enrol()
        device.login()
        return device


__all__ = ["Gateway", "Handheld", "Refused", "Schemas"]
