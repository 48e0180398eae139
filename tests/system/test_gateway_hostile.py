#!/usr/bin/python3
"""Peers of a gateway that mean harm, or are only slow: bounded, counted, and
without effect on the relay."""

import contextlib
import hashlib
import json
import os
import resource
import socket
import ssl
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from clock import FastTime  # noqa: E402
from gateway import Gateway, Refused  # noqa: E402
from home import SystemCase  # noqa: E402
from photos import noise_png  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402
from processes import SHADOW  # noqa: E402

CROWD = int(os.environ.get("TOCSIN_HTTP_CROWD", "3000"))
MEMORY_MIB = 100
DEAF = int(os.environ.get("TOCSIN_DEAF", "200"))
PICTURED = 60  # handhelds that take one photograph at once
DOCUMENT = b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
ENDS = b"\r\nConnection: close\r\n\r\n"


class Hostile(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = self.make_home()
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_nodes([LUOHU])
        self.home.start()
        self.gateway = Gateway(self.home, "T-VAN").enrol(SHENZHEN)

    def start(self, *more, env=None):
        self.gateway.start(*more, env=env)
        self.device = self.gateway.handheld("T-HAND-1")
        self.alert_id = self.home.tocsin_json(
            "report", "--sex", "male", "--age", "4", "--seen",
            f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m", key="T-CENTRE",
        )["alertId"]  # fmt: skip

    def open_plain(self, takes=None):
        made = socket.socket()
        if takes is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
        made.connect((self.home.host, self.gateway.port))
        self.addCleanup(made.close)
        return made

    def open_tls(self, takes=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        made = context.wrap_socket(self.open_plain(takes))
        self.addCleanup(made.close)
        return made

    def say(self, data):
        """Everything that is said in return, until the end."""
        wire = self.open_tls()
        wire.settimeout(30)
        said = b""
        try:
            wire.sendall(data)
            while piece := wire.recv(65536):
                said += piece
        except (ConnectionError, ssl.SSLError):
            pass
        return said

    def relays(self):
        """The relay goes on as if nothing were."""
        answer_id, _ = self.device.answer(self.alert_id, "SIGHTING")
        self.wait_until(
            lambda: self.device.fate(answer_id)["state"]
            == "FATE_STATE_RECORDED"
        )

    def report_photograph(self):
        """An alert with one, here."""
        path = self.home.folder / "child.png"
        self.photograph = noise_png(1100, 5)
        path.write_bytes(self.photograph)
        self.alert_id = self.home.tocsin_json(
            "report", "--sex", "male", "--age", "4", "--seen",
            f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
            "--photo", path, key="T-CENTRE",
        )["alertId"]  # fmt: skip
        self.wait_until(
            lambda: self.alert_id in json.dumps(self.device.alerts())
        )

    def ask_for_photograph(self, device):
        name = hashlib.blake2b(self.photograph, digest_size=32).hexdigest()
        return (
            f"GET /v1/pictures/{name} HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {device.token}\r\n\r\n"
        ).encode()

    def first_line(self, data):
        wire = self.open_tls()
        wire.settimeout(30)
        wire.sendall(data)
        return wire.recv(64)

    def resident_mib(self, field="VmRSS"):
        text = Path(f"/proc/{self.gateway.process.pid}/status").read_text()
        line = next(x for x in text.splitlines() if x.startswith(field))
        return int(line.split()[1]) / 1024


class Requests(Hostile):
    def test_a_request_that_could_end_in_two_ways_is_refused(self):
        self.start()
        head = b"POST /v1/answers HTTP/1.1\r\nHost: x\r\n"
        inner = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        chunked = b"Transfer-Encoding: chunked\r\n"
        length = b"Content-Length: %d\r\n"
        for lines, body in (
            (chunked + length % 5, b"0\r\n\r\n" + inner),
            (length % 5 + chunked, b"0\r\n\r\n" + inner),
            (length % 0 + length % len(inner), inner),
            (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + inner),
            (b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"),
        ):
            said = self.say(head + lines + b"\r\n" + body)
            self.assertNotIn(b'"status":"ok"', said, lines)
            self.assertNotIn(b" 202 ", said, lines)
        self.relays()

    def test_what_is_too_large_is_not_taken(self):
        self.start()
        huge = b"X-A: " + b"a" * 200_000
        for data in (
            b"GET / HTTP/1.1\r\nHost: x\r\n" + huge + b"\r\n\r\n",
            b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
            b"POST /v1/answers HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 2000000\r\n\r\n" + b"a" * 100_000,
            b"POST /v1/answers HTTP/1.1\r\nHost: x\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
            + b"8000\r\n" + b"a" * 0x8000 + b"\r\n" * 1
            + b"8000\r\n" + b"a" * 0x8000,
            b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 50_000 + b"\r\n",
        ):  # fmt: skip
            said = self.say(data)
            self.assertNotIn(b" 200 ", said)
            self.assertNotIn(b" 202 ", said)
        self.relays()
        self.assertLess(self.resident_mib(), 3 * MEMORY_MIB * SHADOW)

    def test_a_chunk_that_never_says_how_long_it_is_takes_no_memory(self):
        self.start()
        before = self.resident_mib("VmHWM")
        wire = self.open_tls()
        wire.settimeout(2)
        with contextlib.suppress(OSError):  # it ends, or is heard no more
            wire.sendall(
                b"POST /v1/answers HTTP/1.1\r\nHost: x\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n1;"
            )
            for _ in range(300):
                wire.sendall(b"a" * 65536)
        grown = self.resident_mib("VmHWM") - before
        self.assertEqual(1, self.gateway.metric("requests_malformed_total"))
        self.assertLess(grown, MEMORY_MIB / 4 * SHADOW)
        self.relays()

    def test_json_that_is_none_is_refused_in_words(self):
        self.start()
        for body in (
            "", "{", "[]", "null", "[" * 5000, '{"content": 1e999}',
            '{"content":"AA==","content":"AA=="}', '"\ud800"'.encode(
                "utf-8", "surrogatepass").decode("latin-1"),
        ):  # fmt: skip
            code, _, data = self.device.wire.ask(
                "POST", "/v1/answers", body.encode("latin-1"),
                {"Content-Type": "application/json"},
            )  # fmt: skip
            self.assertEqual(400, code, body[:40])
            self.assertIn("reason", json.loads(data))
        code, _, _ = self.device.wire.ask("POST", "/v1/answers", b"{}", {})
        self.assertEqual(415, code)
        for method, path, code in (
            ("PUT", "/v1/answers", 405), ("GET", "/v1/../metrics", 404),
            ("GET", "/metrics", 404), ("DELETE", "/v1/alerts", 405),
            ("GET", "/v1/alerts", 401), ("GET", "/v1/alerts/a/b/c", 404),
        ):  # fmt: skip
            self.assertEqual(code, self.device.wire.ask(method, path)[0], path)
        self.relays()

    def test_a_token_that_was_made_up_opens_nothing(self):
        self.start()
        good = self.device.token
        name, expires, seal = good.split("~")
        for token in (
            "", "x", "~~", f"{name}~{expires}~", f"T-HAND-2~{expires}~{seal}",
            f"{name}~{int(expires) + 1}~{seal}", f"{name}~{expires}~{'0' * 32}",
            f"{name}~0~{seal}", good + "0", "a" * 5000,
        ):  # fmt: skip
            self.device.token = token
            with self.assertRaises(Refused) as told:
                self.device.alerts()
            self.assertEqual(401, told.exception.code)
        self.device.token = good
        self.device.alerts()


class Slow(Hostile):
    def test_who_sends_a_byte_a_second_is_closed(self):
        self.start()
        wires = [self.open_tls() for _ in range(20)]
        began = time.monotonic()
        open_ones = set(wires)
        text = iter(b"GET /healthz HTTP/1.1\r\nX-Slow: " + b"a" * 1000)
        while open_ones and time.monotonic() - began < 40:
            byte = bytes([next(text)])
            for wire in list(open_ones):
                wire.settimeout(0.05)
                try:
                    wire.sendall(byte)
                    if wire.recv(1) == b"":
                        open_ones.discard(wire)
                except TimeoutError:
                    pass
                except (OSError, ssl.SSLError):
                    open_ones.discard(wire)
        self.assertEqual(set(), open_ones)
        self.assertGreaterEqual(
            self.gateway.metric("connections_late_total"), 20
        )
        self.relays()

    def test_who_listens_and_does_not_read_is_closed(self):
        self.start("--device-rate", "1000")
        deaf = self.open_tls(takes=4096)
        deaf.sendall(
            b"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + self.device.token.encode() + b"\r\n\r\n"
        )  # fmt: skip
        self.wait_until(lambda: self.gateway.metric("event_streams") == 1)
        given = 0
        while self.gateway.metric("event_streams") == 1:
            self.assertLess(given, 40_000)
            for _ in range(100):
                self.device.answer("01ARZ3NDEKTSV4RRFFQ69G5FAV", "READ")
                given += 1
        self.assertEqual(1, self.gateway.metric("event_streams_slow_total"))
        self.relays()

    def test_who_takes_nothing_of_an_answer_is_closed_and_a_thin_line_is_not(
        self,
    ):
        self.start("--taking-s", "5")
        deaf = [self.open_tls(takes=4096) for _ in range(10)]
        for wire in deaf:
            wire.sendall(DOCUMENT * 20)
        self.assertTrue(
            self.takes(10_000, DOCUMENT.replace(b"\r\n\r\n", ENDS))
        )
        self.wait_until(
            lambda: self.gateway.metric("connections_stalled_total")
            == len(deaf)
        )
        self.wait_until(
            lambda: self.gateway.metric("connections") < len(deaf)
        )
        self.relays()

    def test_a_photograph_may_be_minutes_on_its_way(self):
        self.start(env=FastTime(10).env())
        self.report_photograph()
        ask = self.ask_for_photograph(self.device)
        self.wait_until(lambda: b" 200 " in self.first_line(ask))
        self.assertTrue(
            self.takes(300_000, ask.replace(b"\r\n\r\n", ENDS))
        )

    def takes(self, bytes_a_second, ask):
        """The whole answer, at this pace; false: it was cut."""
        wire = self.open_tls(takes=4096)
        wire.settimeout(30)
        wire.sendall(ask)
        said = b""
        while piece := wire.recv(1000):
            said += piece
            time.sleep(len(piece) / bytes_a_second)
        head, _, body = said.partition(b"\r\n\r\n")
        return b"\r\nContent-Length: %d\r\n" % len(body) in head

    def test_who_asks_without_end_and_does_not_read_takes_no_memory(self):
        self.start()
        before = self.resident_mib("VmHWM")
        deaf = self.open_tls(takes=4096)
        deaf.settimeout(30)
        with self.assertRaises((ConnectionError, ssl.SSLError)):
            for _ in range(400):
                deaf.sendall(DOCUMENT * 10_000)
        grown = self.resident_mib("VmHWM") - before
        self.assertLess(grown, MEMORY_MIB * SHADOW)
        self.relays()

    def test_who_asks_for_photographs_and_does_not_read_takes_no_memory(self):
        self.start("--taking-s", "600")
        self.report_photograph()
        ask = self.ask_for_photograph(self.device)
        self.wait_until(lambda: b" 200 " in self.first_line(ask))
        before = self.resident_mib()
        deaf = []
        for _ in range(DEAF):
            wire = self.open_tls(takes=4096)
            wire.settimeout(10)
            wire.sendall(ask)
            wire.recv(16)
            deaf.append(wire)
        grown = self.resident_mib() - before
        print(f"{len(deaf)} deaf readers of one handheld: +{grown:.0f} MiB")
        self.assertLess(grown, MEMORY_MIB * SHADOW)
        self.relays()
        self.assertNotIn(b" 200 ", self.first_line(ask))
        for wire in deaf:
            wire.close()
        self.wait_until(lambda: b" 200 " in self.first_line(ask))


class Crowd(Hostile):
    def test_who_asks_much_and_does_not_read_does_not_keep_others_out(self):
        self.start("--connections-max", "50")
        deaf = []
        for _ in range(50 + 64):
            wire = self.open_tls(takes=4096)
            wire.settimeout(10)
            wire.sendall(DOCUMENT * 100)
            wire.recv(16)
            deaf.append(wire)
        self.device.wire.close()
        self.relays()

    def test_a_crowd_that_asks_for_one_photograph_has_it_from_one_copy(self):
        self.start()
        self.report_photograph()
        crew = self.gateway.crew(f"T-HAND-{9 + i}" for i in range(PICTURED))
        for device in crew:
            device.login()
        ask = self.ask_for_photograph(self.device)
        self.wait_until(lambda: b" 200 " in self.first_line(ask))
        before = self.resident_mib()
        wires = []
        for device in crew:
            wire = self.open_tls()
            wire.settimeout(30)
            wire.sendall(
                self.ask_for_photograph(device).replace(b"\r\n\r\n", ENDS)
            )
            self.assertEqual(b"HTTP/1.1 200 OK\r\n", wire.recv(17))
            wires.append(wire)
        grown = self.resident_mib() - before
        self.assertLess(grown, MEMORY_MIB * SHADOW)
        for wire in wires:
            said = b"".join(iter(lambda: wire.recv(1 << 20), b""))
            self.assertEqual(self.photograph, said.partition(b"\r\n\r\n")[2])
        self.wait_until(
            lambda: self.gateway.metric("pictures_given_bytes")
            == len(self.photograph)  # to those who were only asking
        )
        print(f"{len(wires)} take one photograph: +{grown:.0f} MiB")

    def test_thousands_that_say_nothing_do_not_keep_others_out(self):
        self.start()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(
            resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard)
        )
        idle = []
        for number in range(CROWD):
            made = socket.socket()
            made.bind((f"127.0.0.{2 + number % 200}", 0))
            made.setblocking(False)
            made.connect_ex((self.home.host, self.gateway.port))
            idle.append(made)
            if number % 1000 == 999:
                self.relays()
        self.relays()
        self.assertLessEqual(self.gateway.metric("connections"), 4096 + 64)
        for made in idle:
            made.close()
        self.relays()

    def test_beyond_its_bound_the_oldest_that_said_nothing_goes(self):
        self.start("--connections-max", "50")
        idle = [self.open_plain() for _ in range(200)]
        self.relays()
        self.assertLessEqual(self.gateway.metric("connections"), 50 + 64)
        self.assertGreater(
            self.gateway.metric("connections_crowded_total"), 100
        )
        self.assertEqual(200, len(idle))

    def test_one_handheld_does_not_take_the_room_of_others(self):
        self.start("--device-rate", "1")
        other = self.gateway.handheld("T-HAND-2")
        refused = 0
        for _ in range(40):
            try:
                self.device.answer(self.alert_id, "READ")
            except Refused as told:
                self.assertEqual(429, told.code)
                self.assertEqual("1", told.retry_after)
                refused += 1
        self.assertGreater(refused, 20)
        answer_id, _ = other.answer(self.alert_id, "SIGHTING")
        self.wait_until(
            lambda: other.fate(answer_id)["state"] == "FATE_STATE_RECORDED"
        )


class Outside(Hostile):
    """What is not ours says that it is right."""

    def curl(self, *args):
        certificate = self.home.bundles / "T-VAN.tls.crt"
        done = subprocess.run(
            ["curl", "-sS", "--cacert", certificate, *args],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def test_curl_alone_does_what_is_not_signed(self):
        self.start()
        base = f"https://{self.home.host}:{self.gateway.port}"
        self.assertEqual(
            "ok", json.loads(self.curl(f"{base}/healthz"))["status"]
        )
        self.assertEqual(
            "T-VAN", json.loads(self.curl(f"{base}/v1/gateway"))["gateway"]
        )
        document = json.loads(self.curl(f"{base}/v1/openapi.json"))
        self.assertEqual("3.1.0", document["openapi"])
        self.assertIn("nonce", self.curl(f"{base}/v1/challenge"))
        self.wait_until(lambda: self.device.alerts().get("alerts"))
        bearer = ["-H", f"Authorization: Bearer {self.device.token}"]
        page = json.loads(self.curl(*bearer, f"{base}/v1/alerts"))
        self.assertEqual(self.alert_id, page["alerts"][0]["alertId"])
        _, signed = self.device.sign_answer(self.alert_id, "READ")
        told = self.curl(
            "--json", json.dumps(signed), f"{base}/v1/answers"
        )  # fmt: skip
        self.assertEqual("FATE_STATE_WAITING", json.loads(told)["state"])
        packed = self.curl(
            *bearer, "-H", "Accept: application/x-protobuf",
            "-o", str(self.home.folder / "page"), "-w", "%{content_type}",
            f"{base}/v1/alerts",
        )  # fmt: skip
        self.assertEqual("application/x-protobuf", packed)
        told = self.curl("-w", "%{http_code}", "-o", "/dev/null",
                         f"{base}/v1/alerts")  # fmt: skip
        self.assertEqual("401", told)

    def test_promtool_takes_the_metrics(self):
        self.start()
        self.relays()
        text = self.gateway.local("/metrics")
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=text,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertEqual("", done.stdout + done.stderr)
        self.assertEqual(0, done.returncode)
        for name in (
            "answers_waiting", "oldest_waiting_seconds",
            "answers_relayed_total", "devices_seen", "picture_cache_bytes",
            "picture_age_seconds",
        ):  # fmt: skip
            self.assertIsNotNone(self.gateway.metric(name), name)

    def test_a_certificate_that_is_not_the_codes_is_noticed(self):
        self.start()
        shown = ssl.get_server_certificate(
            (self.home.host, self.gateway.port)
        )
        der = ssl.PEM_cert_to_DER_cert(shown)
        self.assertEqual(
            self.device.code.fingerprint, hashlib.sha256(der).digest()
        )
        key = self.home.bundles / "T-VAN.tls.key"
        self.assertEqual(0o600, key.stat().st_mode & 0o777)
        key.chmod(0o640)
        self.gateway.process.stop()
        refused = self.launch("gateway", self.gateway.argv())
        self.assertEqual(1, refused.wait_end())


if __name__ == "__main__":
    unittest.main(verbosity=2)
