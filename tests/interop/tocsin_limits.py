"""The limits in the .proto comments, and who is in a target."""

import math
import re

from tocsin_wire import Refused, alert_pb2, common_pb2, lies_in

EARTH_RADIUS_KM = 6371.0088
LIFETIME_MAX_MS = 30 * 86_400_000
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
DIVISION = re.compile(r"[0-9]{6}")


def need(claim, field):
    if not claim:
        raise Refused(f"{field} is outside of its limits")


def short(text, most, field):
    need(len(text.encode()) <= most, field)


def check_strings(message):
    """What holds for every text anywhere: no NUL, at most 4,000 bytes."""
    for field, value in message.ListFields():
        several = field.label == field.LABEL_REPEATED
        for item in value if several else [value]:
            if field.type == field.TYPE_MESSAGE:
                check_strings(item)
            elif field.type == field.TYPE_STRING:
                need("\0" not in item, field.name)
                short(item, 4000, field.name)


def check_texts(texts, field):
    need(len(texts) <= 11, field)
    for text in texts:
        need(0 < len(text.language.encode()) <= 35, field)
        need(0 < len(text.text.encode()) <= 2000, field)


def check_point(point, field):
    need(abs(point.latitude) <= 90 and abs(point.longitude) <= 180, field)


def check_place(place, field):
    point = place.HasField("point")
    need(point or place.division or place.text, field)
    if point:
        check_point(place.point, field)
    need(not place.division or DIVISION.fullmatch(place.division), field)
    short(place.text, 400, field)


def check_target(target):
    areas = len(target.divisions) + len(target.circles) + len(target.polygons)
    need(areas > 0, "target")
    need(len(target.divisions) <= 64, "target.divisions")
    need(len(target.circles) <= 16, "target.circles")
    need(len(target.polygons) <= 8, "target.polygons")
    need(all(map(DIVISION.fullmatch, target.divisions)), "target.divisions")
    for circle in target.circles:
        need(circle.HasField("centre"), "target.circles")
        check_point(circle.centre, "target.circles")
        need(0 < circle.radius_km <= 20016, "target.circles")
    for polygon in target.polygons:
        need(3 <= len(polygon.points) <= 100, "target.polygons")
        for point in polygon.points:
            check_point(point, "target.polygons")
    need(len(set(target.kinds)) == len(target.kinds), "target.kinds")


def ring_circle(alert):
    """The target's circle that is the last step's; None."""
    here = pair(alert.last_seen.place.point)
    last = alert.rings.steps[-1].radius_km
    for circle in alert.target.circles:
        if pair(circle.centre) == here and circle.radius_km == last:
            return circle
    return None


def check_rings(alert):
    rings = alert.rings
    need(1 <= len(rings.steps) <= 8, "rings.steps")
    before = None
    for step in rings.steps:
        need(0 < step.radius_km <= 20016, "rings.steps")
        need(0 <= step.after_ms <= LIFETIME_MAX_MS, "rings.steps")
        if before is None:
            need(step.after_ms == 0, "rings.steps")
        else:
            need(step.after_ms > before.after_ms, "rings.steps")
            need(step.radius_km > before.radius_km, "rings.steps")
        before = step
    for name in ("air_kmh", "rail_kmh", "road_kmh", "water_kmh"):
        need(0 <= getattr(rings, name) <= 2000, f"rings.{name}")
    need(ring_circle(alert) is not None, "rings")


def check_child(child):
    need(child.sex in (1, 2, 3), "child.sex")
    need(child.HasField("age"), "child.age")
    need(child.age.min_months <= child.age.max_months <= 300, "child.age")
    short(child.name, 100, "child.name")
    if child.HasField("height"):
        low, high = child.height.min_cm, child.height.max_cm
        need(20 <= low <= high <= 220, "child.height")
    check_texts(child.clothing, "child.clothing")
    check_texts(child.appearance, "child.appearance")
    short(child.languages_spoken, 200, "child.languages_spoken")


def check_company(alert):
    need(len(alert.companions) <= 4, "companions")
    need(len(alert.vehicles) <= 4, "vehicles")
    for companion in alert.companions:
        short(companion.name, 100, "companions")
        check_texts(companion.description, "companions")
    for vehicle in alert.vehicles:
        short(vehicle.plate, 20, "vehicles")
        check_texts(vehicle.description, "vehicles")


def check_picture(picture):
    need(len(picture.hash) == 32, "picture.hash")
    need(picture.media_type in ("image/jpeg", "image/png"), "picture")
    need(1 <= picture.size <= 4194304, "picture.size")


def check_alert(alert):
    life = alert.expires_ms - alert.sent_ms
    seen = alert.last_seen
    need(alert.revision >= 1, "revision")
    need(0 < life <= LIFETIME_MAX_MS, "expires_ms")
    check_child(alert.child)
    need(seen.place.HasField("point"), "last_seen.place.point")
    check_place(seen.place, "last_seen.place")
    need(0 < seen.time_ms <= alert.sent_ms + 300_000, "last_seen.time_ms")
    check_target(alert.target)
    if alert.HasField("rings"):
        check_rings(alert)
    need(alert.action, "action")
    check_texts(alert.action, "action")
    check_texts(alert.circumstances, "circumstances")
    check_company(alert)
    if alert.HasField("picture"):
        check_picture(alert.picture)
    short(alert.contact, 100, "contact")


def check_document(body):
    """Refused unless an Alert or Withdrawal keeps all of its limits."""
    check_strings(body)
    need(ULID.fullmatch(body.alert_id), "alert_id")
    if isinstance(body, alert_pb2.Alert):
        check_alert(body)
    else:
        need(body.revision >= 2, "revision")
        need(body.reason in (1, 2, 3, 4), "reason")
        check_texts(body.text, "text")


# ---- targets ---------------------------------------------------------------


def distance_km(here, there):
    """The haversine; points are (latitude, longitude) in degrees."""
    (lat1, lon1), (lat2, lon2) = (map(math.radians, p) for p in (here, there))
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def on_edge(point, start, end):
    (y, x), (y1, x1), (y2, x2) = point, start, end
    if (x - x1) * (y2 - y1) != (y - y1) * (x2 - x1):
        return False
    across = min(x1, x2) <= x <= max(x1, x2)
    return across and min(y1, y2) <= y <= max(y1, y2)


def in_polygon(point, corners):
    y, x = point
    inside = False
    for start, end in zip(corners, corners[1:] + corners[:1]):
        (y1, x1), (y2, x2) = start, end
        if on_edge(point, start, end):
            return True
        if (y1 > y) != (y2 > y):
            if x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
    return inside


def pair(point):
    return point.latitude, point.longitude


def in_areas(target, division, point):
    if any(lies_in(division, outer) for outer in target.divisions):
        return True
    if point is None:
        return False
    for circle in target.circles:
        if distance_km(pair(circle.centre), point) <= circle.radius_km:
            return True
    return any(
        in_polygon(point, [pair(corner) for corner in polygon.points])
        for polygon in target.polygons
    )


def in_target(target, node):
    """node has division, point or None, and kind, as a Bundle has."""
    unkind = node.kind == common_pb2.NODE_KIND_UNSPECIFIED
    if target.kinds and (unkind or node.kind not in target.kinds):
        return False
    return in_areas(target, node.division, node.point)


# ---- rings -----------------------------------------------------------------


SPEED_OF = {
    common_pb2.NODE_KIND_AIRPORT: "air_kmh",
    common_pb2.NODE_KIND_RAILWAY_STATION: "rail_kmh",
    common_pb2.NODE_KIND_PORT: "water_kmh",
}


def ring_km(rings, kind, reached_ms):
    steps = [s.radius_km for s in rings.steps if s.after_ms <= reached_ms]
    kmh = getattr(rings, SPEED_OF.get(kind, "road_kmh"))
    km = max(steps[-1] if steps else 0, kmh * reached_ms / 3_600_000)
    return min(km, rings.steps[-1].radius_km)


def is_reached(alert, node, notice, pushed):
    """Is the node, which is in the target, meant by now?"""
    if not alert.HasField("rings") or not notice.HasField("ring"):
        return True
    if pushed or notice.ring.reached:
        return True
    target = common_pb2.Target()
    target.CopyFrom(alert.target)
    for circle in target.circles:
        if circle == ring_circle(alert):
            circle.radius_km = ring_km(
                alert.rings, node.kind, notice.ring.reached_ms
            )
            break
    return in_target(target, node)
