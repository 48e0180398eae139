"""Is what this node holds what the centre holds? No sockets, no files.

The section "Is my picture complete?" of proto/README.md as code: it takes what
came and says which sync is due: None, AFTER (from `head`) or START.
"""

from dataclasses import dataclass

from tocsin_wire import BEACONS, digest_of, topic_of, topics_of

AFTER, START = "after", "start"
CLOCKS_AGREE_MS = 600_000


@dataclass
class Held:
    """The newest document of one alert, as far as the picture needs it."""

    revision: int
    sequence: int
    case_number: str
    prefixes: tuple
    exercise: bool
    withdrawn: bool
    expires_ms: int
    expired: bool = False
    for_us: bool = False
    reached: bool = True  # its ring has come, if it has rings

    def live(self):
        return not self.withdrawn and not self.expired

    def shown(self, now_ms):
        return (
            self.for_us
            and self.reached
            and self.live()
            and now_ms < self.expires_ms
        )

    def topics(self):
        return {topic_of(self.exercise, prefix) for prefix in self.prefixes}


class Picture:
    def __init__(self, division):
        self.topics = topics_of(division)
        self.epoch = b""
        self.head = 0
        self.whole = 0  # head of the last sync that began from the start
        self.synced = 0  # head of the last finished sync
        self.synced_ms = 0  # its time, by the broker's clock
        self.last = {}
        self.alerts = {}
        self.named = None  # alerts named since a sync from the start began

    # ---- documents ----

    def news(self, alert_id, revision):
        """True when this revision is newer than the one that is held."""
        held = self.alerts.get(alert_id)
        return held is None or revision > held.revision

    def take(self, alert_id, held):
        """Keep a newer revision; being for us is never taken back."""
        before = self.alerts.get(alert_id)
        if before is not None:
            shown = before.for_us and before.reached
            held.reached = held.reached or shown
            held.for_us = held.for_us or before.for_us
        self.alerts[alert_id] = held

    def told(self, alert_id, notice, now_ms):
        """What a notice says beyond its document. True when it has ended the
        alert: it has expired, and our clock agrees."""
        if self.named is not None:
            self.named.add(alert_id)
        held = self.alerts[alert_id]
        if notice.sequence > held.sequence:
            held.sequence = notice.sequence
            held.prefixes = tuple(notice.prefixes)
        believed = now_ms >= held.expires_ms - CLOCKS_AGREE_MS
        if not notice.expired or not believed or held.expired:
            return False
        held.expired = True
        return True

    # ---- the chain ----

    def message(self, topic, message):
        """A message on an own topic that is not the beacon's."""
        if self.epoch != message.epoch:
            return START
        last = self.last.get(topic, 0)
        if message.sequence <= last:
            return None
        self.last[topic] = message.sequence
        return AFTER if message.previous > last else None

    def overtaken(self, message, notice):
        """A sync has told since how all stood after it."""
        return (
            message.epoch == self.epoch
            and message.sequence <= self.synced
            and notice.recorded_ms <= self.synced_ms
        )

    def beacon(self, epoch, beacon):
        if epoch != self.epoch:
            return START
        if self.head < beacon.since:
            return AFTER
        due = self.compare(beacon.topics)
        if due is None:
            self.head = max(self.head, beacon.head)
        return due

    def presence(self, presence):
        if presence.epoch != self.epoch:
            return START
        due = self.compare(presence.topics)
        if due is None:
            self.head = max(self.head, presence.head)
        return due

    def compare(self, states):
        own = [s for s in states if s.topic in self.topics]
        if any(s.last > self.last.get(s.topic, 0) for s in own):
            return AFTER
        return START if any(map(self.differs, own)) else None

    def differs(self, state):
        """By digest. A state older than what we hold says nothing."""
        if state.topic == BEACONS:
            return False
        here = [
            (alert_id, held)
            for alert_id, held in self.alerts.items()
            if state.topic in held.topics()
        ]
        if any(held.sequence > state.last for _, held in here):
            return False
        live = [(name, held.revision) for name, held in here if held.live()]
        if len(live) != state.count:
            return True
        return bool(live) and digest_of(live) != state.digest

    # ---- syncs ----

    def last_page(self, page, time_ms):
        """Complete up to its head; never backwards within one epoch."""
        if page.epoch != self.epoch:
            self.epoch, self.head, self.last = page.epoch, 0, {}
            self.whole = 0
        self.head = max(self.head, page.head)
        self.synced, self.synced_ms = page.head, time_ms
        if self.named is not None:
            self.whole = page.head
        for state in page.topics:
            last = self.last.get(state.topic, 0)
            self.last[state.topic] = max(last, state.last)

    def begin_naming(self):
        self.named = set()

    def end_naming(self):
        """After the last page of a sync from the start: what is gone."""
        gone = set(self.alerts) - self.named
        self.named = None
        for alert_id in gone:
            del self.alerts[alert_id]
        return sorted(gone)

    # ---- keeping ----

    def state(self):
        """All but the alerts, which are kept one by one."""
        return {
            "epoch": self.epoch.hex(),
            "head": self.head,
            "whole": self.whole,
            "last": self.last,
        }

    def restore(self, state):
        self.epoch = bytes.fromhex(state["epoch"])
        self.head = state["head"]
        self.whole = state.get("whole", 0)
        self.last = state["last"]
