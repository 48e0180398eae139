#!/usr/bin/python3
"""Sends requests of all kinds without heed: flood.py BUNDLE RATE SECONDS ALERT.

Says "flooding", and at the end "sent N".
"""

import random
import secrets
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

import zmq  # noqa: E402

from tocsin_wire import (  # noqa: E402
    UP,
    Bundle,
    Desk,
    answer_pb2,
    desk_pb2,
    now_ms,
    sign_answer,
)

STEP_S = 0.01
KINDS = 200


def frames(bundle, alert_id):
    """Heartbeats, syncs, keys, answers, garbage: made before, sent again."""
    answer = answer_pb2.Answer(
        node=bundle.id,
        alert_id=alert_id,
        revision=1,
        rung=answer_pb2.RUNG_HELD,
        at_ms=now_ms(),
    )
    for number in range(KINDS):
        request = desk_pb2.Request(request_id=secrets.token_bytes(16))
        kind = number % 5
        if kind == 0:
            request.heartbeat.SetInParent()
        elif kind == 1:
            request.sync.SetInParent()
        elif kind == 2:
            request.get_keys.SetInParent()
        elif kind == 3:
            answer.answer_id = secrets.token_bytes(16)
            signed = sign_answer(answer, bundle.key)
            request.acknowledge.answer.CopyFrom(signed)
        else:
            yield random.randbytes(random.randint(1, 300))
            continue
        yield request.SerializeToString()


def drain(socket):
    while True:
        try:
            socket.recv(zmq.DONTWAIT)
        except zmq.Again:
            return


def send(socket, frame):
    try:
        socket.send(frame, zmq.DONTWAIT)
    except zmq.Again:
        return 0
    return 1


def main():
    path, rate, seconds, alert_id = sys.argv[1:]
    bundle = Bundle(path)
    made = list(frames(bundle, alert_id))
    share = int(int(rate) * STEP_S)
    sent = 0
    with Desk(bundle) as desk:
        if desk.wait_up() != UP:
            sys.exit("no line")
        print("flooding", flush=True)
        began = time.monotonic()
        for step in range(int(float(seconds) / STEP_S)):
            for number in range(share):
                sent += send(desk.line.socket, made[number % len(made)])
            drain(desk.line.socket)
            left = began + (step + 1) * STEP_S - time.monotonic()
            if left > 0:
                time.sleep(left)
        print(f"sent {sent}", flush=True)


if __name__ == "__main__":
    main()
