#!/usr/bin/python3
"""A gateway under load, with its ceilings beside it: gateway_bench.py BUILD
[HANDHELDS [WAITING [RATE [SECONDS]]]].

Exits with 1 when a goal is missed: RATE answers a second, each fsynced before
its receipt; WAITING answers drained in 30 s; 100 MB of memory.
"""

import asyncio
import json
import os
import re
import secrets
import ssl
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

if len(sys.argv) > 1:
    os.environ["TOCSIN_BUILD"] = sys.argv[1]

import gateway as kit  # noqa: E402
from handheld import Code  # noqa: E402
from home import Centre, SystemCase, binary  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402
from tocsin_wire import Bundle  # noqa: E402

NUMBERS = [int(x) for x in sys.argv[2:]]
HANDHELDS, WAITING, RATE, SECONDS = (
    NUMBERS + [2000, 50000, 500, 20][len(NUMBERS) :]
)
DRAIN_S, MEMORY_MIB = 30, 100


class Crew:
    """Connections that stay, over which requests packed before are sent."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.wires = []
        self.took_s = []
        self.codes = {}

    async def connect(self, count):
        gate = asyncio.Semaphore(64)

        async def one():
            async with gate:
                return await asyncio.open_connection(
                    self.host, self.port, ssl=self.context
                )

        self.wires = await asyncio.gather(*(one() for _ in range(count)))

    async def post(self, at, body):
        reader, writer = self.wires[at]
        began = time.monotonic()
        writer.write(
            b"POST /v1/answers HTTP/1.1\r\nHost: g\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % len(body) + body
        )  # fmt: skip
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(re.search(rb"Content-Length: (\d+)", head)[1])
        await reader.readexactly(size)
        self.took_s.append(time.monotonic() - began)
        code = int(head[9:12])
        self.codes[code] = self.codes.get(code, 0) + 1

    async def sustain(self, work, rate):
        """One after the other at this rate, whoever's turn it is."""
        began = time.monotonic()
        tasks = []
        for number, (at, body) in enumerate(work):
            wait = began + number / rate - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.ensure_future(self.post(at, body)))
        await asyncio.gather(*tasks)
        return len(work) / (time.monotonic() - began)

    async def flood(self, work):
        """As fast as it goes, each handheld one after the other."""
        of_one = {}
        for at, body in work:
            of_one.setdefault(at, []).append(body)

        async def one(at, bodies):
            for body in bodies:
                await self.post(at, body)

        began = time.monotonic()
        await asyncio.gather(*(one(*item) for item in of_one.items()))
        return len(work) / (time.monotonic() - began)

    def tell(self, what):
        took = sorted(self.took_s)
        print(
            f"{what}: receipts after {1000 * took[len(took) // 2]:.1f} ms in "
            f"the median, {1000 * took[len(took) * 99 // 100]:.1f} ms at the "
            f"99th percentile; {self.codes}",
            flush=True,
        )
        self.took_s, self.codes = [], {}

    def close(self):
        for _, writer in self.wires:
            writer.transport.abort()


class Bench(SystemCase):
    def runTest(self):
        self.met = True
        self.home = self.make_home()
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_nodes([LUOHU])
        self.home.start()
        self.gateway = kit.Gateway(self.home, "T-VAN").enrol(SHENZHEN)
        self.bare_spool()
        self.gateway.start()
        self.alert_id = self.home.tocsin_json(
            "report", "--sex", "male", "--age", "4", "--seen",
            f"{SEEN[0]},{SEEN[1]}", "--seen-time=-5m", key="T-CENTRE",
        )["alertId"]  # fmt: skip
        began = time.monotonic()
        self.devices = self.enrol()
        print(f"{HANDHELDS} enrolled in {time.monotonic() - began:.1f} s")
        asyncio.run(self.bare_http())
        asyncio.run(self.load())
        self.drain()
        self.memory()
        self.assertTrue(self.met, "a goal was missed")

    def goal(self, met, words):
        self.met = self.met and met
        print(f"{'met   ' if met else 'MISSED'} {words}", flush=True)

    def enrol(self):
        guide = Code(self.gateway.invite("T-GUIDE"))
        first = kit.Handheld(guide)
        self.addCleanup(first.close)
        made = []
        with Centre(Bundle(self.home.path / "administrator.json")) as desk:
            for number in range(HANDHELDS):
                code = Code.__new__(Code)
                code.__dict__.update(guide.__dict__)
                code.device = f"T-H-{number:04}"
                code.secret = secrets.token_bytes(20)
                self.assertStatus(
                    "RECORDED",
                    desk.ask(
                        invite=kit.invitation(
                            code.device, "T-VAN", code.secret
                        )
                    ),
                )
                device = kit.Handheld(code, first.schemas)
                first.json("POST", "/v1/enrolment", device.claim())
                made.append(device)
        return made

    def work(self, count):
        """So many signed answers, handheld after handheld."""
        packed = []
        for number in range(count):
            at = number % HANDHELDS
            _, signed = self.devices[at].sign_answer(self.alert_id, "NEGATIVE")
            packed.append((at, json.dumps(signed).encode()))
        return packed

    # ---- the ceilings ----

    def bare_spool(self):
        print(
            subprocess.run(
                [binary("gateway_bare"), "spool",
                 self.home.folder / "bare.db", "3"],
                capture_output=True, text=True, check=True,
            ).stdout,
            end="",
        )  # fmt: skip

    async def bare_http(self):
        crt = self.home.bundles / "T-VAN.tls.crt"
        bare = self.launch(
            "bare",
            [binary("gateway_bare"), "http", f"{self.home.host}:9443", crt,
             crt.with_suffix(".key")],
        )  # fmt: skip
        bare.wait_out("^ready")
        crew = Crew(self.home.host, 9443)
        await crew.connect(HANDHELDS)
        rate = await crew.flood(self.work(min(10000, 5 * HANDHELDS)))
        print(f"bare HTTP: {rate:.0f} requests a second, flooded")
        crew.tell("bare HTTP, flooded")
        crew.close()
        bare.kill()

    # ---- the gateway ----

    async def load(self):
        crew = Crew(self.home.host, self.gateway.port)
        began = time.monotonic()
        await crew.connect(HANDHELDS)
        print(f"{HANDHELDS} connected in {time.monotonic() - began:.1f} s")
        rate = await crew.sustain(self.work(RATE * SECONDS), RATE)
        good = crew.codes.get(202, 0) + crew.codes.get(200, 0)
        crew.tell(f"sustained for {SECONDS} s, broker beside it")
        self.goal(
            rate >= 0.98 * RATE and good == RATE * SECONDS,
            f"{rate:.0f} answers a second, each fsynced before its receipt "
            f"(goal {RATE})",
        )
        self.wait_until(lambda: self.gateway.status()["waiting"] == 0)
        self.home.stop()
        crew.took_s = []
        rate = await crew.flood(self.work(WAITING))
        print(f"flooded: {rate:.0f} answers a second")
        crew.tell("flooded, no line")
        crew.close()

    def drain(self):
        self.assertEqual(WAITING, self.gateway.status()["waiting"])
        self.home.start()
        began = time.monotonic()
        self.wait_until(lambda: self.gateway.metric("answers_waiting") < WAITING)
        first = time.monotonic()
        self.wait_until(lambda: self.gateway.metric("answers_waiting") == 0)
        end = time.monotonic()
        self.goal(
            end - began < DRAIN_S,
            f"{WAITING} waiting answers drained in {end - began:.1f} s from "
            f"the broker's start, {end - first:.1f} s from the first (goal "
            f"{DRAIN_S})",
        )

    def memory(self):
        text = Path(f"/proc/{self.gateway.process.pid}/status").read_text()
        peak = int(re.search(r"VmHWM:\s+(\d+)", text)[1]) / 1024
        self.goal(
            peak < MEMORY_MIB,
            f"{peak:.0f} MiB of memory at most (goal {MEMORY_MIB})",
        )


if __name__ == "__main__":
    import unittest

    outcome = unittest.TextTestRunner(verbosity=0).run(Bench())
    sys.exit(not outcome.wasSuccessful())
