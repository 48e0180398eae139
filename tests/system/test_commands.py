#!/usr/bin/python3
"""What an operator types, against a real broker: every command of tocsin."""

import csv
import io
import json
import re
import signal
import struct
import subprocess
import sys
import unittest
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase, binary, json_lines, run_program  # noqa: E402
from places import IN_SHENZHEN, LUOHU, SEEN, SHENZHEN, TIANHE  # noqa: E402

from tocsin_wire import alert_pb2, now_ms  # noqa: E402

PLACE = f"{SEEN[0]},{SEEN[1]}"
LEAST = ("--sex", "female", "--age", "6", "--seen-time", "-10m")
STEERS = "[\033\u009b\u202e\u061c]"
ESCAPE = "red\033[2J\u009bcoat\u202e"


def catches(pid, number):
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16)
    return caught >> number - 1 & 1


def png(side=40):
    """A picture that is really one."""

    def chunk(name, data):
        whole = name + data
        return (
            struct.pack(">I", len(data))
            + whole
            + struct.pack(">I", zlib.crc32(whole))
        )

    lines = b"".join(b"\0" + bytes([9, i, 200] * side) for i in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


class Commands(SystemCase):
    def setUp(self):
        super().setUp()
        self.home = self.make_home()
        self.home.enrol("centre", "T-CENTRE", SHENZHEN)
        self.home.enrol_nodes([*IN_SHENZHEN, TIANHE])
        self.home.start()

    def tocsin(self, *args, code=0):
        return self.home.tocsin(*args, code=code, key="T-CENTRE")

    def told(self, *args):
        return json.loads(self.tocsin(*args, "--json"))

    def report(self, *more):
        return self.told("report", *LEAST, "--seen", PLACE, *more)

    def words(self, *args, code):
        """What the program says on standard error."""
        done = run_program(
            "tocsin", *args, "--key", self.home.bundle_path("T-CENTRE")
        )
        self.assertEqual(code, done.returncode, done.stderr)
        return done.stderr

    def document(self, alert_id):
        return self.told("show", alert_id)["opened"]

    def newest(self, alert_id):
        return self.document(alert_id)["alert"]

    # ---- report ----

    def test_the_first_minute_is_enough_for_a_report(self):
        told = self.report()
        self.assertEqual(4, told["nodes"])
        self.assertRegex(told["caseNumber"], r"^4403\d\d-\d{4}-\d{6}$")
        alert = self.newest(told["alertId"])
        self.assertEqual({"minMonths": 72, "maxMonths": 83},
                         alert["child"]["age"])  # fmt: skip
        self.assertEqual(
            [(0, 100), (1, 200), (2, 300), (3, 500)],
            [
                (int(step.get("afterMs", 0)) // 3600000, step["radiusKm"])
                for step in alert["rings"]["steps"]
            ],
        )
        self.assertEqual(500, alert["target"]["circles"][0]["radiusKm"])
        self.assertEqual({"zh-Hans", "en"},
                         {text["language"] for text in alert["action"]})  # fmt: skip
        self.assertNotIn("exercise", alert)

    def test_what_the_first_minute_must_know_is_asked_for_by_its_flag(self):
        known = {
            "--sex": "male", "--age": "18m", "--seen": PLACE,
            "--seen-time": "now",
        }  # fmt: skip
        for missing in known:
            flags = [x for k, v in known.items() if k != missing for x in (k, v)]
            self.assertIn(missing, self.words("report", *flags, code=2))

    def test_a_wrong_flag_is_named(self):
        for flag, value in (
            ("--age", "old"), ("--sex", "boy"), ("--seen", "here"),
            ("--seen-time", "yesterday"), ("--height", "tall"),
            ("--expires", "soon"), ("--circle", "1,2"), ("--kind", "castle"),
            ("--polygon", "1,2;3,4"), ("--division", "44"),
            ("--seen-division", "4403"),
        ):  # fmt: skip
            said = self.words(
                "report", *LEAST, "--seen", PLACE, flag, value, code=2
            )
            self.assertIn(flag, said)
        said = self.words("report", *LEAST, "--seen", PLACE, "--age", "70", code=2)
        self.assertIn("child.age", said)
        for flag, reason in (
            ("-xy", "-x: no such option"), ("--nope", "--nope: no such option"),
            ("--json=1", "--json: takes no value"),
            ("--help=1", "--help: takes no value"),
        ):  # fmt: skip
            self.assertIn(reason, self.words("alerts", flag, code=2))
        self.assertEqual({}, self.told("alerts"))

    def test_what_is_no_sequence_is_no_empty_journal(self):
        for text in ("-1", "+1", " 1", "1x", "", str(1 << 64)):
            done = run_program("tocsin", "journal", "export", self.home.path,
                               "--from", text)  # fmt: skip
            self.assertEqual(2, done.returncode, text)
            self.assertIn("usage:", done.stderr)

    def test_a_place_comes_from_a_node_or_a_division(self):
        told = self.told("report", *LEAST, "--seen-at", LUOHU[0])
        place = self.newest(told["alertId"])["lastSeen"]["place"]
        self.assertEqual(LUOHU[2], place["division"])
        self.assertEqual(LUOHU[3][0], place["point"]["latitude"])
        told = self.told("report", *LEAST, "--seen-division", "440305")
        place = self.newest(told["alertId"])["lastSeen"]["place"]
        self.assertEqual("440305", place["division"])
        self.assertAlmostEqual(22.5, place["point"]["latitude"], delta=0.3)
        said = self.words("report", *LEAST, "--seen-at", "T-NOWHERE", code=1)
        self.assertIn("T-NOWHERE", said)

    def test_a_report_from_a_file_may_be_changed_by_flags(self):
        path = self.home.folder / "alert.json"
        path.write_text(json.dumps({
            "child": {"sex": "SEX_MALE", "name": "Invented",
                      "age": {"minMonths": 30, "max_months": 40}},
            "lastSeen": {"place": {"point": {"latitude": SEEN[0],
                                             "longitude": SEEN[1]}},
                         "timeMs": str(now_ms() - 60000)},
            "target": {"divisions": [SHENZHEN]},
        }))  # fmt: skip
        told = self.told("report", "--file", path, "--sex", "female")
        self.assertEqual(4, told["nodes"])
        alert = self.newest(told["alertId"])
        self.assertEqual("SEX_FEMALE", alert["child"]["sex"])
        self.assertEqual("Invented", alert["child"]["name"])
        path.write_text('{"child": {"sex": "SEX_MALE", "agee": 1}}')
        said = self.words("report", "--file", path, code=2)
        self.assertIn("child.agee", said)

    def test_a_report_from_an_editor_that_marks_its_texts_is_read(self):
        path = self.home.folder / "alert.json"
        text = json.dumps({"child": {"name": "小明"}}, ensure_ascii=False)
        path.write_text(text, encoding="utf-8-sig")
        told = self.report("--file", path)
        name = self.newest(told["alertId"])["child"]["name"]
        self.assertEqual("小明", name)
        path.write_text("", encoding="utf-8-sig")
        self.assertIn("alert.json: line 1:",
                      self.words("report", *LEAST, "--seen", PLACE,
                                 "--file", path, code=2))  # fmt: skip

    def test_a_photograph_goes_up_and_comes_back(self):
        path = self.home.folder / "photo.png"
        path.write_bytes(png())
        told = self.report("--photo", path)
        back = self.home.folder / "back.png"
        self.tocsin("show", told["alertId"], "--save-picture", back)
        self.assertEqual(path.read_bytes(), back.read_bytes())
        path.write_bytes(b"no picture at all")
        self.assertIn(
            "JPEG",
            self.words("report", *LEAST, "--seen", PLACE, "--photo", path,
                       code=2),
        )  # fmt: skip

    def test_an_interrupt_names_what_may_have_been_recorded(self):
        """Whoever reports anew instead has one child twice."""
        self.home.broker.popen.send_signal(signal.SIGSTOP)
        report = self.launch(
            "report",
            [binary("tocsin"), "report", *LEAST, "--seen", PLACE,
             "--key", self.home.bundle_path("T-CENTRE"), "--timeout", "300"],
        )  # fmt: skip
        self.wait_until(lambda: catches(report.pid, signal.SIGINT))
        self.assertEqual(-signal.SIGINT, report.end(signal.SIGINT))
        said = report.wait_err(r"interrupted.*tocsin show \w{26}$")
        self.home.broker.popen.send_signal(signal.SIGCONT)
        self.words("show", said.split()[-1], code=1)

    # ---- target ----

    def test_a_target_is_counted_by_kind_and_listed_and_nothing_is_sent(self):
        told = self.told("target", "--division", SHENZHEN)
        self.assertEqual(4, told["nodes"])
        self.assertEqual(4, sum(kind["nodes"] for kind in told["kinds"]))
        told = self.told(
            "target", "--circle", f"{PLACE},500", "--kind", "railway",
            "--kind", "port", "--list",
        )  # fmt: skip
        self.assertEqual(
            {"T-FUTIAN", "T-NANSHAN", "T-TIANHE"},
            {node["node"] for node in told["list"]},
        )
        box = "22.4,113.7;22.4,114.2;22.7,114.2;22.7,113.7"
        self.assertEqual(4, self.told("target", "--polygon", box)["nodes"])
        self.assertIn("--division", self.words("target", code=2))
        self.assertEqual({}, self.told("alerts"))

    def test_a_division_that_does_not_exist_is_named_and_the_rest_told(self):
        wrong = ("--division", SHENZHEN, "--division", "440399")
        self.assertEqual(["440399"],
                         self.told("target", *wrong)["unknownDivisions"])  # fmt: skip
        self.assertIn("440399", self.words("target", *wrong, code=0))
        self.assertIn(
            "440399: NO SUCH CODE",
            self.words("report", *LEAST, "--seen", PLACE, *wrong, code=0),
        )
        told = self.report(*wrong)
        self.assertEqual((4, ["440399"]),
                         (told["nodes"], told["unknownDivisions"]))  # fmt: skip
        told = self.told("revise", told["alertId"], "--division", SHENZHEN)
        self.assertNotIn("unknownDivisions", told)

    # ---- the next revision ----

    def test_revise_changes_only_what_its_flags_say(self):
        told = self.report("--name", "Before", "--clothing", "blue coat",
                           "--language", "en")  # fmt: skip
        before = self.newest(told["alertId"])
        told = self.told("revise", told["alertId"], "--clothing", "红外套")
        self.assertEqual(2, told["revision"])
        after = self.newest(told["alertId"])
        self.assertEqual(
            {"en": "blue coat", "zh-Hans": "红外套"},
            {x["language"]: x["text"] for x in after["child"]["clothing"]},
        )
        for alert in (before, after):
            del alert["child"]["clothing"], alert["sentMs"], alert["revision"]
        self.assertEqual(before, after)
        self.tocsin("revise", told["caseNumber"], "--name", "After",
                    "--division", "440303")  # fmt: skip
        newest = self.newest(told["alertId"])
        self.assertEqual("After", newest["child"]["name"])
        self.assertEqual({"divisions": ["440303"]}, newest["target"])

    def test_a_wrong_plate_or_person_is_taken_off_every_screen(self):
        told = self.report("--vehicle", "粤B12345=red", "--companion", "a man",
                           "--suspect", "44030119800101001X=his brother",
                           "--vehicle", "")  # fmt: skip
        newest = self.newest(told["alertId"])
        self.assertEqual(["粤B12345"], [x["plate"] for x in newest["vehicles"]])
        self.assertEqual(2, len(newest["companions"]))
        self.tocsin("revise", told["alertId"], "--vehicle", "")
        newest = self.newest(told["alertId"])
        self.assertNotIn("vehicles", newest)
        self.assertEqual(2, len(newest["companions"]))
        self.tocsin("revise", told["alertId"], "--suspect", "")
        self.assertNotIn("companions", self.newest(told["alertId"]))

    def test_widen_goes_ring_by_ring(self):
        told = self.report("--kind", "railway", "--circle", f"{PLACE},20")
        alert = told["alertId"]
        reached = [told["nodes"]]
        for ring in (100, 200, 300, 500):
            reached.append(self.told("widen", alert)["nodes"])
            circles = self.newest(alert)["target"]["circles"]
            self.assertEqual([ring], [c["radiusKm"] for c in circles])
        self.assertEqual([1, 1, 2, 2, 2], reached)
        self.assertIn("--km", self.words("widen", alert, code=2))
        self.assertIn("--km", self.words("widen", alert, "--km", "300", code=2))
        self.assertEqual(2, self.told("widen", alert, "--km", "600")["nodes"])
        self.told("widen", alert, "--kind", "port", "--division", "440000")
        target = self.newest(alert)["target"]
        self.assertEqual(["440000"], target["divisions"])
        self.assertEqual(2, len(target["kinds"]))

    def test_a_withdrawn_alert_is_neither_revised_nor_withdrawn_again(self):
        alert = self.report()["alertId"]
        self.assertIn("--reason", self.words("withdraw", alert, code=2))
        told = self.told("withdraw", alert[:12], "--reason", "error",
                         "--text", "Found at home.", "--language", "en")  # fmt: skip
        self.assertEqual(2, told["revision"])
        withdrawal = self.document(alert)["withdrawal"]
        self.assertEqual("WITHDRAWAL_REASON_ISSUED_IN_ERROR",
                         withdrawal["reason"])  # fmt: skip
        for words in (("revise", alert, "--name", "x"), ("widen", alert),
                      ("withdraw", alert, "--reason", "found")):  # fmt: skip
            self.assertIn("withdrawn", self.words(*words, code=1))
        self.assertEqual({}, self.told("alerts"))
        self.assertEqual(1, len(self.told("alerts", "--all")["alerts"]))

    def test_an_alert_that_nobody_knows_is_not_found(self):
        for words in (("show", "01J0000000"), ("board", "440303-2020-000001"),
                      ("revise", "nothing", "--name", "x")):  # fmt: skip
            self.assertIn("not found", self.words(*words, code=1))

    # ---- looking ----

    def test_every_page_is_followed(self):
        count = 450
        nodes = [
            (f"P-{n:04}", "bus", "440303", (22.5, 114.1)) for n in range(count)
        ]
        self.home.enrol_nodes(nodes)
        everyone = self.home.tocsin_json("principals")["principals"]
        self.assertEqual(count + 7, len(everyone))
        self.assertEqual(count + 7, len({who["id"] for who in everyone}))
        told = self.told("target", "--division", "440303", "--list")
        self.assertEqual(count + 1, len(told["list"]))
        self.assertEqual(2, len(told["kinds"]))
        alert = self.report("--division", "440303")["alertId"]
        board = self.told("board", alert)
        self.assertEqual(count + 1, board["dark"])
        self.assertEqual(count + 1, len({x["node"] for x in board["nodes"]}))
        self.assertNotIn("more", board)

    def test_the_board_names_who_is_dark_and_who_is_not(self):
        self.home.start_terminal("T-LUOHU").wait_out(r"^ready")
        alert = self.report("--division", SHENZHEN)["alertId"]
        self.wait_held(self.home.centre("T-CENTRE"), alert, 1)
        board = self.tocsin("board", alert)
        self.assertRegex(board, r"must have it +4\n")
        self.assertRegex(board, r"held +1 +25\.0 %")
        self.assertRegex(board, r"half had it +not yet")
        self.assertNotIn("T-LUOHU", board)
        for node in ("T-FUTIAN", "T-NANSHAN", "T-BAOAN"):
            self.assertIn(node, board)
        everyone = self.tocsin("board", alert, "--list", "all")
        self.assertRegex(everyone, r"T-LUOHU .* held ")
        self.assertIn(
            "unsearched or all",
            self.words("board", alert, "--list", "found", code=2),
        )

    def test_a_watched_board_says_a_line_for_every_change(self):
        alert = self.report("--division", SHENZHEN)["alertId"]
        argv = [binary("tocsin"), "board", alert, "--watch", "--key",
                self.home.bundle_path("T-CENTRE")]  # fmt: skip
        board = self.launch("board", argv)
        self.assertNotIn("\033", board.wait_out(r"held 0 "))
        self.home.start_terminal("T-LUOHU")
        board.wait_out(r"revision 1 live .*held 1 ")
        self.tocsin("withdraw", alert, "--reason", "found")
        board.wait_out(r"revision 2 withdrawn")
        board.kill()

    def test_a_watch_tells_everything_in_order_and_outlives_the_broker(self):
        argv = [binary("tocsin"), "watch", "--json", "--timeout", "2", "--key",
                self.home.bundle_path("T-CENTRE")]  # fmt: skip
        watch = self.launch("watch", argv)
        self.home.start_terminal("T-LUOHU").wait_out(r"^ready")
        # A first event proves that it listens; what follows is in order.
        while not watch.out.now():
            alert = self.report()["alertId"]
            watch.out.wait(lambda _: True, timeout=3)
        watch.wait_out(rf'ANSWERED.*T-LUOHU.*{alert}.*"RUNG_HELD"')
        self.home.terminal("T-LUOHU", "sighting", alert, "--officer", "042",
                           "--text", ESCAPE, "--wait", "20")  # fmt: skip
        line = watch.wait_out(r"RUNG_SIGHTING")
        self.assertEqual(ESCAPE, json.loads(line)["opened"]["text"])
        self.assertNotRegex(line, STEERS)
        self.home.stop()
        watch.wait_err(r"cannot reach|no answer|stopping")
        self.home.start()
        self.tocsin("withdraw", alert, "--reason", "found")
        watch.wait_out(r"EVENT_KIND_WITHDRAWN")
        watch.kill()

    def test_an_answer_cannot_steer_the_operators_terminal(self):
        self.home.start_terminal("T-LUOHU").wait_out(r"^ready")
        alert = self.report("--clothing", ESCAPE)["alertId"]
        self.wait_held(self.home.centre("T-CENTRE"), alert, 1)
        self.home.terminal("T-LUOHU", "negative", alert, "--officer", "042",
                           "--what", ESCAPE, "--from", "-2h", "--to", "-1h",
                           "--wait", "20")  # fmt: skip
        for words in (("show", alert), ("show", alert, "--json")):
            shown = self.tocsin(*words)
            self.assertIn("coat", shown)
            self.assertNotRegex(shown, STEERS)
        shown = self.told("show", alert)
        self.assertEqual(ESCAPE, shown["openedAnswers"][0]["search"]["what"])

    def test_a_report_cannot_steer_the_screen_of_a_checkpoint(self):
        self.home.start_terminal("T-LUOHU").wait_out(r"^ready")
        alert = self.report("--clothing", ESCAPE)["alertId"]
        self.wait_held(self.home.centre("T-CENTRE"), alert, 1)
        for words in (("list",), ("show", alert)):
            for form in ((), ("--json",)):
                shown = self.home.terminal("T-LUOHU", *words, *form)
                self.assertIn(alert, shown)
                self.assertNotRegex(shown, STEERS)
        shown = self.home.terminal_json("T-LUOHU", "show", alert)
        clothing = shown["alert"]["child"]["clothing"]
        self.assertEqual(ESCAPE, clothing[0]["text"])

    def test_a_name_cannot_steer_the_screen_of_who_assesses(self):
        name = "=1+1" + ESCAPE + '"\u061c'
        self.home.tocsin("enrol", "checkpoint", "T-EVIL", "--name", name,
                    "--division", LUOHU[2], "--kind", "bus",
                    "--lat", LUOHU[3][0], "--lon", LUOHU[3][1],
                    "--out", self.home.bundle_path("T-EVIL"))  # fmt: skip
        self.report("--division", LUOHU[2])
        span = ("--from", "2020-01-01", "--to", "2100-01-01", "--nodes")
        for form in ((), ("--csv",), ("--json",)):
            shown = self.home.tocsin("report-period", *span, *form)
            self.assertIn("T-EVIL", shown)
            self.assertNotRegex(shown, STEERS)
            if "--csv" in form:
                (row,) = (x for x in csv.DictReader(io.StringIO(shown))
                          if x["node"] == "T-EVIL")  # fmt: skip
                self.assertEqual("'=1+1red [2J coat \" ", row["name"])
        done = run_program("tocsin", "journal", "export", self.home.path)
        facts = done.stdout
        self.assertNotRegex(facts, STEERS)
        self.assertIn(name, {
            fact["fact"].get("enrolled", {}).get("principal", {}).get("name")
            for fact in json_lines(facts)
        })  # fmt: skip

    # ---- thousands at once ----

    def test_an_enrolment_that_was_killed_goes_on_with_the_same_keys(self):
        count = 3000
        table = self.home.folder / "many.csv"
        table.write_text(
            "id,kind,name_zh,name_en,lat,lon,division_code\n"
            + "".join(
                f"M-{n:04},bus,站{n},,22.5,114.1,440303\n" for n in range(count)
            )
        )
        words = ["enrol", "--csv", table, "--out", self.home.folder / "many",
                 "--home", self.home.path]  # fmt: skip
        first = self.launch("enrol", [binary("tocsin"), *words])
        first.wait_err(r"enrolled 1000 of 3000")
        first.kill()
        kept = (self.home.folder / "many/M-0000.json").read_bytes()
        done = run_program("tocsin", *words, "--json")
        self.assertEqual(0, done.returncode, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(count, told["enrolled"] + told["already"])
        self.assertGreaterEqual(told["already"], 1000)
        again = (self.home.folder / "many/M-0000.json").read_bytes()
        self.assertEqual(kept, again)

    def test_rows_that_the_broker_refuses_are_named_by_line(self):
        table = self.home.folder / "odd.csv"
        table.write_text(
            "id,kind,name_zh,name_en,lat,lon,division_code\n"
            "O-1,bus,N,,22.5,114.1,440303\n"
            "O-2,bus,N,,22.5,114.1,999999\n"
            f"{LUOHU[0]},bus,N,,22.5,114.1,440303\n"
        )
        out = self.home.folder / "odd"
        done = run_program("tocsin", "enrol", "--csv", table, "--out", out,
                           "--home", self.home.path)  # fmt: skip
        self.assertEqual(1, done.returncode)
        self.assertRegex(done.stderr, r"line 3: broker: .*999999")
        self.assertRegex(done.stderr, r"line 4: broker: .*enrolled already")
        self.assertEqual(["O-1.json"], [path.name for path in out.iterdir()])

    def test_a_home_that_cannot_be_served_is_explained(self):
        self.home.stop()
        journal = self.home.path / "journal.db"
        journal.write_bytes(bytes(journal.stat().st_size))
        done = run_program("tocsin", "principals", "--timeout", "1",
                           "--home", self.home.path)  # fmt: skip
        self.assertIn(done.returncode, (3, 4))
        self.assertIn("journal", done.stderr)

    # ---- exit codes ----

    def test_exit_codes_say_what_kind_of_trouble_it_is(self):
        key = ("--key", self.home.bundle_path("T-CENTRE"))
        for words, code in (
            (("alerts", *key), 0),
            (("--key", key[1], "alerts"), 0),
            (("revoke", "T-LUOHU", "--reason", "x", *key), 1),
            (("alerts",), 2),
            (("alerts", "--nonsense", *key), 2),
            (("nonsense",), 2),
            (("alerts", *key, "--timeout", "1",
              "--command", "tcp://127.0.0.1:9"), 3),
            (("alerts", "--key", self.home.folder / "none.json"), 4),
            (("report", *LEAST, "--seen", PLACE, *key,
              "--photo", self.home.folder / "none.jpg"), 4),
        ):  # fmt: skip
            done = run_program("tocsin", *words, env={"TOCSIN_KEY": ""})
            self.assertEqual(code, done.returncode, (words, done.stderr))

    def test_what_is_printed_only_in_part_is_not_called_done(self):
        """The disk is full under `tocsin journal export HOME > FILE`."""
        key = ("--key", self.home.bundle_path("T-CENTRE"))
        span = ("--from", "2020-01-01", "--to", "2090-01-01")
        for words in (
            ("principals", "--json", *key),
            ("journal", "export", self.home.path),
            ("report-period", self.home.path, *span, "--json"),
        ):
            whole = run_program("tocsin", *words)
            self.assertEqual(0, whole.returncode, whole.stderr)
            self.assertGreater(len(whole.stdout), 1024)
            part = self.home.folder / "part"
            done = subprocess.run(
                ["bash", "-c", 'trap "" XFSZ; ulimit -f 1; exec "$@" > "$0"',
                 part, binary("tocsin"), *map(str, words)],
                capture_output=True, check=False,
            )  # fmt: skip
            self.assertEqual(1024, part.stat().st_size)
            self.assertEqual(4, done.returncode, (words, done.stderr))

    def test_a_screen_or_a_gateway_that_lost_its_words_is_not_done_either(self):
        self.home.start_terminal("T-LUOHU").wait_out(r"^ready")
        own = ("--bundle", self.home.bundle_path("T-LUOHU"))
        for program, words, code in (
            ("tocsin-terminal", ("list", *own), 4),
            ("tocsin-terminal", ("status", *own), 4),
            ("tocsin-terminal", ("--help",), 4),
            ("tocsin-gateway", ("--help",), 1),
            ("tocsin-gateway", ("--version",), 1),
        ):
            with open("/dev/full", "w") as full:
                done = subprocess.run(
                    [binary(program), *map(str, words)],
                    stdout=full, stderr=subprocess.PIPE, check=False,
                )  # fmt: skip
            self.assertEqual(code, done.returncode, (words, done.stderr))
            self.assertIn(b"cannot be written", done.stderr)

    def test_every_command_explains_itself(self):
        listed = run_program("tocsin", "--help").stdout
        for command in ("keygen", "enrol", "revoke", "principals",
                        "invitations", "report",
                        "target", "revise", "widen", "withdraw", "alerts",
                        "show", "board", "watch"):  # fmt: skip
            self.assertIn(f"  {command} ", listed)
            done = run_program("tocsin", command, "--help")
            self.assertEqual(0, done.returncode, command)
            self.assertIn(f"usage: tocsin {command}", done.stdout)
            self.assertIn("--key", done.stdout)
        for name in ("tocsin", "tocsind", "tocsin-terminal", "tocsin-gateway"):
            version = run_program(name, "--version").stdout
            self.assertRegex(version, rf"^{name} \d+\.\d+\.\d+\n$")

    def test_a_photograph_that_is_too_large_is_refused_with_its_limit(self):
        """What a camera makes of today: nobody should have to guess."""
        photo = self.home.folder / "photo.jpg"
        photo.write_bytes(b"\xff\xd8\xff" + bytes(6 << 20))
        flags = ("--seen", PLACE, "--photo", photo)
        self.assertRegex(self.words("report", *LEAST, *flags, code=4),
                         r"(?i)at most|4 ?MiB|4194304")  # fmt: skip

    def test_what_is_handed_on_to_the_broker_explains_itself_too(self):
        """"Each has its own --help", says tocsin --help."""
        for command in ("init", "journal", "backup", "restore",
                        "report-period"):  # fmt: skip
            done = run_program("tocsin", command, "--help")
            self.assertEqual(0, done.returncode, (command, done.stderr))
            self.assertIn("usage: ", done.stdout)

    def test_a_revoked_key_is_told_so_at_once(self):
        self.home.enrol("supervisor", "T-SUP", SHENZHEN)
        self.home.tocsin("alerts", key="T-SUP")
        self.home.tocsin("revoke", "T-SUP", "--reason", "left the service")
        done = run_program("tocsin", "alerts", "--timeout", "30", "--key",
                           self.home.bundle_path("T-SUP"))  # fmt: skip
        self.assertEqual(1, done.returncode)
        self.assertIn("revoked", done.stderr)

    def test_a_forged_document_is_shown_as_such(self):
        """A broker's word is not enough: another authority, another truth."""
        alert = self.report()["alertId"]
        path = self.home.bundle_path("T-CENTRE")
        told = json.loads(path.read_text())
        told["authority"] = told["broker"]["key"]
        path.write_text(json.dumps(told))
        shown = run_program("tocsin", "show", alert, "--key", path)
        self.assertIn("cannot be trusted", shown.stderr)
        self.assertNotIn("last seen", shown.stdout)


if __name__ == "__main__":
    unittest.main()
