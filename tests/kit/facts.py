"""The facts of a journal, as `tocsind journal export` prints them."""

import base64
import copy
import json

KINDS = (
    "founded",
    "enrolled",
    "revoked",
    "alertIssued",
    "alertExpired",
    "alertFiled",
    "restored",
    "answered",
    "answeredTogether",
    "invited",
    "ringWidened",
    "fellSilent",
    "foundRegistered",
    "foundResolved",
    "foundForgotten",
    "foundFiled",
    "caseChanged",
    "caseForgotten",
    "putUnderSupervision",
    "supervisionLifted",
    "purged",
    "sightingPictured",
    "labReported",
    "sampleChecked",
    "looked",
)


class Fact:
    """One line of the export; what a fact does not have is empty."""

    def __init__(self, line):
        told = json.loads(line)
        fact = told["fact"]
        self.sequence = told["sequence"]
        self.kind = next(kind for kind in KINDS if kind in fact)
        self.principal = fact.get("principal", "")
        self.request_id = base64.b64decode(fact.get("requestId", ""))
        body = fact[self.kind]
        self.alert_id = body.get("alertId", "")
        self.revision = body.get("revision", 0)
        self.rescue = body.get("rescue", False)
        self.rung = body.get("rung", "")
        self.node = body.get("node", 0)  # its number
        self.relayed_by = body.get("relayedBy", "")
        self.sighting = int(body.get("sighting", 0))  # its sequence
        self.answer_id = base64.b64decode(body.get("answerId", ""))

    def of_one(self, node, rung):
        """One of those that were answered together, as if it were alone."""
        one = copy.copy(self)
        one.kind = "answered"
        one.node = node
        one.rung = rung
        return one


def read_facts(text):
    """In order; what was answered together is a fact for each answer."""
    return [fact for line in text.splitlines() for fact in of_line(line)]


def of_line(line):
    fact = Fact(line)
    if fact.kind != "answeredTogether":
        return [fact]
    body = json.loads(line)["fact"][fact.kind]
    return [
        fact.of_one(node, rung)
        for node, rung in zip(body["nodes"], body["rungs"], strict=True)
    ]
