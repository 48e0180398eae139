"""What a checkpoint keeps through a power cut: one SQLite file."""

import json
import secrets
import sqlite3
from dataclasses import asdict
from pathlib import Path

from picture import Held
from tocsin_wire import answer_pb2, desk_pb2, now_ms, sign_answer

SCHEMA = """
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS alert (
  alert_id TEXT PRIMARY KEY, held TEXT NOT NULL, document BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS answer (
  answer_id BLOB PRIMARY KEY, alert_id TEXT NOT NULL,
  revision INTEGER NOT NULL, rung INTEGER NOT NULL,
  request_id BLOB NOT NULL, request BLOB NOT NULL,
  status INTEGER NOT NULL DEFAULT 0, sequence INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '');
"""


class Store:
    def __init__(self, folder):
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        path = Path(folder) / "checkpoint.db"
        self.db = sqlite3.connect(path, isolation_level=None, timeout=30)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.executescript(SCHEMA)

    def __enter__(self):
        self.db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind, *_):
        self.db.execute("COMMIT" if kind is None else "ROLLBACK")

    def changed(self):
        """A number that moves when another process has written."""
        return self.db.execute("PRAGMA data_version").fetchone()[0]

    # ---- alerts and the state of the picture ----

    def put_state(self, picture):
        told = json.dumps(picture.state())
        self.db.execute("REPLACE INTO state VALUES ('picture', ?)", (told,))

    def put_alert(self, alert_id, held, document):
        row = (alert_id, json.dumps(asdict(held)), document)
        self.db.execute("REPLACE INTO alert VALUES (?, ?, ?)", row)

    def put_held(self, alert_id, held):
        row = (json.dumps(asdict(held)), alert_id)
        self.db.execute("UPDATE alert SET held = ? WHERE alert_id = ?", row)

    def drop_alert(self, alert_id):
        self.db.execute("DELETE FROM alert WHERE alert_id = ?", (alert_id,))

    def load(self, picture):
        row = self.db.execute("SELECT value FROM state").fetchone()
        if row is not None:
            picture.restore(json.loads(row[0]))
        for alert_id, held in self.db.execute(
            "SELECT alert_id, held FROM alert"
        ):
            told = json.loads(held)
            told["prefixes"] = tuple(told["prefixes"])
            picture.alerts[alert_id] = Held(**told)

    def document(self, alert_id):
        row = self.db.execute(
            "SELECT document FROM alert WHERE alert_id = ?", (alert_id,)
        ).fetchone()
        return row[0] if row else None

    # ---- answers ----

    def put_answer(self, answer, key):
        """Sign and keep; the daemon sends. Gives the answer's id."""
        answer.answer_id = answer.answer_id or secrets.token_bytes(16)
        answer.at_ms = answer.at_ms or now_ms()
        request = desk_pb2.Request(request_id=secrets.token_bytes(16))
        request.acknowledge.answer.CopyFrom(sign_answer(answer, key))
        self.db.execute(
            "INSERT INTO answer (answer_id, alert_id, revision, rung,"
            " request_id, request) VALUES (?, ?, ?, ?, ?, ?)",
            (
                answer.answer_id,
                answer.alert_id,
                answer.revision,
                answer.rung,
                request.request_id,
                request.SerializeToString(),
            ),
        )
        return answer.answer_id

    def waiting(self):
        return self.db.execute(
            "SELECT request_id, request FROM answer WHERE status = 0"
            " ORDER BY rowid"
        ).fetchall()

    def settle(self, request_id, reply):
        self.db.execute(
            "UPDATE answer SET status = ?, sequence = ?, reason = ?"
            " WHERE request_id = ?",
            (reply.status, reply.sequence, reply.reason, request_id),
        )

    def machine_answer(self, alert_id, revision, rung):
        """(request_id, request) of an answer given before, or None."""
        return self.db.execute(
            "SELECT request_id, request FROM answer"
            " WHERE alert_id = ? AND revision = ? AND rung = ?",
            (alert_id, revision, rung),
        ).fetchone()

    def answers(self):
        rows = self.db.execute(
            "SELECT answer_id, alert_id, revision, rung, status, sequence,"
            " reason FROM answer ORDER BY rowid"
        )
        return [
            {
                "answer_id": row[0].hex(),
                "alert_id": row[1],
                "revision": row[2],
                "rung": answer_pb2.Rung.Name(row[3]),
                "status": desk_pb2.Status.Name(row[4]),
                "sequence": row[5],
                "reason": row[6],
            }
            for row in rows
        ]
