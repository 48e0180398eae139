"""A handheld, from the gateway's OpenAPI document alone: Python's standard
library, python3-nacl for Ed25519, nothing of ours.

What is signed is packed by the x-proto-field numbers of the document.
"""

import base64
import hashlib
import http.client
import json
import os
import secrets
import ssl
import struct
import sys
import time
from urllib.parse import parse_qs, urlsplit

from nacl.signing import SigningKey

REF = "#/components/schemas/"


class Schemas:
    """Packs messages as Protobuf, as the document numbers their fields."""

    def __init__(self, document):
        self.all = document["components"]["schemas"]

    def pack(self, name, message):
        fields = self.all[name]["properties"]
        known = sorted(message, key=lambda key: fields[key]["x-proto-field"])
        return b"".join(
            self._field(fields[key], message[key]) for key in known
        )

    def _field(self, field, value):
        if field.get("type") == "array":
            return b"".join(
                self._one(field["items"], field["x-proto-field"], item)
                for item in value
            )
        return self._one(field, field["x-proto-field"], value)

    def _one(self, kind, number, value):
        if "$ref" in kind:
            name = kind["$ref"].removeprefix(REF)
            numbers = self.all[name].get("x-proto-numbers")
            if numbers is not None:
                return varint(number << 3) + varint(numbers[value])
            return piece(number, self.pack(name, value))
        if kind.get("format") == "double":
            return varint(number << 3 | 1) + struct.pack("<d", value)
        if kind.get("format") == "byte":
            return piece(number, value)
        if kind["type"] == "string" and "format" not in kind:
            return piece(number, value.encode())
        return varint(number << 3) + varint(int(value))


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def piece(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def text64(data):
    return base64.b64encode(data).decode()


def now_ms():
    return time.time_ns() // 1_000_000


class Code:
    """The text that `tocsin enrol device` prints."""

    def __init__(self, text):
        parts = urlsplit(text)
        given = {key: value[0] for key, value in parse_qs(parts.query).items()}
        self.host, self.port = parts.hostname, parts.port
        self.device = parts.path.strip("/")
        self.gateway = given["g"]
        self.fingerprint = bytes.fromhex(given["f"])
        self.authority = bytes.fromhex(given["a"])
        self.secret = bytes.fromhex(given["s"])


PIECE = 24576  # of a picture


class Refused(Exception):
    def __init__(self, code, problem, retry_after):
        super().__init__(f"{code} {problem}")
        self.code, self.problem = code, problem
        self.retry_after = retry_after


class WrongGateway(Exception):
    """Its certificate is not that of the code."""


class Wire:
    """One connection to one gateway whose certificate has this fingerprint."""

    def __init__(self, host, port, fingerprint, timeout=30):
        self.host, self.port = host, port
        self.fingerprint, self.timeout = fingerprint, timeout
        self.connection = None

    def _connect(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the fingerprint says more
        connection = http.client.HTTPSConnection(
            self.host, self.port, timeout=self.timeout, context=context
        )
        connection.connect()
        shown = connection.sock.getpeercert(binary_form=True)
        if hashlib.sha256(shown).digest() != self.fingerprint:
            connection.close()
            raise WrongGateway(self.host)
        self.connection = connection

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ask(self, method, path, body=None, headers=None):
        """(code, headers, bytes). A connection that the other side has closed
        meanwhile is made anew, once."""
        for last in (False, True):
            if self.connection is None:
                self._connect()
            try:
                self.connection.request(method, path, body, headers or {})
                reply = self.connection.getresponse()
                return reply.status, reply.headers, reply.read()
            except (OSError, http.client.HTTPException):
                self.close()
                if last:
                    raise
        raise AssertionError("not reached")


class Handheld:
    def __init__(self, code, schemas=None, timeout=30):
        self.code = Code(code) if isinstance(code, str) else code
        self.name = self.code.device
        self.key = SigningKey.generate()
        self.token = None
        self.wire = Wire(
            self.code.host, self.code.port, self.code.fingerprint, timeout
        )
        self.schemas = schemas or Schemas(self.json("GET", "/v1/openapi.json"))

    def close(self):
        self.wire.close()

    def move(self, code):
        """To another gateway, of which only the code's public part is used."""
        self.wire.close()
        self.code = code
        self.token = None
        self.wire = Wire(
            code.host, code.port, code.fingerprint, self.wire.timeout
        )

    def json(self, method, path, message=None, token=False):
        headers = {"Accept": "application/json"}
        body = None
        if message is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(message)
        if token:
            headers["Authorization"] = f"Bearer {self.token}"
        code, told, data = self.wire.ask(method, path, body, headers)
        if code >= 400:
            raise Refused(
                code, json.loads(data or b"{}"), told.get("Retry-After")
            )
        return json.loads(data) if data else None

    def _sign(self, context, content, key=None):
        signed = context.encode() + b"\0" + content
        return (key or self.key).sign(signed).signature

    # ---- what it does ----

    def claim(self, secret=None):
        content = self.schemas.pack(
            "DeviceClaim",
            {"device": self.name, "publicKey": bytes(self.key.verify_key)},
        )
        seed = hashlib.blake2b(
            b"tocsin/v1/invitation\0" + (secret or self.code.secret),
            digest_size=32,
        ).digest()
        return {
            "content": text64(content),
            "bySecret": text64(
                self._sign("tocsin/v1/claim", content, SigningKey(seed))
            ),
            "byDevice": text64(self._sign("tocsin/v1/device", content)),
        }

    def enrol(self):
        return self.json("POST", "/v1/enrolment", self.claim())

    def login(self):
        nonce = base64.b64decode(self.json("GET", "/v1/challenge")["nonce"])
        content = self.schemas.pack(
            "Login",
            {
                "device": self.name,
                "gateway": self.code.gateway,
                "nonce": nonce,
            },
        )
        session = self.json(
            "POST",
            "/v1/session",
            {
                "content": text64(content),
                "signature": text64(self._sign("tocsin/v1/login", content)),
            },
        )
        self.token = session["token"]
        return session

    def sign_answer(self, alert_id, rung, revision=1, **more):
        answer = {
            "answerId": secrets.token_bytes(16),
            "node": self.name,
            "alertId": alert_id,
            "revision": revision,
            "rung": f"RUNG_{rung}",
            "atMs": now_ms(),
            "officer": "P-1",
            **more,
        }
        if rung == "NEGATIVE" and "search" not in answer:
            at = answer["atMs"]
            answer["search"] = {
                "what": "the quay",
                "when": {"fromMs": at - 60000, "toMs": at},
            }
        content = self.schemas.pack("Answer", answer)
        return answer["answerId"], {
            "content": text64(content),
            "signature": text64(self._sign("tocsin/v1/answer", content)),
        }

    def give(self, signed):
        return self.json("POST", "/v1/answers", signed)

    def answer(self, alert_id, rung, revision=1, **more):
        answer_id, signed = self.sign_answer(alert_id, rung, revision, **more)
        return answer_id, self.give(signed)

    def proof(self):
        """The broker's word on our key; the gateway may have to ask for it."""
        while True:
            try:
                return self.json("GET", "/v1/proof", token=True)
            except Refused as told:
                if told.code != 503:
                    raise

    def introduce(self, proof):
        self.json("POST", "/v1/introduction", proof)

    # ---- found children ----

    def sign_found(self, found_id, revision=1, **more):
        found = {
            "foundId": found_id,
            "revision": revision,
            "node": self.name,
            "atMs": now_ms(),
            "foundMs": now_ms() - 600000,
            "officer": "P-1",
            "child": {
                "sex": "SEX_FEMALE",
                "age": {"minMonths": 24, "maxMonths": 36},
            },
            "place": {"text": "the waiting room"},
            "keeper": {"name": "Test home", "division": "440300"},
            **more,
        }
        content = self.schemas.pack("FoundChild", found)
        return {
            "content": text64(content),
            "signature": text64(self._sign("tocsin/v1/found", content)),
        }

    def register(self, found_id, revision=1, **more):
        signed = self.sign_found(found_id, revision, **more)
        return self.json("POST", "/v1/found", signed)

    def registered(self, found_id):
        return self.json("GET", f"/v1/found/{found_id}", token=True)

    # ---- photographs ----

    def sight(self, alert_id, picture, kind="image/jpeg", **more):
        """A sighting that names a picture, which is to follow."""
        named = {
            "hash": hashlib.blake2b(picture, digest_size=32).digest(),
            "mediaType": kind,
            "size": len(picture),
        }
        return self.answer(alert_id, "SIGHTING", picture=named, **more)

    def put_piece(self, answer_id, piece, offset=0, kind="image/jpeg"):
        code, told, data = self.wire.ask(
            "PUT",
            f"/v1/answers/{answer_id.hex()}/picture?offset={offset}",
            piece,
            {
                "Accept": "application/json",
                "Content-Type": kind,
                "Authorization": f"Bearer {self.token}",
            },
        )
        if told.get("Content-Type") != "application/json":
            raise Refused(code, data, None)  # before the gateway's core
        if code >= 400:
            raise Refused(code, json.loads(data), told.get("Retry-After"))
        return json.loads(data)

    def put_picture(self, answer_id, picture, kind="image/jpeg", upto=None):
        """From where the gateway is; gives what it said last."""
        offset = self.fate(answer_id).get("pictureHave", 0)
        end = len(picture) if upto is None else upto
        told = None
        while offset < end:
            piece = picture[offset : min(offset + PIECE, end)]
            told = self.put_piece(answer_id, piece, offset, kind)
            offset = told.get("pictureHave", end)
        return told

    def alerts(self, query=""):
        return self.json("GET", f"/v1/alerts{query}", token=True)

    def fate(self, answer_id):
        return self.json("GET", f"/v1/answers/{answer_id.hex()}", token=True)

    def fates(self):
        return self.json("GET", "/v1/answers", token=True).get("fates", [])

    def known(self, answer_id):
        return self.json("DELETE", f"/v1/answers/{answer_id.hex()}", token=True)

    def listen(self, last_id=None):
        return Events(self, last_id)


class Events:
    """A stream of server-sent events on a connection of its own."""

    def __init__(self, handheld, last_id=None):
        wire = Wire(
            handheld.code.host, handheld.code.port,
            handheld.code.fingerprint, handheld.wire.timeout,
        )  # fmt: skip
        wire._connect()
        headers = {"Authorization": f"Bearer {handheld.token}"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        wire.connection.request("GET", "/v1/events", headers=headers)
        self.wire = wire
        self.reply = wire.connection.getresponse()
        self.last_id = last_id
        if self.reply.status != 200:
            data = self.reply.read()
            raise Refused(self.reply.status, json.loads(data), None)

    def next(self):
        """(kind, data) of the next event; None: the stream has ended."""
        kind, data = None, ""
        while True:
            line = self.reply.readline().decode()
            if line == "":
                return None
            line = line.rstrip("\n")
            if line.startswith("id: "):
                self.last_id = line[4:]
            elif line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                data += line[6:]
            elif line == "" and kind is not None:
                return kind, json.loads(data)

    def wait(self, kind, matches=lambda data: True):
        while (event := self.next()) is not None:
            if event[0] == kind and matches(event[1]):
                return event[1]
        raise AssertionError(f"the stream ended without {kind}")

    def close(self):
        self.wire.close()


def keep(path, device):
    told = {
        "code": vars(device.code) | {"secret": ""},
        "seed": bytes(device.key).hex(),
    }
    for name in ("fingerprint", "authority"):
        told["code"][name] = told["code"][name].hex()
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as out:
        json.dump(told, out)


def kept(path):
    with open(path, encoding="utf-8") as file:
        told = json.load(file)
    code = Code.__new__(Code)
    code.__dict__.update(told["code"])
    for name in ("fingerprint", "authority"):
        setattr(code, name, bytes.fromhex(told["code"][name]))
    device = Handheld(code)
    device.key = SigningKey(bytes.fromhex(told["seed"]))
    return device


def main(words):
    """handheld.py enrol KEYFILE CODE
    handheld.py alerts KEYFILE
    handheld.py sign KEYFILE ALERT RUNG TEXT > ANSWER
    handheld.py give KEYFILE ANSWER     (until it is recorded or refused)"""
    command, path, *rest = words
    if command == "enrol":
        device = Handheld(rest[0])
        device.enrol()
        keep(path, device)
        print(f"enrolled {device.name}")
        return
    device = kept(path)
    if command == "alerts":
        device.login()
        for alert in device.alerts().get("alerts", []):
            print(alert["alertId"], alert["caseNumber"])
    elif command == "sign":
        answer_id, signed = device.sign_answer(rest[0], rest[1], text=rest[2])
        print(json.dumps({"id": answer_id.hex(), "signed": signed}))
    elif command == "give":
        with open(rest[0], encoding="utf-8") as file:
            told = json.load(file)
        device.login()
        events = device.listen()
        events.next()
        fate = device.give(told["signed"])
        if fate["state"] == "FATE_STATE_WAITING":
            fate = events.wait(
                "answer",
                lambda data: base64.b64decode(data["fate"]["answerId"]).hex()
                == told["id"],
            )["fate"]
        print(fate["state"], fate.get("sequence", ""))
    else:
        raise SystemExit(main.__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
