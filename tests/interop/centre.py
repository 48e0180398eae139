#!/usr/bin/python3
"""A command centre of Tocsin, written from proto/ alone."""

import argparse
import secrets
import sys

from google.protobuf import json_format

from tocsin_wire import (
    Bundle,
    Desk,
    alert_pb2,
    answer_pb2,
    common_pb2,
    desk_pb2,
    now_ms,
    parsed,
    sign_document,
)

BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HOUR_MS = 3_600_000
DONE = (desk_pb2.STATUS_RECORDED, desk_pb2.STATUS_DUPLICATE)


def new_alert_id():
    """A ULID: 48 bits of milliseconds, 80 bits at random."""
    number = now_ms() << 80 | secrets.randbits(80)
    return "".join(BASE32[number >> 5 * i & 31] for i in reversed(range(26)))


def text(words, language="en"):
    return common_pb2.Text(language=language, text=words)


def circle(latitude, longitude, radius_km):
    point = common_pb2.Point(latitude=latitude, longitude=longitude)
    return common_pb2.Circle(centre=point, radius_km=radius_km)


def new_alert(point, target, exercise=False):
    """The least that a report needs: an invented child of five or six."""
    now = now_ms()
    alert = alert_pb2.Alert(
        alert_id=new_alert_id(),
        revision=1,
        exercise=exercise,
        sent_ms=now,
        expires_ms=now + 24 * HOUR_MS,
        target=target,
        action=[text("Keep the child in sight and call the centre.")],
    )
    alert.child.sex = alert_pb2.SEX_FEMALE
    alert.child.age.min_months, alert.child.age.max_months = 60, 83
    alert.last_seen.time_ms = now - HOUR_MS // 3
    place = alert.last_seen.place
    place.point.latitude, place.point.longitude = point
    return alert


class Centre:
    """What a centre asks; every call gives the Reply, whatever its status."""

    def __init__(self, bundle, **where):
        self.bundle = bundle
        self.desk = Desk(bundle, **where)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.desk.close()

    def ask(self, timeout=20, **body):
        return self.desk.ask(desk_pb2.Request(**body), timeout)

    def signed(self, **kind):
        document = alert_pb2.AlertDocument(**kind)
        return sign_document(document, self.bundle)

    def report(self, alert, thumbnail=b""):
        report = desk_pb2.Report(
            alert=self.signed(alert=alert), thumbnail=thumbnail
        )
        return self.ask(report=report)

    def revise(self, alert):
        """The caller has raised alert.revision already."""
        alert.sent_ms = now_ms()
        return self.ask(revise=desk_pb2.Revise(alert=self.signed(alert=alert)))

    def withdraw(self, alert_id, revision, exercise=False, reason=1):
        withdrawal = alert_pb2.Withdrawal(
            alert_id=alert_id,
            revision=revision,
            exercise=exercise,
            sent_ms=now_ms(),
            reason=reason,
        )
        signed = self.signed(withdrawal=withdrawal)
        return self.ask(withdraw=desk_pb2.Withdraw(alert=signed))

    def show(self, alert):
        return self.ask(show_alert=desk_pb2.ShowAlert(alert=alert))

    def resolve(self, target):
        return self.ask(resolve_target=desk_pb2.ResolveTarget(target=target))

    def board(self, alert, up_to=answer_pb2.RUNG_INTERCEPTED):
        """All pages in one Board; None when there is no such alert."""
        whole, after = None, ""
        while True:
            question = desk_pb2.GetBoard(alert=alert, up_to=up_to, after=after)
            reply = self.ask(get_board=question)
            if reply.status != desk_pb2.STATUS_OK:
                return None
            if whole is None:
                whole = reply.board
            else:
                whole.nodes.extend(reply.board.nodes)
            if not reply.board.more:
                return whole
            after = reply.board.nodes[-1].node

    def newest(self, alert):
        """The newest Alert of one that is out, from the centre's own page."""
        detail = self.show(alert).alert_detail
        document = parsed(alert_pb2.AlertDocument, detail.document.content)
        if document.WhichOneof("kind") != "alert":
            raise SystemExit(f"{alert} has been withdrawn")
        return document.alert

    def follow(self, after, alert="", wait_ms=20000, epoch=b""):
        follow = desk_pb2.Follow(
            after=after, wait_ms=wait_ms, alert=alert, epoch=epoch
        )
        return self.ask(timeout=40, follow=follow).event_list


# ---- the program -----------------------------------------------------------


def told(reply):
    print(json_format.MessageToJson(reply, indent=None))
    return 0 if reply.status in (*DONE, desk_pb2.STATUS_OK) else 1


def target_of(args):
    target = common_pb2.Target(divisions=args.division)
    for latitude, longitude, radius_km in args.circle:
        target.circles.append(circle(latitude, longitude, radius_km))
    for kind in args.kind:
        name = "NODE_KIND_" + kind.upper()
        target.kinds.append(common_pb2.NodeKind.Value(name))
    if not target.divisions and not target.circles:
        target.circles.append(circle(*args.seen, 100))
    return target


def command_report(args, centre):
    alert = new_alert(args.seen, target_of(args), args.exercise)
    if args.name:
        alert.child.name = args.name
    return told(centre.report(alert))


def command_revise(args, centre):
    alert = centre.newest(args.alert)
    alert.revision += 1
    alert.circumstances.append(text(args.text))
    return told(centre.revise(alert))


def command_withdraw(args, centre):
    summary = centre.show(args.alert).alert_detail.summary
    return told(
        centre.withdraw(
            summary.alert_id, summary.revision + 1, summary.exercise
        )
    )


def command_board(args, centre):
    board = centre.board(args.alert)
    if board is None:
        return 1
    print(json_format.MessageToJson(board, indent=None))
    return 0


def command_watch(_, centre):
    after = 0
    while True:
        events = centre.follow(after)
        for event in events.events:
            line = json_format.MessageToJson(event, indent=None)
            print(line, flush=True)
        after = events.last


def numbers(count):
    def parse(words):
        parts = tuple(float(part) for part in words.split(","))
        if len(parts) != count:
            raise argparse.ArgumentTypeError(f"not {count} numbers")
        return parts

    return parse


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", required=True, help="the centre's bundle")
    parser.add_argument("--own-key", help="the centre's own key file")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    report = commands.add_parser("report", help="file a new case")
    report.add_argument(
        "--seen", type=numbers(2), required=True, metavar="LAT,LON"
    )
    report.add_argument("--name", help="of the child")
    report.add_argument("--exercise", action="store_true")
    report.add_argument("--division", action="append", default=[])
    report.add_argument(
        "--circle",
        type=numbers(3),
        action="append",
        default=[],
        metavar="LAT,LON,KM",
    )
    report.add_argument(
        "--kind", action="append", default=[], help="railway_station, ..."
    )
    report.set_defaults(command=command_report)
    revise = commands.add_parser("revise", help="send the next revision")
    revise.add_argument("alert")
    revise.add_argument("--text", required=True, help="circumstances")
    revise.set_defaults(command=command_revise)
    for name, command in (
        ("withdraw", command_withdraw),
        ("board", command_board),
    ):
        other = commands.add_parser(name)
        other.add_argument("alert")
        other.set_defaults(command=command)
    watch = commands.add_parser("watch", help="print what happens")
    watch.set_defaults(command=command_watch)
    return parser.parse_args()


def main():
    args = arguments()
    with Centre(Bundle(args.bundle, args.own_key)) as centre:
        try:
            return args.command(args, centre)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
