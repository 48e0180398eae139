"""The bytes and keys of Tocsin's wire, written from proto/ alone.

Needs python3-zmq, python3-nacl and python3-protobuf. The protobuf classes are
taken from the folder in TOCSIN_CLASSES; without it protoc makes them afresh.
"""

import atexit
import hashlib
import json
import os
import secrets
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nacl.bindings as sodium
import nacl.exceptions
import zmq
from zmq.utils.monitor import recv_monitor_message

PROTO = Path(__file__).resolve().parents[2] / "proto"


def _make_classes():
    folder = tempfile.mkdtemp(prefix="tocsin-classes-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    files = sorted(str(path) for path in PROTO.glob("tocsin/v1/*.proto"))
    subprocess.run(
        ["protoc", f"--python_out={folder}", f"-I{PROTO}", *files], check=True
    )
    return folder


sys.path.insert(0, os.environ.get("TOCSIN_CLASSES") or _make_classes())

from tocsin.v1 import alert_pb2  # noqa: E402
from tocsin.v1 import answer_pb2  # noqa: E402
from tocsin.v1 import common_pb2  # noqa: E402
from tocsin.v1 import desk_pb2  # noqa: E402
from tocsin.v1 import feed_pb2  # noqa: E402

CERTIFICATE = "tocsin/v1/certificate"
ALERT = "tocsin/v1/alert"
EXERCISE = "tocsin/v1/exercise"
ANSWER = "tocsin/v1/answer"

DESK_FRAME_MAX = 65536
FEED_FRAME_MAX = 8000
CERTIFICATE_MAX = 400
ALERT_MAX = 5000
BEACONS = "b/"
LATER = (desk_pb2.STATUS_BUSY, desk_pb2.STATUS_UNAVAILABLE)


class Refused(Exception):
    """What was received fails a check and is not to be used."""


def now_ms():
    return time.time_ns() // 1_000_000


# ---- keys and signatures ---------------------------------------------------


def curve_public(public):
    """The CURVE half that belongs to an Ed25519 public key."""
    return sodium.crypto_sign_ed25519_pk_to_curve25519(public)


class Key:
    """One Ed25519 pair; CURVE's pair is derived from it."""

    def __init__(self, seed=None):
        self.seed = seed or secrets.token_bytes(32)
        self.public, self._secret = sodium.crypto_sign_seed_keypair(self.seed)

    def curve(self):
        secret = sodium.crypto_sign_ed25519_sk_to_curve25519(self._secret)
        return curve_public(self.public), secret

    def sign(self, context, content):
        message = context.encode() + b"\0" + content
        return sodium.crypto_sign(message, self._secret)[:64]


def verified(public, context, content, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    message = signature + context.encode() + b"\0" + content
    try:
        sodium.crypto_sign_open(message, public)
    except nacl.exceptions.BadSignatureError:
        return False
    return True


class Bundle:
    """A principal's bundle: a JSON file that only its owner may read."""

    def __init__(self, path, key_file=None):
        if os.stat(path).st_mode & 0o077:
            raise Refused(f"{path} may be read by others")
        told = json.loads(Path(path).read_text(encoding="utf-8"))
        if told.get("tocsin") != 1:
            raise Refused(f"{path} is no bundle of version 1")
        own = told
        if "seed" not in told:
            if key_file is None:
                raise Refused(f"{path} has no seed: name the key file")
            own = json.loads(Path(key_file).read_text(encoding="utf-8"))
        self.id = told["id"]
        self.role = common_pb2.Role.Value(told["role"])
        self.kind = common_pb2.NodeKind.Value(
            told.get("kind", "NODE_KIND_UNSPECIFIED")
        )
        self.division = told["division"]
        self.point = None
        if "latitude" in told:
            self.point = (told["latitude"], told["longitude"])
        self.key = Key(bytes.fromhex(own["seed"]))
        self.exercise_key = None
        if "exercise_seed" in own:
            self.exercise_key = Key(bytes.fromhex(own["exercise_seed"]))
        self.certificate = None
        if "certificate" in told:
            self.certificate = alert_pb2.SignedCertificate(
                content=bytes.fromhex(told["certificate"]["content"]),
                signature=bytes.fromhex(told["certificate"]["signature"]),
            )
        self.authority = bytes.fromhex(told["authority"])
        broker = told["broker"]
        self.broker_key = bytes.fromhex(broker["key"])
        self.command = broker["command"]
        self.feed = broker["feed"]
        self.field = broker["field"]


def parsed(kind, content):
    """Bytes as a message of this kind; Refused when they are none."""
    message = kind()
    try:
        message.ParseFromString(content)
    except Exception as error:  # the library has no narrower common base
        raise Refused(f"not a {kind.__name__}: {error}") from error
    return message


def sign_document(document, bundle):
    """An AlertDocument as the SignedAlert of this centre."""
    content = document.SerializeToString()
    exercise = getattr(document, document.WhichOneof("kind")).exercise
    key = bundle.exercise_key if exercise else bundle.key
    return alert_pb2.SignedAlert(
        content=content,
        signature=key.sign(EXERCISE if exercise else ALERT, content),
        certificate=bundle.certificate,
    )


def open_certificate(sealed, authority):
    if len(sealed.content) > CERTIFICATE_MAX:
        raise Refused("the certificate is too large")
    if not verified(authority, CERTIFICATE, sealed.content, sealed.signature):
        raise Refused("the certificate is not the authority's")
    certificate = parsed(alert_pb2.Certificate, sealed.content)
    if certificate.role != common_pb2.ROLE_CENTRE:
        raise Refused("the certificate is not a centre's")
    return certificate


def open_document(sealed, authority):
    """The Alert or Withdrawal of a SignedAlert, verified. Limits are checked
    by tocsin_limits. Nothing in content is believed before its signature."""
    certificate = open_certificate(sealed.certificate, authority)
    if len(sealed.content) > ALERT_MAX:
        raise Refused("the document is too large")
    document = parsed(alert_pb2.AlertDocument, sealed.content)
    kind = document.WhichOneof("kind")
    if kind is None:
        raise Refused("the document is neither alert nor withdrawal")
    body = getattr(document, kind)
    first, last = certificate.not_before_ms, certificate.not_after_ms
    if not first <= body.sent_ms <= last:
        raise Refused("the certificate was not valid when this was signed")
    context, key = ALERT, certificate.public_key
    if body.exercise:
        context, key = EXERCISE, certificate.exercise_key
    if not verified(key, context, sealed.content, sealed.signature):
        raise Refused("the signature does not verify")
    return body


def sign_answer(answer, key):
    """An Answer as a SignedAnswer; the machine's own rungs go unsigned."""
    content = answer.SerializeToString()
    signature = b""
    if answer.rung >= answer_pb2.RUNG_READ:
        signature = key.sign(ANSWER, content)
    return answer_pb2.SignedAnswer(content=content, signature=signature)


# ---- topics, seals, digests ------------------------------------------------


def prefix_of(division):
    """A division's code without its trailing pairs of zeros."""
    while division.endswith("00"):
        division = division[:-2]
    return division


def lies_in(inner, outer):
    return inner.startswith(prefix_of(outer))


def topics_of(division):
    """All nine that concern a node of this division."""
    prefixes = [division[:size] for size in (6, 4, 2, 0)]
    return [f"{kind}/{p}/" for kind in "ax" for p in prefixes] + [BEACONS]


def topic_of(exercise, prefix):
    return f"{'x' if exercise else 'a'}/{prefix}/"


def open_feed(topic, message, key):
    """The FeedPayload in a FeedMessage; Refused when the key does not fit."""
    bound = topic.encode() + b"\0" + message.epoch
    bound += struct.pack(
        ">QQI", message.sequence, message.previous, message.generation
    )
    if len(message.nonce) != 24:
        raise Refused("the nonce has not 24 bytes")
    try:
        plain = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
            message.sealed, bound, message.nonce, key
        )
    except nacl.exceptions.CryptoError as error:
        raise Refused("the seal does not open") from error
    return parsed(feed_pb2.FeedPayload, plain)


def digest_of(alerts):
    """The digest of (alert_id, revision) pairs: XOR over all of them."""
    total = bytes(16)
    for alert_id, revision in alerts:
        told = alert_id.encode() + b"\0" + struct.pack(">I", revision)
        share = hashlib.blake2b(told, digest_size=32).digest()[:16]
        total = bytes(a ^ b for a, b in zip(total, share))
    return total


def picture_hash(content):
    return hashlib.blake2b(content, digest_size=32).digest()


# ---- sockets ---------------------------------------------------------------

CONNECTING, UP, REFUSED = "connecting", "up", "refused"
WATCHED = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_DISCONNECTED
)


class Line:
    """One DEALER or SUB over CURVE, with a monitor that tells its state."""

    def __init__(
        self, context, kind, endpoint, broker_key, key, topics=(), options=()
    ):
        self.setup = (context, kind, endpoint, broker_key, key, topics)
        self.options = tuple(options)
        self.connects = 0
        self._open()

    def _open(self):
        context, kind, endpoint, broker_key, key, topics = self.setup
        public, secret = key.curve()
        self.state = CONNECTING
        self.socket = socket = context.socket(kind)
        limit = FEED_FRAME_MAX if kind == zmq.SUB else DESK_FRAME_MAX
        for option, value in (
            (zmq.CURVE_SERVERKEY, curve_public(broker_key)),
            (zmq.CURVE_PUBLICKEY, public),
            (zmq.CURVE_SECRETKEY, secret),
            (zmq.MAXMSGSIZE, limit),
            # on a SUB libzmq would abort: see proto/README.md
            (zmq.IMMEDIATE, int(kind != zmq.SUB)),
            (zmq.LINGER, 0),
            (zmq.HEARTBEAT_IVL, 5000),
            (zmq.HEARTBEAT_TIMEOUT, 10000),
            (zmq.RECONNECT_IVL, 50 + secrets.randbelow(100)),
            (zmq.RECONNECT_IVL_MAX, 1000),
            *self.options,
        ):
            socket.setsockopt(option, value)
        for topic in topics:
            socket.setsockopt(zmq.SUBSCRIBE, topic.encode())
        self.monitor = socket.get_monitor_socket(WATCHED)
        socket.connect(endpoint)

    def look(self):
        """Read the monitor; True when a new connection has come up."""
        before = self.connects
        while self.monitor.poll(0):
            event = recv_monitor_message(self.monitor)["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self.state = UP
                self.connects += 1
            elif event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                self.state = REFUSED
            elif self.state == UP:
                self.state = CONNECTING
        return self.connects > before

    def again(self):
        """libzmq gives up for ever after a refusal: a new socket."""
        self.close()
        self._open()

    def close(self):
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close(0)


class Unreachable(Exception):
    """No answer in time."""


class Desk:
    """A blocking connection to a desk: question out, answer in."""

    def __init__(self, bundle, endpoint=None, key=None):
        command = bundle.role not in (
            common_pb2.ROLE_CHECKPOINT,
            common_pb2.ROLE_GATEWAY,
        )
        endpoint = endpoint or (bundle.command if command else bundle.field)
        self.context = zmq.Context()
        self.line = Line(
            self.context,
            zmq.DEALER,
            endpoint,
            bundle.broker_key,
            key or bundle.key,
        )
        self.pushes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.line.close()
        self.context.term()

    def wait_up(self, timeout=10):
        """The state that the handshake ends in: UP or REFUSED."""
        deadline = time.monotonic() + timeout
        while self.line.state == CONNECTING and time.monotonic() < deadline:
            self.line.monitor.poll(100)
            self.line.look()
        return self.line.state

    def send_raw(self, frame):
        self.wait_up()
        self.line.socket.send(frame)

    def receive(self, timeout=10):
        """The next Reply; Unreachable after timeout seconds."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.line.socket.poll(50):
                return desk_pb2.Reply.FromString(self.line.socket.recv())
            if self.line.look():
                return None  # a new connection: whoever asks must ask again
        raise Unreachable("no reply")

    def ask(self, request, timeout=20):
        """Send until answered; the same bytes each time. BUSY and UNAVAILABLE
        are waited out."""
        if not request.request_id:
            request.request_id = secrets.token_bytes(16)
        return self.ask_bytes(
            request.SerializeToString(), request.request_id, timeout
        )

    def ask_bytes(self, frame, request_id, timeout=20):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            left = deadline - time.monotonic()
            if self.wait_up(left) == REFUSED:
                raise Refused("the broker refused the handshake")
            if not self._sent(frame):
                continue
            reply = self._reply_to(request_id, min(left, 5))
            if reply is None:
                continue
            if reply.status not in LATER:
                return reply
            time.sleep(reply.retry_after_ms / 1000)
        raise Unreachable("no reply")

    def _sent(self, frame):
        try:
            self.line.socket.send(frame, zmq.DONTWAIT)
        except zmq.Again:
            self.line.monitor.poll(50)
            self.line.look()
            return False
        return True

    def _reply_to(self, request_id, timeout):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                reply = self.receive(deadline - time.monotonic())
            except Unreachable:
                return None
            if reply is None:
                return None
            if reply.WhichOneof("body") == "push":
                self.pushes.append(reply.push)
            elif reply.request_id == request_id:
                return reply
        return None
