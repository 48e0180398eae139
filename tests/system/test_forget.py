#!/usr/bin/python3
"""A sealed case and everyone who had it: nodes, gateways, handhelds."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from gateway import Gateway  # noqa: E402
from home import SystemCase, run_program  # noqa: E402
from places import LUOHU, SEEN, SHENZHEN  # noqa: E402

NAME = "Invented Orchid"
SECRET = "by the third pillar, in a green coat"


class Forgotten(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = home = self.make_home()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol("officer", "T-LEAD", SHENZHEN, "--rank", "county",
                   "--unit", "Test unit")  # fmt: skip
        home.enrol_nodes([LUOHU])
        home.start()
        self.gateway = Gateway(home, "T-VAN").enrol(SHENZHEN)
        self.alert = home.tocsin_json(
            "report", "--sex", "female", "--age", "6", "--name", NAME,
            "--seen", f"{SEEN[0]},{SEEN[1]}", "--seen-time", "-5m",
            key="T-CENTRE",
        )["alertId"]  # fmt: skip

    def case(self):
        return self.home.tocsin_json("case", self.alert, key="T-CENTRE")

    def seal(self):
        home = self.home
        home.tocsin("lead", self.alert, "--offer", "T-LEAD", key="T-CENTRE")
        home.tocsin("lead", self.alert, "--accept", key="T-LEAD")
        home.tocsin("withdraw", self.alert, "--reason", "found",
                    key="T-CENTRE")  # fmt: skip
        home.tocsin("solve", self.alert, "--outcome", "returned",
                    "--receiver", "the parents", key="T-LEAD")  # fmt: skip
        home.tocsin("seal", self.alert, "--reason", "asked for", "--yes",
                    key="T-LEAD")  # fmt: skip

    def where(self, *texts):
        return sorted(
            path.name
            for path in Path(self.folder).rglob("*")
            if path.is_file()
            and any(text.encode() in path.read_bytes() for text in texts)
        )

    def test_a_gateway_purges_and_says_so_signed(self):
        home, gateway = self.home, self.gateway.start()
        terminal = home.start_terminal(LUOHU[0])
        device = gateway.handheld("T-HAND-1")
        self.wait_until(lambda: device.alerts().get("alerts"))
        answer_id, _ = device.answer(self.alert, "SIGHTING", text=SECRET)
        self.wait_until(
            lambda: device.fate(answer_id)["state"] == "FATE_STATE_RECORDED"
        )
        self.assertTrue(self.where(NAME))
        # it does not hear of the sealing before it is back
        gateway.process.stop()
        self.seal()
        terminal.wait_err(r"alert\.purged")
        self.wait_until(lambda: self.case().get("purged") == 1)
        case = self.case()
        self.assertEqual(2, case["purgeNodes"])
        self.assertEqual(["T-VAN"], [x["id"] for x in case["unpurged"]])
        self.assertIn("T-VAN", home.tocsin("case", self.alert, key="T-CENTRE"))
        gateway.start()
        self.wait_until(lambda: self.case().get("purged") == 2)
        self.assertNotIn("unpurged", self.case())
        self.assertEqual([], self.where(NAME, SECRET))
        gateway.process.kill()
        self.assertEqual([], self.where(NAME, SECRET))
        self.assert_period_counts()

    def assert_period_counts(self):
        self.home.stop()
        self.home.verify()
        told = run_program(
            "tocsin", "report-period", self.home.path, "--json",
            "--from", "2020-01-01", "--to", "2090-01-01",
        )  # fmt: skip
        total = json.loads(told.stdout)["actual"]["total"]
        self.assertEqual((2, 2), (total["purgeDue"], total["purged"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
