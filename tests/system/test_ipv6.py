#!/usr/bin/python3
"""A broker with an IPv6 address: its checkpoints, centres and a gateway."""

import socket
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from gateway import Gateway  # noqa: E402
from home import Home, SystemCase, free_address  # noqa: E402
from places import FUTIAN, LUOHU, SHENZHEN  # noqa: E402

CENTRE = "T-CENTRE"


def free_ports(count):
    """On the one IPv6 address that loopback has."""
    probes = [socket.socket(socket.AF_INET6) for _ in range(count)]
    for probe in probes:
        probe.bind(("::1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def has_ipv6():
    try:
        return len(free_ports(1)) == 1
    except OSError:
        return False


@unittest.skipUnless(has_ipv6(), "this machine has no IPv6 on loopback")
class Ipv6(SystemCase):
    def setUp(self):
        super().setUp()
        command, feed, field = free_ports(3)
        self.home = Home(self, self.folder)
        self.home.host = "::1"
        self.home.init(
            "--command-port", command,
            "--feed-port", feed,
            "--field-port", field,
        )  # fmt: skip
        self.home.start()
        self.home.enrol("centre", CENTRE, SHENZHEN)
        self.home.enrol_nodes([LUOHU, FUTIAN])
        self.node = LUOHU[0]

    def report(self):
        filed = self.home.tocsin_json(
            "report", "--sex", "female", "--age", "5-7",
            "--seen-at", FUTIAN[0], "--seen-time", "-10m", key=CENTRE,
        )  # fmt: skip
        return filed["alertId"]

    def test_an_alert_goes_out_and_a_sighting_comes_back(self):
        terminal = self.home.start_terminal(self.node)
        terminal.wait_out(r"^ready")
        alert = self.report()
        self.wait_until(lambda: self.home.on_terminal(self.node) == {alert: 1})
        self.home.terminal(
            self.node, "sighting", alert, "--officer", "P-7", "--wait", "20"
        )
        board = self.home.tocsin_json("board", alert, key=CENTRE)
        self.assertEqual(1, board["summary"]["progress"]["sighting"])

    def test_a_gateway_whose_handhelds_are_on_ipv4_has_the_alert(self):
        self.home.host = free_address(self.chance)  # of the gateway
        gateway = Gateway(self.home, "T-GATE").enrol(SHENZHEN).start()
        gateway.wait_connected()
        alert = self.report()
        handheld = gateway.handheld("T-DEVICE")
        self.wait_until(
            lambda: alert in {x["alertId"] for x in handheld.alerts()["alerts"]}
        )


if __name__ == "__main__":
    unittest.main()
