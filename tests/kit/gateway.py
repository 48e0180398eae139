"""A real tocsin-gateway of a Home, and the handhelds that it is given."""

import copy
import hashlib
import json
import re
import secrets
import time
import urllib.request

from home import Centre, binary, run_program

from handheld import Code, Handheld, Refused, Schemas
from nacl.signing import SigningKey
from tocsin_wire import Bundle, desk_pb2

PORT = 8443


def invitation(device, gateway, secret):
    seed = hashlib.blake2b(
        b"tocsin/v1/invitation\0" + secret, digest_size=32
    ).digest()
    return desk_pb2.Invite(
        device=device, gateway=gateway, name=f"Handheld {device}",
        secret_key=bytes(SigningKey(seed).verify_key),
        expires_ms=int(time.time() * 1000) + 20 * 24 * 3600 * 1000,
    )  # fmt: skip


class Gateway:
    """Made by of(home, name, division); start() runs it."""

    def __init__(self, home, name, port=PORT):
        self.home, self.name, self.port = home, name, port
        self.case = home.case
        self.process = None
        self.schemas = None
        self.more = ()
        self.env = None
        self.store = ()

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
            *self.store, *self.more,
        ]  # fmt: skip

    def start(self, *more, env=None):
        self.more = more or self.more
        self.env = env = env or self.env
        self.process = self.case.launch(
            f"gateway {self.name}", self.argv(), env
        )
        self.process.wait_out(r"^ready gateway=")
        return self

    def run(self, *args, code=0):
        done = run_program(
            "tocsin-gateway", *args,
            "--bundle", self.home.bundle_path(self.name), *self.store,
            env=self.env,
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

    def crew(self, names):
        """Many handhelds, invited without a program for each of them."""
        guide = Code(self.invite("T-GUIDE"))
        administrator = Bundle(self.home.path / "administrator.json")
        made = []
        with Centre(administrator) as desk:
            for name in names:
                secret = secrets.token_bytes(20)
                told = desk.ask(invite=invitation(name, self.name, secret))
                self.case.assertStatus("RECORDED", told)
                code = copy.copy(guide)
                code.device, code.secret = name, secret
                device = Handheld(code, self.schemas, timeout=120)
                self.schemas = device.schemas
                self.case.addCleanup(device.close)
                device.enrol()
                made.append(device)
        return made

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
