#!/usr/bin/python3
"""A checkpoint of Tocsin, written from proto/ alone.

`run` holds the feed and prints one JSON object a line for everything that it
notices; the other commands read its store and leave answers in it.
"""

import argparse
import json
import signal
import sys

from checkpoint_node import Checkpoint
from checkpoint_store import Store
from picture import Picture
from tocsin_wire import Bundle, answer_pb2, common_pb2, now_ms

def command_run(args, bundle, store):
    checkpoint = Checkpoint(bundle, store, args.screen)
    signal.signal(signal.SIGTERM, checkpoint.stop)
    signal.signal(signal.SIGINT, checkpoint.stop)
    checkpoint.run()
    return 0


def command_list(_, bundle, store):
    picture = Picture(bundle.division)
    store.load(picture)
    for alert_id, held in sorted(picture.alerts.items()):
        told = {"alert_id": alert_id, "revision": held.revision}
        told["shown"] = held.shown(now_ms())
        told["live"] = held.live()
        told["for_us"] = held.for_us
        told["exercise"] = held.exercise
        told["case_number"] = held.case_number
        print(json.dumps(told))
    return 0


def command_answers(_, __, store):
    for answer in store.answers():
        print(json.dumps(answer))
    return 0


def command_answer(args, bundle, store):
    rung = answer_pb2.Rung.Value("RUNG_" + args.rung.upper())
    picture = Picture(bundle.division)
    store.load(picture)
    if args.alert not in picture.alerts:
        print(f"no alert {args.alert} is held here", file=sys.stderr)
        return 1
    answer = answer_pb2.Answer(
        node=bundle.id,
        alert_id=args.alert,
        revision=picture.alerts[args.alert].revision,
        rung=rung,
        officer=args.officer,
        text=args.text,
        direction=args.direction,
        vehicle=args.vehicle,
    )
    if args.lat is not None:
        point = common_pb2.Point(latitude=args.lat, longitude=args.lon)
        answer.place.point.CopyFrom(point)
    if rung == answer_pb2.RUNG_NEGATIVE:
        answer.search.what = args.what
        answer.search.when.from_ms = now_ms() - 600_000
        answer.search.when.to_ms = now_ms()
    with store:
        answer_id = store.put_answer(answer, bundle.key)
    print(answer_id.hex())
    return 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", required=True, help="the node's bundle")
    parser.add_argument("--own-key", help="the node's own key file")
    parser.add_argument("--store", required=True, help="folder of the store")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="hold the feed until SIGTERM")
    run.add_argument("--screen", action="store_true", help="answer SHOWN too")
    run.set_defaults(command=command_run)
    listing = commands.add_parser("list", help="every alert that is held")
    listing.set_defaults(command=command_list)
    given = commands.add_parser("answers", help="every answer and its fate")
    given.set_defaults(command=command_answers)
    answer = commands.add_parser("answer", help="leave an officer's answer")
    answer.add_argument("alert", help="alert id")
    rungs = ["read", "negative", "sighting", "intercepted"]
    answer.add_argument("rung", choices=rungs)
    answer.add_argument("--officer", required=True, help="service number")
    for name in ("text", "direction", "vehicle"):
        answer.add_argument(f"--{name}", default="")
    answer.add_argument("--what", default="the hall", help="what was searched")
    answer.add_argument("--lat", type=float)
    answer.add_argument("--lon", type=float)
    answer.set_defaults(command=command_answer)
    return parser.parse_args()


def main():
    args = arguments()
    bundle = Bundle(args.bundle, args.own_key)
    return args.command(args, bundle, Store(args.store))


if __name__ == "__main__":
    sys.exit(main())
