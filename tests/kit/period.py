"""The assessment of a stretch of time once more, from `tocsin journal export`
alone and by the words of `tocsin report-period --help`; shares no code with it.
"""

import json
from collections import defaultdict
from statistics import median_low

OUTCOMES = {
    "OUTCOME_RETURNED_TO_PARENTS": "returnedToParents",
    "OUTCOME_CIVIL_AFFAIRS": "civilAffairs",
    "OUTCOME_RUNAWAY_RETURNED": "runawayReturned",
    "OUTCOME_LOST_AND_FOUND": "lostAndFound",
    "OUTCOME_RESCUED": "rescued",
    "OUTCOME_DEATH": "death",
    "OUTCOME_FALSE_REPORT": "falseReport",
}
TAKEN = ("SAMPLE_STATE_TAKEN", "SAMPLE_STATE_SENT",
         "SAMPLE_STATE_IN_LIBRARY")  # fmt: skip
FOUND = {
    "FOUND_STATE_REGISTERED": "foundUnknown",
    "FOUND_STATE_IDENTIFIED": "foundIdentified",
    "FOUND_STATE_CLOSED": "foundClosed",
}
SEEN = ("RUNG_SIGHTING", "RUNG_INTERCEPTED")


def add_deltas(deltas):
    number, found = 0, []
    for delta in deltas:
        number += delta
        found.append(number)
    return found


def middle_and_worst(times):
    return (median_low(times), max(times)) if times else (None, None)


class Case:
    def __init__(self, body, now):
        self.division, self.exercise = body["division"], "exercise" in body
        self.reported = now
        self.first = set()  # coverage of the report
        self.due = {}  # node -> when it first was in a coverage
        self.newest = set()  # coverage of the newest revision
        self.prefixes = []  # where it goes out
        self.may_hold = set()  # when it was sealed
        self.held = {}  # node -> when
        self.heard = set()  # who answered the newest revision
        self.brought = set()  # a word from outside
        self.withdrawal = None
        self.revision = 0
        self.state, self.outcome, self.waiting = "open", None, None
        self.sightings = {}  # sequence -> [node, recorded, triaged]
        self.answers = set()
        self.silent_nodes = []
        self.silent = defaultdict(int)
        self.purged = set()
        self.sampled = None

    def issued(self, body, now):
        nodes = add_deltas(body.get("coverage", []))
        self.revision, self.newest = body["revision"], set(nodes)
        self.heard = set()
        self.prefixes = body.get("prefixes", [])
        if body.get("withdrawal"):
            self.withdrawal = self.revision
        else:
            if self.revision == 1:
                self.first = set(nodes)
            if self.state == "standing":
                self.state = "open"
            self.must_have(nodes, now)
        self.triaged(body.get("confirms"), now)

    def must_have(self, nodes, now):
        for node in nodes:
            self.due.setdefault(node, now)

    def answered(self, node, revision, now, outside=False):
        if outside:
            return
        if revision == self.revision:
            self.heard.add(node)
        if revision != self.withdrawal:
            self.held.setdefault(node, now)

    def seen(self, sequence, body, now):
        if (body["node"], body["answerId"]) in self.answers:
            return
        self.answers.add((body["node"], body["answerId"]))
        self.sightings[str(sequence)] = [body["node"], now, None]

    def triaged(self, sighting, now):
        seen = self.sightings.get(sighting)
        if seen and seen[2] is None:
            seen[2] = now

    def step(self, body, now):
        step = body["step"].removeprefix("CASE_STEP_")
        if step == "STAND":
            self.state = "standing"
        elif step == "REOPEN":
            self.state, self.outcome = "open", None
        elif step in ("SOLVE", "CONFIRM_OUTCOME") and not body.get("waits"):
            self.state, self.outcome = "solved", body["outcome"]
        elif step == "SEAL":
            self.state = "sealed"
        self.triaged(body.get("sighting"), now)
        self.sample(body.get("sample"), now)

    def sample(self, state, now):
        if state in TAKEN and self.sampled is None:
            self.sampled = now - self.reported

    def to_95(self):
        """When so many nodes held it that 95 of 100 did."""
        times = sorted(self.held[n] for n in self.first if n in self.held)
        for count, time in enumerate(times, 1):
            if count * 100 >= len(self.first) * 95:
                return time - self.reported
        return None


class Assessment:
    def __init__(self, export, span, digits):
        self.span, self.digits = span, digits
        self.cases, self.nodes, self.numbers = {}, {}, {}
        self.all_alerts, self.supervisions = {}, []
        self.found, self.all_found = {}, set()
        for line in export.splitlines():
            told = json.loads(line)
            self.take(told["sequence"], told["fact"])

    def is_in(self, now):
        return self.span[0] <= now < self.span[1]

    def enrol(self, principal):
        name = principal["id"]
        number = self.numbers.setdefault(name, len(self.numbers) + 1)
        self.nodes[number] = {
            "id": name,
            "division": principal["division"],
            "active": principal["role"] in ("ROLE_CHECKPOINT", "ROLE_GATEWAY"),
        }

    def take(self, sequence, fact):
        now = int(fact["timeMs"])
        if "founded" in fact:
            self.enrol(fact["founded"]["administrator"])
        elif "enrolled" in fact:
            self.enrol(fact["enrolled"]["principal"])
        elif "revoked" in fact:
            number = self.numbers[fact["revoked"]["id"]]
            self.nodes[number]["active"] = False
        elif "alertIssued" in fact:
            self.issue(fact["alertIssued"], now)
        for kind in ("putUnderSupervision", "supervisionLifted"):
            if kind in fact and self.is_in(now):
                self.supervisions.append((kind, *self.place(fact[kind])))
        self.take_found(fact, now)
        for kind, body in fact.items():
            if isinstance(body, dict) and body.get("alertId") in self.cases:
                self.take_of(self.cases[body["alertId"]], kind, body,
                             sequence, now)  # fmt: skip

    def take_found(self, fact, now):
        told = fact.get("foundRegistered")
        if told:
            name = told["foundId"]
            if name not in self.all_found:
                self.all_found.add(name)
                if self.is_in(now):
                    self.found[name] = [None, now, "foundUnknown", None]
            if name in self.found:
                self.found[name][0] = told["division"]
        told = fact.get("foundResolved", {})
        state = FOUND.get(told.get("state"))
        if state and told["foundId"] in self.found:
            self.found[told["foundId"]][2:] = [state, now]

    def issue(self, body, now):
        if body["alertId"] not in self.all_alerts:
            self.all_alerts[body["alertId"]] = body
            if self.is_in(now):
                self.cases[body["alertId"]] = Case(body, now)

    def take_of(self, case, kind, body, sequence, now):
        if kind == "alertIssued":
            case.issued(body, now)
        elif kind == "ringWidened":
            case.newest |= set(add_deltas(body.get("coverage", [])))
            case.prefixes = body.get("prefixes", [])
            when = int(body.get("atMs", 0)) or now
            case.must_have(add_deltas(body.get("coverage", [])), when)
        elif kind == "answered":
            case.answered(body["node"], body["revision"], now,
                          body.get("outside"))  # fmt: skip
            self.keep_holders(case, body)
            if body["rung"] in SEEN:
                case.seen(sequence, body, now)
        elif kind == "answeredTogether":
            for node in body["nodes"]:
                case.answered(node, body["revision"], now)
        elif kind == "caseChanged":
            case.step(body, now)
            if body["step"] == "CASE_STEP_SEAL":
                case.may_hold = self.holders(case)
        elif kind == "caseForgotten":
            case.state = "sealed"
            case.may_hold = self.holders(case)
        elif kind == "purged":
            case.purged.add(body["node"])
        elif kind == "fellSilent":
            case.silent_nodes += add_deltas(body.get("nodes", []))
            case.silent["silentLeads"] += bool(body.get("lead"))
            case.silent["silentDuties"] += len(body.get("duties", []))
            case.silent["silentSightings"] += len(body.get("sightings", []))
            case.silent["silentSamples"] += bool(body.get("sample"))
            case.silent["silentSamples"] += len(body.get("samples", []))
            case.silent["silentMatches"] += len(body.get("matches", []))
        elif kind == "labReported":
            case.sample(body.get("state"), now)

    def keep_holders(self, case, body):
        """Who said or brought what came from outside holds it."""
        holders = set()
        if body.get("outside"):
            holders.add(body["node"])
        if body.get("broughtOutside"):
            holders.add(self.numbers[body["relayedBy"]])
        case.brought |= holders
        if case.state == "sealed":
            case.may_hold |= holders

    def holders(self, case):
        """Whom a sealed case is to be purged by: who had to have it, who
        answered or brought a word, and who hears where it went out."""
        return case.newest | case.heard | case.brought | {
            number
            for number, node in self.nodes.items()
            if node["active"]
            and node["division"].startswith(tuple(case.prefixes))
        }

    def place(self, body):
        kind, subject = body["kind"], body["subject"]
        if kind == "SUPERVISED_CASE":
            alert = self.all_alerts[subject]
            return alert["division"], "exercise" in alert
        if kind == "SUPERVISED_NODE":
            subject = self.nodes[self.numbers[subject]]["division"]
        return subject, False

    # ---- figures ----

    def row_of(self, division):
        return division[: self.digits].ljust(6, "0")

    def purge_due(self, case):
        if case.state != "sealed":
            return set()
        held = {n for n in case.may_hold if self.nodes[n]["active"]}
        return case.purged | held

    def of_case(self, row, case):
        row["cases"] += 1
        row["open"] += case.state == "open"
        row["standing"] += case.state == "standing"
        row["solved"] += case.state in ("solved", "sealed")
        row["sealed"] += case.state == "sealed"
        if case.outcome:
            row[OUTCOMES[case.outcome]] += 1
        if case.first:
            reached = case.to_95()
            row["held95Missing"] += reached is None
            if reached is not None:
                row["held95Cases"] += 1
                row["reached"].append(reached)
        for _, recorded, triaged in case.sightings.values():
            row["sightingsUnanswered"] += triaged is None
            if triaged is not None:
                row["sightingsAnswered"] += 1
                row["answers"].append(triaged - recorded)
        if case.sampled is not None:
            row["sampledCases"] += 1
            row["sampled"].append(case.sampled)
        for kind, count in case.silent.items():
            row[kind] += count
        due = self.purge_due(case)
        row["purgeDue"] += len(due)
        row["purged"] += len(due & case.purged)

    def of_node(self, unit, number, case):
        due = case.due.get(number)
        unit["alerts"] += due is not None
        unit["held"] += due is not None and number in case.held
        unit["dark"] += due is not None and number not in case.held
        if due is not None and number in case.held:
            unit["times"].append(max(0, case.held[number] - due))
        unit["silent"] += case.silent_nodes.count(number)
        unit["sightings"] += sum(
            seen[0] == number for seen in case.sightings.values()
        )
        must = self.purge_due(case)
        unit["purgeDue"] += number in must
        unit["purged"] += number in must & case.purged

    def table(self, exercise):
        """(division -> figures, node id -> figures, total)."""
        rows, units = defaultdict(self.blank), defaultdict(self.blank)
        total = self.blank()
        for case in self.cases.values():
            if case.exercise != exercise:
                continue
            for row in (rows[self.row_of(case.division)], total):
                self.of_case(row, case)
            seen = {told[0] for told in case.sightings.values()}
            for number in (
                case.due.keys() | case.held.keys() | case.may_hold | seen
            ):
                self.of_node(units[number], number, case)
        for number, unit in units.items():
            at = self.row_of(self.nodes[number]["division"])
            for row in (rows[at], total):
                row["nodes"] += unit["alerts"] > 0
                row["darkNodes"] += unit["dark"] > 0
                row["silentNodes"] += unit["silent"]
        for division, first, state, now in (
            self.found.values() if not exercise else ()
        ):
            for row in (rows[self.row_of(division)], total):
                row["foundChildren"] += 1
                row[state] += 1
                if state == "foundIdentified":
                    row["identified"].append(now - first)
        for kind, division, drilled in self.supervisions:
            if drilled == exercise:
                put = kind == "putUnderSupervision"
                name = "supervisionPut" if put else "supervisionLifted"
                rows[self.row_of(division)][name] += 1
                total[name] += 1
        named = {self.nodes[n]["id"]: unit for n, unit in units.items()}
        return rows, named, total

    @staticmethod
    def blank():
        figures = defaultdict(int)
        for name in ("reached", "answers", "times", "sampled", "identified"):
            figures[name] = []
        return figures


def expected(figures, told):
    """What `told` should be: every figure that it has."""
    times = {}
    for name, list_name in (
        ("held95", "reached"),
        ("answer", "answers"),
        ("held", "times"),
        ("sampled", "sampled"),
        ("identified", "identified"),
    ):
        middle, worst = middle_and_worst(figures[list_name])
        times[f"{name}MedianMs"], times[f"{name}WorstMs"] = middle, worst
    return {
        name: times[name] if name in times else figures[name]
        for name in told
        if name not in ("division", "name", "node")
    }
